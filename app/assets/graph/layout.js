// Where the channels of a layered graph are placed: the highest layer on top, every layer centred.

/** @typedef {{id: string, size: number}} Sized */
/** @typedef {{channels: Sized[]}} Row */
/** @typedef {import("../common/motion.js").Place} Place */

const NODE_SIZES = [26, 78]; // of the smallest count and of the largest one
const EDGE_WIDTHS = [0.7, 7];
const GAPS = [18, 56]; // between the channels of a layer
const ROW_DISTANCES = [100, 190]; // between layers
const FOLDED = 24; // height of a layer without shown channels
const LINE = 14; // pixels between two layers' names
const LETTER = 7; // pixels of a letter of a layer's name
const [NAME_LEFT, NAME_RIGHT, LEAST_ROOM] = [12, 15, 76]; // pixels beside a layer's name
const [CLASS_PADDING, CLASS_LETTER, CLASS_HEIGHT] = [32, 9.5, 40]; // of the class's box
/** Characters of the class's title in its box. */
export const CLASS_LETTERS = 28;
/** Characters of a layer's name beside its row. */
export const NAME_LETTERS = 22;

/**
 * The middle of each row; a row without shown channels is folded.
 * @param {Row[]} rows from the top down
 * @param {{shown: Set<string>, rowDistance: number}} options
 * @returns {number[]}
 */
export function rowMiddles(rows, { shown, rowDistance }) {
  const heights = rows.map(({ channels }) =>
    channels.some(({ id }) => shown.has(id)) ? rowDistance : FOLDED,
  );
  let y = 0;
  return heights.map((height, level) => {
    if (level) y += (heights[level - 1] + height) / 2;
    return y;
  });
}

/**
 * Which layers' names are shown: they do not overlap, and rows with channels take precedence.
 * @param {number[]} ys of the names in pixels, from the top down
 * @param {boolean[]} filled whether the row has shown channels
 * @returns {boolean[]}
 */
export function nameShows(ys, filled) {
  /** @type {number[]} */
  const taken = [];
  const shows = ys.map(() => false);
  for (const wanted of [true, false]) {
    for (const [level, y] of ys.entries()) {
      if (filled[level] !== wanted || taken.some((other) => Math.abs(other - y) < LINE)) continue;
      taken.push(y);
      shows[level] = true;
    }
  }
  return shows;
}

/**
 * Pixels at the left for the names of the layers.
 * @param {string[]} names
 */
export function roomForNames(names) {
  const longest = Math.max(0, ...names.map(({ length }) => Math.min(length, NAME_LETTERS)));
  return Math.max(LEAST_ROOM, NAME_LEFT + LETTER * longest + NAME_RIGHT);
}

/**
 * The places of the shown channels, side by side with the same gap.
 * @param {Row[]} rows from the top down
 * @param {{shown: Set<string>, gap: number, middles: number[]}} options
 * @returns {Map<string, Place>}
 */
export function placeRows(rows, { shown, gap, middles }) {
  const places = new Map();
  for (const [level, row] of rows.entries()) {
    const channels = row.channels.filter(({ id }) => shown.has(id));
    const xs = sideBySide(channels, gap);
    const middle = (xs.at(-1) ?? 0) / 2;
    for (const [at, { id }] of channels.entries()) places.set(id, { x: xs[at] - middle, y: middles[level] });
  }
  return places;
}

/**
 * @param {Sized[]} channels
 * @param {number} gap
 */
function sideBySide(channels, gap) {
  let x = 0;
  return channels.map(({ size }, at) => {
    if (at) x += (channels[at - 1].size + size) / 2 + gap;
    return x;
  });
}

/**
 * The distances with which a graph has the aspect ratio of the canvas.
 * @param {Row[]} rows
 * @param {{width: number, height: number}} room
 */
export function chooseDistances(rows, room) {
  const wanted = (room.width / room.height) * rows.length * ROW_DISTANCES[0];
  const gaps = rows
    .filter(({ channels }) => channels.length > 1)
    .map((row) => (wanted - sizesOf(row)) / (row.channels.length - 1));
  const gap = Math.round(within(Math.min(GAPS[1], ...gaps), GAPS));
  const widest = Math.max(...rows.map((row) => sizesOf(row) + row.channels.length * gap));
  const distance = (widest * room.height) / room.width / rows.length;
  return { gap, rowDistance: Math.round(within(distance, ROW_DISTANCES)) };
}

/** @param {Row} row */
function sizesOf({ channels }) {
  return channels.reduce((sum, { size }) => sum + size, 0);
}

/**
 * @param {number} value
 * @param {number[]} limits
 */
function within(value, [least, most]) {
  return Math.min(most, Math.max(least, value));
}

/**
 * The box of the class, with its title.
 * @param {string} title
 */
export function classBox(title) {
  return {
    width: CLASS_PADDING + CLASS_LETTER * Math.min(title.length, CLASS_LETTERS),
    height: CLASS_HEIGHT,
  };
}

/**
 * @param {number} count
 * @param {number} largest count
 */
export function nodeSize(count, largest) {
  return scaled(count / Math.max(1, largest), NODE_SIZES);
}

/**
 * @param {number} count
 * @param {number} largest count
 */
export function edgeWidth(count, largest) {
  return scaled(count / Math.max(1, largest), EDGE_WIDTHS);
}

/**
 * @param {number} share
 * @param {number[]} limits
 */
function scaled(share, [least, most]) {
  return least + (most - least) * share;
}

/**
 * From the lower channel's upper edge to the upper channel's lower edge. A straight line is bent a little:
 * the pointer finds no path without a width.
 * @param {Place} lower
 * @param {Place} upper
 * @param {number} lowerHeight
 * @param {number} upperHeight
 */
export function edgePath(lower, upper, lowerHeight, upperHeight) {
  const y1 = lower.y - lowerHeight / 2;
  const y2 = upper.y + upperHeight / 2;
  const bend = (y1 - y2) / 2;
  const bow = Math.abs(lower.x - upper.x) < 2 ? 2 : 0;
  return `M${lower.x},${y1}C${lower.x + bow},${y1 - bend} ${upper.x + bow},${y2 + bend} ${upper.x},${y2}`;
}
