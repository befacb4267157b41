// Channels and influences described in words.

import { counted, number, percent, shortened } from "../common/text.js";

/** @typedef {import("../data.js").GraphClass} GraphClass */
/** @typedef {import("../data.js").GraphNode} GraphNode */
/** @typedef {import("../data.js").GraphEdge} GraphEdge */
/** @typedef {import("./model.js").Channel} Channel */
/** @typedef {import("./model.js").Graph} Graph */
/** @typedef {import("./model.js").Influence} Influence */
/** @typedef {import("./model.js").ShownParts} ShownParts */
/** @typedef {import("./runs.js").Run} Run */

const SHORT = 22; // characters of a layer's name where space is limited

/**
 * The attributes that state which of the compared classes have a channel or an influence.
 * @param {GraphNode | GraphEdge} thing
 */
export function holdersAttributes({ part, owner }) {
  return { "data-in": part, "data-class": owner };
}

/** @param {{layer: string, index: number}} channel */
export function nameOf({ layer, index }) {
  return `${layer} · ${index}`;
}

/**
 * A channel's name where space is limited.
 * @param {{layer: string, index: number}} channel
 */
export function shortNameOf({ layer, index }) {
  return nameOf({ layer: shortened(layer, SHORT), index });
}

/** @param {Channel} channel */
export function branchOf({ branch }) {
  return branch ? `channel of the ${branch} branch` : "channel";
}

/**
 * A channel's place by PageRank among the graph's channels of its layer, and its share of their scores.
 * @param {Graph} graph
 * @param {Pick<Channel, "id" | "layer" | "pagerank">} channel
 */
export function rankInLayer({ channels }, { layer, pagerank }) {
  const own = pagerank ?? 0;
  const scores = [...channels.values()]
    .filter((one) => one.layer === layer && !one.extra && !one.isClass)
    .map((one) => one.pagerank ?? 0);
  const total = scores.reduce((sum, score) => sum + score, 0);
  const rank = 1 + scores.filter((score) => score > own).length;
  return { rank, of: scores.length, share: total ? own / total : 0 };
}

/**
 * A channel's numbers.
 * @param {Channel} channel
 * @param {Graph} graph
 */
export function describeChannel(channel, graph) {
  const { id, pagerank } = channel;
  if (channel.isClass) return describeClass(graph);
  const parts = [
    channel.label?.text,
    `count ${countsOf(channel, graph.classes)}`,
    pagerank === null ? null : `PageRank ${pagerank.toPrecision(2)}`,
    holdersOf(channel, graph.classes),
    `${counted(graph.into(id).length, "influence", "influences")} in`,
    `${graph.outOf(id).filter(({ isSupport }) => !isSupport).length} out`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** @param {Graph} graph */
function describeClass({ classes, output, against }) {
  const number = output?.supports.length ?? 0;
  const channels = against
    ? counted(number, "channel speaks against", "channels speak against")
    : counted(number, "channel contributes to", "channels contribute to");
  return `class ${classes[0].title}, ${channels} it`;
}

/**
 * How often a channel contributes to the class.
 * @param {Influence} support
 * @param {Graph} graph
 */
export function contribution({ count }, { output, classes }) {
  return `among the top ${output?.top} in ${inImages(count, classes[0].images)}`;
}

/**
 * The layers of a run.
 * @param {Pick<Run, "channels">} run
 * @param {Graph} graph
 */
export function describeRun({ channels }, graph) {
  const layers = [channels[0], channels[channels.length - 1]].map((id) => graph.channel(id).layer);
  return `${layers.join(" to ")} (${channels.length} layers)`;
}

/**
 * How many channels and influences are shown.
 * @param {Graph} graph
 * @param {ShownParts} shown
 */
export function describeShown(graph, { channels, influences }) {
  const nodes = [...channels].filter((id) => !graph.channel(id).isClass);
  const edges = [...influences].filter((name) => !graph.influence(name).isSupport);
  const channelsShown = counted(nodes.length, "channel", "channels");
  return `${channelsShown}, ${counted(edges.length, "influence", "influences")}`;
}

/**
 * @param {Influence} influence
 * @param {Graph} graph
 */
export function describeInfluence(influence, graph) {
  const [lower, upper] = [graph.channel(influence.lower), graph.channel(influence.upper)];
  if (influence.isSupport) {
    const channel = `${lower.layer} channel ${lower.index}`;
    const does = graph.against ? "speaks against" : "contributes to";
    return `${channel} ${does} ${graph.classes[0].title}, ${contribution(influence, graph)}`;
  }
  const ends = `${lower.layer} channel ${lower.index} on ${upper.layer} channel ${upper.index}`;
  const parts = [
    `influence of ${ends}`,
    `count ${countsOf(influence, graph.classes)}`,
    holdersOf(influence, graph.classes),
    wayOf(influence, upper, graph),
  ];
  return parts.filter(Boolean).join(", ");
}

/**
 * Which of the compared classes have a channel or an influence; null in the graph of one class.
 * @param {GraphNode | GraphEdge} thing
 * @param {GraphClass[]} classes
 */
export function holdersOf({ part, owner }, classes) {
  return part === "only" ? `only ${classes.find(({ name }) => name === owner)?.title}` : part;
}

/**
 * In how many images; of several classes, in how many of each that has it.
 * @param {GraphNode | GraphEdge} thing
 * @param {GraphClass[]} classes
 */
export function countsOf({ count, counts }, classes) {
  if (!counts) return `${count}`;
  const held = classes.filter(({ name }) => name in counts);
  return held.map(({ name, title }) => `${title} ${counts[name]}`).join(", ");
}

/**
 * The path of an influence: a skip, or the channel between two layers that it passes through; null if it is
 * unknown, as in comparisons and imports.
 * @param {Pick<GraphEdge, "counts" | "via" | "via_stop" | "skip">} influence
 * @param {{branch: string | null}} upper channel
 * @param {{imported: boolean}} graph
 */
export function wayOf({ counts, via, via_stop, skip }, { branch }, { imported }) {
  if (skip) return "skip (passed on unchanged)";
  if (counts || imported) return null;
  if (via === null) return branch ? "no bottleneck (direct)" : "direct";
  if (via_stop) return `${via_stop} channel ${via}`;
  return branch ? `${branch} bottleneck ${via}` : `inner channel ${via}`;
}

/**
 * @param {number} count
 * @param {number} images of the class; 0 where unknown
 */
export function inImages(count, images) {
  return images
    ? `${number(count)} of ${number(images)} images (${percent(count / images)})`
    : `${number(count)} images`;
}
