// Folded supernodes and groups: each is one node in the place of its channels, with their influences on the
// others.

import { nodeSize, OPEN_SIZE } from "./layout.js";

/** @typedef {import("../data.js").Subgraph} Subgraph */
/** @typedef {import("./model.js").Channel} Channel */
/** @typedef {import("./model.js").Influence} Influence */
/**
 * A supernode of the user's, or a group of channels; an open group has a small node beside its channels.
 * @typedef {object} Foldable
 * @property {string} id
 * @property {string} label
 * @property {string[]} channels
 * @property {boolean} open
 * @property {boolean} isGroup
 */

const LEAST_SIZE = 0.5; // of the largest mark: four pictures must be seen in it

/** @param {number | string} at place of the supernode in the subgraph */
export function supernodeId(at) {
  return `supernode ${at}`;
}

/**
 * The user's own supernodes.
 * @param {Subgraph | null} subgraph
 * @returns {Foldable[]}
 */
export function ownSupernodes(subgraph) {
  const supernodes = subgraph?.supernodes ?? [];
  return supernodes.map(({ label, channels, open }, at) => ({
    id: supernodeId(at),
    label,
    channels,
    open,
    isGroup: false,
  }));
}

/**
 * 1. A folded supernode is in the layer that has most of its channels, the highest of several, in the place
 *    of the first one.
 * 2. Influences between its channels are left out. Those that join the same two nodes become one, with the
 *    largest of their counts.
 * 3. An open group is followed by its channels, side by side unless one is in a run.
 * @param {Channel[]} channels
 * @param {Influence[]} influences
 * @param {{parts: Foldable[], fixed: Set<string>}} options fixed: the channels of runs
 * @returns {{channels: Channel[], influences: Influence[], owners: Map<string, string>}} owners: the
 *   supernode of each channel that is folded
 */
export function foldSupernodes(channels, influences, { parts, fixed }) {
  /** @type {Map<string, string>} */
  const owners = new Map();
  /** @type {Map<string, Channel[]>} what is drawn in the place of a channel */
  const drawn = new Map();
  for (const part of parts.filter(({ open, isGroup }) => isGroup || !open)) {
    const members = channels.filter(({ id }) => part.channels.includes(id));
    if (!members.length) continue;
    const node = nodeOf(part, members, channels);
    const [first] = members.filter(({ layer }) => layer === node.layer);
    const moved = part.open && members.some(({ id }) => fixed.has(id)) ? [first] : members;
    for (const { id } of moved) drawn.set(id, []);
    drawn.set(first.id, [node, ...(part.open ? moved : [])]);
    if (!part.open) addOwner(owners, members, node.id);
  }
  const shown = channels.flatMap((one) => drawn.get(one.id) ?? [one]);
  return { channels: shown, influences: merged(influences, owners), owners };
}

/**
 * @param {Map<string, string>} owners
 * @param {Channel[]} members
 * @param {string} id of their node
 */
function addOwner(owners, members, id) {
  for (const member of members) owners.set(member.id, id);
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
 * @param {Foldable} part
 * @param {Channel[]} members
 * @param {Channel[]} all
 * @returns {Channel}
 */
function nodeOf({ id, label, open, isGroup }, members, all) {
  const strongest = members.reduce((one, other) => (other.count > one.count ? other : one));
  const largest = Math.max(...all.map(({ count }) => count));
  const size = open ? OPEN_SIZE : nodeSize(Math.max(strongest.count, LEAST_SIZE * largest), largest);
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
    isGroup,
    isOpen: open,
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
