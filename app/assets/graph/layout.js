// Where the channels of a layered graph are placed: the highest layer on top, every layer centred.

/** @typedef {{id: string, size: number}} Sized */
/** @typedef {{channels: Sized[]}} Row */
/** @typedef {import("../common/motion.js").Place} Place */

const NODE_SIZES = [26, 78]; // of the smallest count and of the largest one
const EDGE_WIDTHS = [0.7, 7];
const GAPS = [18, 56]; // between the channels of a layer
const ROW_DISTANCES = [100, 190]; // between layers

/**
 * The places of the shown channels, side by side with the same gap. A row without any keeps its height.
 * @param {Row[]} rows from the top down
 * @param {{shown: Set<string>, gap: number, rowDistance: number}} options
 * @returns {Map<string, Place>}
 */
export function placeRows(rows, { shown, gap, rowDistance }) {
  const places = new Map();
  for (const [level, row] of rows.entries()) {
    const channels = row.channels.filter(({ id }) => shown.has(id));
    const xs = sideBySide(channels, gap);
    const middle = (xs.at(-1) ?? 0) / 2;
    for (const [at, { id }] of channels.entries())
      places.set(id, { x: xs[at] - middle, y: level * rowDistance });
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
 * The distances with which a graph has the shape of its room.
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
 * @param {number} lowerSize
 * @param {number} upperSize
 */
export function edgePath(lower, upper, lowerSize, upperSize) {
  const y1 = lower.y - lowerSize / 2;
  const y2 = upper.y + upperSize / 2;
  const bend = (y1 - y2) / 2;
  const bow = Math.abs(lower.x - upper.x) < 2 ? 2 : 0;
  return `M${lower.x},${y1}C${lower.x + bow},${y1 - bend} ${upper.x + bow},${y2 + bend} ${upper.x},${y2}`;
}
