// An attribution graph for display: rows of channels, and the influences between them.

import { exampleAddress, pictureAddress } from "../common/addresses.js";
import { groupNodes } from "./channel_groups.js";
import { classBox, nodeSize } from "./layout.js";
import { foldedChannels, shownRuns } from "./runs.js";
import { pinnedOf } from "./subgraph.js";
import { foldSupernodes, ownSupernodes, unfoldedParts } from "./supernodes.js";

/** @typedef {import("../data.js").ChannelGroups} ChannelGroups */
/** @typedef {import("../data.js").GraphClass} GraphClass */
/** @typedef {import("../data.js").GraphData} GraphData */
/** @typedef {import("../data.js").GraphNode} GraphNode */
/** @typedef {import("../data.js").GraphEdge} GraphEdge */
/** @typedef {import("../data.js").Subgraph} Subgraph */
/** @typedef {import("./runs.js").Run} Run */
/**
 * How a channel is shown.
 * @typedef {object} ChannelLook
 * @property {boolean} isClass whether it is the class itself, at the top of its graph
 * @property {string} layer empty for the class
 * @property {number} index of the channel in its layer
 * @property {number} size of its mark
 * @property {number} height of its mark
 * @property {string} picture address of its picture
 * @property {string[]} faces addresses of all its pictures, the first one is `picture`
 * @property {string[]} patches addresses of its dataset examples
 * @property {Channel[]} members of a supernode or a group; empty for a channel
 * @property {boolean} isGroup whether it is a stored group of channels
 * @property {boolean} isOpen whether it is a group whose channels are shown
 * @property {string} ownLabel the user's own; empty where there is none
 * @property {boolean} isPinned
 */
/** @typedef {GraphNode & ChannelLook} Channel */
/**
 * An influence on a channel, or a contribution to the class (`isSupport`); its name is "lower>upper".
 * `isMerged`: the largest of the influences on or of the channels of a supernode.
 * @typedef {GraphEdge & {name: string, isSupport: boolean, isMerged: boolean}} Influence
 */
/** @typedef {{layer: string, channels: Channel[]}} Row */

/** @type {{members: Channel[], isGroup: boolean, isOpen: boolean, ownLabel: string, isPinned: boolean}} */
const NOT_PINNED = { members: [], isGroup: false, isOpen: false, ownLabel: "", isPinned: false };

export class Graph {
  /**
   * @param {GraphData} data
   * @param {Subgraph | null} [subgraph] what the user has pinned and grouped
   * @param {ChannelGroups | null} [groups]
   */
  constructor(data, subgraph = data.subgraph, groups = data.channel_groups) {
    this.heading = data.heading;
    this.classes = data.classes;
    this.imported = data.examples_command === null;
    this.hasSkips = data.edges.some(({ skip }) => skip);
    this.output = data.output;
    this.against = data.against;
    this.classCount = data.class_count;
    this.hasGraphs = data.class_count > 1 && data.nodes.some(({ graphs }) => graphs !== null);
    this.hasSpecificity = data.nodes.some(({ q }) => q !== null);
    this.largestCount = Math.max(1, ...data.nodes.map((node) => node.count));
    const every = data.nodes.map((node) => ({
      ...channelOf(node, data.network, this.largestCount),
      ...pinOf(node.id, subgraph),
    }));
    /** All channels, also those in folded supernodes. */
    this.all = new Map(every.map((channel) => [channel.id, channel]));
    const each = [...data.edges.map((edge) => influenceOf(edge)), ...supportsOf(data)];
    const parts = [...ownSupernodes(subgraph), ...groupNodes(groups, subgraph)];
    const fixed = new Set(data.runs.flat());
    const { channels, influences, owners } = foldSupernodes(every, each, { parts, fixed });
    /** The folded supernode or group of each channel that is in one. */
    this.owners = owners;
    this.runs = data.runs.flatMap((run) => unfoldedParts(run, owners));
    this.strongest = Math.max(1, ...influences.map((influence) => influence.count));
    this.influences = new Map(influences.map((influence) => [influence.name, influence]));
    const layers = [...data.layers].reverse().map((layer) => ({
      layer,
      channels: channels.filter((channel) => channel.layer === layer),
    }));
    /** @type {Row[]} the class, then the highest layer first, channels from left to right */
    this.rows = data.output ? [{ layer: "", channels: [classOf(data.classes[0])] }, ...layers] : layers;
    const fromTheTop = this.rows.flatMap((row) => row.channels);
    this.channels = new Map(fromTheTop.map((channel) => [channel.id, channel]));
    const strongestFirst = influences.toSorted((one, other) => other.count - one.count);
    this.byUpper = groupBy(strongestFirst, (influence) => influence.upper);
    this.byLower = groupBy(strongestFirst, (influence) => influence.lower);
  }

