// The types of d3.js beside it, which scripts/vendor_d3.js makes.
export { select } from "d3-selection";
export { type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
