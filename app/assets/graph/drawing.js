// One graph on the canvas, with its selected and its hovered channel.

import { closest, set } from "../common/elements.js";
import { markFace, showFace, showFaceAt } from "./faces.js";
import { Highlight } from "./highlight.js";
import { chooseDistances, placeRows, rowMiddles } from "./layout.js";
import { writeList } from "./list.js";
import { channelAt, drawnLegend, influenceAt, legend, runAt } from "./marks.js";
import { Graph, leastClassesOf, shownParts } from "./model.js";
import { enlargement, writeLabels } from "./node_labels.js";
import { showChannel, showInfluence, showRun, showSummary, showSupernode } from "./panel.js";
import { Scene } from "./scene.js";
import { Walk } from "./walking.js";
import { describeShown } from "./words.js";

/** @typedef {import("../data.js").GraphData} GraphData */
/** @typedef {import("./runs.js").Run} Run */
/**
 * The elements around a drawing; they are kept when another graph is drawn.
 * @typedef {object} Frame
 * @property {SVGSVGElement} canvas
 * @property {SVGGElement} group the group that the camera moves
 * @property {import("../common/camera.js").Camera} camera
 * @property {import("./controls.js").Controls} controls
 * @property {HTMLElement} panel
 * @property {HTMLElement} list
 * @property {(id: string | null) => void} select
 * @property {import("./choices.js").Choices} choices
 * @property {(channel: string) => void} expand
 * @property {() => void} moved is called when the scene or the view has changed
 * @property {import("./pinning.js").Editing | null} editing of the subgraph; null where there is none
 */

const LEGEND_WIDTH = 240; // of a saved comparison
const LEGEND_GAP = 30;
const LEAST_SCALE = 0.45; // at which channels can be distinguished; a higher graph is scrolled

export class Drawing {
  /** @type {string | null} the selected channel */
  selected = null;
  /** @type {string | null} the channel that the panel shows */
  #described = null;
  /** How many times larger than in the scene labels are drawn. */
  #enlarged = 1;
  /** Whether nothing but the selection is shown: neither the pointer nor the focus shows something else. */
  isAtRest = true;

  /**
   * @param {Frame} view
   * @param {GraphData} data
   * @param {{isOther?: boolean}} [options] isOther: of other classes than the graph drawn before
   */
  constructor(view, data, { isOther = true } = {}) {
    this.view = view;
    this.data = data;
    const groups = data.channel_groups && { ...data.channel_groups, ...view.choices.now.groups };
    this.graph = new Graph(data, view.editing?.subgraph ?? null, groups);
    this.scene = new Scene(this.graph);
    this.highlight = new Highlight(view.canvas, this.scene);
    this.walk = new Walk(this.scene, {
      select: (id) => view.select(id),
      zoom: (factor) => view.camera.zoomBy(factor),
      fit: () => this.fit(),
    });
    const leastClasses = leastClassesOf(this.graph);
    this.shown = shownParts(this.graph, { leastCount: 0, leastInfluence: 0, skips: true, leastClasses });
    view.canvas.classList.remove("dimmed");
    view.canvas.classList.toggle("against", data.against);
    set(view.canvas, { "aria-label": data.heading });
    view.canvas.replaceChildren(this.scene.defs, view.group, this.scene.names);
    view.group.replaceChildren(...this.scene.parts);
    const distances = chooseDistances(this.#shownRows(), this.#room(), this.shown.folded);
    view.controls.describe(this.graph);
    if (isOther) view.controls.reset(distances, leastClasses);
    view.controls.showSubgraph(view.editing?.subgraph ?? null);
    view.controls.showGroups(groups);
    this.arrange({ jump: true });
  }

  #shownRows() {
    const { channels: shown } = this.shown;
    return this.graph.rows.map(({ layer, channels }) => ({
      layer,
      channels: channels.filter(({ id }) => shown.has(id)),
    }));
  }

