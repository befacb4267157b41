// The attribution graph of one class, or of several held against each other: an SVG that answers at once,
// without asking the server. What is kept (selected) goes to Python, which puts it into the address.

import { Asked } from "./asking.js";
import { Camera } from "./camera.js";
import { bottleneck, showChannel, showInfluence, showSummary } from "./details.js";
import { copyOf, pictureButtons } from "./download.js";
import { html, set, svg } from "./elements.js";
import { Stop } from "./keyboard.js";
import { chooseDistances, edgePath, edgeWidth, orderRows, outline, placeRows } from "./layout.js";
import { writeList } from "./list.js";
import {
  clips,
  describe,
  describeInfluence,
  drawnLegend,
  dressed,
  formOf,
  holding,
  kindOf,
  legend,
} from "./marks.js";
import { calm, glide } from "./motion.js";
import { viewIn } from "./mounting.js";
import { button, slider } from "./toolbar.js";
import { walk } from "./walking.js";

const MILLISECONDS = 280;
const ROOM_FOR_LABELS = 76;

// Called by Streamlit at every run of the page with the component's data.
export default function mount(component) {
  const { data, parentElement } = component;
  const view = viewIn(parentElement, "graph", (root) => new GraphView(root));
  view.listen(component);
  view.show(data);
}

class GraphView {
  constructor(root) {
    this.root = root;
    this.width = 40;
    this.height = 104;
    this.least = 0;
    this.weakest = 0;
    this.places = new Map();
    this.highlight = new Set();
    this.asked = new Asked();
    this.stop = new Stop();
    this.build();
    this.bind();
  }

  listen({ setTriggerValue }) {
    this.tell = setTriggerValue;
  }

  // ---- what is there once

  build() {
    this.scene = svg("g", { class: "scene" });
    this.labels = svg("g", { class: "labels", "aria-hidden": "true" });
    this.defs = svg("defs");
    this.canvas = svg(
      "svg",
      { class: "canvas", role: "application", tabindex: "-1" },
      this.defs,
      this.scene,
      this.labels,
    );
    this.camera = new Camera(this.canvas, this.scene, { moved: () => this.moveLabels() });
    this.panel = html("aside", { class: "panel", "aria-label": "What is known of it" });
    this.list = html("div", {
      class: "list visually-hidden",
      role: "region",
      "aria-label": "The graph as a list",
      tabindex: "-1",
    });
    this.root.replaceChildren(
      this.toolbar(),
      html("div", { class: "body" }, html("div", { class: "stage" }, this.canvas, this.list), this.panel),
    );
    new ResizeObserver(() => this.resized()).observe(this.canvas);
  }

  toolbar() {
    this.sliders = {
      least: slider("Minimum count", "Hide channels that are active in fewer images", 0, 100, (value) => {
        this.least = value;
        this.arrange();
      }),
      weakest: slider("Minimum influence", "Hide influences counted in fewer images", 0, 100, (value) => {
        this.weakest = value;
        this.arrange();
      }),
      width: slider("Width", "Distance between channels of a layer, in pixels", 4, 120, (value) => {
        this.own = true;
        this.width = value;
        this.arrange();
      }),
      height: slider("Height", "Distance between layers, in pixels", 64, 220, (value) => {
        this.own = true;
        this.height = value;
        this.arrange();
      }),
    };
    this.listButton = button("List", "Show the graph as a list", () => this.toggleList());
    return html(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Graph view" },
      ...Object.values(this.sliders).map((slider) => slider.label),
      html(
        "span",
        { class: "buttons" },
        button("−", "Zoom out", () => this.camera.zoom(1 / 1.3)),
        button("+", "Zoom in", () => this.camera.zoom(1.3)),
        button("Fit", "Fit the whole graph into view", () => this.fit()),
        this.listButton,
        ...pictureButtons(
          () => this.picture(),
          () => this.data.file,
        ),
      ),
    );
  }

