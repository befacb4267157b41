// Zoom and pan of an SVG by mouse, wheel, trackpad and touch.

import { select, zoom, zoomIdentity } from "../vendor/d3.js";
import { zoomWithGestures } from "./gestures.js";

/** @typedef {import("./download.js").Box} Box */
/**
 * A point p of the scene is shown at scale * p + (x, y).
 * @typedef {{x: number, y: number, scale: number}} View
 */
/**
 * The part of the canvas to show a box in.
 * @typedef {object} FreeArea
 * @property {number} [left] pixels kept free at the left
 * @property {number} [top] at the top
 * @property {number} [bottom] at the bottom
 * @property {number} [largest] largest scale
 * @property {number} [least] a box that is too high for this scale is shown in its width, from its top down
 * @property {number} [padding] pixels kept free at every side
 */

const SCALES = /** @type {[number, number]} */ ([0.08, 8]);
const MARGIN = 40; // pixels at the edge of the canvas where a point is not in view
const CLICK_PIXELS = 4; // a press that moves less is a click

export class Camera {
  /** Whether the user has moved the view; the view is then kept when the window is resized. */
  touched = false;

  /**
   * @param {SVGSVGElement} canvas
   * @param {SVGGElement} scene the group that moves
   * @param {(view: View) => void} moved is called after every change
   */
  constructor(canvas, scene, moved) {
    this.canvas = canvas;
    this.scene = scene;
    this.moved = moved;
    /** @type {View} */
    this.view = { x: 0, y: 0, scale: 1 };
    this.selection = select(canvas);
    this.zoom = /** @type {import("../vendor/d3.js").ZoomBehavior<SVGSVGElement, unknown>} */ (zoom())
      .scaleExtent(SCALES)
      .clickDistance(CLICK_PIXELS)
      .extent(() => [[0, 0], this.#size()])
      .on("zoom", ({ transform, sourceEvent }) => this.#show(transform, Boolean(sourceEvent)));
    this.selection.call(this.zoom).on("dblclick.zoom", null);
    canvas.addEventListener("wheel", (event) => event.preventDefault(), { passive: false });
    zoomWithGestures(canvas, (factor, point) => this.zoomBy(factor, point));
  }

  /**
   * Shows all of a box of the scene, as large as possible.
   * @param {Box} box
   * @param {FreeArea} [area]
   */
  fit(box, area = {}) {
    const [width, height] = this.#size();
    if (!width || !height) return;
    const { x, y, scale } = fittedView(box, { width, height }, area);
    this.selection.call(this.zoom.transform, zoomIdentity.translate(x, y).scale(scale));
    this.touched = false;
  }

  /**
   * @param {number} factor
   * @param {[number, number]} [point] of the canvas that does not move; the middle by default
   */
  zoomBy(factor, point) {
    this.selection.call(this.zoom.scaleBy, factor, point);
    this.touched = true;
  }

  /**
   * Moves the scene up or down.
   * @param {number} y of the view
   */
  panTo(y) {
    const { x, scale } = this.view;
    this.selection.call(this.zoom.transform, zoomIdentity.translate(x, y).scale(scale));
    this.touched = true;
  }

  /**
   * Moves the scene up or down until a point of it is in view.
   * @param {number} y of the point in the scene
   */
  reveal(y) {
    const [, height] = this.#size();
    const at = this.view.y + y * this.view.scale;
    if (at < MARGIN || at > height - MARGIN) this.panTo(height / 2 - y * this.view.scale);
  }

  /** @returns {[number, number]} */
  #size() {
    return [this.canvas.clientWidth, this.canvas.clientHeight];
  }

  /**
   * @param {import("../vendor/d3.js").ZoomTransform} transform
   * @param {boolean} byUser
   */
  #show({ x, y, k }, byUser) {
    if (byUser) this.touched = true;
    this.view = { x, y, scale: k };
    const transform = `translate(${x.toFixed(2)},${y.toFixed(2)}) scale(${k.toFixed(4)})`;
    this.scene.setAttribute("transform", transform);
    this.moved(this.view);
  }
}

/**
 * The view in which a box fills the free part of a canvas, in its middle.
 * @param {Box} box
 * @param {{width: number, height: number}} canvas
 * @param {FreeArea} area
 * @returns {View}
 */
export function fittedView(box, canvas, area) {
  const { left = 0, top = 0, bottom = 0, largest = 1.6, least = 0, padding = 24 } = area;
  const width = canvas.width - left - 2 * padding;
  const height = canvas.height - top - bottom - 2 * padding;
  const [wide, high] = [width / Math.max(1, box.width), height / Math.max(1, box.height)];
  const isTooHigh = high < Math.min(least, wide);
  const scale = Math.max(SCALES[0], isTooHigh ? Math.min(1, wide) : Math.min(largest, wide, high));
  return {
    x: left + padding + (width - box.width * scale) / 2 - box.x * scale,
    y: top + padding + (isTooHigh ? 0 : (height - box.height * scale) / 2) - box.y * scale,
    scale,
  };
}
