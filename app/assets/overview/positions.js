// The positions of the classes in a layer.

/** @typedef {import("../common/motion.js").Place} Place */
/** @typedef {import("../common/motion.js").Places} Places */
/** @typedef {"ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown"} Arrow */

/** The side of the square that the positions of a layer fill. */
export const SIDE = 1000;

/** @type {Record<Arrow, [number, number]>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Whether a view of the square shows any place; true if there are none.
 * @param {Places} places
 * @param {import("../common/camera.js").View} view
 * @param {{width: number, height: number}} canvas
 */
export function isAnyInView(places, { x, y, scale }, { width, height }) {
  const isInView = (/** @type {Place} */ place) => {
    const [left, top] = [x + place.x * scale, y + place.y * scale];
    return left >= 0 && left <= width && top >= 0 && top <= height;
  };
  return !places.size || [...places.values()].some(isInView);
}

/**
 * The positions, scaled and centred to fill a square.
 * @param {string[]} names
 * @param {([number, number] | null)[] | null} positions of the names
 * @returns {Places} without the names that have none
 */
export function placesInSquare(names, positions) {
  const known = (positions ?? []).flatMap((position, at) =>
    position ? [{ name: names[at], position }] : [],
  );
  const [xs, ys] = [0, 1].map((axis) => known.map(({ position }) => position[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const side = Math.max(right - left, bottom - top) || 1;
  const [marginX, marginY] = [(side - (right - left)) / 2, (side - (bottom - top)) / 2];
  return new Map(
    known.map(({ name, position: [x, y] }) => [
      name,
      { x: (SIDE * (x - left + marginX)) / side, y: (SIDE * (y - top + marginY)) / side },
    ]),
  );
}

/**
 * The nearest place in the direction of an arrow key, at most 45 degrees off it.
 * @param {Places} places
 * @param {string} start
 * @param {Arrow} arrow
 * @returns {string | undefined}
 */
export function nearestInDirection(places, start, arrow) {
  const from = places.get(start);
  if (!from) return undefined;
  const [dx, dy] = DIRECTIONS[arrow];
  const candidates = [...places]
    .filter(([name]) => name !== start)
    .map(([name, { x, y }]) => {
      const ahead = (x - from.x) * dx + (y - from.y) * dy;
      const aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      return { name, ahead, aside };
    })
    .filter(({ ahead, aside }) => ahead > 0 && ahead >= aside)
    .sort((one, other) => one.ahead + one.aside - (other.ahead + other.aside));
  return candidates[0]?.name;
}

/**
 * @param {string} key
 * @returns {key is Arrow}
 */
export function isArrow(key) {
  return key in DIRECTIONS;
}
