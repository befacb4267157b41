// The classes as dots: near dots are similar classes.

import { Camera } from "../common/camera.js";
import { copyOf } from "../common/download.js";
import { set, svg } from "../common/elements.js";
import { TabStop } from "../common/focus.js";
import { Glide } from "../common/motion.js";
import { isWithin, Lasso } from "./lasso.js";
import { DotNames } from "./names.js";
import { isAnyInView, nearestInDirection, SIDE } from "./positions.js";
import { Trajectory } from "./trajectory.js";

/** @typedef {import("../common/motion.js").Places} Places */
/** @typedef {import("../data.js").OverviewClass} OverviewClass */
/** @typedef {import("./positions.js").Arrow} Arrow */

const MILLISECONDS = 600; // of a move to another layer
const [RADIUS, LARGEST_RADIUS] = [4, 9]; // of a dot, in pixels on screen
const GROWTH = 0.4; // a dot grows with this power of the zoom
const ROOM = { top: 24, bottom: 48, padding: 36, largest: 4 }; // pixels kept free, largest scale

export class ClassDots {
  /** @type {Map<string, SVGCircleElement>} */
  dots = new Map();
  stop = new TabStop();
  /** @type {string | null} */
  #chosen = null;
  #fittedScale = 1;
  #drawnScale = 0;
  #radius = RADIUS;

  /**
   * @param {HTMLElement[]} overlays parts of the stage that cover dots
   * @param {(names: string[]) => void} drawn the user draws around dots
   */
  constructor(overlays, drawn) {
    this.overlays = overlays;
    // With listeners for the focus, browsers would make it a tab stop.
    this.group = svg("g", { tabindex: "-1" });
    this.names = new DotNames();
    const attributes = {
      class: "canvas",
      role: "group",
      "aria-label": "Classes as dots: near dots are similar classes",
    };
    this.canvas = svg("svg", attributes, this.group, this.names.element);
    this.trajectory = new Trajectory();
    this.lasso = new Lasso(this.canvas, (outline) => drawn(this.#within(outline)));
    this.canvas.append(this.trajectory.element, this.lasso.element);
    this.glide = new Glide((places, settled) => this.#place(places, settled), MILLISECONDS);
    this.camera = new Camera(this.canvas, this.group, () => this.#moved());
    new ResizeObserver(() => this.camera.touched || this.fit()).observe(this.canvas);
  }

  /** @param {OverviewClass[]} classes */
  draw(classes) {
    this.dots = new Map(classes.map((entry) => [entry.name, dotOf(entry)]));
    this.group.replaceChildren(...this.dots.values());
    this.names.draw(classes);
    this.#drawnScale = 0;
    this.glide.moveTo(new Map(), { jump: true });
  }

  /**
   * Shows the dots that have a place in a layer.
   * @param {Places} places
   * @param {{jump: boolean}} options
   */
  show(places, { jump }) {
    for (const [name, dot] of this.dots) dot.style.display = places.has(name) ? "" : "none";
    this.names.hide();
    this.glide.moveTo(places, { jump });
    this.#moveStop();
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!isAnyInView(places, this.camera.view, { width, height })) this.fit();
  }

  fit() {
    this.camera.fit({ x: 0, y: 0, width: SIDE, height: SIDE }, ROOM);
    this.#fittedScale = this.camera.view.scale;
  }

  /**
   * Highlights a dot and its name, or none.
   * @param {string | null} name
   * @param {{raise?: boolean}} [options] raise: above the other dots
   */
  light(name, { raise = false } = {}) {
    this.#toggle("lit", name);
    const dot = name === null ? undefined : this.dots.get(name);
    if (dot && raise) this.group.append(dot);
    this.#writeNames();
  }

  /** @param {string | null} name */
  choose(name) {
    this.#chosen = name;
    this.#toggle("chosen", name);
    for (const [other, dot] of this.dots) set(dot, { "aria-pressed": String(other === name) });
    this.#moveStop();
    this.#writeNames();
  }

  /** @param {Set<string>} names */
  markInView(names) {
    for (const [name, dot] of this.dots) dot.classList.toggle("in-view", names.has(name));
  }

  /**
   * Marks the classes of the group.
   * @param {Set<string>} names
   */
  markGroup(names) {
    for (const [name, dot] of this.dots) dot.classList.toggle("member", names.has(name));
  }

  /**
   * Colours each dot; null for no colours.
   * @param {Map<string, string> | null} colours
   */
  colour(colours) {
    this.group.classList.toggle("coloured", colours !== null);
    for (const [name, dot] of this.dots) dot.style.setProperty("--dot", colours?.get(name) ?? null);
  }

  /**
   * Dims all other dots; null for none.
   * @param {string[] | null} names
   */
  spotlight(names) {
    const wanted = names && new Set(names);
    for (const [name, dot] of this.dots) dot.classList.toggle("dimmed", wanted !== null && !wanted.has(name));
  }

  /**
   * Draws the way of a class through the layers.
   * @param {import("./trajectory.js").Stop[]} stops
   * @param {string} layer the shown one
   */
  showTrajectory(stops, layer) {
    this.trajectory.show(stops, layer);
    this.#drawTrajectory();
  }

  #drawTrajectory() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.trajectory.draw(this.camera.view, { width, height });
  }

  /**
   * The classes whose dots are within an outline.
   * @param {import("../common/motion.js").Place[]} outline in pixels of the canvas
   */
  #within(outline) {
    const { x: left, y: top, scale } = this.camera.view;
    return [...this.glide.places]
      .filter(([, { x, y }]) => isWithin({ x: left + x * scale, y: top + y * scale }, outline))
      .map(([name]) => name);
  }

  /**
   * Focuses the next dot in the direction of an arrow key.
   * @param {string} name
   * @param {Arrow} arrow
   */
  walk(name, arrow) {
    const next = nearestInDirection(this.glide.target, name, arrow);
    if (next !== undefined) this.stop.focus(this.dots.get(next));
  }

  /** The part of the plane that is in view, for a saved picture. */
  picture() {
    const box = { x: 0, y: 0, width: this.canvas.clientWidth, height: this.canvas.clientHeight };
    const parts = [this.group, this.names.element, this.trajectory.element].map(copyOf);
    return { parts, box, page: this.canvas };
  }

  /**
   * @param {string} mark CSS class
   * @param {string | null} name
   */
  #toggle(mark, name) {
    for (const marked of this.canvas.querySelectorAll(`.${mark}`)) marked.classList.remove(mark);
    if (name === null) return;
    this.dots.get(name)?.classList.add(mark);
    this.names.labels.get(name)?.classList.add(mark);
  }

