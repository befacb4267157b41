// Animated moves from places to places.

/** @typedef {{x: number, y: number}} Place */
/** @typedef {Map<string, Place>} Places by name */

/** Whether the user prefers less motion. */
function prefersReducedMotion() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Moves things, one move at a time: a new move ends the one before. */
export class Glide {
  #frame = 0;

  /**
   * @param {(places: Places, settled: boolean) => void} draw is called for every frame; settled: the last one
   * @param {number} milliseconds of a move
   */
  constructor(draw, milliseconds) {
    this.draw = draw;
    this.milliseconds = milliseconds;
    /** @type {Places} */
    this.places = new Map();
    /** @type {Places} where the last move ends */
    this.target = this.places;
  }

  get isSettled() {
    return this.places === this.target;
  }

  /**
   * @param {Places} target
   * @param {{jump?: boolean}} [options] jump: without animation
   */
  moveTo(target, { jump = false } = {}) {
    cancelAnimationFrame(this.#frame);
    this.target = target;
    if (jump || !this.places.size || prefersReducedMotion()) this.#put(target, true);
    else this.#animate(this.places, target);
  }

  /**
   * @param {Places} from
   * @param {Places} target
   */
  #animate(from, target) {
    const start = performance.now();
    /** @param {number} now */
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - start) / this.milliseconds));
      this.#put(share < 1 ? placesBetween(from, target, share) : target, share === 1);
      if (share < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  /**
   * @param {Places} places
   * @param {boolean} settled
   */
  #put(places, settled) {
    this.places = places;
    this.draw(places, settled);
  }
}

/**
 * The places after a share of a move, slow at both ends; a new thing is at its target from the start.
 * @param {Places} from
 * @param {Places} target
 * @param {number} share from 0 to 1
 * @returns {Places}
 */
export function placesBetween(from, target, share) {
  const eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
  return new Map(
    [...target].map(([name, end]) => {
      const start = from.get(name) ?? end;
      return [name, { x: start.x + (end.x - start.x) * eased, y: start.y + (end.y - start.y) * eased }];
    }),
  );
}
