// Channels and influences described in words.

import { clipped, counted, number, percent, shortened } from "../common/text.js";

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

/**
 * A channel's name, or the label of a supernode.
 * @param {Pick<Channel, "layer" | "index" | "members" | "ownLabel">} channel
 */
export function nameOf({ layer, index, members, ownLabel }) {
  return members.length ? ownLabel : `${layer} · ${index}`;
}

/**
 * The user's own label, or the name, where space is limited.
 * @param {Pick<Channel, "layer" | "index" | "members" | "ownLabel">} channel
 */
export function shortNameOf(channel) {
  const { layer, ownLabel } = channel;
  return ownLabel ? clipped(ownLabel, SHORT) : nameOf({ ...channel, layer: shortened(layer, SHORT) });
}

/**
 * A channel or a supernode in a sentence.
 * @param {Pick<Channel, "layer" | "index" | "members" | "isGroup" | "isOpen" | "ownLabel">} channel
 */
export function spokenName({ layer, index, members, isGroup, isOpen, ownLabel }) {
  const kind = isGroup ? `${isOpen ? "open " : ""}group` : "supernode";
  if (members.length) return `${kind} ${ownLabel} of ${counted(members.length, "channel", "channels")}`;
  return `${layer} channel ${index}${ownLabel ? ` (${ownLabel})` : ""}`;
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
export function rankInLayer({ all }, { layer, pagerank }) {
  const own = pagerank ?? 0;
  const scores = [...all.values()]
    .filter((one) => one.layer === layer && !one.extra)
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
  const nodes = [...channels].flatMap((id) => channelsOf(graph.channel(id)));
  const edges = [...influences].filter((name) => !graph.influence(name).isSupport);
  const channelsShown = counted(nodes.length, "channel", "channels");
  return `${channelsShown}, ${counted(edges.length, "influence", "influences")}`;
}

/**
 * The channel, or those of a folded supernode; none for the class and for an open group.
 * @param {Channel} channel
 */
function channelsOf(channel) {
  if (channel.isClass || channel.isOpen) return [];
  return channel.members.length ? channel.members : [channel];
}

/**
 * @param {Influence} influence
 * @param {Graph} graph
 */
export function describeInfluence(influence, graph) {
  const [lower, upper] = [graph.channel(influence.lower), graph.channel(influence.upper)];
  if (influence.isSupport) {
    const channel = spokenName(lower);
    const does = graph.against ? "speaks against" : "contributes to";
    return `${channel} ${does} ${graph.classes[0].title}, ${contribution(influence, graph)}`;
  }
  const ends = `${spokenName(lower)} on ${spokenName(upper)}`;
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
 * @param {Pick<Influence, "counts" | "via" | "via_stop" | "skip" | "isMerged">} influence
 * @param {{branch: string | null}} upper channel
 * @param {{imported: boolean}} graph
 */
export function wayOf({ counts, via, via_stop, skip, isMerged }, { branch }, { imported }) {
  if (isMerged) return null;
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
