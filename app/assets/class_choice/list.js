// The list of the classes that a field offers. It opens over the page, and gets more options when it is
// scrolled.

import { closest, fill, html, set } from "../common/elements.js";
import { placeOfList } from "./place.js";

/** @typedef {import("./options.js").Option} Option */

const PORTION = 100; // options that are added at once
const NEAR = 400; // pixels to the end of the list at which more are added

export class OptionList {
  /** @type {Option[]} */
  #options = [];
  /** @type {(Element | null)[]} those that are in the list */
  #elements = [];
  /** @type {HTMLElement | null} */
  #field = null;
  #follow = () => this.#place();

  /**
   * @param {string} id of the listbox
   * @param {(option: Option) => void} choose
   */
  constructor(id, choose) {
    this.id = id;
    this.listbox = html("ul", { id, role: "listbox", "aria-label": "Classes that match" });
    this.note = html("p", { class: "quiet" });
    this.element = html("div", { class: "list", popover: "manual" }, this.listbox, this.note);
    this.element.addEventListener("mousedown", (event) => event.preventDefault()); // the field is focused
    this.element.addEventListener("scroll", () => this.#fillToView(), { passive: true });
    this.listbox.addEventListener("click", (event) => {
      const at = this.#elements.indexOf(closest(event.target, "[role=option]"));
      if (at >= 0) choose(this.#options[at]);
    });
  }

  get isOpen() {
    return this.#field !== null;
  }

  /** @param {HTMLElement} field */
  open(field) {
    if (this.isOpen) return;
    this.#field = field;
    this.element.showPopover();
    this.#place();
    addEventListener("scroll", this.#follow, { capture: true, passive: true });
    addEventListener("resize", this.#follow);
  }

  close() {
    removeEventListener("scroll", this.#follow, { capture: true });
    removeEventListener("resize", this.#follow);
    if (this.isOpen && this.element.isConnected) this.element.hidePopover();
    this.#field = null;
  }

  /**
   * @param {Option[]} options
   * @param {string} note shown below them; empty: none
   */
  show(options, note) {
    this.#options = options;
    this.#elements = [];
    this.listbox.replaceChildren();
    fill(this.note, note);
    this.note.hidden = !note;
    this.#add(PORTION);
  }

  /**
   * Marks the option that Enter chooses, and brings it into view; returns its id.
   * @param {number} at -1: none
   * @returns {string | null}
   */
  mark(at) {
    for (const one of this.listbox.querySelectorAll("[aria-selected=true]")) {
      set(one, { "aria-selected": "false" });
    }
    if (at < 0) return null;
    this.#add(at + PORTION / 2 - this.#elements.length);
    const element = this.#elements[at];
    if (!element) return null;
    set(element, { "aria-selected": "true" });
    element.scrollIntoView({ block: "nearest" });
    return element.id;
  }

  /** @param {number} count */
  #add(count) {
    const start = this.#elements.length;
    const added = this.#options.slice(start, start + Math.max(0, count));
    const elements = added.map((option, at) => this.#entry(option, start + at));
    this.#elements.push(...elements);
    this.listbox.append(...elements);
  }

  /**
   * @param {Option} option
   * @param {number} at
   */
  #entry({ name, title, detail }, at) {
    return html(
      "li",
      {
        id: `${this.id}-${at}`,
        role: "option",
        "aria-selected": "false",
        "aria-setsize": this.#options.length,
        "aria-posinset": at + 1,
        "data-class-option": name,
        title: detail === null ? title : `${title} · ${detail}`,
      },
      title,
      detail === null ? null : html("span", { class: "quiet" }, ` · ${detail}`),
    );
  }

  #fillToView() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#add(PORTION);
  }

  #place() {
    if (!this.#field?.isConnected) return this.close();
    const { left, width, top, bottom, maxHeight } = placeOfList(
      this.#field.getBoundingClientRect(),
      innerHeight,
    );
    const { style } = this.element;
    [style.left, style.width, style.maxHeight] = [left, width, maxHeight].map((pixels) => `${pixels}px`);
    style.top = top === null ? "auto" : `${top}px`;
    style.bottom = bottom === null ? "auto" : `${bottom}px`;
  }
}
