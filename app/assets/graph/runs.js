// Runs: a channel that skips pass on through several layers, drawn as one bar.

/** @typedef {import("./model.js").Graph} Graph */
/**
 * Channels from the lowest layer up, and the skips between them.
 * @typedef {object} Run
 * @property {string} name "lowest>highest"
 * @property {string[]} channels
 * @property {string[]} influences names of the skips
 */

/**
 * The parts of a graph's runs whose skips are all shown.
 * @param {string[][]} runs channels from the lowest layer up
 * @param {Set<string>} influences the shown ones, by name
 * @returns {Run[]}
 */
export function shownRuns(runs, influences) {
  return runs.flatMap((channels) => piecesOf(channels, influences)).map(runOf);
}

/**
 * @param {string[]} channels
 * @param {Set<string>} influences
 */
function piecesOf(channels, influences) {
  /** @type {string[][]} */
  const pieces = [[]];
  for (const channel of channels) {
    const below = pieces.at(-1)?.at(-1);
    if (below === undefined || influences.has(`${below}>${channel}`)) pieces.at(-1)?.push(channel);
    else pieces.push([channel]);
  }
  return pieces.filter(({ length }) => length > 1);
}

/**
 * @param {string[]} channels
 * @returns {Run}
 */
function runOf(channels) {
  const influences = channels.slice(1).map((upper, at) => `${channels[at]}>${upper}`);
  return { name: `${channels[0]}>${channels.at(-1)}`, channels, influences };
}

/**
 * The channels between the ends of runs, drawn as small marks on the bars; those of what is pinned are not.
 * @param {Run[]} runs
 * @param {string | null} pinned a channel, or a run by its name
 */
export function foldedChannels(runs, pinned) {
  const closed = runs.filter(({ name }) => name !== pinned);
  const inner = closed.flatMap(({ channels }) => channels.slice(1, -1));
  return new Set(inner.filter((channel) => channel !== pinned));
}