  /** The free space for the graph in the canvas. */
  #room() {
    const { clientWidth, clientHeight } = this.view.canvas;
    return { width: Math.max(1, clientWidth - this.scene.roomForNames), height: Math.max(1, clientHeight) };
  }

  /**
   * Shows the same graph with another motif, or with new pictures.
   * @param {GraphData} data
   */
  update(data) {
    const isOtherMotif = `${data.highlight}` !== `${this.data.highlight}`;
    this.data = data;
    this.graph.updatePictures(data);
    if (isOtherMotif) this.restore();
  }

  /**
   * Marks a channel as selected, or none.
   * @param {string | null} id
   */
  select(id) {
    this.selected = this.graph.has(id) || this.#run(id) ? id : null;
    if (this.graph.runs.length) this.arrange();
    else this.restore();
  }

  /**
   * The shown run of this name.
   * @param {string | null} name
   */
  #run(name) {
    return this.shown.runs.find((run) => run.name === name);
  }

  arrange({ jump = false } = {}) {
    const { filters, distances } = this.view.controls;
    this.shown = shownParts(this.graph, filters, this.selected);
    const { rows } = this.graph;
    const { channels: shown, folded, runs } = this.shown;
    const middles = rowMiddles(rows, { shown, folded, rowDistance: distances.rowDistance });
    const places = placeRows(rows, { shown, folded, runs, gap: distances.gap, middles });
    this.scene.arrange(this.shown, places, { middles, jump });
    this.#writeLabels();
    this.view.moved();
    this.walk.arrange(this.shown);
    writeList(this.view.list, this.graph, this.shown);
    this.restore();
  }

  /** Labels stay readable in the view that is shown now. */
  zoomed() {
    if (enlargement(this.view.camera.view.scale) !== this.#enlarged) this.#writeLabels();
  }

  #writeLabels() {
    this.#enlarged = enlargement(this.view.camera.view.scale);
    this.view.group.style.setProperty("--enlarged", `${this.#enlarged}`);
    writeLabels(this.scene, { gap: this.view.controls.distances.gap, enlarged: this.#enlarged });
  }

  fit() {
    const room = { left: this.scene.roomForNames, least: LEAST_SCALE };
    if (this.shown.channels.size) this.view.camera.fit(this.scene.box, room);
  }

  /**
   * Shows the channel or the influence that an element belongs to.
   * @param {EventTarget | null} target
   */
  lookAt(target) {
    this.isAtRest = false;
    const [channel, influence] = [channelAt(target), influenceAt(target)];
    const run = this.#run(runAt(target));
    if (channel !== null) this.#lookAtChannel(channel);
    else if (run) this.#lookAtRun(run);
    else if (influence !== null) this.#lookAtInfluence(influence);
  }

  /**
   * Moves a channel that the keyboard has reached into view.
   * @param {Event} event
   */
  reveal({ target }) {
    const place = this.scene.glide.target.get(channelAt(closest(target, ".node:focus-visible")) ?? "");
    if (place) this.view.camera.reveal(place.y);
  }

  /** @param {string} id */
  #lookAtChannel(id) {
    const channel = this.graph.channel(id);
    if (channel.isOpen) this.highlight.motif(new Set([id, ...channel.members.map((one) => one.id)]));
    else this.highlight.channel(id);
    this.#described = id;
    const open = (/** @type {string} */ channel) => this.view.choices.act("open", channel);
    const expand = (/** @type {string} */ channel) => this.view.expand(channel);
    const { panel, editing } = this.view;
    const { select } = this.view;
    const { expanded } = this.view.choices.now;
    const options = {
      data: this.data,
      selected: id === this.selected,
      open,
      expand,
      expanded,
      editing,
      select,
    };
    if (channel.members.length) showSupernode(panel, this.graph, channel, options);
    else showChannel(panel, this.graph, channel, options);
  }

  /** @param {Run} run */
  #lookAtRun(run) {
    this.highlight.run(run);
    this.#described = null;
    showRun(this.view.panel, this.graph, run, { selected: run.name === this.selected });
  }

  /** @param {string} name */
  #lookAtInfluence(name) {
    this.highlight.influence(name);
    this.#described = null;
    showInfluence(this.view.panel, this.graph, this.graph.influence(name));
  }

  /**
   * Shows the first picture again of the channel that the pointer has left.
   * @param {PointerEvent} event
   */
  leaveFaces(event) {
    const channel = channelAt(event.target);
    if (channel !== null) this.#showFace(channel, showFace(this.scene, channel, 0));
  }

  /** @param {PointerEvent} event */
  stepFaces(event) {
    const channel = channelAt(event.target);
    if (channel !== null) this.#showFace(channel, showFaceAt(this.scene, channel, event));
  }

  /**
   * @param {string} id
   * @param {number} at
   */
  #showFace(id, at) {
    if (id === this.#described) markFace(this.view.panel, this.graph.channel(id).faces, at);
  }

  /** Shows the selected channel, else the motif of the address, else the entire graph. */
  restore() {
    this.isAtRest = true;
    const { selected } = this;
    const isVisible = selected !== null && this.shown.channels.has(selected);
    const run = this.#run(selected);
    this.highlight.select(isVisible ? selected : null);
    if (isVisible) this.#lookAtChannel(selected);
    else if (run) this.#lookAtRun(run);
    else this.#showSummary();
  }

  #showSummary() {
    this.#described = null;
    const drawn = this.data.highlight.map((id) => this.graph.owners.get(id) ?? id);
    this.highlight.motif(new Set(drawn.filter((id) => this.graph.has(id))));
    const shown = ["Shown", describeShown(this.graph, this.shown)];
    const facts = this.view.controls.showsAll ? this.data.facts : [...this.data.facts, shown];
    const choose = (/** @type {string} */ name) => this.view.choices.act("class", name);
    const { panel, editing } = this.view;
    showSummary(panel, this.data, { facts, legend: this.#legend(), choose, editing });
  }

  /** The legend, whose entries show one part of a comparison alone. */
  #legend() {
    const { controls } = this.view;
    return legend(this.graph, {
      held: controls.held,
      hold: (held) => {
        controls.held = held;
        this.arrange();
      },
    });
  }

  /** The entire graph, including the parts out of view. */
  picture() {
    const box = this.view.group.getBBox();
    const left = box.x - this.scene.roomForNames;
    const place = { x: box.x + box.width + LEGEND_GAP, y: box.y + 12 };
    const keys = drawnLegend(this.graph.classes, place, getComputedStyle(this.view.panel));
    const width = box.width + this.scene.roomForNames + (keys.length ? LEGEND_WIDTH : 0);
    return {
      parts: [...this.scene.copies(this.view.group, left), ...keys],
      box: { x: left, y: box.y, width, height: box.height },
      heading: this.data.heading,
      provenance: this.data.provenance,
      page: this.view.canvas,
    };
  }
}