  /** The tab stop is the chosen dot, or the first one that has a place. */
  #moveStop() {
    const { target } = this.glide;
    const name = this.#chosen !== null && target.has(this.#chosen) ? this.#chosen : [...target.keys()][0];
    this.stop.moveTo(this.dots.get(name));
  }

  /**
   * @param {Places} places
   * @param {boolean} settled
   */
  #place(places, settled) {
    for (const [name, { x, y }] of places) {
      set(/** @type {Element} */ (this.dots.get(name)), { cx: x.toFixed(1), cy: y.toFixed(1) });
    }
    if (settled) this.#moved();
  }

  /** Dots keep their size on screen; names are written where they fit. */
  #moved() {
    const { scale } = this.camera.view;
    if (scale !== this.#drawnScale) {
      this.#drawnScale = scale;
      const growth = Math.max(1, scale / this.#fittedScale) ** GROWTH;
      this.#radius = Math.min(LARGEST_RADIUS, RADIUS * growth);
      for (const dot of this.dots.values()) set(dot, { r: (this.#radius / scale).toFixed(2) });
    }
    this.#drawTrajectory();
    this.#writeNames();
  }

  #writeNames() {
    if (!this.glide.isSettled) return;
    this.names.placeSoon(() => {
      const stage = this.canvas.getBoundingClientRect();
      return {
        places: this.glide.places,
        view: this.camera.view,
        width: stage.width,
        height: stage.height,
        radius: this.#radius,
        covered: this.overlays.map((part) => boxWithin(part.getBoundingClientRect(), stage)),
      };
    });
  }
}

/** @param {OverviewClass} entry */
function dotOf({ name, title }) {
  const attributes = {
    class: "dot",
    "data-class-dot": name,
    r: RADIUS,
    tabindex: "-1",
    role: "button",
    "aria-label": title,
  };
  return svg("circle", attributes, svg("title", {}, title));
}

/**
 * @param {DOMRect} box
 * @param {DOMRect} stage
 */
function boxWithin({ left, top, right, bottom }, stage) {
  return {
    left: left - stage.left,
    top: top - stage.top,
    right: right - stage.left,
    bottom: bottom - stage.top,
  };
}
