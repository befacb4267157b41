// All classes of a network as dots, layer by layer, and as a list; each answers the other at once.
// A chosen class or layer goes to Python, which puts it into the address.

import { Asked } from "./asking.js";
import { Camera } from "./camera.js";
import { copyOf, pictureButtons } from "./download.js";
import { fill, html, number, percent, set, svg } from "./elements.js";
import { isBrowsers, keepFocus, Stop } from "./keyboard.js";
import { placesOf } from "./labels.js";
import { calm, glide } from "./motion.js";
import { viewIn } from "./mounting.js";
import { matches } from "./search.js";
import { button } from "./toolbar.js";

const MILLISECONDS = 600;
const SIZE = 1000;
const RADIUS = 4;
const ROOM = { top: 24, bottom: 36 }; // pixels besides the padding: for the buttons and the note
const HISTOGRAM = 28;
const LABEL = 11.5; // pixels: the size of a name, as in overview.css
const BOLDER = 1.25; // so much longer is one that is lit or chosen
const ORDERS = [
  ["name", "Name"],
  ["similarity", "Similarity"],
  ["best", "Accuracy, high first"],
  ["worst", "Accuracy, low first"],
];
const ACCURACY_TERM = "Accuracy: share of the images whose largest output is this class (top 1)";
const HISTOGRAM_TERM =
  "How sure the model is: histogram of the probability it gives to the true class, from 0 (left) to 1 (right)";
const SIMILARITY_TERM =
  "Similarity to the chosen class in this layer: cosine of their activation counts, 1 is alike";

export default function mount(component) {
  const { data, parentElement } = component;
  const view = viewIn(parentElement, "overview", (root) => new Overview(root));
  view.tell = component.setTriggerValue;
  keepFocus(view.root, () => view.show(data));
}

class Overview {
  constructor(root) {
    this.root = root;
    [this.asked, this.dotStop, this.rowStop] = [new Asked(), new Stop(), new Stop()];
    this.dots = svg("g");
    this.labels = svg("g", { "aria-hidden": "true" });
    this.canvas = svg(
      "svg",
      { class: "canvas", role: "group", "aria-label": "Classes as dots: near ones are alike" },
      this.dots,
      this.labels,
    );
    this.camera = new Camera(this.canvas, this.dots, { moved: () => this.moved(), padding: 36 });
    this.tabs = html("div", {
      class: "tabs",
      role: "tablist",
      "aria-label": "Layers, the highest on top",
      "aria-orientation": "vertical",
    });
    this.note = html("p", { class: "note quiet" });
    this.buttons = this.corner();
    this.stage = html("div", { class: "stage" }, this.canvas, this.buttons, this.note);
    this.rows = html("ul", { class: "rows", role: "listbox", "aria-label": "Classes", tabindex: "-1" });
    this.pen = document.createElement("canvas").getContext("2d"); // measures names
    this.heads = html(
      "div",
      { class: "heads quiet", "aria-hidden": "true" },
      html("span", {}, "class"),
      html("span", { title: HISTOGRAM_TERM }, "how sure, 0 to 1"),
      html("span", { title: ACCURACY_TERM }, "right"),
    );
    this.count = html("p", { class: "quiet", "aria-live": "polite", style: "margin:0" });
    fill(
      root,
      html("div", { class: "map" }, this.tabs, this.stage),
      html("div", { class: "classes" }, this.controls(), this.count, this.heads, this.rows),
    );
    this.bind();
  }

  corner() {
    return html(
      "div",
      { class: "corner" },
      button("−", "Zoom out", () => this.camera.zoom(1 / 1.4)),
      button("+", "Zoom in", () => this.camera.zoom(1.4)),
      button("Fit", "Show all classes", () => this.fit()),
      ...pictureButtons(
        () => this.picture(),
        () => `${this.data.network}-${this.layer}`,
      ),
    );
  }

  // The part of the plane that is in view.
  picture() {
    const { width, height } = this.canvas.getBoundingClientRect();
    return {
      parts: [copyOf(this.dots), copyOf(this.labels)],
      box: { x: 0, y: 0, width, height },
      heading: `The classes of ${this.data.network} as ${this.layer} tells them apart`,
      page: this.canvas,
    };
  }

