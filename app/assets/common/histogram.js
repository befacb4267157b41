// The probabilities of the true class as bars.

import { svg } from "./elements.js";
import { number } from "./text.js";

const [HEIGHT, BAR, STEP] = [28, 3, 4]; // of a histogram; a bar and its distance to the next one
export const HISTOGRAM =
  "Histogram of the probability that the model gives to the true class, from 0 (left) to 1";

/**
 * One path for all bars: with an element per bar, a list of a thousand classes is slow.
 * @param {number[]} bins
 * @param {number} images
 */
export function histogramOf(bins, images) {
  const unit = (HEIGHT - 1) / Math.max(1, ...bins);
  const bars = bins.map((count, bin) => `M${bin * STEP},${HEIGHT}h${BAR}v${-unit * count}h${-BAR}z`).join("");
  const width = bins.length * STEP;
  const name = `${HISTOGRAM}; 95 % or more for ${number(bins.at(-1) ?? 0)} of ${number(images)} images`;
  const box = { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT };
  const base = svg("path", { class: "base", d: `M0,${HEIGHT - 0.5}H${width}` });
  const attributes = { class: "histogram", ...box, role: "img", "aria-label": name };
  return svg("svg", attributes, svg("title", {}, name), base, svg("path", { class: "bars", d: bars }));
}
