// A graph as a list, for users of a screen reader.

import { fill, html } from "../common/elements.js";
import { contribution, countsOf, describeChannel, holdersOf, nameOf, wayOf } from "./words.js";

/** @typedef {import("./model.js").Channel} Channel */
/** @typedef {import("./model.js").Graph} Graph */
/** @typedef {import("./model.js").Influence} Influence */
/** @typedef {import("./model.js").ShownParts} ShownParts */

/**
 * Fills the list with the shown channels, layer by layer, and the influences on them.
 * @param {HTMLElement} list
 * @param {Graph} graph
 * @param {ShownParts} shown
 */
export function writeList(list, graph, shown) {
  const sections = graph.rows.map(({ layer, channels }) => {
    const entries = channels
      .filter(({ id }) => shown.channels.has(id))
      .map((one) => entry(one, graph, shown));
    const head = html("h4", {}, layer || "class");
    return entries.length ? html("section", {}, head, html("ul", {}, ...entries)) : null;
  });
  fill(list, html("h3", {}, graph.heading), ...sections, runList(shown));
}

/**
 * The channels that skips pass on, each run once.
 * @param {ShownParts} shown
 */
function runList({ runs }) {
  if (!runs.length) return null;
  const entries = runs.map(({ channels }) => html("li", {}, channels.join(" → ")));
  return html("section", {}, html("h4", {}, "Passed on by skips"), html("ul", {}, ...entries));
}

/**
 * @param {Channel} channel
 * @param {Graph} graph
 * @param {ShownParts} shown
 */
function entry(channel, graph, shown) {
  const skips = new Set(shown.runs.flatMap((run) => run.influences));
  const influences = graph
    .into(channel.id)
    .filter(({ name }) => shown.influences.has(name) && !skips.has(name))
    .map((one) => `${idOf(graph.channel(one.lower))} (${influenceText(one, channel, graph)})`);
  const name = html("strong", {}, channel.isClass ? graph.classes[0].title : nameOf(channel));
  const own = channel.ownLabel && !channel.members.length ? ` (${channel.ownLabel})` : "";
  const text = `${own} — ${describeChannel(channel, graph)}`;
  const verb = channel.isClass ? "contributions of" : "influenced by";
  const list = influences.length ? `${verb} ${influences.join(", ")}` : null;
  return html("li", {}, name, text, list ? html("p", { class: "quiet" }, list) : null);
}

/** @param {Channel} channel */
function idOf({ id, members, ownLabel }) {
  return members.length ? ownLabel : id;
}

/**
 * @param {Influence} influence
 * @param {Channel} upper
 * @param {Graph} graph
 */
function influenceText(influence, upper, graph) {
  const { classes } = graph;
  if (influence.isSupport) return contribution(influence, graph);
  const counts = countsOf(influence, classes);
  const images = influence.counts ? `images: ${counts}` : `${counts} images`;
  return [holdersOf(influence, classes), images, wayOf(influence, upper, graph)].filter(Boolean).join(", ");
}