  controls() {
    this.search = html("input", {
      type: "search",
      placeholder: "Search classes",
      "aria-label": "Search classes",
    });
    this.order = html(
      "select",
      { "aria-label": "Sort by" },
      ...ORDERS.map(([value, text]) => html("option", { value }, text)),
    );
    this.search.addEventListener("input", () => this.arrangeList());
    this.search.addEventListener(
      "keydown",
      (event) => event.key === "Enter" && this.listed[0] && this.choose(this.listed[0].name),
    );
    this.order.addEventListener("change", () => this.arrangeList());
    return html("div", { class: "search" }, this.search, this.order);
  }

  bind() {
    const of = (event, mark) => event.target.closest?.(`[${mark}]`)?.getAttribute(mark);
    const dragged = (place) => place === this.dots && this.camera.dragged;
    for (const [place, mark] of [
      [this.dots, "data-class-dot"],
      [this.rows, "data-class-row"],
    ]) {
      place.addEventListener(
        "pointerover",
        (event) => of(event, mark) !== undefined && this.light(of(event, mark), mark),
      );
      place.addEventListener("pointerout", () => this.light(null));
      place.addEventListener(
        "focusin",
        (event) => of(event, mark) !== undefined && this.light(of(event, mark), mark),
      );
      place.addEventListener("focusout", () => this.light(null));
      place.addEventListener(
        "click",
        (event) => !dragged(place) && of(event, mark) !== undefined && this.choose(of(event, mark)),
      );
      place.addEventListener("keydown", (event) => this.key(event, of(event, mark)));
    }
    this.rows.addEventListener("scroll", () => this.markInView(), { passive: true });
    new ResizeObserver(() => {
      if (this.data && !this.camera.touched) this.fit();
    }).observe(this.canvas);
  }

  // ---- what comes with the data

  show(data) {
    const fresh = data.key !== this.data?.key;
    const other = data.chosen !== this.data?.chosen || fresh;
    const elsewhere = data.network !== this.data?.network;
    this.data = data;
    if (fresh) this.draw();
    if (other) this.mark();
    if (this.asked.isNews(data.layer) || fresh) this.showLayer(data.layer, { jump: fresh });
    else if (other) this.arrangeList();
    if (other) this.bringIntoView(this.classes.get(data.chosen)?.element);
    if (elsewhere || (fresh && !this.camera.touched)) this.fit();
  }

  draw() {
    const { data } = this;
    this.classes = new Map(
      data.classes.map((one) => [
        one.name,
        { ...one, accuracy: one.top1 === null || !one.images ? null : one.top1 / one.images },
      ]),
    );
    this.pen.font = `${LABEL}px ${getComputedStyle(this.canvas).fontFamily}`;
    const dots = [...this.classes.values()].map((one) => this.dot(one));
    this.dots.replaceChildren(...dots);
    this.rows.replaceChildren(...[...this.classes.values()].map((one) => this.row(one)));
    this.labels.replaceChildren(...[...this.classes.values()].map((one) => this.label(one)));
    this.heads.style.display = data.classes.some((one) => one.histogram) ? "" : "none";
    this.drawTabs();
    this.laidOut = data.layers.some((layer) => data.positions[layer]);
    this.stage.querySelector(".empty")?.remove();
    if (!this.laidOut)
      this.stage.append(
        html(
          "div",
          { class: "empty quiet" },
          `The classes are not laid out yet: run summit-graph embed --network ${data.network}`,
        ),
      );
    this.at = this.lit = this.drawnScale = null;
    this.endGlide?.();
  }

  dot(one) {
    one.dot = svg("circle", {
      class: "dot",
      "data-class-dot": one.name,
      r: RADIUS,
      tabindex: "-1",
      role: "button",
      "aria-label": one.title,
    });
    one.dot.append(svg("title", {}, one.title));
    return one.dot;
  }

  label(one) {
    one.label = svg("text", { class: "label" }, one.title);
    one.width = this.pen.measureText(one.title).width;
    return one.label;
  }

