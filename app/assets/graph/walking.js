// Arrow keys in a graph: from channel to channel along influences, and onto the influences.

import { activates, isBrowserShortcut, TabStop } from "../common/focus.js";
import { channelAt, influenceAt, runAt } from "./marks.js";

/** @typedef {import("./model.js").Influence} Influence */
/** @typedef {import("./model.js").ShownParts} ShownParts */
/** @typedef {import("./scene.js").Scene} Scene */
/**
 * @typedef {object} Actions
 * @property {(id: string | null) => void} select selects a channel, a run or the class, or none
 * @property {(factor: number) => void} zoom
 * @property {() => void} fit
 */

const ZOOM = 1.3; // factor of a step

export class Walk {
  stop = new TabStop();
  /** @type {string | null} the channel from which an influence was reached */
  #start = null;

  /**
   * @param {Scene} scene
   * @param {Actions} actions
   */
  constructor(scene, actions) {
    this.scene = scene;
    this.actions = actions;
    /** @type {ShownParts} */
    this.shown = { channels: new Set(), influences: new Set(), runs: [], folded: new Set() };
  }

  /**
   * Sets what is shown; the tab stop is one of the shown channels.
   * @param {ShownParts} shown
   */
  arrange(shown) {
    this.shown = shown;
    const at = channelAt(this.stop.element);
    if (!at || !shown.channels.has(at)) this.stop.moveTo(this.#mark([...shown.channels][0]));
  }

  /**
   * Handles a key; false if it has no effect.
   * @param {KeyboardEvent} event
   */
  press(event) {
    if (isBrowserShortcut(event)) return false;
    const [channel, influence] = [channelAt(event.target), influenceAt(event.target)];
    const run = runAt(event.target);
    if (event.key === "Escape") this.actions.select(null);
    else if (channel) return this.#fromChannel(channel, event);
    else if (run && activates(event)) this.actions.select(run);
    else if (influence) return this.#fromInfluence(this.scene.graph.influence(influence), event.key);
    else return false;
    return true;
  }

  /**
   * @param {string} id
   * @param {KeyboardEvent} event
   */
  #fromChannel(id, event) {
    const { select, zoom, fit } = this.actions;
    if (event.key === "ArrowUp") this.#follow(this.#out(id)[0], "upper", event.shiftKey);
    else if (event.key === "ArrowDown") this.#follow(this.#into(id)[0], "lower", event.shiftKey);
    else if (event.key === "ArrowLeft") this.stop.focus(this.#mark(this.#beside(id, -1)));
    else if (event.key === "ArrowRight") this.stop.focus(this.#mark(this.#beside(id, 1)));
    else if (activates(event)) select(id);
    else if (event.key === "+") zoom(ZOOM);
    else if (event.key === "-") zoom(1 / ZOOM);
    else if (event.key === "0") fit();
    else return false;
    this.#start = id;
    return true;
  }

  /**
   * Left and right move to the next influence of the channel from which this one was reached.
   * @param {Influence} influence
   * @param {string} key
   */
  #fromInfluence(influence, key) {
    const { lower, upper } = influence;
    const siblings = this.#start === upper ? this.#into(upper) : this.#out(lower);
    const at = siblings.indexOf(influence);
    if (key === "ArrowUp") this.stop.focus(this.#mark(upper));
    else if (key === "ArrowDown") this.stop.focus(this.#mark(lower));
    else if (key === "ArrowLeft") this.stop.focus(this.#edge(siblings[at - 1]));
    else if (key === "ArrowRight") this.stop.focus(this.#edge(siblings[at + 1]));
    else return false;
    return true;
  }

  /**
   * @param {Influence | undefined} influence
   * @param {"lower" | "upper"} end
   * @param {boolean} onto whether to stop at the influence itself
   */
  #follow(influence, end, onto) {
    if (influence) this.stop.focus(onto ? this.#edge(influence) : this.#mark(influence[end]));
  }

  /**
   * @param {string} id
   * @param {-1 | 1} step
   */
  #beside(id, step) {
    const { layer } = this.scene.graph.channel(id);
    const row = [...this.shown.channels].filter((one) => this.scene.graph.channel(one).layer === layer);
    return row[row.indexOf(id) + step];
  }

  /** @param {string} id */
  #into(id) {
    return this.scene.graph.into(id).filter(({ name }) => this.shown.influences.has(name));
  }

  /** @param {string} id */
  #out(id) {
    return this.scene.graph.outOf(id).filter(({ name }) => this.shown.influences.has(name));
  }

  /** @param {string | undefined} id */
  #mark(id) {
    return id === undefined ? null : this.scene.channels.get(id)?.mark;
  }

  /** @param {Influence | undefined} influence */
  #edge(influence) {
    return influence && this.scene.influences.get(influence.name)?.mark;
  }
}