  bind() {
    const nodeOf = (event) => event.target.closest?.(".node")?.getAttribute("data-channel");
    const edgeOf = (event) => event.target.closest?.(".edge")?.getAttribute("data-edge");
    this.scene.addEventListener("pointerover", (event) => {
      const [node, edge] = [nodeOf(event), edgeOf(event)];
      if (node) this.lightChannel(node);
      else if (edge) this.lightInfluence(edge);
    });
    this.scene.addEventListener("pointerout", (event) => {
      const next = event.relatedTarget?.closest?.(".node, .edge");
      if (!next || !this.scene.contains(next)) this.restore();
      if (nodeOf(event)) this.showPicture(nodeOf(event), 0);
    });
    this.scene.addEventListener("pointermove", (event) => nodeOf(event) && this.step(nodeOf(event), event));
    this.canvas.addEventListener("click", (event) => {
      if (this.camera.dragged) return;
      if (nodeOf(event)) this.keep(nodeOf(event));
      else if (!edgeOf(event)) this.keep(null);
    });
    this.canvas.addEventListener("focusin", (event) =>
      nodeOf(event) ? this.lightChannel(nodeOf(event)) : edgeOf(event) && this.lightInfluence(edgeOf(event)),
    );
    this.canvas.addEventListener("focusout", () => this.restore());
    this.root.addEventListener("keydown", (event) => walk(this, event) && event.preventDefault());
  }

  // ---- what comes with the data

  show(data) {
    const fresh = data.key !== this.data?.key;
    this.data = data;
    if (fresh) this.draw();
    else this.takePictures();
    const news = this.asked.isNews(data.selected);
    if (fresh || news) this.selected = this.nodes.has(data.selected) ? data.selected : null;
    if (this.changeHighlight() || fresh || news) this.restore();
  }

  // What was rendered or found meanwhile.
  takePictures() {
    for (const row of this.data.nodes) {
      const { faces, examples } = dressed(row, this.data.network, this.most);
      Object.assign(this.nodes.get(row.id), { faces, examples });
    }
  }

  changeHighlight() {
    const former = this.highlight;
    this.highlight = new Set((this.data.highlight ?? []).filter((id) => this.nodes.has(id)));
    return [...former].join() !== [...this.highlight].join();
  }

  draw() {
    const { data } = this;
    this.highlight = new Set(); // the former graph's
    this.selected = null;
    this.stop.to(null);
    this.most = Math.max(1, ...data.nodes.map((node) => node.count));
    this.nodes = new Map(data.nodes.map((row) => [row.id, dressed(row, data.network, this.most)]));
    this.edges = new Map(data.edges.map((row) => [`${row.from}>${row.to}`, row]));
    this.rows = orderRows(data.layers, [...this.nodes.values()], data.edges);
    const order = (one, other) => other.count - one.count;
    this.ins = groups(data.edges, (edge) => edge.to, order);
    this.outs = groups(data.edges, (edge) => edge.from, order);
    this.strongest = Math.max(1, ...data.edges.map((edge) => edge.count));
    this.least = this.weakest = 0;
    this.sliders.least.put(0, this.most);
    this.sliders.weakest.put(0, this.strongest);
    this.spread();
    set(this.canvas, { "aria-label": data.heading });
    this.defs.replaceChildren(...clips());
    this.drawScene();
    this.arrange({ jump: true });
    this.fit();
  }

  // Channels and layers so far apart that the graph fills the stage, unless somebody chose a distance.
  spread() {
    const stage = this.canvas.getBoundingClientRect();
    const room = { width: Math.max(1, stage.width - ROOM_FOR_LABELS), height: Math.max(1, stage.height) };
    if (!this.own) Object.assign(this, chooseDistances(this.rows, room));
    this.sliders.width.put(this.width);
    this.sliders.height.put(this.height);
  }

  drawScene() {
    const edges = [...this.edges]
      .sort(([, one], [, other]) => one.count - other.count)
      .map(([name, edge]) => this.drawEdge(name, edge));
    const rows = this.rows.map((row, level) => {
      const layer = this.layerAt(level);
      return svg(
        "g",
        { class: "layer", "data-layer": layer, role: "group", "aria-label": layer },
        ...row.map((node) => this.drawNode(node)),
      );
    });
    this.scene.replaceChildren(svg("g", { class: "edges" }, ...edges), ...rows);
    this.labels.replaceChildren(...this.rows.map((_, level) => svg("text", { x: 12 }, this.layerAt(level))));
  }

  layerAt(level) {
    return this.data.layers[this.data.layers.length - 1 - level];
  }

  drawEdge(name, edge) {
    const width = edgeWidth(edge.count, this.strongest);
    edge.line = svg("path", { class: "line" });
    edge.hit = svg("path", { class: "hit" });
    edge.mark = svg(
      "g",
      {
        class: `edge ${kindOf(edge, this.classes)}`,
        "data-edge": name,
        "data-count": edge.count,
        "stroke-width": width.toFixed(2),
        tabindex: "-1",
        role: "img",
        "aria-label": this.describeInfluence(edge),
        ...holding(edge),
      },
      edge.line,
      edge.hit,
    );
    return edge.mark;
  }

