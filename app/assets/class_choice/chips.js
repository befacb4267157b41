// The chosen classes of a field for several, each with a button that removes it.

import { html } from "../common/elements.js";

/** @typedef {import("../data.js").ChosenClass} ChosenClass */

export class Chips {
  element = html("ul", { class: "chips", "aria-label": "Chosen classes" });
  #shown = "";

  /** @param {(name: string) => void} remove */
  constructor(remove) {
    this.remove = remove;
  }

  /** @param {ChosenClass[]} chosen */
  show(chosen) {
    const text = JSON.stringify(chosen);
    if (text === this.#shown) return; // a new button would not have the focus
    this.#shown = text;
    this.element.hidden = !chosen.length;
    this.element.replaceChildren(...chosen.map((one) => this.#chip(one)));
  }

  /** @param {ChosenClass} one */
  #chip({ name, shown }) {
    const button = html("button", { type: "button", "aria-label": `Remove ${shown}`, title: "Remove" }, "×");
    button.addEventListener("click", () => this.remove(name));
    return html("li", { "data-chosen": name }, html("span", {}, shown), button);
  }
}
