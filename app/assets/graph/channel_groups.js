// Stored groups of channels, drawn as supernodes on request.

import { toggledIn } from "./choices.js";
import { groupOf, pinnedOf } from "./subgraph.js";

/** @typedef {import("../data.js").ChannelGroups} ChannelGroups */
/** @typedef {import("../data.js").Subgraph} Subgraph */
/** @typedef {import("./supernodes.js").Foldable} Foldable */

/**
 * The groups as supernodes: their channels that are in none of the user's own supernodes, if two are left.
 * @param {ChannelGroups | null} groups
 * @param {Subgraph | null} subgraph
 * @returns {Foldable[]}
 */
export function groupNodes(groups, subgraph) {
  if (!groups?.shown) return [];
  const isFree = (/** @type {string} */ channel) =>
    !subgraph ||
    (groupOf(subgraph, channel) < 0 && (!subgraph.only_pinned || pinnedOf(subgraph, channel) !== undefined));
  return groups.groups
    .map(({ id, label, channels }) => ({
      id,
      label,
      channels: channels.filter(isFree),
      open: groups.opened.includes(id),
      isGroup: true,
    }))
    .filter(({ channels }) => channels.length > 1);
}

/**
 * Opens a group, or closes it again.
 * @template {Pick<ChannelGroups, "shown" | "opened">} Groups
 * @param {Groups} groups
 * @param {string} id
 * @returns {Groups}
 */
export function toggled(groups, id) {
  return { ...groups, opened: toggledIn(groups.opened, id) };
}
