// The panel at the side of a graph: details of the graph, of a channel, or of an influence.

import { fill, html } from "../common/elements.js";
import { HISTOGRAM, histogramOf } from "../common/histogram.js";
import { channelLink } from "../common/links.js";
import { counted, number, ordinal, percent, significant } from "../common/text.js";
import { action, pinFields, subgraphSection, supernodeFields } from "./pinning.js";
import { supernodeId } from "./supernodes.js";
import * as terms from "./terms.js";
import {
  branchOf,
  contribution,
  describeRun,
  inImages,
  nameOf,
  rankInLayer,
  shortNameOf,
  wayOf,
} from "./words.js";

/** @typedef {import("../data.js").GraphData} GraphData */
/** @typedef {import("./model.js").Channel} Channel */
/** @typedef {import("./model.js").Graph} Graph */
/** @typedef {import("./model.js").Influence} Influence */
/** @typedef {import("./runs.js").Run} Run */
/** @typedef {import("./pinning.js").Editing} Editing */
/** @typedef {string[]} Fact label, text, and a term that explains the label */

const MOST = 9; // influences that are listed
const SELECTED = "Selected. Press Esc or click the background to deselect.";

const GROUP =
  "A group of channels that do the same work: they are active for the same classes and read the same " +
  "inputs. Its influences are the largest of those of its channels. Click it to show them, and again to " +
  "fold.";

const HELP =
  "Hover a channel or an influence to see its numbers; click a channel to select it. Drag to move; use " +
  "the wheel or pinch to zoom, and the scroll bar to scroll a high graph. Keyboard: arrow keys move along " +
  "influences (with Shift onto them), Enter selects, P pins, Esc clears the selection.";

const JACCARD = "Share of the channels of either graph that both have (Jaccard), and their number";

/**
 * @param {HTMLElement} panel
 * @param {GraphData} data
 * @param {{
 *   facts: Fact[], legend: HTMLElement, choose: (name: string) => void, editing: Editing | null
 * }} options choose: another class
 */
export function showSummary(panel, data, { facts, legend, choose, editing }) {
  const { heading, explanation, classes, similar } = data;
  const title = html("h3", {}, heading);
  const [{ histogram, images }] = classes;
  const bars = classes.length === 1 && histogram ? histogramPicture(histogram, images) : null;
  const others = similar.length ? similarClasses(similar, choose) : null;
  const own = editing ? subgraphSection(editing) : null;
  const [early, late] = editing?.subgraph.pinned.length ? [own, null] : [null, own];
  const about = [title, quiet(explanation), early, factList(facts), bars, late];
  fill(panel, ...about, others, legend, quiet(HELP));
}

/**
 * @param {number[]} histogram
 * @param {number} images
 */
function histogramPicture(histogram, images) {
  const head = html("h4", { title: HISTOGRAM }, "Probability of the true class");
  return html("section", {}, head, histogramOf(histogram, images));
}

/**
 * @param {GraphData["similar"]} similar
 * @param {(name: string) => void} choose
 */
function similarClasses(similar, choose) {
  const unit = html("span", { class: "unit", title: JACCARD }, "shared channels");
  const rows = similar.map(({ name, title, shared, jaccard }) => {
    const link = html("button", { type: "button", class: "link", "data-similar": name }, title);
    link.addEventListener("click", () => choose(name));
    const text = `${percent(jaccard)} (${number(shared)})`;
    return html("li", {}, link, html("span", { class: "count", title: JACCARD }, text));
  });
  return html(
    "section",
    {},
    html("h4", {}, "Similar classes", unit),
    html("ul", { class: "influences" }, ...rows),
  );
}

/**
 * @param {HTMLElement} panel
 * @param {Graph} graph
 * @param {Channel} channel
 * @param {{
 *   data: GraphData, selected: boolean, open: (channel: string) => void, expand: (channel: string) => void,
 *   expanded: string[] | null, editing: Editing | null
 * }} options expanded: null where no channel can be
 */
export function showChannel(panel, graph, channel, { data, selected, open, expand, expanded, editing }) {
  const deselect = selected ? quiet(SELECTED) : null;
  if (channel.isClass) {
    showClass(panel, graph, channel, deselect);
    return;
  }
  const link = data.channel_url_prefix ? pageLink(data.channel_url_prefix, channel.id, open) : null;
  const more = expanded && !channel.extra ? expandButton(channel.id, expanded, expand) : null;
  const where = channel.extra ? "not in the attribution graph of this class" : branchOf(channel);
  const { label, ownLabel } = channel;
  const word = label && html("p", { class: "word", title: label.about }, label.shown);
  const named = ownLabel ? `${nameOf(channel)}, ${where}` : where;
  const own = editing && graph.isChannel(channel.id) ? pinFields(channel.id, editing) : null;
  const [pin, fields] = channel.isPinned ? [null, own] : [own, null];
  const head = html("h3", {}, ownLabel || nameOf(channel));
  const title = html("div", {}, head, word, quiet(named), link, more, pin);
  fill(
    panel,
    html("div", { class: "top" }, image(channel.picture, 112, "portrait"), title),
    patches(channel, data.examples_command),
    faces(channel),
    fields,
    factList(channelFacts(graph, channel)),
    influences(graph, "Influenced by", "channels of the layer below", graph.into(channel.id), "lower"),
    influences(graph, "Influences", "channels of the layer above", influencesOf(graph, channel), "upper"),
    deselect,
  );
}

