// The rows of the list of classes.

import { html, set } from "../common/elements.js";
import { histogramOf } from "../common/histogram.js";
import { accuracyText, describeClass, imagesText } from "./classes.js";

/** @typedef {import("../data.js").OverviewClass} OverviewClass */
/** @typedef {import("./classes.js").Similarity} Similarity */

export const ACCURACY = "Top-1 accuracy: share of the images whose largest output is this class";
const SIMILARITY =
  "Similarity to the selected class in this layer: cosine of their activation counts, 1 if they are equal";

/** A class as a row. */
export class ClassRow {
  /** @param {OverviewClass} entry */
  constructor(entry) {
    this.entry = entry;
    this.bar = html("i");
    this.similarity = html("span", { class: "similarity", title: SIMILARITY }, this.bar);
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

  /** @param {Similarity} similarityOf */
  showSimilarity(similarityOf) {
    const similarity = similarityOf(this.entry.name);
    this.similarity.style.display = similarity === null ? "none" : "";
    this.bar.style.width = `${Math.max(0, Math.round(100 * (similarity ?? 0)))}%`;
    this.value.textContent = similarity === null ? "" : similarity.toFixed(2);
    set(this.element, { "aria-label": describeClass(this.entry, similarity) });
  }
}
