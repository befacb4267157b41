// The classes that a field offers for a text, and how keys move among them.

import { search } from "../common/search.js";

/** @typedef {import("../data.js").ClassSearchData} ClassSearchData */
/**
 * A class that can be chosen; `detail` tells it from others of its title, or says why it is found.
 * @typedef {{name: string, title: string, detail: string | null}} Option
 */

const PAGE = 8; // options that Page Up and Page Down move by

/**
 * The offered classes that match a text, the best match first.
 * @param {string} text
 * @param {ClassSearchData} data
 * @param {(name: string) => boolean} isOffered
 * @returns {Option[]}
 */
export function optionsOf(text, { classes, concepts }, isOffered) {
  const found = search(text, classes, concepts, ({ name }) => isOffered(name));
  return found.map(({ entry: { name, title }, by }) => {
    const text = by === null || by === title ? name : by;
    return { name, title, detail: text === title ? null : text };
  });
}

/**
 * A class as fields show it.
 * @param {{name: string, title: string}} one
 */
export function shownAs({ name, title }) {
  return title === name ? title : `${title} · ${name}`;
}

/**
 * The place that a key moves to; null if it moves to none.
 * @param {string} key
 * @param {number} at -1: at no option
 * @param {number} count of the options
 */
export function placeAfter(key, at, count) {
  const last = count - 1;
  /** @type {Record<string, number>} */
  const places = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? last : at - 1,
    Home: 0,
    End: last,
    PageDown: at + PAGE,
    PageUp: at - PAGE,
  };
  const place = places[key];
  return place === undefined || count === 0 ? null : Math.max(0, Math.min(last, place));
}
