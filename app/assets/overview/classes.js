// The classes of a network, sorted and described.

import { counted, percent } from "../common/text.js";

/** @typedef {import("../data.js").OverviewClass} OverviewClass */
/** @typedef {import("../data.js").OverviewData} OverviewData */
/** @typedef {"name" | "similarity" | "best" | "worst" | "movement"} Order */
/** @typedef {(name: string) => number | null} Similarity to the selected class; null if it is unknown */

/** @type {[Order, string][]} */
export const ORDERS = [
  ["name", "Name"],
  ["similarity", "Similarity"],
  ["best", "Accuracy, high first"],
  ["worst", "Accuracy, low first"],
  ["movement", "Movement"],
];

/**
 * The order of the list: the one of the address, else by similarity where a class is chosen, else by name.
 * @param {Pick<OverviewData, "order" | "chosen" | "similarity">} data
 * @returns {Order}
 */
export function orderOf({ order, chosen, similarity }) {
  const known = ORDERS.find(([value]) => value === order);
  if (known) return known[0];
  return chosen !== null && similarity !== null ? "similarity" : "name";
}

/**
 * Top-1 accuracy: the share of a class's images whose largest output is the class; null if it is unknown.
 * @param {OverviewClass} entry
 */
export function accuracyOf({ top1, images }) {
  return top1 === null || !images ? null : top1 / images;
}

/**
 * The classes in an order, those of the same value by title; by similarity, the chosen class is first.
 * @param {OverviewClass[]} classes
 * @param {Order} order
 * @param {Similarity} value the similarity to the chosen class; by movement, how far a class moves
 * @param {string | null} [chosen]
 */
export function sorted(classes, order, value, chosen = null) {
  /** @type {Record<Order, (entry: OverviewClass) => number>} */
  const keys = {
    name: () => 0,
    similarity: ({ name }) => (name === chosen ? -Infinity : -(value(name) ?? 0)),
    movement: ({ name }) => -(value(name) ?? 0),
    best: (entry) => -(accuracyOf(entry) ?? -1),
    worst: (entry) => accuracyOf(entry) ?? 2,
  };
  const key = keys[order];
  return classes.toSorted(
    (one, other) => Math.sign(key(one) - key(other)) || one.title.localeCompare(other.title, "en"),
  );
}

/**
 * The similarities in a layer to the selected class.
 * @param {OverviewData} data
 * @param {string} layer
 * @returns {Similarity}
 */
export function similarityIn({ classes, similarity }, layer) {
  return valuesOf(classes, similarity?.[layer]);
}

/**
 * How far the classes move from the layer below.
 * @param {OverviewData} data
 * @param {string} layer
 * @returns {Similarity}
 */
export function movementTo({ classes, movement }, layer) {
  return valuesOf(classes, movement?.[layer]);
}

/**
 * @param {OverviewClass[]} classes
 * @param {number[] | undefined} thousandths of each class
 * @returns {Similarity}
 */
function valuesOf(classes, thousandths) {
  if (!thousandths) return () => null;
  const values = new Map(classes.map(({ name }, at) => [name, thousandths[at] / 1000]));
  return (name) => values.get(name) ?? null;
}

/** @param {OverviewClass} entry */
export function accuracyText(entry) {
  const accuracy = accuracyOf(entry);
  return accuracy === null ? "" : percent(accuracy);
}

/** @param {OverviewClass} entry */
export function imagesText({ images }) {
  return images ? counted(images, "image", "images") : "";
}

/**
 * A class in words.
 * @param {OverviewClass} entry
 * @param {number | null} value
 * @param {{meaning?: string, inGroup?: boolean}} [options] meaning: of the value
 */
export function describeClass(entry, value, { meaning = "similarity", inGroup = false } = {}) {
  const valueText = value === null ? "" : `${meaning} ${value.toFixed(2)}`;
  const accuracy = accuracyText(entry);
  const accuracyPart = accuracy && `top-1 accuracy ${accuracy}`;
  const parts = [entry.title, accuracyPart, imagesText(entry), valueText, inGroup && "in the group"];
  return parts.filter(Boolean).join(", ");
}
