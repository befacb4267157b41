// A field that chooses one class, or several, with a list that is searched like the overview's: a combobox as
// in the ARIA Authoring Practices. The chosen classes are sent to Python, which puts them into the address.

import { Chips } from "./class_choice/chips.js";
import { OptionList } from "./class_choice/list.js";
import { optionsOf, placeAfter, shownAs } from "./class_choice/options.js";
import { readClassSearch } from "./class_choice/reading.js";
import { closest, fill, html, set, svg } from "./common/elements.js";
import { isBrowserShortcut } from "./common/focus.js";
import { viewIn } from "./common/mounting.js";
import { PendingClicks } from "./common/pending.js";
import { counted } from "./common/text.js";

/** @typedef {import("./data.js").ChosenClass} ChosenClass */
/** @typedef {import("./data.js").ClassChoiceData} ClassChoiceData */
/** @typedef {import("./data.js").ClassSearchData} ClassSearchData */
/** @typedef {import("./class_choice/options.js").Option} Option */
/** @typedef {import("./common/mounting.js").Component<ClassChoiceData>} Component */

const READING = "Reading the classes …";
const FAILED = "The classes could not be read. Open the list again to retry.";
const NOTHING = "No class matches.";

/**
 * Called by Streamlit at every run of the page.
 * @param {Component} component
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  const view = viewIn(parentElement, "class_choice", (root) => new ClassChoice(root));
  view.send = setTriggerValue;
  view.show(data);
}

class ClassChoice {
  /** @type {ClassChoiceData | null} */
  #data = null;
  /** @type {ClassSearchData | null} null until it is read */
  #search = null;
  #note = READING;
  /** @type {ChosenClass[]} */
  #chosen = [];
  /** @type {Option[]} */
  #options = [];
  #at = -1; // the place of the option that Enter chooses
  #typed = "";
  /** @type {PendingClicks<string>} */
  #pending = new PendingClicks();
  /** @type {Component["setTriggerValue"]} */
  send = () => {};

  /** @param {HTMLElement} root */
  constructor(root) {
    this.label = html("label", { for: "field" });
    this.list = new OptionList("classes", (option) => this.#choose(option));
    this.input = html("input", {
      id: "field",
      type: "text",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    });
    this.chips = new Chips((name) => this.#remove(name));
    this.clear = html("button", { class: "clear", type: "button", "aria-label": "Remove all classes" }, "×");
    this.arrow = html("span", { class: "arrow", "aria-hidden": "true" }, arrow());
    this.status = html("span", { class: "visually-hidden", role: "status" });
    this.field = html("div", { class: "field" }, this.chips.element, this.input, this.clear, this.arrow);
    fill(root, this.label, this.field, this.list.element, this.status);
    this.#listen();
  }

  #listen() {
    this.field.addEventListener("mousedown", (event) => {
      if (event.target === this.input || closest(event.target, "button")) return;
      event.preventDefault(); // the input gets the focus, or keeps it
      this.input.focus();
    });
    this.field.addEventListener("click", (event) => this.#click(event));
    this.clear.addEventListener("click", () => this.#take([]));
    this.input.addEventListener("input", () => {
      this.#typed = this.input.value;
      this.#open();
      this.#list();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.isComposing || isBrowserShortcut(event)) return;
      if (this.#press(event.key)) event.preventDefault();
    });
    this.input.addEventListener("blur", () => this.#close());
  }

  get #shown() {
    if (!this.#data) throw new Error("no field is shown");
    return this.#data;
  }

  /** @param {ClassChoiceData} data */
  show(data) {
    const url = this.#data?.url;
    this.#data = data;
    fill(this.label, data.label);
    this.label.classList.toggle("visually-hidden", !data.labelled);
    this.field.classList.toggle("several", data.several);
    if (data.url !== url) this.#read(data.url);
    if (this.#pending.isNew(textOf(data.chosen))) this.#chosen = data.chosen;
    this.#write();
  }

  /** @param {string} url */
  async #read(url) {
    [this.#search, this.#note] = [null, READING];
    try {
      const found = await readClassSearch(url);
      if (url === this.#shown.url) this.#search = found;
    } catch {
      if (url === this.#shown.url) this.#note = FAILED;
    }
    if (this.list.isOpen) this.#list();
  }

  /** Writes what is chosen; a text that is being typed stays. */
  #write() {
    const { several, placeholder } = this.#shown;
    this.chips.show(several ? this.#chosen : []);
    this.clear.hidden = !several || this.#chosen.length < 2;
    const text = several ? "" : (this.#chosen[0]?.shown ?? "");
    if (!this.list.isOpen) this.input.value = text;
    set(this.input, { placeholder: several && this.#chosen.length ? "" : placeholder, title: text });
  }

  /** @param {Event} event */
  #click(event) {
    if (closest(event.target, "button")) return;
    const isArrow = closest(event.target, ".arrow") !== null;
    if (this.list.isOpen && isArrow) this.#close();
    else if (!this.list.isOpen) this.#openAll();
  }

  /** Opens the list of all classes; what is typed next replaces the text of the field. */
  #openAll() {
    this.#open();
    this.input.select();
    this.#list();
  }

  #open() {
    if (this.#note === FAILED) this.#read(this.#shown.url);
    this.list.open(this.field);
    set(this.input, { "aria-expanded": "true" });
  }

  #close() {
    this.#typed = "";
    this.list.close();
    set(this.input, { "aria-expanded": "false", "aria-activedescendant": null });
    fill(this.status);
    this.#write();
  }

  /** Lists the classes that match the typed text. */
  #list() {
    const isOffered = this.#offered();
    this.#options = this.#search ? optionsOf(this.#typed, this.#search, isOffered) : [];
    const note = this.#search ? NOTHING : this.#note;
    this.list.show(this.#options, this.#options.length ? "" : note);
    fill(this.status, this.#options.length ? counted(this.#options.length, "class", "classes") : note);
    this.#mark(this.#first());
  }

  /** Whether a class can be chosen: in a field for several, those that are not chosen yet. */
  #offered() {
    const { only, several } = this.#shown;
    const offered = only && new Set(only);
    const chosen = new Set(several ? this.#chosen.map(({ name }) => name) : []);
    return (/** @type {string} */ name) => !chosen.has(name) && (offered?.has(name) ?? true);
  }

  /** The option that is marked at first: the best match, else what is chosen. */
  #first() {
    if (this.#typed.trim()) return this.#options.length ? 0 : -1;
    return this.#options.findIndex(({ name }) => name === this.#chosen[0]?.name);
  }

  /** @param {number} at */
  #mark(at) {
    this.#at = at;
    set(this.input, { "aria-activedescendant": this.list.mark(at) });
  }

  /**
   * Handles a key; false if the browser does.
   * @param {string} key
   */
  #press(key) {
    if (key === "Backspace") return this.#eraseLast();
    if (!this.list.isOpen) return this.#openBy(key);
    if (key === "Escape") this.#close();
    else if (key === "Enter") this.#choose(this.#options[this.#at]);
    else return this.#move(key);
    return true;
  }

  /** @param {string} key */
  #openBy(key) {
    const opens = key === "ArrowDown" || key === "ArrowUp";
    if (opens) this.#openAll();
    return opens;
  }

  /** @param {string} key */
  #move(key) {
    const at = placeAfter(key, this.#at, this.#options.length);
    if (at !== null) this.#mark(at);
    return at !== null;
  }

  /** Backspace in an empty field for several classes removes the last one. */
  #eraseLast() {
    const erases = this.#shown.several && this.input.value === "" && this.#chosen.length > 0;
    if (erases) this.#take(this.#chosen.slice(0, -1));
    return erases;
  }

  /** @param {Option | undefined} option */
  #choose(option) {
    if (!option) return;
    const one = { name: option.name, shown: shownAs(option) };
    this.#take(this.#shown.several ? [...this.#chosen, one] : [one]);
  }

  /** @param {string} name */
  #remove(name) {
    this.#take(this.#chosen.filter((one) => one.name !== name));
    this.input.focus();
  }

  /**
   * Shows the chosen classes and sends them to Python, if they are others.
   * @param {ChosenClass[]} chosen
   */
  #take(chosen) {
    const isOther = textOf(chosen) !== textOf(this.#chosen);
    this.#chosen = chosen;
    this.#close();
    if (!isOther) return;
    this.#pending.send(textOf(chosen));
    this.send("chosen", textOf(chosen));
  }
}

/** @param {ChosenClass[]} chosen */
function textOf(chosen) {
  return JSON.stringify(chosen.map(({ name }) => name));
}

function arrow() {
  const line = svg("path", { d: "M4 6.5 8 10.5 12 6.5", fill: "none", "stroke-width": 1.6 });
  return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16 }, line);
}
