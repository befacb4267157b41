// A list of motifs, each as the pictures of its channels. A chosen one is sent to Python.

import { pictureAddress } from "./common/addresses.js";
import { pictureButtons } from "./common/download.js";
import { closest, fill, html, markOf, set } from "./common/elements.js";
import { activates, isBrowserShortcut, TabStop } from "./common/focus.js";
import { viewIn } from "./common/mounting.js";
import { counted, number, significant } from "./common/text.js";
import { button } from "./common/toolbar.js";
import { trace } from "./common/tracing.js";

/** @typedef {import("./data.js").InGroup} InGroup */
/** @typedef {import("./data.js").Motif} Motif */
/** @typedef {import("./data.js").MotifsData} MotifsData */
/** @typedef {import("./common/mounting.js").Component<MotifsData>} Component */

const PART = 60; // motifs shown at a time, because hundreds with pictures load slowly
const SUPPORT = "Support: how many classes' attribution graphs have it";
const EXPECTED =
  "Expected support: mean number of classes that have it if influences are rewired at random (null model)";
const INSIDE = "How many of the group's classes have it";
const OUTSIDE = "How many of the other classes have it";
const LIFT = "Lift: the share of the group's classes that have it over the share of the others";
const GROUP_Q = "q: false discovery rate of Fisher's exact test over all motifs of this shape and size";
const FALSE_DISCOVERY = "q: false discovery rate over all motifs of this shape and size";

/**
 * Called by Streamlit at every run of the page.
 * @param {Component} component
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  const view = viewIn(parentElement, "motifs", (root) => new MotifList(root));
  view.send = setTriggerValue;
  view.show(data);
}

class MotifList {
  /** @type {MotifsData} */
  data = { key: "", network: "", file: "", heading: "", motifs: [], chosen: null, provenance: {} };
  /** @type {Component["setTriggerValue"]} */
  send = () => {};
  stop = new TabStop();
  list = html("ul", { class: "list", role: "listbox", "aria-label": "Motifs" });
  content = html("div", { class: "content" });

  /** @param {HTMLElement} root */
  constructor(root) {
    const draw = () => {
      const { heading, provenance } = this.data;
      return { ...trace(this.content), heading, provenance, page: this.content };
    };
    const buttons = pictureButtons(draw, () => this.data.file);
    fill(root, html("div", { class: "saving" }, ...buttons), this.content);
    this.list.addEventListener("click", (event) => this.#choose(event));
    this.list.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {MotifsData} data */
  show(data) {
    const isFresh = data.key !== this.data.key;
    this.data = data;
    const chosen = data.motifs.findIndex(({ id }) => id === data.chosen);
    if (isFresh) this.#draw(Math.max(PART, chosen + 1));
    this.#markChosen();
  }

  /** @param {number} most how many motifs are shown */
  #draw(most) {
    const left = this.data.motifs.length - most;
    const { motifs, network } = this.data;
    fill(this.list, ...motifs.slice(0, most).map((motif) => motifRow(motif, network)));
    this.stop.moveTo(/** @type {HTMLElement | null} */ (this.list.firstElementChild));
    fill(this.content, this.list, left > 0 ? this.#moreButton(most, left) : null);
  }

  /**
   * @param {number} most how many are shown
   * @param {number} left how many are not
   */
  #moreButton(most, left) {
    const text = `Show ${number(Math.min(left, PART))} more of ${number(this.data.motifs.length)}`;
    const made = button(text, "Show more motifs", () => {
      this.#draw(most + PART);
      this.#markChosen();
      this.stop.focus(/** @type {HTMLElement} */ (this.list.children[most]));
    });
    made.classList.add("control", "more");
    return made;
  }

  /** @param {Event} event */
  #choose(event) {
    const motif = markOf(event, "data-motif");
    if (motif === null) return;
    event.preventDefault();
    this.send("motif", motif);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (isBrowserShortcut(event)) return;
    if (activates(event)) this.#choose(event);
    const row = closest(event.target, "[data-motif]");
    const [before, after] = [row?.previousElementSibling, row?.nextElementSibling];
    const next = { ArrowUp: before, ArrowLeft: before, ArrowDown: after, ArrowRight: after }[event.key];
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    this.stop.focus(next);
  }

  #markChosen() {
    for (const row of this.list.children) {
      const isChosen = row.getAttribute("data-motif") === this.data.chosen;
      row.classList.toggle("chosen", isChosen);
      set(row, { "aria-selected": String(isChosen) });
      if (isChosen && row instanceof HTMLElement) this.stop.moveTo(row);
    }
  }
}

/**
 * @param {Motif} motif
 * @param {string} network
 */
function motifRow(motif, network) {
  const { id, shape, support, channels } = motif;
  const attributes = {
    class: "motif",
    "data-motif": id,
    "data-support": support,
    tabindex: "-1",
    role: "option",
    "aria-label": `${shape} ${channels.map(({ name }) => name).join(", ")}: in ${support} classes`,
  };
  return html("li", attributes, html("div", { class: "chain" }, ...chain(motif, network)), numbers(motif));
}

/**
 * The channels with the signs between them.
 * @param {Motif} motif
 * @param {string} network
 */
function chain({ channels, joins }, network) {
  return channels.flatMap(({ channel, name, label }, at) => {
    const src = pictureAddress(network, channel);
    const image = html("img", { src, alt: "", loading: "lazy", width: 60, height: 60 });
    const word = label && html("figcaption", { class: "word", title: label }, label);
    const figure = html("figure", {}, image, html("figcaption", {}, name), word);
    return at ? [html("span", { class: "arrow", "aria-hidden": "true" }, joins[at - 1]), figure] : [figure];
  });
}

/** @param {Motif} motif */
function numbers({ support, expected, q, group }) {
  const chance =
    expected === null ? null : html("div", { title: EXPECTED }, `${expected.toFixed(1)} expected by chance`);
  return html(
    "div",
    { class: "numbers" },
    ...(group ? groupNumbers(group) : [supportNumber(support), chance]),
    q === null ? null : html("div", { title: group ? GROUP_Q : FALSE_DISCOVERY }, `q ${significant(q)}`),
  );
}

/** @param {number} support */
function supportNumber(support) {
  const [count, unit] = counted(support, "class", "classes").split(" ");
  return html("div", { title: SUPPORT }, html("strong", {}, count), ` ${unit}`);
}

/** @param {InGroup} group */
function groupNumbers({ inside, size, outside, others, lift }) {
  return [
    html("div", { title: INSIDE }, html("strong", {}, number(inside)), ` of ${number(size)}`),
    html("div", { title: OUTSIDE }, `${number(outside)} of ${number(others)} others`),
    html(
      "div",
      { title: LIFT },
      lift === null ? "in no other class" : `lift ${number(Number(lift.toPrecision(2)))}`,
    ),
  ];
}
