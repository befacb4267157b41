// The names next to the dots. Only names that fit are written; zooming in shows more.

import { set, svg } from "../common/elements.js";
import { placesOf } from "./labels.js";

/** @typedef {import("../common/camera.js").View} View */
/** @typedef {import("../common/motion.js").Places} Places */
/** @typedef {import("../data.js").OverviewClass} OverviewClass */
/** @typedef {import("./labels.js").Box} Box */
/** @typedef {import("./labels.js").LabelPlace} LabelPlace */
/**
 * The dots as they are shown.
 * @typedef {object} Picture
 * @property {Places} places in the scene
 * @property {View} view
 * @property {number} width of the canvas
 * @property {number} height
 * @property {number} radius of a dot
 * @property {Box[]} covered by other things
 */

const BOLD = 1.25; // how much wider a highlighted or selected name is at most
/** CSS classes of the names that are always written, the most important first. */
const ALWAYS = ["lit", "chosen"];

export class DotNames {
  element = svg("g", { "aria-hidden": "true" });
  /** @type {Map<string, SVGTextElement>} */
  labels = new Map();
  /** @type {Map<string, number>} */
  #widths = new Map();
  #frame = 0;
  #pen = document.createElement("canvas").getContext("2d"); // measures names

  /** @param {OverviewClass[]} classes */
  draw(classes) {
    this.labels = new Map(classes.map(({ name, title }) => [name, svg("text", { class: "label" }, title)]));
    this.element.replaceChildren(...this.labels.values());
    this.#measure(classes);
  }

  /** @param {OverviewClass[]} classes */
  #measure(classes) {
    const [label] = this.labels.values();
    if (!label || !this.#pen) return;
    const { fontSize, fontFamily } = getComputedStyle(label);
    this.#pen.font = `${fontSize} ${fontFamily}`;
    for (const { name, title } of classes) this.#widths.set(name, this.#pen.measureText(title).width);
  }

  hide() {
    cancelAnimationFrame(this.#frame);
    this.element.style.display = "none";
  }

  /**
   * Writes the names in the next frame.
   * @param {() => Picture} picture
   */
  placeSoon(picture) {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#place(picture()));
  }

  /** @param {Picture} picture */
  #place({ places, view, ...room }) {
    this.element.style.display = "";
    const names = [...places].map(([name, place]) => this.#onScreen(name, place, view));
    names.sort((one, other) => one.precedence - other.precedence);
    const found = placesOf(names, names, room);
    for (const label of this.labels.values()) label.style.display = "none";
    for (const [at, { name }] of names.entries()) write(this.labels.get(name), found[at]);
  }

  /**
   * @param {string} name
   * @param {import("../common/motion.js").Place} place
   * @param {View} view
   */
  #onScreen(name, { x, y }, view) {
    const classes = this.labels.get(name)?.classList;
    const at = ALWAYS.findIndex((one) => classes?.contains(one));
    const always = at >= 0;
    return {
      name,
      always,
      precedence: always ? at : ALWAYS.length,
      x: view.x + x * view.scale,
      y: view.y + y * view.scale,
      width: (this.#widths.get(name) ?? 0) * (always ? BOLD : 1),
    };
  }
}

/**
 * @param {SVGTextElement | undefined} label
 * @param {LabelPlace | null} place
 */
function write(label, place) {
  if (!label || !place) return;
  const { left, top, width, anchor } = place;
  const x = { start: left, middle: left + width / 2, end: left + width }[anchor];
  label.style.display = "";
  set(label, { x: x.toFixed(1), y: top.toFixed(1), "text-anchor": anchor });
}
