// Draws around dots: with Shift held, or while the lasso is switched on.

import { set, svg } from "../common/elements.js";

/** @typedef {import("../common/motion.js").Place} Place */

const LEAST_PIXELS = 6; // a shorter way of the pointer is a click

export class Lasso {
  element = svg("path", { class: "lasso", "aria-hidden": "true" });
  isOn = false;
  /** @type {Place[]} in pixels of the canvas; empty while nothing is drawn */
  #outline = [];
  #isDrawing = false;

  /**
   * @param {SVGSVGElement} canvas
   * @param {(outline: Place[]) => void} drawn is called with the outline, in pixels of the canvas
   */
  constructor(canvas, drawn) {
    this.canvas = canvas;
    this.drawn = drawn;
    const capture = { capture: true };
    canvas.addEventListener("pointerdown", (event) => this.#start(event), capture);
    canvas.addEventListener("pointermove", (event) => this.#extend(event));
    canvas.addEventListener("pointerup", () => this.#end());
    canvas.addEventListener("pointercancel", () => this.#stop());
    // The map must not move meanwhile, and a dot under the pointer is not clicked.
    for (const name of ["mousedown", "touchstart"]) {
      canvas.addEventListener(name, (event) => this.#isDrawing && event.stopImmediatePropagation(), capture);
    }
    canvas.addEventListener("click", (event) => this.#swallow(event), capture);
  }

  /** @param {PointerEvent} event */
  #start(event) {
    this.#outline = [];
    if (event.button !== 0 || !event.isPrimary || !(this.isOn || event.shiftKey)) return;
    this.#isDrawing = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.#extend(event);
  }

  /** @param {PointerEvent} event */
  #extend({ clientX, clientY }) {
    if (!this.#isDrawing) return;
    const { left, top } = this.canvas.getBoundingClientRect();
    this.#outline.push({ x: clientX - left, y: clientY - top });
    const points = this.#outline.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
    set(this.element, { d: `M${points.join("L")}Z` });
  }

  #end() {
    if (!this.#isDrawing) return;
    this.#stop();
    if (this.#isWide()) this.drawn(this.#outline);
  }

  #stop() {
    this.#isDrawing = false;
    set(this.element, { d: null });
  }

  #isWide() {
    const [start] = this.#outline;
    return this.#outline.some(({ x, y }) => Math.hypot(x - start.x, y - start.y) > LEAST_PIXELS);
  }

  /** @param {Event} event the click at the end of a lasso */
  #swallow(event) {
    if (this.#outline.length && this.#isWide()) event.stopImmediatePropagation();
    this.#outline = [];
  }
}

/**
 * Whether a point is within a closed outline (even-odd rule).
 * @param {Place} point
 * @param {Place[]} outline
 */
export function isWithin({ x, y }, outline) {
  let isInside = false;
  for (const [at, end] of outline.entries()) {
    const start = outline[(at || outline.length) - 1];
    const crosses = start.y > y !== end.y > y;
    if (crosses && x < start.x + ((y - start.y) / (end.y - start.y)) * (end.x - start.x))
      isInside = !isInside;
  }
  return isInside;
}
