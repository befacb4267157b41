// All classes of a network as dots, layer by layer, and as a list. Hovering a class highlights it in both. A
// chosen class or layer is sent to Python, which puts it into the address.

import { pictureButtons } from "./common/download.js";
import { fill, html, markOf } from "./common/elements.js";
import { activates, isBrowserShortcut, keepFocus } from "./common/focus.js";
import { viewIn } from "./common/mounting.js";
import { PendingClicks } from "./common/pending.js";
import { number } from "./common/text.js";
import { button } from "./common/toolbar.js";
import { ClassList } from "./overview/class_list.js";
import { movementTo, orderOf, similarityIn } from "./overview/classes.js";
import { CommunityLegend, coloursOf } from "./overview/communities.js";
import { ClassDots } from "./overview/dots.js";
import { isArrow, placesInSquare } from "./overview/positions.js";
import { LayerTabs } from "./overview/tabs.js";
import { MapTools } from "./overview/tools.js";
import { largestMove } from "./overview/trajectory.js";

/** @typedef {import("./data.js").OverviewData} OverviewData */
/** @typedef {import("./common/mounting.js").Component<OverviewData>} Component */
/** @typedef {import("./overview/classes.js").Order} Order */

const ZOOM = 1.4; // factor of a step
const [DOT, ROW] = ["data-class-dot", "data-class-row"];

