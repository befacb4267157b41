// How alike classes are in each layer: a line per measure from 0 to 1, told apart by colour, form and dashes.

import { copyOf, pictureButtons } from "./download.js";
import { fill, html, svg } from "./elements.js";
import { outline } from "./layout.js";
import { viewIn } from "./mounting.js";

const HEIGHT = 210;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 14, 34, 28]; // room for the axes and the key, in pixels
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const POINT = 10;
const FORMS = ["circle", "diamond"];
const KEY = 240; // pixels from one name of the key to the next

export default function mount({ data, parentElement }) {
  viewIn(parentElement, "chart", (root) => new Chart(root)).show(data);
}

class Chart {
  constructor(root) {
    this.canvas = svg("svg", { class: "canvas", role: "img", height: HEIGHT });
    const buttons = pictureButtons(
      () => this.picture(),
      () => this.data.file,
      "chart",
    );
    fill(root, this.canvas, html("div", { class: "corner" }, ...buttons));
    new ResizeObserver(() => this.data && this.draw()).observe(this.canvas);
  }

  show(data) {
    this.data = data;
    this.draw();
  }

  // data: layers from the lowest up; measures, {name, values}, a value per layer, null where it is not known.
  draw() {
    const width = this.canvas.getBoundingClientRect().width || 800;
    const { layers, measures } = this.data;
    const x = (at) => LEFT + ((at + 0.5) * (width - LEFT - RIGHT)) / layers.length;
    const y = (value) => HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM);
    this.canvas.setAttribute("aria-label", this.described());
    fill(
      this.canvas,
      ...TICKS.flatMap((tick) => [
        svg("path", { class: "grid", d: `M${LEFT},${y(tick)}H${width - RIGHT}` }),
        svg("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, `${tick}`),
      ]),
      ...layers.map((layer, at) => svg("text", { x: x(at), y: HEIGHT - 8, "text-anchor": "middle" }, layer)),
      ...measures.map((measure, row) => this.line(measure, row, x, y)),
      ...measures.map(({ name }, row) =>
        svg(
          "g",
          { class: `measure-${row}`, transform: `translate(${LEFT + 6 + KEY * row},14)` },
          mark(row),
          svg("text", { x: 14, y: 4 }, name),
        ),
      ),
    );
  }

  line({ name, values }, row, x, y) {
    const known = values.map((value, at) => ({ value, at })).filter(({ value }) => value !== null);
    const d = known
      .map(({ value, at }, place) => `${place ? "L" : "M"}${x(at).toFixed(1)},${y(value).toFixed(1)}`)
      .join("");
    return svg(
      "g",
      { class: `measure-${row}` },
      svg("path", { class: "line", d }),
      ...known.map(({ value, at }) =>
        svg(
          "g",
          { transform: `translate(${x(at)},${y(value)})` },
          svg("title", {}, `${name} in ${this.data.layers[at]}: ${value.toFixed(2)}`),
          mark(row),
        ),
      ),
    );
  }

  described() {
    const row = ({ name, values }) =>
      `${name}: ${values.map((value, at) => `${this.data.layers[at]} ${value === null ? "unknown" : value.toFixed(2)}`).join(", ")}`;
    return this.data.measures.map(row).join(". ");
  }

  picture() {
    const { width } = this.canvas.getBoundingClientRect();
    return {
      parts: [...this.canvas.children].map(copyOf),
      box: { x: 0, y: 0, width, height: HEIGHT },
      heading: this.data.heading,
      page: this.canvas,
    };
  }
}

function mark(row) {
  return svg("path", { class: "point", d: outline(FORMS[row], POINT) });
}
