// Highlights some marks of a graph and dims the others.

import { set } from "../common/elements.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./model.js").Influence} Influence */
/** @typedef {import("./runs.js").Run} Run */

export class Highlight {
  /** @type {Set<SVGGElement>} */
  #lit = new Set();
  /** @type {SVGGElement | null} */
  #selected = null;

  /**
   * @param {SVGSVGElement} canvas
   * @param {Scene} scene
   */
  constructor(canvas, scene) {
    this.canvas = canvas;
    this.scene = scene;
  }

  /**
   * A channel with all its influences and their other ends.
   * @param {string} id
   */
  channel(id) {
    const { graph } = this.scene;
    this.#light([id], [...graph.into(id), ...graph.outOf(id)]);
    this.#colour(graph.into(id), "in");
    this.#colour(graph.outOf(id), "out");
    this.scene.channels.get(id)?.mark.classList.add("looked-at");
  }

  /**
   * An influence with its ends.
   * @param {string} name
   */
  influence(name) {
    const influence = this.scene.graph.influence(name);
    this.#light([], [influence]);
    this.#colour([influence], "in");
  }

  /**
   * All channels of a run and its bar.
   * @param {Run} run
   */
  run({ channels, influences }) {
    this.#light(
      channels,
      influences.map((name) => this.scene.graph.influence(name)),
    );
  }

  /**
   * The channels of a motif and the influences between them; clears the highlight for an empty one.
   * @param {Set<string>} motif
   */
  motif(motif) {
    this.clear();
    if (!motif.size) return;
    const influences = [...this.scene.graph.influences.values()];
    const within = influences.filter(({ lower, upper }) => motif.has(lower) && motif.has(upper));
    this.#light([...motif], within);
    this.#colour(within, "out");
  }

  clear() {
    for (const mark of this.#lit) mark.classList.remove("lit", "in", "out", "looked-at");
    this.#lit.clear();
    this.canvas.classList.remove("dimmed");
  }

  /**
   * Marks a channel as selected, or none.
   * @param {string | null} id
   */
  select(id) {
    if (this.#selected) press(this.#selected, false);
    this.#selected = (id && this.scene.channels.get(id)?.mark) || null;
    if (this.#selected) press(this.#selected, true);
  }

  /**
   * @param {string[]} ids of channels
   * @param {Influence[]} influences are highlighted with their ends
   */
  #light(ids, influences) {
    this.clear();
    this.canvas.classList.add("dimmed");
    const channels = [...ids, ...influences.flatMap(({ lower, upper }) => [lower, upper])];
    for (const id of channels) this.#add(this.scene.channels.get(id)?.mark);
    for (const { name } of influences) this.#add(this.scene.influences.get(name)?.mark);
  }

  /** @param {SVGGElement | undefined} mark */
  #add(mark) {
    if (!mark) return;
    mark.classList.add("lit");
    this.#lit.add(mark);
  }

  /**
   * @param {Influence[]} influences
   * @param {"in" | "out"} direction
   */
  #colour(influences, direction) {
    for (const { name } of influences) this.scene.influences.get(name)?.mark.classList.add(direction);
  }
}

/**
 * @param {SVGGElement} mark
 * @param {boolean} selected
 */
function press(mark, selected) {
  mark.classList.toggle("selected", selected);
  set(mark, { "aria-pressed": String(selected) });
}