/**
 * Called by Streamlit at every run of the page.
 * @param {Component} component
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  const view = viewIn(parentElement, "overview", (root) => new Overview(root));
  view.send = setTriggerValue;
  keepFocus(view.root, () => view.show(data));
}

class Overview {
  /** @type {OverviewData | null} */
  #data = null;
  #layer = "";
  #hasRowsInView = false;
  /** @type {string | null} the class of the first click of a double click: a chosen row may move */
  #clicked = null;
  /** @type {Order | null} the order that the user has chosen, until it is in the address */
  #picked = null;
  /** @type {Component["setTriggerValue"]} */
  send = () => {};
  /** @type {PendingClicks<string>} */
  pending = new PendingClicks();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.note = html("p", { class: "note quiet" });
    this.empty = html("div", { class: "empty quiet" });
    const buttons = this.#buttons();
    this.tools = new MapTools({
      lasso: () => this.#switchLasso(),
      colours: () => this.send("colours", this.#shown.communities ? "" : "communities"),
      trajectory: () => this.send("trajectory", this.#shown.trajectory ? "" : "yes"),
    });
    const tools = this.tools.element;
    this.dots = new ClassDots([buttons, tools, this.note], (names) => this.#group("", names));
    this.tabs = new LayerTabs((layer) => this.#chooseLayer(layer));
    this.list = new ClassList({
      choose: (name) => this.#choose(name),
      inView: (names) => this.#markInView(names),
      sort: (order) => this.#sort(order),
      group: (title, names) => this.#group(title, names),
    });
    this.legend = new CommunityLegend({
      choose: ({ title, members }) => this.#group(title, members),
      light: (members) => this.dots.spotlight(members),
    });
    this.list.heads.before(this.legend.element);
    const stage = html("div", { class: "stage" }, this.dots.canvas, tools, buttons, this.note, this.empty);
    fill(root, html("div", { class: "map" }, this.tabs.element, stage), this.list.element);
    this.#listen(this.dots.group, DOT);
    this.#listen(this.list.list, ROW);
  }

  #buttons() {
    return html(
      "div",
      { class: "corner" },
      button("−", "Zoom out", () => this.dots.camera.zoomBy(1 / ZOOM)),
      button("+", "Zoom in", () => this.dots.camera.zoomBy(ZOOM)),
      button("Fit", "Show all classes", () => this.dots.fit()),
      ...pictureButtons(
        () => ({
          ...this.dots.picture(),
          heading: `The classes of ${this.#shown.network} in ${this.#layer}`,
          provenance: this.#shown.provenance,
        }),
        () => `${this.#shown.network}-${this.#layer}`,
      ),
    );
  }

  #switchLasso() {
    this.dots.lasso.isOn = !this.dots.lasso.isOn;
    this.dots.canvas.classList.toggle("drawing", this.dots.lasso.isOn);
    this.#markTools();
  }

  #markTools() {
    const { communities, trajectory, chosen } = this.#shown;
    this.tools.show({
      lasso: this.dots.lasso.isOn,
      colours: communities !== null,
      trajectory: chosen === null ? null : trajectory,
    });
  }

  /**
   * Handles hover, clicks and keys on dots or rows.
   * @param {HTMLElement | SVGElement} place
   * @param {string} mark the attribute with the class's name
   */
  #listen(place, mark) {
    const light = (/** @type {Event} */ event) => {
      const name = markOf(event, mark);
      if (name !== null) this.#light(name, mark);
    };
    place.addEventListener("pointerover", light);
    place.addEventListener("focusin", light);
    place.addEventListener("pointerout", () => this.#light(null, mark));
    place.addEventListener("focusout", () => this.#light(null, mark));
    place.addEventListener("click", (event) => {
      if (event instanceof MouseEvent && event.detail > 1) return;
      this.#clicked = markOf(event, mark);
      if (this.#clicked !== null) this.#choose(this.#clicked);
    });
    place.addEventListener("dblclick", () => {
      if (this.#clicked !== null) this.send("open", this.#clicked);
    });
    place.addEventListener("keydown", (event) => {
      const name = markOf(event, mark);
      if (!(event instanceof KeyboardEvent) || name === null || isBrowserShortcut(event)) return;
      if (this.#press(event.key, name, mark)) event.preventDefault();
    });
  }

  get #shown() {
    if (!this.#data) throw new Error("no classes are shown");
    return this.#data;
  }

  /** @param {OverviewData} data */
  show(data) {
    const before = this.#data;
    const isFresh = data.key !== before?.key;
    const isOther = isFresh || data.chosen !== before?.chosen || data.order !== before?.order;
    this.#data = data;
    if (data.order === this.#picked) this.#picked = null;
    if (isFresh) this.#draw(data);
    if (isOther) this.#mark(data.chosen);
    const isElse = data.aspects !== before?.aspects;
    if (isFresh || isElse) this.#showAspects(data);
    if (this.pending.isNew(data.layer) || isFresh) this.#showLayer(data.layer, { jump: isFresh });
    else if (isOther || isElse) this.#showValues();
    if (isOther) this.list.bringIntoView(data.chosen);
    if (data.network !== before?.network || (isFresh && !this.dots.camera.touched)) this.dots.fit();
  }

  /** @param {OverviewData} data */
  #draw(data) {
    this.dots.draw(data.classes);
    this.list.draw(data.classes, data.concepts);
    this.tabs.draw(data.layers, (layer) => this.#placesIn(layer));
    const isLaidOut = data.layers.some((layer) => data.positions[layer]);
    this.empty.hidden = isLaidOut;
    this.note.hidden = !isLaidOut;
    const command = `summit-graph embed --network ${data.network}`;
    fill(this.empty, `The classes have no positions yet: run ${command}`);
  }

  /**
   * Colours and the group.
   * @param {OverviewData} data
   */
  #showAspects({ communities, group }) {
    this.dots.colour(communities && coloursOf(communities));
    this.legend.show(communities);
    this.dots.markGroup(new Set(group));
  }

  /** @param {string | null} chosen */
  #mark(chosen) {
    this.dots.choose(chosen);
    this.list.choose(chosen);
  }

  /** @param {string} layer */
  #placesIn(layer) {
    const { classes, positions } = this.#shown;
    return placesInSquare(
      classes.map(({ name }) => name),
      positions[layer],
    );
  }

  /**
   * @param {string} layer
   * @param {{jump?: boolean}} [options]
   */
  #showLayer(layer, { jump = false } = {}) {
    this.#layer = layer;
    this.tabs.select(layer);
    this.dots.show(this.#placesIn(layer), { jump });
    this.#showValues();
  }

  /** What is known of each class in the shown layer. */
  #showValues() {
    const { chosen, group } = this.#shown;
    const order = this.#picked ?? orderOf(this.#shown);
    const valuesIn = order === "movement" ? movementTo : similarityIn;
    this.list.showValues(valuesIn(this.#shown, this.#layer), { order, chosen, group: new Set(group) });
    this.dots.showTrajectory(this.#stops(), this.#layer);
    this.#markTools();
    this.#writeNote();
  }

  /** Where the selected class is in the layers, if its trajectory is shown. */
  #stops() {
    const { chosen, trajectory, layers } = this.#shown;
    if (chosen === null || !trajectory) return [];
    return layers.flatMap((layer) => {
      const place = this.#placesIn(layer).get(chosen);
      return place ? [{ layer, place }] : [];
    });
  }

  /** @param {Set<string>} names */
  #markInView(names) {
    this.dots.markInView(names);
    this.#hasRowsInView = names.size > 0;
    this.#writeNote();
  }

  /** The meaning of distances and colours. */
  #writeNote() {
    const { note, chosen, communities, group } = this.#shown;
    const blue = this.#hasRowsInView && !communities ? "Blue: visible in the list." : null;
    const orange = chosen ? "Orange: selected." : null;
    const ring = group.length ? "Ringed: the group." : null;
    const parts = [note, `Layer ${this.#layer}.`, blue, orange, ring, this.#moveText()];
    fill(this.note, parts.filter(Boolean).join(" "));
  }

  /** Where the selected class moves most, if its trajectory is shown. */
  #moveText() {
    const { chosen, trajectory, classes, layers, movement } = this.#shown;
    if (chosen === null || !trajectory || !movement) return null;
    const names = classes.map(({ name }) => name);
    const move = largestMove(chosen, names, layers, movement);
    if (!move) return null;
    const { lower, upper, less, of } = move;
    return `It moves most from ${lower} to ${upper}: more than ${number(less)} of the ${number(of)} others.`;
  }

  /**
   * @param {string | null} name
   * @param {string} mark of the view that the pointer or the focus is in
   */
  #light(name, mark) {
    this.dots.light(name, { raise: mark === ROW });
    this.list.light(name);
  }

  /** @param {string} name */
  #choose(name) {
    this.send("chosen", name);
  }

  /**
   * @param {string} title
   * @param {string[]} members
   */
  #group(title, members) {
    this.send("group", JSON.stringify({ title, members }));
  }

  /** @param {Order} order */
  #sort(order) {
    this.#picked = order;
    this.send("order", order);
  }

  /** @param {string} layer */
  #chooseLayer(layer) {
    this.pending.send(layer);
    this.#showLayer(layer);
    this.send("layer", layer);
  }

  /**
   * Handles a key; false if it has no effect.
   * @param {string} key
   * @param {string} name
   * @param {string} mark of the view that has the focus
   */
  #press(key, name, mark) {
    if (key === "Enter") this.send("open", name);
    else if (activates({ key })) this.#choose(name);
    else if (mark === DOT && isArrow(key)) this.dots.walk(name, key);
    else if (key === "ArrowDown") this.list.walk(name, 1);
    else if (key === "ArrowUp") this.list.walk(name, -1);
    else return false;
    return true;
  }
}
