// The labels of channels in words, under their pictures, as long as there is room.

import { svg } from "../common/elements.js";
import { cut } from "../common/text.js";

/** @typedef {import("./scene.js").Scene} Scene */

const LETTER = 5.4; // pixels of a letter, about
const FEWEST = 5; // letters that still say something
const BELOW = 12; // pixels from a picture to the base line of its label

/**
 * Writes the labels under the pictures; none where they would be too short to read.
 * @param {Scene} scene
 * @param {number} gap between two pictures
 */
export function writeLabels(scene, gap) {
  for (const [id, { mark }] of scene.channels) {
    mark.querySelector(".word")?.remove();
    const { label, ownLabel, size, height } = scene.graph.channel(id);
    const letters = Math.floor((gap + size) / LETTER) - 1;
    if (!label?.text || ownLabel || letters < FEWEST) continue;
    const attributes = { class: "word", y: height / 2 + BELOW, "text-anchor": "middle" };
    mark.append(svg("text", attributes, svg("title", {}, label.text), cut(label.text, letters)));
  }
}
