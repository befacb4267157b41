// The rows of the list of classes.

import { html, set, svg } from "../common/elements.js";
import { number } from "../common/text.js";
import { accuracyText, describeClass, imagesText } from "./classes.js";

/** @typedef {import("../data.js").OverviewClass} OverviewClass */
/** @typedef {import("./classes.js").Similarity} Similarity */

const [HEIGHT, BAR, STEP] = [28, 3, 4]; // of a histogram; a bar and its distance to the next one
export const ACCURACY = "Top-1 accuracy: share of the images whose largest output is this class";
export const HISTOGRAM =
  "Histogram of the probability that the model gives to the true class, from 0 (left) to 1";
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
      entry.histogram ? histogram(entry.histogram, entry.images) : html("span"),
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

/**
 * One path for all bars: with an element per bar, a list of a thousand classes is slow.
 * @param {number[]} bins
 * @param {number} images
 */
function histogram(bins, images) {
  const unit = (HEIGHT - 1) / Math.max(1, ...bins);
  const bars = bins.map((count, bin) => `M${bin * STEP},${HEIGHT}h${BAR}v${-unit * count}h${-BAR}z`).join("");
  const width = bins.length * STEP;
  const name = `${HISTOGRAM}; 95 % or more for ${number(bins.at(-1) ?? 0)} of ${number(images)} images`;
  const box = { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT };
  const base = svg("path", { class: "base", d: `M0,${HEIGHT - 0.5}H${width}` });
  const attributes = { class: "histogram", ...box, role: "img", "aria-label": name };
  return svg("svg", attributes, svg("title", {}, name), base, svg("path", { class: "bars", d: bars }));
}