  /**
   * Adds pictures that were made since the graph was drawn.
   * @param {GraphData} data
   */
  updatePictures(data) {
    for (const node of data.nodes) {
      const { faces, patches } = channelOf(node, data.network, this.largestCount);
      Object.assign(known(this.all, node.id), { faces, patches });
    }
  }

  /** @param {string | null} id */
  has(id) {
    return id !== null && this.channels.has(id);
  }

  /**
   * Whether it is a stored group of channels.
   * @param {string | null} id
   */
  isGroup(id) {
    return id !== null && Boolean(this.channels.get(id)?.isGroup);
  }

  /**
   * Whether it is a channel, not the class or a supernode.
   * @param {string | null} id
   */
  isChannel(id) {
    const found = id === null ? null : this.channels.get(id);
    return Boolean(found && !found.isClass && !found.members.length);
  }

  /** @param {string} id */
  channel(id) {
    return known(this.channels, id);
  }

  /** @param {string} name */
  influence(name) {
    return known(this.influences, name);
  }

  /**
   * The influences on a channel, the strongest first.
   * @param {string} id
   */
  into(id) {
    return this.byUpper.get(id) ?? [];
  }

  /**
   * The influences that a channel has, the strongest first.
   * @param {string} id
   */
  outOf(id) {
    return this.byLower.get(id) ?? [];
  }
}

/**
 * The shown parts of a graph.
 * @typedef {object} ShownParts
 * @property {Set<string>} channels
 * @property {Set<string>} influences
 * @property {Run[]} runs
 * @property {Set<string>} folded channels that are small marks on the bars of runs
 */

/**
 * What is hidden: smaller counts, skips, channels in the graphs of more than this percentage of the
 * classes, and channels that are not specific to the class.
 * @typedef {object} Filters
 * @property {number} leastCount
 * @property {number} leastInfluence
 * @property {boolean} skips
 * @property {number} [mostGraphs] 0 to 100
 * @property {boolean} [specific]
 * @property {number} [leastClasses] how many of the compared classes have a channel
 * @property {Holder | null} [held] only what these classes of a comparison have
 * @property {boolean} [onlyPinned] only pinned channels and supernodes
 */

/**
 * Which of the compared classes have something: all, some, or only the owner; null outside of comparisons.
 * @typedef {{part: string | null, owner: string | null}} Holder
 */

/**
 * @param {Holder} one
 * @param {Holder} other
 */
export function isSameHolder(one, other) {
  return one.part === other.part && one.owner === other.owner;
}

/** The false discovery rate below which a channel is specific to the class. */
const SPECIFIC = 0.05;

/**
 * @param {Graph} graph
 * @param {Channel} channel
 * @param {Filters} filters
 */
function isShown(
  { classCount },
  { count, isClass, isPinned, graphs, q, part, owner, counts },
  { leastCount, mostGraphs = 100, specific, leastClasses = 1, held = null, onlyPinned = false },
) {
  if (isClass) return true;
  if (onlyPinned && !isPinned) return false;
  const isCommon = graphs !== null && classCount > 0 && (100 * graphs) / classCount > mostGraphs;
  const isUnspecific = Boolean(specific) && q !== null && q > SPECIFIC;
  const isHeld = held ? isSameHolder(held, { part, owner }) : !counts || holdersOf(counts) >= leastClasses;
  return count >= leastCount && !isCommon && !isUnspecific && isHeld;
}

/** @param {Record<string, number>} counts by class */
function holdersOf(counts) {
  return Object.keys(counts).length;
}

/** Channels of a layer that can be told apart. */
const WIDEST = 40;

/**
 * How many of the compared classes must have a channel so that no layer is too wide.
 * @param {Graph} graph
 */