/**
 * @param {string} prefix
 * @param {string} channel
 * @param {(channel: string) => void} open
 */
function pageLink(prefix, channel, open) {
  const link = channelLink(prefix, channel, open, "Open this channel");
  link.classList.add("button");
  return link;
}

/**
 * A supernode or a group, with its channels.
 * @param {HTMLElement} panel
 * @param {Graph} graph
 * @param {Channel} supernode
 * @param {{selected: boolean, editing: Editing | null, select: (id: string) => void}} options
 */
export function showSupernode(panel, graph, supernode, { selected, editing, select }) {
  const { id, members, isGroup, isOpen } = supernode;
  const at = editing?.subgraph.supernodes.findIndex((_, place) => supernodeId(place) === id) ?? -1;
  const fold = () => action(isOpen ? "Fold" : "Unfold", `fold ${id}`, () => select(id));
  fill(
    panel,
    html("h3", {}, nameOf(supernode)),
    quiet(isGroup ? GROUP : "A supernode: its influences are the largest of those of its channels."),
    isGroup ? html("div", { class: "pin-fields" }, fold()) : null,
    editing && at >= 0 ? supernodeFields(at, editing) : null,
    html("h4", { title: terms.COUNT }, "Its channels", html("span", { class: "unit" }, "active in images")),
    html("ul", { class: "influences" }, ...members.map((channel) => memberRow(graph, channel))),
    ...(isOpen ? [] : influencesOfSupernode(graph, supernode)),
    selected ? quiet(SELECTED) : null,
  );
}

/**
 * @param {Graph} graph
 * @param {Channel} supernode
 */
function influencesOfSupernode(graph, supernode) {
  const [into, outOf] = [graph.into(supernode.id), influencesOf(graph, supernode)];
  return [
    influences(graph, "Influenced by", "channels of the layer below", into, "lower"),
    influences(graph, "Influences", "channels of the layer above", outOf, "upper"),
  ];
}

/**
 * @param {string} channel
 * @param {string[]} expanded
 * @param {(channel: string) => void} expand
 */
function expandButton(channel, expanded, expand) {
  const isExpanded = expanded.includes(channel);
  const text = isExpanded ? "Hide other influences" : "Show other influences";
  const title = "The strongest influences on and of this channel in the full network, beyond this graph";
  const made = html("button", { type: "button", title, "data-expand": channel }, text);
  made.addEventListener("click", () => expand(channel));
  return made;
}

/**
 * The class, with the channels that contribute to it.
 * @param {HTMLElement} panel
 * @param {Graph} graph
 * @param {Channel} shown
 * @param {HTMLElement | null} deselect
 */
function showClass(panel, graph, shown, deselect) {
  const further = graph.output?.further ?? 0;
  const others = counted(further, "further channel contributes", "further channels contribute");
  fill(
    panel,
    html("h3", {}, graph.classes[0].title),
    quiet("The class: its output of the model, at the top of its graph."),
    influences(graph, "Contributing channels", terms.SUPPORT, graph.into(shown.id), "lower"),
    further ? quiet(`${others} to it, not selected for this graph.`) : null,
    deselect,
  );
}

/**
 * @param {Graph} graph
 * @param {Channel} channel
 */
function influencesOf(graph, { id }) {
  return graph.outOf(id).filter(({ isSupport }) => !isSupport);
}

/**
 * The run that a channel is in.
 * @param {Graph} graph
 * @param {Channel} channel
 * @returns {Fact[]}
 */
function runFacts(graph, { id }) {
  const channels = graph.runs.find((run) => run.includes(id));
  return channels ? [["Passed on by skips", describeRun({ channels }, graph), terms.RUN]] : [];
}

/**
 * What a channel contributes to the class.
 * @param {Graph} graph
 * @param {Channel} channel
 * @returns {Fact[]}
 */
function supportFacts(graph, { id }) {
  const supports = graph.outOf(id).filter(({ isSupport }) => isSupport);
  return supports.map((one) => ["Contributes to the class", contribution(one, graph), terms.SUPPORT]);
}

