// Finds classes by name, by concepts above them, with or without typing errors.

/** @typedef {import("../data.js").Concept} Concept */
/** @typedef {{name: string, title: string, names?: string[]}} Named */
/**
 * @template {Named} Entry
 * @typedef {object} Found
 * @property {Entry} entry
 * @property {string | null} by the text that matches; null if nothing was looked for
 */
/**
 * How well one of several texts matches.
 * @typedef {{cost: number, by: string}} Match
 */
/** @typedef {(wanted: string, name: string) => number} Cost of simplified texts; Infinity: no match */

const CONCEPT = 3; // the cost of a match with a concept above the class
const BEGINNING = 5; // letters that find a concept by the beginning of a word

/**
 * The classes that match a text, the best match first; all of them for an empty text. A concept matches by
 * whole words or by long beginnings of words. Typing errors are allowed if nothing matches the text as typed.
 * @template {Named} Entry
 * @param {string} text
 * @param {Entry[]} classes
 * @param {Concept[]} [concepts] above some of these classes
 * @param {(entry: Entry) => boolean} [isOffered] only such classes are looked at
 * @returns {Found<Entry>[]}
 */
export function search(text, classes, concepts = [], isOffered = () => true) {
  const wanted = simplified(text);
  if (!wanted) return classes.filter(isOffered).map((entry) => ({ entry, by: null }));
  const asTyped = ranked(wanted, classes, concepts, isOffered, {
    ofName: costOfName,
    ofConcept: costOfConcept,
  });
  if (asTyped.length) return asTyped;
  return ranked(wanted, classes, concepts, isOffered, { ofName: errorsInName, ofConcept: errorsInConcept });
}

/**
 * The found classes without what matches.
 * @template {Named} Entry
 * @param {string} text
 * @param {Entry[]} classes
 * @param {Concept[]} [concepts]
 * @returns {Entry[]}
 */
export function matches(text, classes, concepts = []) {
  return search(text, classes, concepts).map(({ entry }) => entry);
}

/**
 * @template {Named} Entry
 * @param {string} wanted
 * @param {Entry[]} classes
 * @param {Concept[]} concepts
 * @param {(entry: Entry) => boolean} isOffered
 * @param {{ofName: Cost, ofConcept: Cost}} costs
 * @returns {Found<Entry>[]}
 */
function ranked(wanted, classes, concepts, isOffered, { ofName, ofConcept }) {
  const above = conceptMatches(wanted, concepts, ofConcept);
  return classes
    .map((entry, at) => ({ entry, ...better(bestOf(wanted, textsOf(entry), ofName), above.get(at)) }))
    .filter(({ entry, cost }) => cost < Infinity && isOffered(entry))
    .sort((one, other) => one.cost - other.cost)
    .map(({ entry, by }) => ({ entry, by }));
}

/** @param {Named} entry */
function textsOf({ title, name, names = [] }) {
  return [title, name, ...names];
}

/**
 * The first of the texts with the lowest cost.
 * @param {string} wanted
 * @param {string[]} texts
 * @param {Cost} cost
 * @returns {Match}
 */
function bestOf(wanted, texts, cost) {
  return texts
    .map((by) => ({ by, cost: cost(wanted, simplified(by)) }))
    .reduce((best, one) => better(best, one), { by: "", cost: Infinity });
}

/**
 * @param {Match} one
 * @param {Match} [other]
 */
function better(one, other) {
  return other && other.cost < one.cost ? other : one;
}

/**
 * The best matches of the classes that are below a matching concept, by their places.
 * @param {string} wanted
 * @param {Concept[]} concepts
 * @param {Cost} cost
 */
function conceptMatches(wanted, concepts, cost) {
  /** @type {Map<number, Match>} */
  const found = new Map();
  for (const { names, members } of concepts) {
    const match = bestOf(wanted, names, cost);
    if (match.cost === Infinity) continue;
    for (const at of members) found.set(at, better(match, found.get(at)));
  }
  return found;
}

/**
 * @param {string} wanted
 * @param {string} name
 */
function costOfConcept(wanted, name) {
  const isBegun = wanted.length >= BEGINNING && ` ${name}`.includes(` ${wanted}`);
  return isBegun || ` ${name} `.includes(` ${wanted} `) ? CONCEPT : Infinity;
}

/**
 * @param {string} wanted
 * @param {string} name
 */
function errorsInConcept(wanted, name) {
  const allowed = allowedErrors(wanted);
  if (name.length > wanted.length + allowed) return Infinity;
  return errorsAtStart(wanted, name, allowed);
}

/**
 * @param {string} wanted
 * @param {string} name
 */
function costOfName(wanted, name) {
  if (name.startsWith(wanted)) return 0;
  if (name.includes(` ${wanted}`)) return 1;
  return name.includes(wanted) ? 2 : Infinity;
}

/**
 * @param {string} wanted
 * @param {string} name
 */
function errorsInName(wanted, name) {
  const allowed = allowedErrors(wanted);
  return Math.min(...wordStarts(name).map((rest) => errorsAtStart(wanted, rest, allowed)));
}

/**
 * @param {string} wanted
 * @param {string} text
 * @param {number} allowed
 */
function errorsAtStart(wanted, text, allowed) {
  const errors = allowed ? prefixDistance(wanted, text, allowed) : Infinity;
  return errors <= allowed ? errors : Infinity;
}

/** @type {Map<string, string>} texts are searched at every key */
const simplifiedTexts = new Map();
const KEPT = 50_000;

/**
 * Without case, accents, underscores and hyphens.
 * @param {string} text
 */
function simplified(text) {
  const known = simplifiedTexts.get(text);
  if (known !== undefined) return known;
  const plain = text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[_-]+/g, " ")
    .trim();
  if (simplifiedTexts.size > KEPT) simplifiedTexts.clear();
  simplifiedTexts.set(text, plain);
  return plain;
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
