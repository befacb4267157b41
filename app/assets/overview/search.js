// Finds classes by name, with or without typing errors.

/** @typedef {{name: string, title: string, names?: string[]}} Named */

const MISSPELT = 3; // the cost of a match with typing errors, plus one for each error

/**
 * The classes that match a text, the best match first; all of them for an empty text. Typing errors are
 * allowed if no class matches the text as typed.
 * @template {Named} Entry
 * @param {string} text
 * @param {Entry[]} classes
 * @returns {Entry[]}
 */
export function matches(text, classes) {
  const wanted = simplified(text);
  if (!wanted) return classes;
  const found = classes
    .map((entry) => ({ entry, cost: costOf(wanted, entry) }))
    .filter(({ cost }) => cost < Infinity)
    .sort((one, other) => one.cost - other.cost);
  const exact = found.filter(({ cost }) => cost < MISSPELT);
  return (exact.length ? exact : found).map(({ entry }) => entry);
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