/**
 * @param {HTMLElement} panel
 * @param {Graph} graph
 * @param {Influence} influence
 */
export function showInfluence(panel, graph, influence) {
  const [lower, upper] = [graph.channel(influence.lower), graph.channel(influence.upper)];
  if (influence.isSupport) {
    showSupport(panel, graph, lower);
    return;
  }
  const through = wayOf(influence, upper, graph);
  const isUnknown = !through && (influence.counts || influence.isMerged);
  const way = isUnknown ? [] : [["Via", through ?? "not published", terms.BOTTLENECK]];
  fill(
    panel,
    html("h3", {}, "Influence"),
    html("div", { class: "pair" }, figure(lower), arrow(), figure(upper)),
    factList([...counts(graph, influence, "Influence count", terms.INFLUENCE), ...way]),
  );
}

/**
 * A run, with its channels from the highest layer down.
 * @param {HTMLElement} panel
 * @param {Graph} graph
 * @param {Run} run
 * @param {{selected: boolean}} options
 */
export function showRun(panel, graph, run, { selected }) {
  const skips = run.influences.map((name) => graph.influence(name).count);
  const [least, most] = [Math.min(...skips), Math.max(...skips)];
  const images = inImages(least, graph.classes[0].images);
  const count = least === most ? images : `${number(least)} to ${number(most)} images`;
  const channels = run.channels.toReversed().map((id) => graph.channel(id));
  fill(
    panel,
    html("h3", {}, "A channel passed on by skips"),
    factList([
      ["Layers", describeRun(run, graph)],
      ["Skips counted in", count, terms.INFLUENCE],
    ]),
    html("h4", { title: terms.COUNT }, "Its channels", html("span", { class: "unit" }, "active in images")),
    html("ul", { class: "influences" }, ...channels.map((channel) => memberRow(graph, channel))),
    selected ? quiet(SELECTED) : quiet("Click the bar to unfold it."),
  );
}

/**
 * @param {Graph} graph
 * @param {Channel} channel
 */
function memberRow(graph, channel) {
  const name = rowName(channel);
  const count = html("span", { class: "count", title: terms.COUNT }, numbersOf(channel, graph));
  return html("li", {}, image(channel.picture, 26), name, html("span", { class: "via" }), count);
}

/**
 * A channel's name and label in a row.
 * @param {Channel} channel
 */
function rowName(channel) {
  const { label } = channel;
  const word = label?.text ? html("span", { class: "word", title: label.about }, label.text) : null;
  return html("span", { class: "name", title: nameOf(channel) }, shortNameOf(channel), word);
}

/**
 * @param {HTMLElement} panel
 * @param {Graph} graph
 * @param {Channel} channel
 */
function showSupport(panel, graph, channel) {
  fill(
    panel,
    html("h3", {}, "Contribution to the class"),
    html("div", { class: "pair" }, figure(channel), arrow(), html("strong", {}, graph.classes[0].title)),
    factList(supportFacts(graph, channel)),
  );
}

function arrow() {
  return html("span", { class: "arrow", "aria-hidden": "true" }, "→");
}

/** @param {string} text */
function quiet(text) {
  return html("p", { class: "quiet" }, text);
}

/**
 * @param {string} src
 * @param {number} side
 * @param {string} [name] CSS class
 */
function image(src, side, name) {
  return html("img", { src, alt: "", width: side, height: side, class: name, loading: name ? null : "lazy" });
}

/** @param {Channel} channel */
function figure(channel) {
  return html(
    "figure",
    {},
    image(channel.picture, 96, "portrait"),
    html("figcaption", { title: nameOf(channel) }, shortNameOf(channel)),
  );
}

/**
 * @param {Graph} graph
 * @param {Channel} channel
 * @returns {Fact[]}
 */
function channelFacts(graph, channel) {
  const { pagerank } = channel;
  const active = counts(graph, channel, "Active in", terms.COUNT);
  const known = pagerank === null || channel.extra ? [] : [rankFact(graph, channel)];
  const rest = [...commonFacts(graph, channel), ...runFacts(graph, channel), ...supportFacts(graph, channel)];
  return [...active, ...known, ...rest];
}

/**
 * A channel's place in its layer by PageRank.
 * @param {Graph} graph
 * @param {Channel} channel
 * @returns {Fact}
 */
function rankFact(graph, channel) {
  const { rank, of, share } = rankInLayer(graph, channel);
  const score = `PageRank ${significant(channel.pagerank ?? 0)}`;
  const text = `${ordinal(rank)} of ${of}, ${percent(share)} of the layer's score`;
  return ["Rank in the layer", text, `${terms.PAGERANK}. ${score}`];
}

/**
 * How common a channel is among the classes, and how specific to this one.
 * @param {Graph} graph
 * @param {Channel} channel
 * @returns {Fact[]}
 */
