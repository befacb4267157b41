// Folded supernodes: each is one node in the place of its channels, with their influences on the others.

import { nodeSize } from "./layout.js";

/** @typedef {import("../data.js").Supernode} Supernode */
/** @typedef {import("./model.js").Channel} Channel */
/** @typedef {import("./model.js").Influence} Influence */

const LEAST_SIZE = 0.5; // of the largest mark: four pictures must be seen in it

/** @param {number | string} at place of the supernode in the subgraph */
export function supernodeId(at) {
  return `supernode ${at}`;
}

/**
 * 1. A folded supernode is in the layer that has most of its channels, the highest of several, in the place
 *    of the first one.
 * 2. Influences between its channels are left out. Those that join the same two nodes become one, with the
 *    largest of their counts.
 * @param {Channel[]} channels
 * @param {Influence[]} influences
 * @param {Supernode[]} supernodes
 * @returns {{channels: Channel[], influences: Influence[], owners: Map<string, string>}} owners: the
 *   supernode of each channel that is folded
 */
export function foldSupernodes(channels, influences, supernodes) {
  /** @type {Map<string, string>} */
  const owners = new Map();
  /** @type {Map<string, Channel>} */
  const marks = new Map();
  for (const [at, supernode] of supernodes.entries()) {
    const members = channels.filter(({ id }) => supernode.channels.includes(id));
    if (supernode.open || !members.length) continue;
    const node = nodeOf(supernodeId(at), supernode, members, channels);
    for (const { id } of members) owners.set(id, node.id);
    const first = members.find(({ layer }) => layer === node.layer);
    if (first) marks.set(first.id, node);
  }
  const shown = channels.flatMap((one) => marks.get(one.id) ?? (owners.has(one.id) ? [] : [one]));
  return { channels: shown, influences: merged(influences, owners), owners };
}

/**
 * The parts of a run between folded channels.
 * @param {string[]} run
 * @param {Map<string, string>} owners
 */
export function unfoldedParts(run, owners) {
  /** @type {string[][]} */
  const parts = [[]];
  for (const channel of run) {
    if (owners.has(channel)) parts.push([]);
    else parts.at(-1)?.push(channel);
  }
  return parts.filter(({ length }) => length > 1);
}

/**
 * @param {string} id
 * @param {Supernode} supernode
 * @param {Channel[]} members
 * @param {Channel[]} all
 * @returns {Channel}
 */
function nodeOf(id, { label }, members, all) {
  const strongest = members.reduce((one, other) => (other.count > one.count ? other : one));
  const largest = Math.max(...all.map(({ count }) => count));
  const size = nodeSize(Math.max(strongest.count, LEAST_SIZE * largest), largest);
  const scores = members.map(({ pagerank }) => pagerank ?? 0);
  const none = {
    branch: null,
    graphs: null,
    lift: null,
    q: null,
    diversity: [],
    examples: 0,
    faces: [],
    patches: [],
  };
  return {
    ...strongest,
    ...none,
    id,
    layer: layerOf(members),
    index: -1,
    pagerank: scores.reduce((sum, score) => sum + score, 0),
    size,
    height: size,
    members,
    label: null,
    ownLabel: label,
  };
}

/** @param {Channel[]} members from the lowest layer up */
function layerOf(members) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { layer } of members) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].filter(([, count]) => count === most).at(-1)?.[0] ?? "";
}

/**
 * @param {Influence[]} influences
 * @param {Map<string, string>} owners
 */
function merged(influences, owners) {
  /** @type {Map<string, Influence>} */
  const found = new Map();
  for (const one of influences) {
    const [lower, upper] = [owners.get(one.lower) ?? one.lower, owners.get(one.upper) ?? one.upper];
    if (lower === upper) continue;
    const name = `${lower}>${upper}`;
    const other = found.get(name);
    const isMerged = lower !== one.lower || upper !== one.upper;
    const alone = isMerged ? { ...one, name, lower, upper, via: null, via_stop: null, isMerged } : one;
    found.set(
      name,
      other ? { ...alone, count: Math.max(one.count, other.count), skip: one.skip && other.skip } : alone,
    );
  }
  return [...found.values()];
}