export function leastClassesOf({ rows, classes }) {
  const widest = (/** @type {number} */ least) =>
    Math.max(
      ...rows.map(
        ({ channels }) => channels.filter(({ counts }) => counts && holdersOf(counts) >= least).length,
      ),
    );
  const all = classes.map((_, at) => at + 1);
  return all.find((least) => widest(least) <= WIDEST) ?? all.length;
}

/**
 * The channels and influences that the filters leave.
 * @param {Graph} graph
 * @param {Filters} filters
 * @param {string | null} [pinned] a channel, or a run by its name, that is not folded
 * @returns {ShownParts}
 */
export function shownParts(graph, filters, pinned = null) {
  const { leastInfluence, skips } = filters;
  /** @type {{channels: Set<string>, influences: Set<string>}} */
  const { channels, influences } = { channels: new Set(), influences: new Set() };
  for (const one of graph.channels.values()) if (isShown(graph, one, filters)) channels.add(one.id);
  for (const { name, lower, upper, count, skip } of graph.influences.values()) {
    if (skip && !skips) continue;
    if (count >= leastInfluence && channels.has(lower) && channels.has(upper)) influences.add(name);
  }
  const runs = shownRuns(graph.runs, influences);
  return { channels, influences, runs, folded: foldedChannels(runs, pinned) };
}

/**
 * @param {GraphNode} node
 * @param {string} network
 * @param {number} largestCount
 * @returns {Channel}
 */
function channelOf(node, network, largestCount) {
  const slash = node.id.lastIndexOf("/");
  const picture = pictureAddress(network, node.id);
  const size = nodeSize(node.count, largestCount);
  return {
    ...node,
    isClass: false,
    layer: node.id.slice(0, slash),
    index: Number(node.id.slice(slash + 1)),
    size,
    height: size,
    picture,
    faces: [picture, ...node.diversity.map((kind) => pictureAddress(network, node.id, kind))],
    patches: Array.from({ length: node.examples }, (_, rank) => exampleAddress(network, node.id, rank)),
    ...NOT_PINNED,
  };
}

/**
 * @param {string} id
 * @param {Subgraph | null} subgraph
 */
function pinOf(id, subgraph) {
  const pinned = subgraph && pinnedOf(subgraph, id);
  return pinned ? { isPinned: true, ownLabel: pinned.label } : {};
}

const UNKNOWN = {
  via: null,
  via_stop: null,
  skip: false,
  extra: false,
  part: null,
  owner: null,
  counts: null,
};

/**
 * The class as the node at the top; no channel has its name, which has no slash.
 * @param {GraphClass} shown
 * @returns {Channel}
 */
function classOf({ name, title, images }) {
  const { width, height } = classBox(title);
  const look = { isClass: true, layer: "", index: 0, size: width, height };
  const pictures = { diversity: [], examples: 0, picture: "", faces: [], patches: [] };
  const none = { pagerank: null, branch: null, part: null, owner: null, counts: null };
  const common = { graphs: null, lift: null, q: null, label: null };
  return { id: name, count: images, extra: false, ...look, ...pictures, ...none, ...common, ...NOT_PINNED };
}

/**
 * @param {GraphEdge} edge
 * @returns {Influence}
 */
function influenceOf(edge, isSupport = false) {
  return { ...edge, name: `${edge.lower}>${edge.upper}`, isSupport, isMerged: false };
}

/**
 * What the channels of the last layer contribute to the class.
 * @param {GraphData} data
 */
function supportsOf({ output, classes }) {
  const supports = output?.supports ?? [];
  return supports.map(({ channel, count }) =>
    influenceOf({ lower: channel, upper: classes[0].name, count, ...UNKNOWN }, true),
  );
}

/**
 * @template Key, Value
 * @param {Map<Key, Value>} map
 * @param {Key} key
 * @returns {Value}
 */
function known(map, key) {
  const value = map.get(key);
  if (value === undefined) throw new Error(`the graph has no ${key}`);
  return value;
}

/**
 * @template Key, Value
 * @param {Value[]} values
 * @param {(value: Value) => Key} keyOf
 * @returns {Map<Key, Value[]>}
 */
function groupBy(values, keyOf) {
  /** @type {Map<Key, Value[]>} */
  const groups = new Map();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}
