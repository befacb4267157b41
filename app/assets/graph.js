// The attribution graph of one class, or of several compared ones, as an SVG that reacts without the server.
// What the user chooses in it is sent to Python, which puts it into the address.

import { Camera } from "./common/camera.js";
import { pictureButtons } from "./common/download.js";
import { html, set, svg } from "./common/elements.js";
import { isBrowserShortcut, keepFocus } from "./common/focus.js";
import { viewIn } from "./common/mounting.js";
import { Rest } from "./common/rest.js";
import { toggled } from "./graph/channel_groups.js";
import { Choices, drawnDifferently, toggledIn } from "./graph/choices.js";
import { Controls } from "./graph/controls.js";
import { Drawing } from "./graph/drawing.js";
import { channelAt, influenceAt, runAt } from "./graph/marks.js";
import { saveFile } from "./graph/pinning.js";
import { ScrollBar } from "./graph/scroll_bar.js";
import { ShareDialog, wholeAddress } from "./graph/sharing.js";
import { pin, pinnedOf, unpin } from "./graph/subgraph.js";

/** @typedef {import("./data.js").GraphData} GraphData */
/** @typedef {import("./data.js").Subgraph} Subgraph */
/** @typedef {import("./graph/choices.js").Chosen} Chosen */
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
  choices = new Choices((name, value) => this.send(name, value));
  rest = new Rest();
  share = new ShareDialog();
  #isPressed = false;
  #file = "";
  whole = html("a", { class: "button whole", target: "_blank", rel: "noopener" }, "Open in the explorer");
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
    this.root = root;
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
      onlyPinned: (/** @type {boolean} */ isOn) =>
        this.edit((subgraph) => ({ ...subgraph, only_pinned: isOn })),
      groupNodes: (/** @type {boolean} */ shown) => {
        const { groups } = this.choices.now;
        if (groups) this.#choose({ groups: { ...groups, shown } });
      },
      share: () => this.share.show(location.href, this.#drawing().data.heading),
    };
    const buttons = pictureButtons(
      () => this.#drawing().picture(),
      () => this.#drawing().data.file,
    );
    this.controls = new Controls(actions, buttons);
    const stage = html("div", { class: "stage" }, this.canvas, this.scrollBar.element, this.list);
    const body = html("div", { class: "body" }, stage, this.panel);
    root.replaceChildren(this.controls.element, body, this.whole, this.share.element);
    root.addEventListener("keydown", (event) => {
      if (this.#pressPin(event) || this.drawn?.walk.press(event)) event.preventDefault();
    });
    this.#listen();
    this.#listenForPresses();
    new ResizeObserver(() => this.camera.touched || this.drawn?.fit()).observe(this.canvas);
  }

  #listen() {
    this.group.addEventListener("pointerover", ({ target }) =>
      this.rest.soon(() => this.#isWriting || this.drawn?.lookAt(target), LOOK_MILLISECONDS),
    );
    const leave = () => this.rest.soon(() => this.#isWriting || this.drawn?.restore(), LEAVE_MILLISECONDS);
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

  /** Whether the user writes into a field of the panel: pointing at something else must not replace it. */
  get #isWriting() {
    return this.panel.querySelector("input:focus, textarea:focus") !== null;
  }

  /** A redraw between press and release would make the browser lose the click. */
  #listenForPresses() {
    this.root.addEventListener("pointerdown", () => {
      this.#isPressed = true;
    });
    for (const name of ["pointerup", "pointercancel"]) {
      window.addEventListener(name, () => {
        this.#isPressed = false;
      });
    }
  }

  /**
   * Runs an action when no button is pressed and the focus has moved to the next field.
   * @param {() => void} action
   */
  #whenReleased(action) {
    if (!this.#isPressed) setTimeout(action);
    else window.addEventListener("pointerup", () => setTimeout(action), { once: true });
  }

  /**
   * P pins the focused channel, or unpins it.
   * @param {KeyboardEvent} event
   */
  #pressPin(event) {
    const channel = channelAt(event.target);
    if (event.key.toLowerCase() !== "p" || isBrowserShortcut(event)) return false;
    if (!this.choices.now.subgraph || !this.drawn?.graph.isChannel(channel) || channel === null) return false;
    this.edit((subgraph) => (pinnedOf(subgraph, channel) ? unpin : pin)(subgraph, channel));
    return true;
  }

  /** What the panel needs to edit the subgraph. */
  get editing() {
    const { subgraph } = this.choices.now;
    if (!subgraph) return null;
    return {
      subgraph,
      edit: (/** @type {(subgraph: Subgraph) => Subgraph} */ edit) => this.edit(edit),
      select: (/** @type {string} */ id) => this.select(id),
      open: (/** @type {string} */ text) => this.choices.act("subgraph_file", text),
      save: () => saveFile(this.choices.now.subgraph ?? subgraph, this.#file),
    };
  }

  /**
   * Applies an edit to the newest subgraph: a button may have been drawn before the last edit.
   * @param {(subgraph: Subgraph) => Subgraph} edit
   */
  edit(edit) {
    const { subgraph } = this.choices.now;
    if (subgraph) this.#choose({ subgraph: edit(subgraph) });
  }

  /**
   * Draws what the user has changed, and sends it to Python for the address.
   * @param {Partial<Chosen>} changes
   */
  #choose(changes) {
    this.choices.change(changes);
    this.#whenReleased(() => this.#drawAgain());
  }

  /**
   * Shows the other influences of a channel, or hides them again.
   * @param {string} channel
   */
  expand(channel) {
    const { expanded } = this.choices.now;
    if (expanded) this.choices.change({ expanded: toggledIn(expanded, channel) });
  }

  #drawAgain() {
    const { data, selected } = this.#drawing();
    this.#redraw(() => {
      this.drawn = new Drawing(this, data, { isOther: false });
      this.drawn.select(selected);
    });
  }

  /**
   * Keeps the focus, and does not show what has the focus if that was left by Escape before.
   * @param {() => void} draw
   */
  #redraw(draw) {
    const isAtRest = this.drawn?.isAtRest ?? true;
    keepFocus(this.root, draw);
    if (isAtRest && !this.drawn?.isAtRest) this.drawn?.restore();
  }

  /** The scene or the view has changed. */
  moved() {
    if (!this.drawn) return;
    const { scene } = this.drawn;
    this.drawn.zoomed();
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
    const before = this.choices.now;
    this.choices.take(data);
    const { now } = this.choices;
    if (isFresh || !this.drawn) {
      this.#redraw(() => {
        this.#draw(data);
        this.drawn?.select(now.channel);
      });
    } else {
      this.drawn.update(data);
      if (drawnDifferently(before, now)) this.#drawAgain();
      if (now.channel !== before.channel) this.drawn?.select(now.channel);
    }
    this.share.follow(location.href);
  }

  /**
   * Draws another graph, or the same one with other channels: then the filters and the view stay.
   * @param {GraphData} data
   */
  #draw(data) {
    const isOther = data.file !== this.#file;
    this.#file = data.file;
    this.root.classList.toggle("embedded", data.embedded);
    if (data.embedded) set(this.whole, { href: wholeAddress(location.href) });
    this.drawn = new Drawing(this, data, { isOther });
    if (isOther || !this.camera.touched) this.drawn.fit();
  }

  /**
   * Selects a channel, a run or the class, or none if it is selected already. The URL names channels only.
   * A group opens or folds.
   * @param {string | null} id
   */
  select(id) {
    const drawn = this.#drawing();
    const { groups } = this.choices.now;
    if (groups && id !== null && drawn.graph.isGroup(id)) {
      this.#choose({ groups: toggled(groups, id) });
      return;
    }
    const selected = id === drawn.selected ? null : id;
    if (selected === drawn.selected) {
      drawn.restore(); // Escape leads from a focused channel to the summary
      if (drawn.data.highlighted_by) this.choices.change({ cleared: drawn.data.highlighted_by });
      return;
    }
    this.choices.change({ channel: drawn.graph.isChannel(selected) ? selected : null });
    drawn.select(selected);
  }

  /** @param {boolean} shown */
  #showList(shown) {
    this.list.classList.toggle("visually-hidden", !shown);
    this.canvas.style.visibility = shown ? "hidden" : "";
    if (shown) this.list.focus();
  }
}