  row(one) {
    one.bar = html("i");
    one.similarity = html("span", { class: "similarity", title: SIMILARITY_TERM }, one.bar);
    one.likeness = html("span");
    one.spoken = () =>
      [one.title, right, images, one.like === null ? "" : `similarity ${one.like.toFixed(2)}`]
        .filter(Boolean)
        .join(", ");
    const right = one.accuracy === null ? "" : `${percent(one.accuracy)} right`;
    const images = one.images ? `${number(one.images)} ${one.images === 1 ? "image" : "images"}` : "";
    const likeness = html("span", { class: "numbers likeness" }, one.similarity, one.likeness);
    one.element = html(
      "li",
      { class: "row", "data-class-row": one.name, tabindex: "-1", role: "option" },
      html("span", { class: "title", title: one.title }, one.title),
      one.histogram ? histogram(one) : html("span"),
      html("span", { class: "numbers", title: right ? ACCURACY_TERM : "" }, right || images),
      html("span", { class: "folder" }, one.name === one.title ? images : one.name),
      likeness,
    );
    return one.element;
  }

  drawTabs() {
    const layers = [...this.data.layers].reverse();
    this.tabs.replaceChildren(
      ...layers.map((layer) => {
        const picture = html("canvas", { width: 132, height: 68, "aria-hidden": "true" });
        const tab = html(
          "button",
          {
            type: "button",
            role: "tab",
            "data-layer-tab": layer,
            "aria-label": layer,
            title: `The classes as ${layer} tells them apart`,
          },
          picture,
          layer,
        );
        tab.addEventListener("click", () => {
          this.asked.tell(layer);
          this.showLayer(layer);
          this.tell("layer", layer);
        });
        tab.addEventListener("keydown", (event) => this.walkTabs(event, tab));
        requestAnimationFrame(() => this.miniature(picture, layer));
        return tab;
      }),
    );
  }

  walkTabs(event, tab) {
    const next = { ArrowDown: tab.nextElementSibling, ArrowUp: tab.previousElementSibling }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  }

  miniature(picture, layer) {
    const places = this.placesIn(layer);
    const brush = picture.getContext("2d");
    brush.fillStyle = "#808790"; // on light as on dark
    const side = places.size > 200 ? 2 : 4;
    for (const { x, y } of places.values())
      brush.fillRect(32 + (x / SIZE) * 64, 2 + (y / SIZE) * 62, side, side);
  }

  // The positions of a layer, brought to one square.
  placesIn(layer) {
    const rows = this.data.positions[layer];
    if (!rows) return new Map();
    const known = rows.filter(Boolean);
    const [left, top] = [0, 1].map((axis) => Math.min(...known.map((row) => row[axis])));
    const [right, bottom] = [0, 1].map((axis) => Math.max(...known.map((row) => row[axis])));
    const side = Math.max(right - left, bottom - top) || 1;
    const shift = [(side - (right - left)) / 2, (side - (bottom - top)) / 2];
    return new Map(
      this.data.classes
        .map((one, at) => [
          one.name,
          rows[at] && {
            x: (SIZE * (rows[at][0] - left + shift[0])) / side,
            y: (SIZE * (rows[at][1] - top + shift[1])) / side,
          },
        ])
        .filter(([, place]) => place),
    );
  }

  showLayer(layer, { jump = false } = {}) {
    this.layer = layer;
    this.placed = this.placesIn(layer);
    for (const tab of this.tabs.children)
      set(tab, {
        "aria-selected": String(tab.getAttribute("data-layer-tab") === layer),
        tabindex: tab.getAttribute("data-layer-tab") === layer ? "0" : "-1",
      });
    const target = this.placed;
    for (const one of this.classes.values())
      one.dot.style.display = one.label.style.display = target.has(one.name) ? "" : "none";
    this.stopAtDot();
    this.endGlide?.();
    if (jump || calm() || !this.at) this.put(target);
    else {
      this.labels.style.display = "none";
      this.endGlide = glide(this.at, target, MILLISECONDS, (places, settled) => this.put(places, settled));
    }
    this.arrangeList();
  }

  put(places, settled = true) {
    this.at = places;
    for (const [name, { x, y }] of places) {
      const { dot } = this.classes.get(name);
      dot.setAttribute("cx", x.toFixed(1));
      dot.setAttribute("cy", y.toFixed(1));
    }
    if (settled) {
      this.labels.style.display = "";
      this.moved();
    }
  }

  fit() {
    this.camera.fit({ x: 0, y: 0, width: SIZE, height: SIZE }, { largest: 4, ...ROOM });
    this.fitted = this.camera.scale;
  }