  drawNode(node) {
    const form = formOf(node, this.classes);
    const s = node.size;
    node.image = svg("image", {
      href: node.picture,
      x: -s / 2,
      y: -s / 2,
      width: s,
      height: s,
      preserveAspectRatio: "xMidYMid slice",
      "clip-path": `url(#clip-${form})`,
    });
    node.mark = svg(
      "g",
      {
        class: `node ${kindOf(node, this.classes)}`,
        "data-channel": node.id,
        "data-count": node.count,
        tabindex: "-1",
        role: "button",
        "aria-pressed": "false",
        "aria-label": `${node.layer} channel ${node.index}, ${this.describe(node)}`,
        ...holding(node),
      },
      svg("path", { class: "backing", d: outline(form, s) }),
      node.image,
      svg("path", { class: "frame", d: outline(form, s) }),
    );
    return node.mark;
  }

  describe(node) {
    return describe(node, this.classes, {
      before: this.into(node.id).length,
      after: this.outOf(node.id).length,
    });
  }

  describeInfluence(edge) {
    const upper = this.node(edge.to);
    return describeInfluence(edge, this.node(edge.from), upper, {
      classes: this.classes,
      way: bottleneck(edge, upper),
    });
  }

  node(id) {
    return this.nodes.get(id);
  }

  into(id) {
    return this.ins.get(id) ?? [];
  }

  outOf(id) {
    return this.outs.get(id) ?? [];
  }

  get images() {
    return this.data.images;
  }

  get classes() {
    return this.data.classes;
  }

  // ---- places

  get shownEdges() {
    return [...this.edges.values()].filter((edge) => edge.shown).length;
  }

  visible(node) {
    return node.count >= this.least;
  }

  arrange({ jump = false } = {}) {
    const target = placeRows(this.rows, {
      shown: (node) => this.visible(node),
      width: this.width,
      height: this.height,
    });
    for (const node of this.nodes.values()) node.mark.style.display = target.has(node.id) ? "" : "none";
    for (const edge of this.edges.values()) {
      edge.shown = target.has(edge.from) && target.has(edge.to) && edge.count >= this.weakest;
      edge.mark.style.display = edge.shown ? "" : "none";
    }
    if (!target.has(this.stop.at?.getAttribute("data-channel")))
      this.stop.to(this.nodes.get(target.keys().next().value)?.mark);
    this.endGlide?.();
    if (jump || calm()) this.put(target);
    else this.endGlide = glide(this.places, target, MILLISECONDS, (places) => this.put(places));
    this.target = target;
    writeList(this.list, this);
    this.restore();
  }

  put(places) {
    this.places = places;
    for (const [id, { x, y }] of places)
      this.nodes.get(id).mark.setAttribute("transform", `translate(${x},${y})`);
    for (const edge of this.edges.values()) if (edge.shown) this.putEdge(edge);
    this.moveLabels();
  }

  putEdge(edge) {
    const [lower, upper] = [this.nodes.get(edge.from), this.nodes.get(edge.to)];
    const d = edgePath(this.places.get(edge.from), this.places.get(edge.to), lower.size, upper.size);
    edge.line.setAttribute("d", d);
    edge.hit.setAttribute("d", d);
  }

  moveLabels() {
    const { y, scale } = this.camera;
    [...this.labels.children].forEach((label, level) =>
      label.setAttribute("y", (y + level * this.height * scale + 4).toFixed(1)),
    );
  }

  fit() {
    const places = [...(this.target ?? this.places).values()];
    if (!places.length) return;
    const xs = places.map((place) => place.x);
    const [left, right] = [Math.min(...xs) - 32, Math.max(...xs) + 32];
    const height = (this.rows.length - 1) * this.height;
    this.camera.fit({ x: left, y: -32, width: right - left, height: height + 64 }, { left: ROOM_FOR_LABELS });
  }

  // Keeps the graph whole in a window that grows or shrinks, unless somebody looks at a part of it.
  resized() {
    if (this.data && !this.camera.touched) this.fit();
  }

  // ---- looking at something

  lightChannel(id) {
    const node = this.nodes.get(id);
    this.light([...this.into(id), ...this.outOf(id)], [id]);
    for (const edge of this.into(id)) edge.mark.classList.add("in");
    for (const edge of this.outOf(id)) edge.mark.classList.add("out");
    node.mark.classList.add("looked-at");
    this.told = id;
    showChannel(this.panel, this, node, {
      kept: id === this.selected,
      open: (channel) => this.tell("open", channel),
    });
  }

