// Positions of names next to their dots, without overlap with other names, dots, or the frame.

/** @typedef {{x: number, y: number}} Dot */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/**
 * A name that is always written may overlap dots and other names.
 * @typedef {Dot & {width: number, always?: boolean}} Name
 */
/**
 * The size of a picture, the radius of its dots, and the boxes that other things cover.
 * @typedef {{width: number, height: number, radius: number, covered?: Box[]}} Picture
 */
/**
 * Where a name is written.
 * @typedef {object} LabelPlace
 * @property {number} left
 * @property {number} top of its base line
 * @property {number} width
 * @property {"start" | "middle" | "end"} anchor the part of the name that is at its position
 */

const LINE = 19; // pixels from a name to one below it
const [ABOVE, BELOW] = [12, 4]; // pixels that a name takes above and below its base line
const GAP = 4; // pixels between a dot and its name

/**
 * Positions of names, placed in their order; null where a name does not fit.
 * @param {Name[]} names
 * @param {Dot[]} dots all dots of the picture
 * @param {Picture} picture
 * @returns {(LabelPlace | null)[]}
 */
export function placesOf(names, dots, { width, height, radius, covered = [] }) {
  const crowd = new Crowd(dots, radius);
  /** @param {LabelPlace} place */
  const isInside = (place) =>
    place.left > 0 &&
    place.left + place.width < width &&
    place.top > ABOVE &&
    place.top < height - BELOW &&
    !covered.some((box) => isUnder(place, box));
  /** @type {LabelPlace[]} */
  const taken = [];
  return names.map((name) => {
    const inside = around(name, radius + GAP).filter(isInside);
    const free = inside.find((place) => !crowd.meets(place) && !taken.some((other) => overlap(place, other)));
    const place = free ?? (name.always ? inside[0] : null) ?? null;
    if (place) taken.push(place);
    return place;
  });
}

/**
 * Right of a dot, left of it, above and below.
 * @param {Name} name
 * @param {number} distance
 * @returns {LabelPlace[]}
 */
function around({ x, y, width }, distance) {
  return [
    { left: x + distance, top: y + BELOW, width, anchor: "start" },
    { left: x - distance - width, top: y + BELOW, width, anchor: "end" },
    { left: x - width / 2, top: y - distance - BELOW, width, anchor: "middle" },
    { left: x - width / 2, top: y + distance + ABOVE, width, anchor: "middle" },
  ];
}

/**
 * @param {LabelPlace} place
 * @param {Box} box
 */
function isUnder({ left, top, width }, box) {
  return left < box.right && left + width > box.left && top - ABOVE < box.bottom && top + BELOW > box.top;
}

/**
 * @param {LabelPlace} one
 * @param {LabelPlace} other
 */
function overlap(one, other) {
  return (
    Math.abs(one.top - other.top) < LINE &&
    one.left < other.left + other.width + 2 * GAP &&
    other.left < one.left + one.width + 2 * GAP
  );
}

/** Dots by line of text, so that a name is compared with the near ones only. */
class Crowd {
  /**
   * @param {Dot[]} dots
   * @param {number} radius
   */
  constructor(dots, radius) {
    this.radius = radius;
    /** @type {Map<number, Dot[]>} */
    this.lines = new Map();
    for (const dot of dots) {
      const line = Math.floor(dot.y / LINE);
      this.lines.set(line, [...(this.lines.get(line) ?? []), dot]);
    }
  }

  /**
   * Whether a name there overlaps a dot.
   * @param {LabelPlace} place
   */
  meets({ left, top, width }) {
    const reach = this.radius;
    const [from, to] = [top - ABOVE - reach, top + BELOW + reach];
    /** @param {Dot} dot */
    const isHit = ({ x, y }) => y > from && y < to && x > left - reach && x < left + width + reach;
    for (let line = Math.floor(from / LINE); line <= Math.floor(to / LINE); line += 1) {
      if (this.lines.get(line)?.some(isHit)) return true;
    }
    return false;
  }
}