function commonFacts({ classCount }, { graphs, lift, q }) {
  if (graphs === null) return [];
  /** @type {Fact} */
  const common = [
    "In the graphs of",
    `${number(graphs)} of ${counted(classCount, "class", "classes")}`,
    terms.GRAPHS,
  ];
  if (q === null) return [common];
  const rate = lift === null ? "only in this class" : `${lift.toPrecision(2)} times as often`;
  return [common, ["Specificity", `${rate} (q ${significant(q)})`, terms.SPECIFICITY]];
}

/**
 * A fact for the class, or for each of the compared classes.
 * @param {Graph} graph
 * @param {Channel | Influence} thing
 * @param {string} label
 * @param {string} term
 * @returns {Fact[]}
 */
function counts(graph, thing, label, term) {
  const { count, counts: byClass } = thing;
  if (!byClass) return [[label, inImages(count, graph.classes[0].images), term]];
  return graph.classes.map(({ name, title, images }) => {
    const text = name in byClass ? inImages(byClass[name], images) : "—";
    return [`${label} · ${title}`, text, term];
  });
}

/** @param {Fact[]} rows */
function factList(rows) {
  const entries = rows.flatMap(([label, text, term]) => [
    html("dt", { title: term }, label),
    html("dd", {}, text),
  ]);
  return html("dl", { class: "facts" }, ...entries);
}

/**
 * The influences on a channel or of a channel, the strongest ones.
 * @param {Graph} graph
 * @param {string} title
 * @param {string} hint
 * @param {Influence[]} all the strongest first
 * @param {"lower" | "upper"} end the channel that is named
 */
function influences(graph, title, hint, all, end) {
  const strongest = Math.max(1, all[0]?.count ?? 0);
  const rows = all.slice(0, MOST).map((one) => influenceRow(graph, one, graph.channel(one[end]), strongest));
  if (all.length > MOST) rows.push(html("li", { class: "quiet" }, `and ${all.length - MOST} weaker`));
  const unit = all.length ? html("span", { class: "unit" }, unitOf(all[0], graph)) : null;
  const head = html("h4", { title: hint }, `${title} (${all.length})`, unit);
  const body = rows.length ? html("ul", { class: "influences" }, ...rows) : quiet("none in this graph");
  return html("section", {}, head, body);
}

/**
 * @param {Graph} graph
 * @param {Influence} influence
 * @param {Channel} channel at its other end
 * @param {number} strongest
 */
function influenceRow(graph, influence, channel, strongest) {
  const { count } = influence;
  const bar = html("span", { class: "bar", "aria-hidden": "true" });
  bar.style.width = `${Math.round((46 * count) / strongest)}px`;
  return html(
    "li",
    {},
    image(channel.picture, 26),
    rowName(channel),
    html("span", { class: "via", title: influence.via_stop }, shortWay(influence)),
    bar,
    html("span", { class: "count", title: terms.INFLUENCE }, numbersOf(influence, graph)),
  );
}

/** @param {Influence} influence */
function shortWay({ via, skip }) {
  if (skip) return "skip";
  return via === null ? "" : `via ${via}`;
}

/**
 * The count, or the counts of the compared classes in their order.
 * @param {Influence | Channel} thing
 * @param {Graph} graph
 */
function numbersOf({ count, counts: byClass }, { classes }) {
  if (!byClass) return number(count);
  return classes.map(({ name }) => (name in byClass ? number(byClass[name]) : "–")).join(" · ");
}

/**
 * @param {Influence} influence
 * @param {Graph} graph
 */
function unitOf(influence, { classes }) {
  return influence.counts ? `images of ${classes.map(({ title }) => title).join(" · ")}` : "images";
}

/**
 * @param {Channel} channel
 * @param {string | null} command finds patches
 */
function patches(channel, command) {
  const images = channel.patches.map((src) => image(src, 50));
  const body = images.length ? html("div", { class: "patches" }, ...images) : noPatches(command);
  return html("section", {}, html("h4", { title: terms.PATCHES }, "Top-activating patches"), body);
}

/** @param {string | null} command */
function noPatches(command) {
  if (!command) return quiet("None were imported.");
  const code = html("code", {}, command);
  return html("p", { class: "quiet" }, "None yet: ", code, " finds them in your images.");
}

/**
 * A channel's pictures, if it has several.
 * @param {Channel} channel
 */
function faces({ faces: all }) {
  if (all.length < 2) return null;
  const images = all.map((src) => html("img", { src, alt: "", width: 50, height: 50 }));
  const head = html("h4", { title: terms.FACES }, "Feature visualizations");
  return html("section", {}, head, html("div", { class: "patches faces" }, ...images));
}
