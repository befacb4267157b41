// The list of classes: searched, sorted, and scrolled.

import { fill, html, set } from "../common/elements.js";
import { TabStop } from "../common/focus.js";
import { HISTOGRAM } from "../common/histogram.js";
import { matches } from "../common/search.js";
import { number } from "../common/text.js";
import { button } from "../common/toolbar.js";
import { ORDERS, sorted } from "./classes.js";
import { ACCURACY, ClassRow } from "./rows.js";

/** @typedef {import("../data.js").Concept} Concept */
/** @typedef {import("../data.js").OverviewClass} OverviewClass */
/** @typedef {import("./classes.js").Order} Order */
/** @typedef {import("./classes.js").Similarity} Similarity */
/**
 * @typedef {object} Actions
 * @property {(name: string) => void} choose the user chooses a class
 * @property {(names: Set<string>) => void} inView other rows are in view; empty if all are
 * @property {(order: Order) => void} sort the user chooses an order
 * @property {(title: string, names: string[]) => void} group the user makes a group of the found classes
 */

export class ClassList {
  /** @type {Map<string, ClassRow>} */
  rows = new Map();
  stop = new TabStop();
  /** @type {Concept[]} */
  #concepts = [];
  /** @type {string[]} the names of the listed classes, in their order */
  #listed = [];
  /** @type {Similarity} */
  #value = () => null;
  /** @type {string | null} */
  #chosen = null;

  /** @param {Actions} actions */
  constructor({ choose, inView, sort, group }) {
    this.inView = inView;
    const name = "Search classes";
    this.search = html("input", { type: "search", placeholder: name, "aria-label": name });
    const orders = ORDERS.map(([value, text]) => html("option", { value }, text));
    this.order = html("select", { "aria-label": "Sort by" }, ...orders);
    this.count = html("p", { class: "quiet count", "aria-live": "polite" });
    this.heads = heads();
    this.list = html("ul", { class: "rows", role: "listbox", "aria-label": "Classes", tabindex: "-1" });
    const controls = html("div", { class: "search" }, this.search, this.order);
    this.gather = button("Group", "Make a group of the found classes", () =>
      group(this.search.value, this.#listed),
    );
    const counted = html("div", { class: "counted" }, this.count, this.gather);
    this.element = html("div", { class: "classes" }, controls, counted, this.heads, this.list);
    this.search.addEventListener("input", () => this.arrange());
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.#listed.length) choose(this.#listed[0]);
    });
    this.order.addEventListener("change", () => {
      sort(/** @type {Order} */ (this.order.value));
      this.arrange();
    });
    this.list.addEventListener("scroll", () => this.#reportInView(), { passive: true });
  }

  /**
   * @param {OverviewClass[]} classes
   * @param {Concept[]} concepts above them
   */
  draw(classes, concepts) {
    this.#concepts = concepts;
    this.rows = new Map(classes.map((entry) => [entry.name, new ClassRow(entry)]));
    this.list.replaceChildren(...[...this.rows.values()].map(({ element }) => element));
    this.heads.style.display = classes.some(({ histogram }) => histogram) ? "" : "none";
  }

  /**
   * @param {Similarity} value the similarity to the chosen class in the layer; by movement, the movement
   * @param {{order: Order, chosen: string | null, group: Set<string>}} options
   */
  showValues(value, { order, chosen, group }) {
    this.#value = value;
    this.#chosen = chosen;
    this.order.value = order;
    const meaning = order === "movement" ? "movement" : "similarity";
    const values = [...this.rows.keys()].map((name) => value(name) ?? 0);
    const most = meaning === "movement" ? Math.max(...values) || 1 : 1;
    for (const [name, row] of this.rows) row.show(value, { meaning, most, inGroup: group.has(name) });
    this.arrange();
  }

  /** Lists the classes that match the search, in the chosen order. */
  arrange() {
    const order = /** @type {Order} */ (this.order.value);
    const found = matches(
      this.search.value,
      [...this.rows.values()].map(({ entry }) => entry),
      this.#concepts,
    );
    const byMatch = order === "name" && this.search.value !== "";
    const listed = byMatch ? found : sorted(found, order, this.#value, this.#chosen);
    this.#listed = listed.map(({ name }) => name);
    const shown = new Set(this.#listed);
    for (const [name, { element }] of this.rows) element.classList.toggle("hidden", !shown.has(name));
    this.#putRows(this.#listed.map((name) => this.#element(name)));
    fill(this.count, this.#countText());
    this.gather.hidden = this.search.value === "" || listed.length === this.rows.size || listed.length < 2;
    this.#reportInView();
  }

  /** @param {string | null} name */
  light(name) {
    for (const lit of this.list.querySelectorAll(".lit")) lit.classList.remove("lit");
    if (name !== null) this.rows.get(name)?.element.classList.add("lit");
  }

  /** @param {string | null} name */
  choose(name) {
    for (const [other, { element }] of this.rows) {
      element.classList.toggle("chosen", other === name);
      set(element, { "aria-selected": String(other === name) });
    }
    const row = name === null ? undefined : this.rows.get(name);
    if (row) this.stop.moveTo(row.element);
  }

  /**
   * Focuses the next row, or the one before.
   * @param {string} name
   * @param {-1 | 1} step
   */
  walk(name, step) {
    const next = this.#listed[this.#listed.indexOf(name) + step];
    if (next !== undefined) this.stop.focus(this.#element(next));
  }

  /**
   * Scrolls a row to the middle, unless it is in view; to the top where similar classes are first.
   * @param {string | null} name
   */
  bringIntoView(name) {
    const row = name === null ? undefined : this.rows.get(name)?.element;
    if (!row) return;
    if (name === this.#listed[0]) this.list.scrollTop = 0;
    const above = row.offsetTop - this.list.scrollTop;
    const isInView = above >= 0 && above + row.offsetHeight <= this.list.clientHeight;
    if (!isInView) this.list.scrollTop += above - this.list.clientHeight / 2;
  }

  /** @param {string} name */
  #element(name) {
    const row = this.rows.get(name);
    if (!row) throw new Error(`the list has no class ${name}`);
    return row.element;
  }

  /**
   * Puts rows into this order, after the hidden ones. A moved row loses the focus, so nothing moves if the
   * order is already right.
   * @param {HTMLElement[]} rows
   */
  #putRows(rows) {
    const present = [...this.list.children].slice(this.list.children.length - rows.length);
    if (rows.some((row, at) => row !== present[at])) this.list.append(...rows);
    if (!rows.some((row) => row === this.stop.element)) this.stop.moveTo(rows[0]);
  }

  #countText() {
    const count = `${number(this.#listed.length)} of ${number(this.rows.size)} classes`;
    const needsChoice = this.order.value === "similarity" && this.#chosen === null;
    return needsChoice ? `${count}. Select one to sort the others by their similarity to it.` : count;
  }

  #reportInView() {
    const [first] = this.#listed;
    const height = first === undefined ? 0 : this.#element(first).offsetHeight;
    const start = height ? Math.floor(this.list.scrollTop / height) : 0;
    const end = height ? start + Math.ceil(this.list.clientHeight / height) : 0;
    const names = this.#listed.slice(start, end);
    this.inView(new Set(names.length === this.rows.size ? [] : names));
  }
}

function heads() {
  return html(
    "div",
    { class: "heads quiet", "aria-hidden": "true" },
    html("span", {}, "class"),
    html("span", { title: HISTOGRAM }, "P(true class)"),
    html("span", { title: ACCURACY }, "top-1 accuracy"),
  );
}
