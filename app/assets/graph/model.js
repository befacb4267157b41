// An attribution graph for display: rows of channels, and the influences between them.

import { exampleAddress, pictureAddress } from "../common/addresses.js";
import { nodeSize } from "./layout.js";

/** @typedef {import("../data.js").GraphData} GraphData */
/** @typedef {import("../data.js").GraphNode} GraphNode */
/** @typedef {import("../data.js").GraphEdge} GraphEdge */
/**
 * How a channel is shown.
 * @typedef {object} ChannelLook
 * @property {string} layer
 * @property {number} index of the channel in its layer
 * @property {number} size of its mark
 * @property {string} picture address of its picture
 * @property {string[]} faces addresses of all its pictures, the first one is `picture`
 * @property {string[]} patches addresses of its dataset examples
 */
/** @typedef {GraphNode & ChannelLook} Channel */
/** @typedef {GraphEdge & {name: string}} Influence its name is "lower>upper" */
/** @typedef {{layer: string, channels: Channel[]}} Row */

export class Graph {
  /** @param {GraphData} data */
  constructor(data) {
    this.heading = data.heading;
    this.classes = data.classes;
    this.imported = data.examples_command === null;
    this.hasSkips = data.edges.some(({ skip }) => skip);
    this.largestCount = Math.max(1, ...data.nodes.map((node) => node.count));
    this.strongest = Math.max(1, ...data.edges.map((edge) => edge.count));
    const channels = data.nodes.map((node) => channelOf(node, data.network, this.largestCount));
    const influences = data.edges.map((edge) => ({ ...edge, name: `${edge.lower}>${edge.upper}` }));
    this.influences = new Map(influences.map((influence) => [influence.name, influence]));
    /** @type {Row[]} the highest layer first, channels from left to right */
    this.rows = [...data.layers].reverse().map((layer) => ({
      layer,
      channels: channels.filter((channel) => channel.layer === layer),
    }));
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
      Object.assign(this.channel(node.id), { faces, patches });
    }
  }

  /** @param {string | null} id */
  has(id) {
    return id !== null && this.channels.has(id);
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
 * The names of the shown channels and influences.
 * @typedef {{channels: Set<string>, influences: Set<string>}} ShownParts
 */

/**
 * The channels and influences with at least these counts, with or without skips.
 * @param {Graph} graph
 * @param {{leastCount: number, leastInfluence: number, skips: boolean}} filters
 * @returns {ShownParts}
 */
export function shownParts(graph, { leastCount, leastInfluence, skips }) {
  /** @type {ShownParts} */
  const { channels, influences } = { channels: new Set(), influences: new Set() };
  for (const channel of graph.channels.values()) if (channel.count >= leastCount) channels.add(channel.id);
  for (const { name, lower, upper, count, skip } of graph.influences.values()) {
    if (skip && !skips) continue;
    if (count >= leastInfluence && channels.has(lower) && channels.has(upper)) influences.add(name);
  }
  return { channels, influences };
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
  return {
    ...node,
    layer: node.id.slice(0, slash),
    index: Number(node.id.slice(slash + 1)),
    size: nodeSize(node.count, largestCount),
    picture,
    faces: [picture, ...node.diversity.map((kind) => pictureAddress(network, node.id, kind))],
    patches: Array.from({ length: node.examples }, (_, rank) => exampleAddress(network, node.id, rank)),
  };
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
