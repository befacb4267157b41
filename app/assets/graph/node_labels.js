// The labels of channels in words, under their pictures, as long as there is room.

import { set, svg } from "../common/elements.js";
import { cut } from "../common/text.js";
import { LABEL_LINE } from "./marks.js";

/** @typedef {import("./scene.js").Scene} Scene */

const SIZE = 10.5; // of the letters in the scene, in pixels (graph.css)
const READABLE = 9; // smallest size of the letters on the screen, in pixels
const LARGEST = 1.7; // larger labels would cover the next layer's pictures
const LETTER = 5.8; // pixels of a letter, about
const FEWEST = 5; // letters that still say something
const BELOW = 12; // pixels from a picture to the base line of its label

/**
 * How many times larger than in the scene labels are drawn, to be readable at a scale; in steps of 0.1.
 * @param {number} scale
 */
export function enlargement(scale) {
  return Math.min(LARGEST, Math.max(1, Math.ceil((10 * READABLE) / (SIZE * scale)) / 10));
}

/**
 * Writes the labels under the pictures; none where they would be too short to read.
 * @param {Scene} scene
 * @param {{gap: number, enlarged: number}} options gap between two pictures; how many times larger to write
 */
export function writeLabels(scene, { gap, enlarged }) {
  for (const [id, { mark }] of scene.channels) {
    mark.querySelector(".word")?.remove();
    const { label, ownLabel, size, height } = scene.graph.channel(id);
    const own = mark.querySelector(".own-label");
    if (own) set(own, { y: size / 2 + LABEL_LINE * enlarged });
    const letters = Math.floor((gap + size) / (LETTER * enlarged)) - 1;
    if (!label?.text || ownLabel || letters < FEWEST) continue;
    const attributes = { class: "word", y: height / 2 + BELOW * enlarged, "text-anchor": "middle" };
    mark.append(svg("text", attributes, svg("title", {}, label.text), cut(label.text, letters)));
  }
}