  // Dots keep their size on screen; labels stand where there is room, more of them as one zooms in.
  moved() {
    if (!this.at || !this.classes) return;
    if (this.camera.scale !== this.drawnScale) {
      this.drawnScale = this.camera.scale;
      this.radius = Math.min(9, RADIUS * Math.max(1, (this.camera.scale / (this.fitted ?? 1)) ** 0.4));
      for (const { dot } of this.classes.values())
        dot.setAttribute("r", (this.radius / this.camera.scale).toFixed(2));
    }
    cancelAnimationFrame(this.labelling);
    this.labelling = requestAnimationFrame(() => this.placeLabels());
  }

  placeLabels() {
    const stage = this.canvas.getBoundingClientRect();
    const covered = [this.buttons, this.note].map((part) => within(part.getBoundingClientRect(), stage));
    const { x, y, scale } = this.camera;
    const first = (one) => (one.name === this.lit ? 2 : one.name === this.data.chosen ? 1 : 0);
    const there = [...this.classes.values()]
      .filter((one) => this.at.has(one.name))
      .sort((one, other) => first(other) - first(one));
    const names = there.map((one) => {
      const place = this.at.get(one.name);
      const sure = first(one) > 0;
      return { x: x + place.x * scale, y: y + place.y * scale, width: one.width * (sure ? BOLDER : 1), sure };
    });
    const places = placesOf(names, names, {
      width: stage.width,
      height: stage.height,
      radius: this.radius,
      covered,
    });
    there.forEach((one, at) => {
      one.label.style.display = places[at] ? "" : "none";
      if (places[at]) putLabel(one.label, places[at]);
    });
  }

  // ---- the list

  arrangeList() {
    const likeness = this.data.similarity?.[this.layer];
    const at = new Map(this.data.classes.map((one, place) => [one.name, place]));
    for (const one of this.classes.values()) {
      one.like = likeness ? likeness[at.get(one.name)] / 1000 : null;
      one.similarity.style.display = one.like === null ? "none" : "";
      one.bar.style.width = `${Math.max(0, Math.round(100 * (one.like ?? 0)))}%`;
      one.likeness.textContent = one.like === null ? "" : one.like.toFixed(2);
      set(one.element, { "aria-label": one.spoken() });
    }
    const found = matches(this.search.value, [...this.classes.values()]);
    this.listed = this.sorted(found);
    const shown = new Set(this.listed);
    for (const one of this.classes.values()) one.element.classList.toggle("hidden", !shown.has(one));
    this.putRows(this.listed.map((one) => one.element));
    fill(this.count, this.counted());
    this.markInView();
  }

  // In this order, behind the hidden ones; moved only where they stand otherwise, for moving takes the focus.
  putRows(rows) {
    const standing = [...this.rows.children].slice(this.rows.children.length - rows.length);
    if (rows.some((row, at) => row !== standing[at])) this.rows.append(...rows);
    if (!rows.includes(this.rowStop.at)) this.rowStop.to(rows[0]);
  }

  // The middle of the list, unless it is in view.
  bringIntoView(row) {
    if (!row) return;
    const [above, below] = [
      row.offsetTop - this.rows.scrollTop,
      row.offsetTop + row.offsetHeight - this.rows.scrollTop,
    ];
    if (above < 0 || below > this.rows.clientHeight)
      this.rows.scrollTop += above - this.rows.clientHeight / 2;
  }

  counted() {
    const all = `${number(this.listed.length)} of ${number(this.classes.size)} classes`;
    const needsChoice = this.order.value === "similarity" && !this.data.similarity;
    return needsChoice ? `${all}. Choose one to sort the others by their similarity to it.` : all;
  }

  sorted(found) {
    const by = {
      similarity: (one) => -(one.like ?? 0),
      best: (one) => -(one.accuracy ?? -1),
      worst: (one) => one.accuracy ?? 2,
    }[this.order.value];
    if (!by)
      return this.search.value
        ? found
        : found.sort((one, other) => one.title.localeCompare(other.title, "en"));
    return found.sort((one, other) => by(one) - by(other) || one.title.localeCompare(other.title, "en"));
  }

  markInView() {
    const box = this.rows.getBoundingClientRect();
    const height = this.rows.firstElementChild ? 52 : 1;
    const first = Math.floor(this.rows.scrollTop / height);
    const inView = new Set(this.listed.slice(first, first + Math.ceil(box.height / height)));
    const all = inView.size === this.classes.size;
    for (const one of this.classes.values()) one.dot.classList.toggle("in-view", !all && inView.has(one));
    this.explain({ blue: !all && inView.size > 0 });
  }

