// Finds classes by name, by concepts above them, with or without typing errors.

/** @typedef {import("../data.js").Concept} Concept */
/** @typedef {{name: string, title: string, names?: string[]}} Named */

const CONCEPT = 3; // the cost of a match with a concept above the class
const BEGINNING = 5; // letters that find a concept by the beginning of a word
const MISSPELT = 4; // the cost of a match with typing errors, plus one for each error

/**
 * The classes that match a text, the best match first; all of them for an empty text. A concept matches by
 * whole words or by long beginnings of words. Typing errors are allowed if nothing matches the text as typed.
 * @template {Named} Entry
 * @param {string} text
 * @param {Entry[]} classes
 * @param {Concept[]} [concepts] above some of these classes
 * @returns {Entry[]}
 */
export function matches(text, classes, concepts = []) {
  const wanted = simplified(text);
  if (!wanted) return classes;
  const byConcept = conceptCosts(wanted, concepts);
  const found = classes
    .map((entry, at) => ({ entry, cost: Math.min(costOf(wanted, entry), byConcept.get(at) ?? Infinity) }))
    .filter(({ cost }) => cost < Infinity)
    .sort((one, other) => one.cost - other.cost);
  const exact = found.filter(({ cost }) => cost < MISSPELT);
  return (exact.length ? exact : found).map(({ entry }) => entry);
}

/**
 * The costs of the classes that are below a matching concept, by their places.
 * @param {string} wanted
 * @param {Concept[]} concepts
 */
function conceptCosts(wanted, concepts) {
  /** @type {Map<number, number>} */
  const costs = new Map();
  for (const { names, members } of concepts) {
    const cost = Math.min(...names.map((name) => costOfConcept(wanted, simplified(name))));
    if (cost === Infinity) continue;
    for (const at of members) costs.set(at, Math.min(cost, costs.get(at) ?? Infinity));
  }
  return costs;
}

/**
 * @param {string} wanted
 * @param {string} name
 */
function costOfConcept(wanted, name) {
  const isBegun = wanted.length >= BEGINNING && ` ${name}`.includes(` ${wanted}`);
  if (isBegun || ` ${name} `.includes(` ${wanted} `)) return CONCEPT;
  const allowed = allowedErrors(wanted);
  if (!allowed || name.length > wanted.length + allowed) return Infinity;
  const errors = prefixDistance(wanted, name, allowed);
  return errors <= allowed ? MISSPELT + errors : Infinity;
}

/**
 * Without case, accents, underscores and hyphens.
 * @param {string} text
 */
function simplified(text) {
  const plain = text.normalize("NFKD").toLowerCase();
  return plain
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[_-]+/g, " ")
    .trim();
}

/**
 * @param {string} wanted
 * @param {Named} entry
 */
function costOf(wanted, { title, name, names = [] }) {
  return Math.min(...[title, name, ...names].map((one) => costOfName(wanted, simplified(one))));
}

/**
 * @param {string} wanted
 * @param {string} name
 */
function costOfName(wanted, name) {
  if (name.startsWith(wanted)) return 0;
  if (name.includes(` ${wanted}`)) return 1;
  if (name.includes(wanted)) return 2;
  const allowed = allowedErrors(wanted);
  if (!allowed) return Infinity;
  const errors = Math.min(...wordStarts(name).map((rest) => prefixDistance(wanted, rest, allowed)));
  return errors <= allowed ? MISSPELT + errors : Infinity;
}

/** @param {string} wanted */
function allowedErrors({ length }) {
  if (length < 4) return 0;
  return length < 7 ? 1 : 2;
}

/**
 * A name and its ends, each starting at a word.
 * @param {string} name
 */
function wordStarts(name) {
  const words = name.split(" ");
  return words.map((_, at) => words.slice(at).join(" "));
}

/**
 * The fewest letters to change, add, drop or swap until the text starts with the wanted one: the edit
 * distance of Damerau and Levenshtein.
 * @param {string} wanted
 * @param {string} text
 * @param {number} allowed the largest distance of interest
 */
export function prefixDistance(wanted, text, allowed) {
  const length = Math.min(text.length, wanted.length + allowed);
  /** @type {number[]} */
  let before = [];
  let row = Array.from({ length: length + 1 }, (_, at) => at);
  for (let i = 1; i <= wanted.length; i++) {
    const next = [i];
    for (let j = 1; j <= length; j++) {
      const changed = wanted[i - 1] === text[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + changed);
      const isSwap = i > 1 && j > 1 && wanted[i - 1] === text[j - 2] && wanted[i - 2] === text[j - 1];
      if (isSwap) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return Math.min(...row);
}
