// The rows of the list of classes.

import { html, set } from "../common/elements.js";
import { histogramOf } from "../common/histogram.js";
import { accuracyText, describeClass, imagesText } from "./classes.js";

/** @typedef {import("../data.js").OverviewClass} OverviewClass */
/** @typedef {import("./classes.js").Similarity} Similarity */

export const ACCURACY = "Top-1 accuracy: share of the images whose largest output is this class";
const MEANINGS = {
  similarity:
    "Similarity to the selected class in this layer: cosine of their activation counts, 1 if they are equal",
  movement:
    "Movement from the layer below: distance in the embedding, in units of the root mean square radius",
};

/** A class as a row. */
export class ClassRow {
  /** @param {OverviewClass} entry */
  constructor(entry) {
    this.entry = entry;
    this.bar = html("i");
    this.similarity = html("span", { class: "similarity" }, this.bar);
    this.value = html("span");
    const { name, title } = entry;
    const [accuracy, images] = [accuracyText(entry), imagesText(entry)];
    this.element = html(
      "li",
      { class: "row", "data-class-row": name, tabindex: "-1", role: "option" },
      html("span", { class: "title", title }, title),
      entry.histogram ? histogramOf(entry.histogram, entry.images) : html("span"),
      html(
        "span",
        { class: "numbers", title: accuracy ? ACCURACY : "" },
        accuracy || (name === title ? "" : images),
      ),
      html("span", { class: "folder" }, name === title ? images : name),
      html("span", { class: "numbers similarity-cell" }, this.similarity, this.value),
    );
  }

  /**
   * @param {Similarity} valueIn
   * @param {{meaning: keyof typeof MEANINGS, most: number, inGroup: boolean}} options most: of a full bar
   */
  show(valueIn, { meaning, most, inGroup }) {
    const value = valueIn(this.entry.name);
    this.similarity.style.display = value === null ? "none" : "";
    set(this.similarity, { title: MEANINGS[meaning] });
    this.bar.style.width = `${Math.max(0, Math.round((100 * (value ?? 0)) / most))}%`;
    this.value.textContent = value === null ? "" : value.toFixed(2);
    this.element.classList.toggle("member", inGroup);
    set(this.element, { "aria-label": describeClass(this.entry, value, { meaning, inGroup }) });
  }
}