  // What nearness and colours mean, beside the dots.
  explain({ blue }) {
    const told = [
      this.data.note,
      `Layer ${this.layer}.`,
      blue && "Blue: in view in the list.",
      this.data.chosen && "Orange: chosen.",
    ];
    fill(this.note, this.laidOut ? told.filter(Boolean).join(" ") : "");
  }

  // ---- looking and choosing

  light(name, from) {
    for (const part of ["dot", "label", "element"])
      this.classes.get(this.lit)?.[part].classList.remove("lit");
    this.lit = name;
    const one = this.classes.get(name);
    if (one) {
      for (const part of ["dot", "label", "element"]) one[part].classList.add("lit");
      if (from === "data-class-row") this.dots.append(one.dot);
    }
    cancelAnimationFrame(this.labelling);
    this.labelling = requestAnimationFrame(() => this.at && this.placeLabels());
  }

  mark() {
    for (const one of this.classes.values()) {
      for (const part of ["dot", "label", "element"])
        one[part].classList.toggle("chosen", one.name === this.data.chosen);
      set(one.element, { "aria-selected": String(one.name === this.data.chosen) });
      set(one.dot, { "aria-pressed": String(one.name === this.data.chosen) });
    }
    this.stopAtDot();
    this.rowStop.to(this.classes.get(this.data.chosen)?.element ?? this.rowStop.at);
  }

  // At the chosen class, or at the first one that has a place in this layer.
  stopAtDot() {
    const name = this.placed?.has(this.data.chosen) ? this.data.chosen : this.placed?.keys().next().value;
    this.dotStop.to(this.classes.get(name)?.dot);
  }

  choose(name) {
    this.tell("chosen", name);
  }

  key(event, name) {
    if (name === undefined || isBrowsers(event)) return;
    if (event.key === "Enter" || event.key === " ") this.choose(name);
    else if (event.currentTarget === this.dots && event.key.startsWith("Arrow"))
      this.walk(name, event.key.slice(5));
    else if (event.key === "ArrowDown" || event.key === "ArrowUp")
      this.nextRow(name, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  nextRow(name, step) {
    this.rowStop.walk(this.listed[this.listed.findIndex((one) => one.name === name) + step]?.element);
  }

  // To the nearest dot in that direction.
  walk(name, way) {
    const from = this.at.get(name);
    const [dx, dy] = { Left: [-1, 0], Right: [1, 0], Up: [0, -1], Down: [0, 1] }[way];
    let best = null;
    for (const [other, place] of this.at) {
      const [x, y] = [place.x - from.x, place.y - from.y];
      const ahead = x * dx + y * dy;
      const aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (other !== name && ahead > 0 && ahead >= aside && (!best || ahead + aside < best.cost))
        best = { other, cost: ahead + aside };
    }
    this.dotStop.walk(this.classes.get(best?.other)?.dot);
  }
}

// A part's box as its stage counts.
function within({ left, top, right, bottom }, stage) {
  return {
    left: left - stage.left,
    top: top - stage.top,
    right: right - stage.left,
    bottom: bottom - stage.top,
  };
}

function putLabel(label, { left, top, width, anchor }) {
  const x = { start: left, middle: left + width / 2, end: left + width }[anchor];
  set(label, { x: x.toFixed(1), y: top.toFixed(1), "text-anchor": anchor });
}

function histogram(one) {
  const most = Math.max(1, ...one.histogram);
  const bars = one.histogram.map((count, bin) =>
    svg("rect", {
      x: bin * 4,
      width: 3,
      y: HISTOGRAM - ((HISTOGRAM - 1) * count) / most,
      height: ((HISTOGRAM - 1) * count) / most,
    }),
  );
  const name = `${HISTOGRAM_TERM}; 95% or more for ${number(one.histogram.at(-1))} of ${number(one.images)} images`;
  return svg(
    "svg",
    {
      class: "histogram",
      viewBox: `0 0 80 ${HISTOGRAM}`,
      width: 80,
      height: HISTOGRAM,
      role: "img",
      "aria-label": name,
    },
    svg("title", {}, name),
    svg("path", { class: "base", d: `M0,${HISTOGRAM - 0.5}H80` }),
    ...bars,
  );
}
