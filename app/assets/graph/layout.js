// Where the channels of a layered graph are placed: the highest layer on top, every layer centred.

/** @typedef {{id: string, size: number}} Sized */
/** @typedef {{channels: Sized[]}} Row */
/** @typedef {{id: string, column: string, size: number}} Box a channel in its column */
/** @typedef {import("../common/motion.js").Place} Place */
/** @typedef {import("./runs.js").Run} Run */

const NODE_SIZES = [40, 80]; // of the smallest count and of the largest one
const EDGE_WIDTHS = [0.7, 7];
const GAPS = [18, 56]; // between the channels of a layer
const ROW_DISTANCES = [100, 190]; // between layers
const EMPTY = 24; // height of a layer without shown channels
const LOW = 32; // height of a layer for each channel, where all are small marks on bars
/** Size of a channel that is a small mark on a bar. */
export const FOLDED_SIZE = 18;
/** Size of the mark beside the channels of an open group. */
export const OPEN_SIZE = 26;
const BAR_WIDTH = 6; // is added to an influence's width
const LINE = 18; // pixels between two layers' names
const LETTER = 7; // pixels of a letter of a layer's name
const [NAME_LEFT, NAME_RIGHT, LEAST_ROOM] = [12, 15, 76]; // pixels at the sides of a layer's name
const [CLASS_PADDING, CLASS_LETTER, CLASS_HEIGHT] = [32, 9.5, 40]; // of the class's box
/** @type {Set<string>} */
const NONE = new Set();
/** Characters of the class's title in its box. */
export const CLASS_LETTERS = 28;
/** Characters of a layer's name next to its row. */
export const NAME_LETTERS = 22;

/**
 * The middle of each row; a row without shown channels is lowest, one with folded channels only is low.
 * @param {Row[]} rows from the top down
 * @param {{shown: Set<string>, folded?: Set<string>, rowDistance: number}} options
 * @returns {number[]}
 */
export function rowMiddles(rows, { shown, folded = NONE, rowDistance }) {
  const heights = rows.map(({ channels }) => {
    const visible = channels.filter(({ id }) => shown.has(id));
    if (!visible.length) return EMPTY;
    const isLow = visible.every(({ id }) => folded.has(id));
    return isLow ? Math.min(rowDistance, LOW * visible.length) : rowDistance;
  });
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
 * The places of the shown channels: side by side with at least this gap, the channels of a run in a column.
 *
 * 1. Pushed to the left, a column is as far to the left as its left neighbours in all its rows allow.
 * 2. The same from the right.
 * 3. A column is in the middle between the two, so a row without runs is centred.
 * @param {Row[]} rows from the top down, in an order in which no two runs change sides
 * @param {{shown: Set<string>, folded?: Set<string>, runs?: Run[], gap: number, middles: number[]}} options
 * @returns {Map<string, Place>}
 */
export function placeRows(rows, { shown, folded = NONE, runs = [], gap, middles }) {
  const columns = new Map(runs.flatMap(({ name, channels }) => channels.map((id) => [id, name])));
  const boxes = rows.map(({ channels }) =>
    channels
      .filter(({ id }) => shown.has(id))
      .map(({ id, size }) => ({
        id,
        column: columns.get(id) ?? id,
        size: folded.has(id) ? FOLDED_SIZE : size,
      })),
  );
  const fromLeft = pushed(boxes, gap);
  const fromRight = pushed(
    boxes.map((row) => row.toReversed()),
    gap,
  );
  const placed = boxes.flatMap((row, level) =>
    row.map(({ id, column }) => {
      const x = ((fromLeft.get(column) ?? 0) - (fromRight.get(column) ?? 0)) / 2;
      return /** @type {[string, Place]} */ ([id, { x, y: middles[level] }]);
    }),
  );
  return new Map(placed);
}

/**
 * How far each column is from the side that all columns are pushed to.
 * @param {Box[][]} rows in the order from that side
 * @param {number} gap
 */
function pushed(rows, gap) {
  const before = stepsOf(rows, gap);
  /** @type {Map<string, number>} */
  const places = new Map();
  /** @type {(column: string) => number} */
  const placeOf = (column) => {
    const known = places.get(column);
    if (known !== undefined) return known;
    places.set(column, 0); // ends the search where an order has a circle
    const least = (before.get(column) ?? []).map(([other, step]) => placeOf(other) + step);
    const place = Math.max(0, ...least);
    places.set(column, place);
    return place;
  };
  for (const { column } of rows.flat()) placeOf(column);
  return places;
}

/**
 * The neighbours on one side of each column, with the distances to them.
 * @param {Box[][]} rows
 * @param {number} gap
 */
function stepsOf(rows, gap) {
  /** @type {Map<string, [string, number][]>} */
  const before = new Map();
  for (const row of rows) {
    for (const [at, { column, size }] of row.entries()) {
      if (!at) continue;
      const other = row[at - 1];
      const steps = before.get(column) ?? [];
      before.set(column, [...steps, [other.column, (other.size + size) / 2 + gap]]);
    }
  }
  return before;
}

/**
 * The distances with which a graph has the aspect ratio of the canvas.
 * @param {Row[]} all
 * @param {{width: number, height: number}} room
 * @param {Set<string>} [folded]
 */
export function chooseDistances(all, room, folded = NONE) {
  const open = all.filter(({ channels }) => !channels.length || channels.some(({ id }) => !folded.has(id)));
  const rows = open.length ? open : all;
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
 * The bar of a skip.
 * @param {number} count
 * @param {number} largest count
 */
export function barWidth(count, largest) {
  return BAR_WIDTH + edgeWidth(count, largest);
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
 * the pointer finds no path without a width. Where the lower one is not below, as at supernodes of several
 * layers, the line joins their sides.
 * @param {Place} lower
 * @param {Place} upper
 * @param {number} lowerHeight
 * @param {number} upperHeight
 */
export function edgePath(lower, upper, lowerHeight, upperHeight) {
  const y1 = lower.y - lowerHeight / 2;
  const y2 = upper.y + upperHeight / 2;
  if (y1 < y2) return sidePath(lower, upper, lowerHeight / 2, upperHeight / 2);
  const bend = (y1 - y2) / 2;
  const bow = Math.abs(lower.x - upper.x) < 2 ? 0.5 : 0;
  return `M${lower.x},${y1}C${lower.x + bow},${y1 - bend} ${upper.x + bow},${y2 + bend} ${upper.x},${y2}`;
}

/**
 * From the side of one mark to the facing side of another.
 * @param {Place} from
 * @param {Place} to
 * @param {number} fromHalf half the mark's width
 * @param {number} toHalf
 */
function sidePath(from, to, fromHalf, toHalf) {
  const side = from.x <= to.x ? 1 : -1;
  const [x1, x2] = [from.x + side * fromHalf, to.x - side * toHalf];
  const bend = (x2 - x1) / 2;
  return `M${x1},${from.y}C${x1 + bend},${from.y} ${x2 - bend},${to.y + 0.5} ${x2},${to.y}`;
}
