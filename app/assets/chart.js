// Measures of each layer as lines from 0 to 1, separated by colour, form and dashes.

import { copyOf, pictureButtons } from "./common/download.js";
import { fill, html, set, svg } from "./common/elements.js";
import { viewIn } from "./common/mounting.js";
import { outline } from "./common/shapes.js";
import { shortened } from "./common/text.js";

/** @typedef {import("./data.js").ChartData} ChartData */
/** @typedef {import("./data.js").ChartMeasure} ChartMeasure */
/** @typedef {import("./common/shapes.js").Form} Form */
/** @typedef {{x: (at: number) => number, y: (value: number) => number}} Scales a layer's place, a value */

const HEIGHT = 210;
const USUAL_WIDTH = 800; // while the canvas has none
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 14, 34, 28]; // pixels for the axes and the key
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const POINT = 10; // size of a point
/** @type {Form[]} of the measures' points */
const FORMS = ["circle", "diamond"];
const LETTERS = 20; // of a layer's name
const LETTER = 7; // pixels of a letter
const KEY = 240; // pixels from one name of the key to the next

/**
 * Called by Streamlit at every run of the page.
 * @param {import("./common/mounting.js").Component<ChartData>} component
 */
export default function mount({ data, parentElement }) {
  viewIn(parentElement, "chart", (root) => new Chart(root)).show(data);
}

class Chart {
  /** @type {ChartData} */
  data = { layers: [], measures: [], heading: "", file: "", provenance: {} };
  canvas = svg("svg", { class: "canvas", role: "img", height: HEIGHT });

  /** @param {HTMLElement} root */
  constructor(root) {
    const buttons = pictureButtons(
      () => this.picture(),
      () => this.data.file,
      "chart",
    );
    fill(root, this.canvas, html("div", { class: "corner" }, ...buttons));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  /** @param {ChartData} data */
  show(data) {
    this.data = data;
    this.draw();
  }

  draw() {
    const { layers, measures } = this.data;
    const width = this.canvas.clientWidth || USUAL_WIDTH;
    /** @type {Scales} */
    const scales = {
      x: (at) => LEFT + ((at + 0.5) * (width - LEFT - RIGHT)) / layers.length,
      y: (value) => HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM),
    };
    set(this.canvas, { "aria-label": describe(this.data) });
    fill(
      this.canvas,
      ...TICKS.flatMap((tick) => tickMarks(tick, scales.y(tick), width - RIGHT)),
      ...axisNames(layers, width - LEFT - RIGHT).map(({ name, layer, at, anchor }) =>
        svg("text", { x: scales.x(at), y: HEIGHT - 8, "text-anchor": anchor }, svg("title", {}, layer), name),
      ),
      ...measures.map((measure, row) => line(measure, row, layers, scales)),
      ...measures.map(({ name }, row) => keyOf(name, row)),
    );
  }

  picture() {
    const box = { x: 0, y: 0, width: this.canvas.clientWidth, height: HEIGHT };
    const parts = [...this.canvas.children].map((child) => copyOf(/** @type {SVGElement} */ (child)));
    const { heading, provenance } = this.data;
    return { parts, box, heading, provenance, page: this.canvas };
  }
}

/**
 * The names of as many layers as fit side by side, evenly spaced, the highest layer included.
 * @param {string[]} layers from the lowest up
 * @param {number} width in pixels
 */
export function axisNames(layers, width) {
  const names = layers.map((layer, at) => ({ layer, at, name: shortened(layer, LETTERS) }));
  const longest = Math.max(1, ...names.map(({ name }) => name.length + 1));
  const step = Math.max(1, Math.ceil((longest * LETTER * layers.length) / width));
  const shown = names.filter(({ at }) => (layers.length - 1 - at) % step === 0);
  return shown.map((one, at) => ({ ...one, anchor: step > 1 && at === shown.length - 1 ? "end" : "middle" }));
}

/**
 * @param {number} tick
 * @param {number} y
 * @param {number} right
 */
function tickMarks(tick, y, right) {
  return [
    svg("path", { class: "grid", d: `M${LEFT},${y}H${right}` }),
    svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, `${tick}`),
  ];
}

/**
 * @param {ChartMeasure} measure
 * @param {number} row
 * @param {string[]} layers
 * @param {Scales} scales
 */
function line({ name, values }, row, layers, { x, y }) {
  const points = values.flatMap((value, at) =>
    value === null ? [] : [{ value, x: x(at), y: y(value), at }],
  );
  const d = points.map((point) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`).join("L");
  const marks = points.map((point) => {
    const title = svg("title", {}, `${name} in ${layers[point.at]}: ${point.value.toFixed(2)}`);
    return svg("g", { transform: `translate(${point.x},${point.y})` }, title, pointMark(row));
  });
  const path = points.length ? svg("path", { class: "line", d: `M${d}` }) : null;
  return svg("g", { class: `measure-${row}` }, path, ...marks);
}

/**
 * @param {string} name
 * @param {number} row
 */
function keyOf(name, row) {
  const place = { class: `measure-${row}`, transform: `translate(${LEFT + 6 + KEY * row},14)` };
  return svg("g", place, pointMark(row), svg("text", { x: 14, y: 4 }, name));
}

/** @param {number} row */
function pointMark(row) {
  return svg("path", { class: "point", d: outline(FORMS[row], POINT) });
}

/** @param {ChartData} data */
function describe({ layers, measures }) {
  return measures
    .map(({ name, values }) => {
      const texts = values.map(
        (value, at) => `${layers[at]} ${value === null ? "unknown" : value.toFixed(2)}`,
      );
      return `${name}: ${texts.join(", ")}`;
    })
    .join(". ");
}
