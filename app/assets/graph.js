// The attribution graph of one class, or of several compared ones, as an SVG that reacts without the server.
// A click that selects a channel is sent to Python, which puts it into the address.

import { Camera } from "./common/camera.js";
import { pictureButtons } from "./common/download.js";
import { html, svg } from "./common/elements.js";
import { viewIn } from "./common/mounting.js";
import { PendingClicks } from "./common/pending.js";
import { Rest } from "./common/rest.js";
import { Controls } from "./graph/controls.js";
import { Drawing } from "./graph/drawing.js";
import { channelAt, influenceAt, runAt } from "./graph/marks.js";
import { ScrollBar } from "./graph/scroll_bar.js";

/** @typedef {import("./data.js").GraphData} GraphData */
/** @typedef {import("./common/mounting.js").Component<GraphData>} Component */

/**
 * Called by Streamlit at every run of the page.
 * @param {Component} component
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  const view = viewIn(parentElement, "graph", (root) => new GraphView(root));
  view.send = setTriggerValue;
  view.show(data);
}

/** How long the pointer rests on a mark before it is shown: crossing the graph does not flash. */
const LOOK_MILLISECONDS = 120;
/** How long a mark stays shown: the way from it to the panel. */
const LEAVE_MILLISECONDS = 400;

/** The frame around the drawings of graphs: toolbar, canvas, list and panel. */
class GraphView {
  /** @type {Drawing | null} */
  drawn = null;
  /** @type {Component["setTriggerValue"]} */
  send = () => {};
  /** @type {PendingClicks<string | null>} */
  pending = new PendingClicks();
  rest = new Rest();
  group = svg("g", { class: "scene" });
  canvas = svg("svg", { class: "canvas", role: "application", tabindex: "-1" });
  panel = html("aside", { class: "panel", "aria-label": "Details" });
  list = html("div", {
    class: "list visually-hidden",
    role: "region",
    "aria-label": "The graph as a list",
    tabindex: "-1",
  });

  /** @param {HTMLElement} root */
  constructor(root) {
    this.camera = new Camera(this.canvas, this.group, () => this.moved());
    this.scrollBar = new ScrollBar((y) => this.camera.panTo(y));
    const actions = {
      changed: () => this.drawn?.arrange(),
      zoom: (/** @type {number} */ factor) => this.camera.zoomBy(factor),
      fit: () => this.drawn?.fit(),
      showList: (/** @type {boolean} */ shown) => this.#showList(shown),
      fillScreen: () => {
        if (document.fullscreenElement) document.exitFullscreen();
        else root.requestFullscreen();
      },
    };
    const buttons = pictureButtons(
      () => this.#drawing().picture(),
      () => this.#drawing().data.file,
    );
    this.controls = new Controls(actions, buttons);
    const stage = html("div", { class: "stage" }, this.canvas, this.scrollBar.element, this.list);
    root.replaceChildren(this.controls.element, html("div", { class: "body" }, stage, this.panel));
    root.addEventListener("keydown", (event) => {
      if (this.drawn?.walk.press(event)) event.preventDefault();
    });
    this.#listen();
    new ResizeObserver(() => this.camera.touched || this.drawn?.fit()).observe(this.canvas);
  }

  #listen() {
    this.group.addEventListener("pointerover", ({ target }) =>
      this.rest.soon(() => this.drawn?.lookAt(target), LOOK_MILLISECONDS),
    );
    const leave = () => this.rest.soon(() => this.drawn?.restore(), LEAVE_MILLISECONDS);
    this.group.addEventListener("pointerout", (event) => {
      this.#drawing().leaveFaces(event);
      leave();
    });
    this.panel.addEventListener("pointerenter", () => this.rest.cancel());
    this.panel.addEventListener("pointerleave", leave);
    this.group.addEventListener("pointermove", (event) => this.#drawing().stepFaces(event));
    this.canvas.addEventListener("focusin", (event) => {
      this.drawn?.lookAt(event.target);
      this.drawn?.reveal(event);
    });
    this.canvas.addEventListener("focusout", ({ relatedTarget }) => {
      // A link in the panel must not be redrawn while the mouse is pressed on it, or it gets no click.
      if (!(relatedTarget instanceof Node && this.panel.contains(relatedTarget))) this.drawn?.restore();
    });
    this.canvas.addEventListener("click", (event) => {
      const chosen = channelAt(event.target) ?? runAt(event.target);
      if (chosen !== null || influenceAt(event.target) === null) this.select(chosen);
    });
  }

  /** The scene or the view has changed. */
  moved() {
    if (!this.drawn) return;
    const { scene } = this.drawn;
    scene.moveNames(this.camera.view);
    this.scrollBar.show(scene.box, this.camera.view, this.canvas.clientHeight);
  }

  #drawing() {
    if (!this.drawn) throw new Error("no graph is shown");
    return this.drawn;
  }

  /** @param {GraphData} data */
  show(data) {
    const isFresh = data.key !== this.drawn?.data.key;
    if (isFresh || !this.drawn) this.#draw(data);
    else this.drawn.update(data);
    const isNew = this.pending.isNew(data.selected);
    if (isFresh || isNew) this.drawn?.select(data.selected);
  }

  /** @param {GraphData} data */
  #draw(data) {
    this.drawn = new Drawing(this, data);
    this.drawn.fit();
  }

  /**
   * Selects a channel, a run or the class, or none if it is selected already. The URL names channels only.
   * @param {string | null} id
   */
  select(id) {
    const drawn = this.#drawing();
    const selected = id === drawn.selected ? null : id;
    if (selected === drawn.selected && !drawn.data.highlight.length) return; // there is nothing to clear
    const channel = drawn.graph.isChannel(selected) ? selected : null;
    this.pending.send(channel);
    drawn.select(selected);
    this.send("channel", channel ?? "");
  }

  /** @param {boolean} shown */
  #showList(shown) {
    this.list.classList.toggle("visually-hidden", !shown);
    this.canvas.style.visibility = shown ? "hidden" : "";
    if (shown) this.list.focus();
  }
}
