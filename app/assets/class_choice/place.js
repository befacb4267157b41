// Where a list is opened: below its field, or above it if there is more room.

const GAP = 4; // pixels between the field and the list
const MARGIN = 8; // pixels to the edge of the window
const HIGHEST = 300;

/**
 * In pixels of the window; the list is at `top`, or ends at `bottom`, from the window's lower edge.
 * @typedef {object} ListPlace
 * @property {number} left
 * @property {number} width
 * @property {number} maxHeight
 * @property {number | null} top
 * @property {number | null} bottom
 */

/**
 * @param {{left: number, width: number, top: number, bottom: number}} field
 * @param {number} height of the window
 * @returns {ListPlace}
 */
export function placeOfList({ left, width, top, bottom }, height) {
  const [above, below] = [top, height - bottom].map((room) => Math.max(0, room - GAP - MARGIN));
  const isBelow = below >= HIGHEST || below >= above;
  return {
    left,
    width,
    maxHeight: Math.min(HIGHEST, isBelow ? below : above),
    top: isBelow ? bottom + GAP : null,
    bottom: isBelow ? null : height - top + GAP,
  };
}
