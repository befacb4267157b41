// Subgraphs for tests.

/** @type {import("../../app/assets/data.js").Subgraph} nothing pinned */
export const NO_SUBGRAPH = {
  format: "summit-graph-subgraph",
  version: 1,
  network: "shapes",
  class: "bear",
  note: "",
  only_pinned: false,
  pinned: [],
  supernodes: [],
  provenance: {},
};
