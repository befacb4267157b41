// What classes are found by, read once for each state of a network, for all fields of the page.

/** @typedef {import("../data.js").ClassSearchData} ClassSearchData */

const KEPT = 4; // states of networks

/** @type {Map<string, Promise<ClassSearchData>>} by address */
const kept = new Map();

/**
 * Reads again after an error.
 * @param {string} url
 * @returns {Promise<ClassSearchData>}
 */
export function readClassSearch(url) {
  const known = kept.get(url);
  if (known) return known;
  const reading = read(url);
  reading.catch(() => kept.delete(url));
  kept.set(url, reading);
  const [oldest] = kept.keys();
  if (kept.size > KEPT) kept.delete(oldest);
  return reading;
}

/**
 * @param {string} url
 * @returns {Promise<ClassSearchData>}
 */
async function read(url) {
  const response = await fetch(new URL(url, document.baseURI));
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}
