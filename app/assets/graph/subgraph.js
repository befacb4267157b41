// A subgraph: the channels that the user has pinned, labelled and grouped. Each edit returns a new subgraph.

/** @typedef {import("../data.js").PinnedChannel} PinnedChannel */
/** @typedef {import("../data.js").Subgraph} Subgraph */
/** @typedef {import("../data.js").Supernode} Supernode */

/**
 * A text that is the same for equal subgraphs.
 * @param {Subgraph | null} subgraph
 */
export function keyOf(subgraph) {
  if (!subgraph) return "";
  const { note, only_pinned, pinned, supernodes } = subgraph;
  const channels = pinned.map((one) => [one.channel, one.label, one.note]);
  const groups = supernodes.map((one) => [one.label, one.note, one.open, one.channels]);
  return JSON.stringify([note, only_pinned, channels, groups]);
}

/** @param {Subgraph} subgraph */
export function isEmpty({ note, pinned }) {
  return !note && !pinned.length;
}

/**
 * @param {Subgraph} subgraph
 * @param {string} channel
 */
export function pinnedOf({ pinned }, channel) {
  return pinned.find((one) => one.channel === channel);
}

/**
 * The place of the supernode that has a channel; -1 if none has it.
 * @param {Subgraph} subgraph
 * @param {string} channel
 */
export function groupOf({ supernodes }, channel) {
  return supernodes.findIndex((one) => one.channels.includes(channel));
}

/**
 * @param {Subgraph} subgraph
 * @param {string} channel
 * @returns {Subgraph}
 */
export function pin(subgraph, channel) {
  if (pinnedOf(subgraph, channel)) return subgraph;
  return { ...subgraph, pinned: [...subgraph.pinned, { channel, label: "", note: "" }] };
}

/**
 * Removes a channel's pin with its label and note, also from its supernode.
 * @param {Subgraph} subgraph
 * @param {string} channel
 * @returns {Subgraph}
 */
export function unpin(subgraph, channel) {
  const rest = withoutMember(subgraph, channel);
  const pinned = rest.pinned.filter((one) => one.channel !== channel);
  return { ...rest, pinned, only_pinned: rest.only_pinned && pinned.length > 0 };
}

/**
 * Sets the label or the note of a pinned channel.
 * @param {Subgraph} subgraph
 * @param {string} channel
 * @param {{label?: string, note?: string}} changes
 * @returns {Subgraph}
 */
export function annotate(subgraph, channel, changes) {
  const pinned = subgraph.pinned.map((one) => (one.channel === channel ? { ...one, ...changes } : one));
  return { ...subgraph, pinned };
}

/**
 * Moves a pinned channel into the supernode of this label, which is made if there is none; out of its
 * supernode for an empty label.
 * @param {Subgraph} subgraph
 * @param {string} channel
 * @param {string} label
 * @returns {Subgraph}
 */
export function group(subgraph, channel, label) {
  if (subgraph.supernodes[groupOf(subgraph, channel)]?.label === label) return subgraph;
  const rest = withoutMember(subgraph, channel);
  if (!label) return rest;
  const at = rest.supernodes.findIndex((one) => one.label === label);
  if (at < 0) {
    const made = { label, channels: [channel], note: "", open: true };
    return { ...rest, supernodes: [...rest.supernodes, made] };
  }
  return editSupernode(rest, at, { channels: [...rest.supernodes[at].channels, channel] });
}

/**
 * @param {Subgraph} subgraph
 * @param {number} at place of the supernode
 * @param {Partial<Supernode>} changes
 * @returns {Subgraph}
 */
export function editSupernode(subgraph, at, changes) {
  const supernodes = subgraph.supernodes.map((one, place) => (place === at ? { ...one, ...changes } : one));
  return { ...subgraph, supernodes };
}

/**
 * Removes a supernode; its channels stay pinned.
 * @param {Subgraph} subgraph
 * @param {number} at
 * @returns {Subgraph}
 */
export function ungroup(subgraph, at) {
  return { ...subgraph, supernodes: subgraph.supernodes.filter((_, place) => place !== at) };
}

/**
 * @param {Subgraph} subgraph
 * @returns {Subgraph}
 */
export function cleared(subgraph) {
  return { ...subgraph, note: "", only_pinned: false, pinned: [], supernodes: [] };
}

/**
 * @param {Subgraph} subgraph
 * @param {string} channel
 * @returns {Subgraph}
 */
function withoutMember(subgraph, channel) {
  const supernodes = subgraph.supernodes
    .map((one) => ({ ...one, channels: one.channels.filter((member) => member !== channel) }))
    .filter(({ channels }) => channels.length);
  return { ...subgraph, supernodes };
}
