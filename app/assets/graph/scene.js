// The drawing of a graph: a mark for each channel and influence, and the names of the layers.

import { copyOf } from "../common/download.js";
import { set, svg } from "../common/elements.js";
import { Glide } from "../common/motion.js";
import { shortened } from "../common/text.js";
import {
  barWidth,
  edgePath,
  edgeWidth,
  FOLDED_SIZE,
  NAME_LETTERS,
  nameShows,
  roomForNames,
} from "./layout.js";
import { channelMark, classMark, clipPaths, foldMark, influenceMark, supernodeMark } from "./marks.js";
import { describeChannel, describeInfluence, spokenName } from "./words.js";

/** @typedef {import("../common/camera.js").View} View */
/** @typedef {import("../common/motion.js").Places} Places */
/** @typedef {import("./marks.js").ChannelMark} ChannelMark */
/** @typedef {import("./marks.js").InfluenceMark} InfluenceMark */
/** @typedef {import("./model.js").Channel} Channel */
/** @typedef {import("./model.js").Graph} Graph */
/** @typedef {import("./model.js").Influence} Influence */
/** @typedef {import("./model.js").ShownParts} ShownParts */
/** @typedef {import("./runs.js").Run} Run */

const MILLISECONDS = 280; // of a move
const BASELINE = 4; // pixels from the middle of a name to its base line

export class Scene {
  /** @param {Graph} graph */
  constructor(graph) {
    this.graph = graph;
    /** @type {number[]} of the rows */
    this.middles = [];
    /** @type {boolean[]} whether each row has shown channels that are not folded */
    this.filled = [];
    /** @type {Set<string>} */
    this.folded = new Set();
    this.roomForNames = roomForNames(graph.rows.map(({ layer }) => layer));
    /** @type {Influence[]} */
    this.shownInfluences = [];
    const { classes, strongest } = graph;
    /** @type {Map<string, ChannelMark>} */
    this.channels = new Map();
    for (const [id, channel] of graph.channels) {
      this.channels.set(id, markFor(channel, graph));
    }
    /** @type {Map<string, InfluenceMark>} */
    this.influences = new Map();
    for (const [name, influence] of graph.influences) {
      this.influences.set(
        name,
        influenceMark(influence, classes, strongest, describeInfluence(influence, graph)),
      );
    }
    this.defs = svg("defs", {}, ...clipPaths());
    this.names = svg("g", { class: "labels", "aria-hidden": "true" }, ...graph.rows.map(layerName));
    this.parts = [this.#edges(), ...this.#rows()];
    this.glide = new Glide((places) => this.#place(places), MILLISECONDS);
  }

  /** The influences, those of many images above the others. */
  #edges() {
    const ascending = [...this.graph.influences.values()].sort((one, other) => one.count - other.count);
    return svg("g", { class: "edges" }, ...ascending.map(({ name }) => this.influences.get(name)?.mark));
  }

  #rows() {
    return this.graph.rows.map(({ layer, channels }) => {
      const marks = channels.map(({ id }) => this.channels.get(id)?.mark);
      const attributes = { class: "layer", "data-layer": layer || null, role: "group" };
      return svg("g", { ...attributes, "aria-label": layer || "class" }, ...marks);
    });
  }

  /**
   * Shows these channels at these places, and these influences.
   * @param {ShownParts} shown
   * @param {Places} places of the shown channels
   * @param {{middles: number[], jump: boolean}} options
   */
  arrange(shown, places, { middles, jump }) {
    for (const [id, { mark }] of this.channels) mark.style.display = shown.channels.has(id) ? "" : "none";
    for (const [name, { mark }] of this.influences)
      mark.style.display = shown.influences.has(name) ? "" : "none";
    this.shownInfluences = [...shown.influences].map((name) => this.graph.influence(name));
    this.middles = middles;
    this.folded = shown.folded;
    const isOpen = (/** @type {string} */ id) => shown.channels.has(id) && !shown.folded.has(id);
    this.filled = this.graph.rows.map(({ channels }) => channels.some(({ id }) => isOpen(id)));
    this.#drawRuns(shown.runs);
    this.glide.moveTo(places, { jump });
  }

  /**
   * Skips of runs are bars, and the channels between a run's ends small marks.
   * @param {Run[]} runs
   */
  #drawRuns(runs) {
    const names = new Map(runs.flatMap(({ name, influences }) => influences.map((one) => [one, name])));
    const { strongest } = this.graph;
    for (const [name, { mark }] of this.influences) {
      const { count } = this.graph.influence(name);
      const run = names.get(name) ?? null;
      const width = (run ? barWidth : edgeWidth)(count, strongest);
      set(mark, { "data-run": run, "stroke-width": width.toFixed(2) });
      mark.classList.toggle("bar", run !== null);
    }
    for (const [id, mark] of this.channels) {
      foldMark(mark, this.graph.channel(id), this.graph.classes, this.folded.has(id));
    }
  }

  /** @param {string} id of a channel */
  #heightOf(id) {
    return this.folded.has(id) ? FOLDED_SIZE : this.graph.channel(id).height;
  }

  /** @param {Places} places */
  #place(places) {
    for (const [id, { x, y }] of places) {
      this.channels.get(id)?.mark.setAttribute("transform", `translate(${x},${y})`);
    }
    for (const { name, lower, upper } of this.shownInfluences) {
      const [from, to] = [places.get(lower), places.get(upper)];
      if (!from || !to) continue;
      const d = edgePath(from, to, this.#heightOf(lower), this.#heightOf(upper));
      for (const path of this.influences.get(name)?.paths ?? []) path.setAttribute("d", d);
    }
  }

  /**
   * Keeps the layers' names next to their rows.
   * @param {View} view
   */
  moveNames({ y, scale }) {
    const middles = this.middles.map((middle) => y + middle * scale);
    const shows = nameShows(middles, this.filled);
    for (const [level, name] of [...this.names.children].entries()) {
      set(name, { y: (middles[level] + BASELINE).toFixed(1), visibility: shows[level] ? null : "hidden" });
    }
  }

  /** The box of the scene that all shown channels take. */
  get box() {
    const xs = [...this.glide.target.values()].map(({ x }) => x);
    const [left, right] = [Math.min(...xs) - 32, Math.max(...xs) + 32];
    const height = this.middles.at(-1) ?? 0;
    return { x: left, y: -32, width: right - left, height: height + 64 };
  }

  /**
   * Copies for a saved picture: the entire scene, the layers' names at x.
   * @param {SVGGElement} group the group that the camera moves
   * @param {number} x
   */
  copies(group, x) {
    const [scene, names] = [copyOf(group), copyOf(this.names)];
    scene.removeAttribute("transform");
    const shows = nameShows(this.middles, this.filled);
    for (const [level, name] of [...names.children].entries()) {
      set(name, { x, y: this.middles[level] + BASELINE, visibility: shows[level] ? null : "hidden" });
    }
    return [copyOf(this.defs), scene, names];
  }
}

/**
 * @param {Channel} channel
 * @param {Graph} graph
 */
function markFor(channel, graph) {
  const description = describeChannel(channel, graph);
  if (channel.isClass) return classMark(channel, graph.classes[0].title, description);
  const name = `${spokenName(channel)}, ${description}`;
  if (channel.members.length) return supernodeMark(channel, name);
  return channelMark(channel, graph.classes, name);
}

/** @param {{layer: string}} row */
function layerName({ layer }) {
  const title = layer ? svg("title", {}, layer) : null;
  return svg("text", { x: 12 }, title, shortened(layer || "class", NAME_LETTERS));
}