  // A motif within the graph: its channels, and the influences between them.
  lightMotif() {
    if (!this.highlight.size) return;
    const within = [...this.edges.values()].filter(
      (edge) => this.highlight.has(edge.from) && this.highlight.has(edge.to),
    );
    this.light(within, [...this.highlight]);
    for (const edge of within) edge.mark.classList.add("out");
  }

  lightInfluence(name) {
    const edge = this.edges.get(name);
    this.light([edge], []);
    edge.mark.classList.add("in");
    showInfluence(this.panel, this, edge);
  }

  light(edges, ids) {
    this.dark();
    this.canvas.classList.add("dimmed");
    this.lit = new Set(ids.map((id) => this.nodes.get(id).mark));
    for (const edge of edges) {
      this.lit.add(edge.mark).add(this.nodes.get(edge.from).mark).add(this.nodes.get(edge.to).mark);
    }
    for (const mark of this.lit) mark.classList.add("lit");
  }

  dark() {
    this.told = null;
    for (const mark of this.lit ?? []) mark.classList.remove("lit", "in", "out", "looked-at");
    this.lit = null;
    this.canvas.classList.remove("dimmed");
  }

  // Back to what is kept, or to the whole graph.
  restore() {
    for (const mark of this.scene.querySelectorAll(".kept")) this.press(mark, false);
    const node = this.nodes.get(this.selected);
    if (!node || !this.visible(node)) {
      this.dark();
      this.lightMotif();
      showSummary(this.panel, this.summary());
      return;
    }
    this.lightChannel(node.id);
    this.press(node.mark, true);
  }

  press(mark, kept) {
    mark.classList.toggle("kept", kept);
    set(mark, { "aria-pressed": String(kept) });
  }

  summary() {
    const { data } = this;
    const hidden =
      this.least > 0 || this.weakest > 0
        ? [["Shown", `${this.target.size} channels, ${this.shownEdges} influences`]]
        : [];
    return {
      heading: data.heading,
      explanation: data.explanation,
      facts: [...data.facts, ...hidden],
      legend: legend(this.classes),
    };
  }

  // All of it, wherever the window stands.
  picture() {
    const [scene, names, box] = [copyOf(this.scene), copyOf(this.labels), this.scene.getBBox()];
    scene.removeAttribute("transform");
    const left = box.x - ROOM_FOR_LABELS;
    [...names.children].forEach((name, level) => set(name, { x: left, y: level * this.height + 4 }));
    const style = getComputedStyle(this.root);
    const colour = (kind) => (kind ? style.getPropertyValue(`--${kind.split(" ").at(-1)}`) : style.color);
    const keys = drawnLegend(this.classes, { x: box.x + box.width + 30, y: box.y + 12 }, colour);
    const width = box.width + ROOM_FOR_LABELS + (keys.length ? 240 : 0);
    return {
      parts: [copyOf(this.defs), scene, names, ...keys],
      box: { x: left, y: box.y, width, height: box.height },
      heading: this.data.heading,
      page: this.canvas,
    };
  }

  keep(id) {
    if (id === this.selected) id = null;
    if (id === this.selected) return; // nothing was kept
    this.selected = id;
    this.asked.tell(id);
    this.restore();
    this.tell("channel", id ?? "");
  }

  step(id, event) {
    const node = this.nodes.get(id);
    if (node.faces.length < 2) return;
    const box = node.mark.getBoundingClientRect();
    const share = Math.min(0.999, Math.max(0, (event.clientX - box.left) / box.width));
    this.showPicture(id, Math.floor(share * node.faces.length));
  }

  showPicture(id, at) {
    const node = this.nodes.get(id);
    if (node.faces[at] === node.image.getAttribute("href")) return;
    node.image.setAttribute("href", node.faces[at]);
    if (id !== this.told) return;
    this.panel.querySelector(".top .portrait")?.setAttribute("src", node.faces[at]);
    this.panel
      .querySelectorAll(".faces img")
      .forEach((face, place) => face.classList.toggle("shown", place === at));
  }

  // ---- the same as a list

  toggleList() {
    const hidden = this.list.classList.toggle("visually-hidden");
    this.canvas.style.visibility = hidden ? "" : "hidden";
    set(this.listButton, { "aria-pressed": String(!hidden) });
    this.listButton.textContent = hidden ? "List" : "Picture";
    if (!hidden) this.list.focus();
  }
}

function groups(edges, key, order) {
  const found = new Map();
  for (const edge of edges) found.set(key(edge), [...(found.get(key(edge)) ?? []), edge]);
  for (const list of found.values()) list.sort(order);
  return found;
}
