// The way of one class through the maps of the layers, drawn over the map of the shown layer.

import { fill, svg } from "../common/elements.js";
import { shortened } from "../common/text.js";
import { placesOf } from "./labels.js";

/** @typedef {import("../common/camera.js").View} View */
/** @typedef {import("../common/motion.js").Place} Place */
/** @typedef {{layer: string, place: Place}} Stop where the class is in a layer's map */

const RADIUS = 4.5; // of a stop, in pixels
const LETTER = 6.6; // pixels of a letter of a layer's name, about
const LETTERS = 16; // of a layer's name

export class Trajectory {
  element = svg("g", { class: "trajectory", "aria-hidden": "true" });
  /** @type {Stop[]} */
  #stops = [];
  #layer = "";

  /**
   * @param {Stop[]} stops from the lowest layer up; none to draw nothing
   * @param {string} layer the shown one
   */
  show(stops, layer) {
    this.#stops = stops;
    this.#layer = layer;
  }

  /**
   * Draws the stops at their places on screen.
   * @param {View} view
   * @param {{width: number, height: number}} canvas
   */
  draw(view, canvas) {
    const points = this.#stops.map(({ place: { x, y } }) => ({
      x: view.x + x * view.scale,
      y: view.y + y * view.scale,
    }));
    fill(this.element, ...this.#lines(points), ...this.#marks(points, canvas));
  }

  /**
   * Lines that become wider from layer to layer.
   * @param {Place[]} points
   */
  #lines(points) {
    return points.slice(1).map((end, at) => {
      const start = points[at];
      const width = 1 + (2 * (at + 1)) / Math.max(1, points.length - 1);
      const ends = { x1: start.x, y1: start.y, x2: end.x, y2: end.y };
      return svg("line", { ...ends, "stroke-width": width.toFixed(2) });
    });
  }

  /**
   * @param {Place[]} points
   * @param {{width: number, height: number}} canvas
   */
  #marks(points, canvas) {
    const titles = this.#stops.map(({ layer }) => shortened(layer, LETTERS));
    const names = points.map((point, at) => ({
      ...point,
      width: LETTER * titles[at].length,
      always: this.#stops[at].layer === this.#layer,
    }));
    const places = placesOf(names, points, { ...canvas, radius: RADIUS });
    return this.#stops.map(({ layer }, at) => {
      const { x, y } = points[at];
      const isShown = layer === this.#layer;
      const mark = svg("circle", { cx: x, cy: y, r: isShown ? RADIUS + 2 : RADIUS });
      const place = places[at];
      // The stop of the shown layer is the class's dot, which has the class's name.
      const label = place && !isShown && svg("text", { x: place.left, y: place.top }, titles[at]);
      const attributes = { class: isShown ? "stop shown" : "stop", "data-stop": layer };
      return svg("g", attributes, mark, label || null);
    });
  }
}

/**
 * The layer before which a class moves most, and how many classes move less there; null if nothing moves.
 * @param {string} name
 * @param {string[]} names of the classes
 * @param {string[]} layers from the lowest up
 * @param {Record<string, number[]>} movement layer -> how far each class moves from the layer below
 */
export function largestMove(name, names, layers, movement) {
  const at = names.indexOf(name);
  const moves = layers.slice(1).flatMap((upper, place) => {
    const moved = movement[upper];
    return moved ? [{ lower: layers[place], upper, moved: moved[at], all: moved }] : [];
  });
  const [largest] = moves.toSorted((one, other) => other.moved - one.moved);
  if (at < 0 || !largest?.moved) return null;
  const less = largest.all.filter((moved) => moved < largest.moved).length;
  return { lower: largest.lower, upper: largest.upper, less, of: names.length - 1 };
}
