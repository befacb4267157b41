// Stored groups of channels as nodes that open.

import assert from "node:assert/strict";
import { test } from "node:test";
import { toggled } from "../../app/assets/graph/channel_groups.js";
import { Graph, shownParts } from "../../app/assets/graph/model.js";
import { group, pin } from "../../app/assets/graph/subgraph.js";
import { describeShown, spokenName } from "../../app/assets/graph/words.js";
import { edge, graphData, node } from "./graphs.js";
import { NO_SUBGRAPH } from "./subgraphs.js";

const ID = "mixed4a group 1";
const GROUPS = {
  shown: true,
  opened: [],
  groups: [{ id: ID, label: "fur", channels: ["mixed4a/7", "mixed4a/2"] }],
  missing: "",
};
const ALL = { leastCount: 0, leastInfluence: 0, skips: true };

/** @param {Graph} graph */
function names(graph) {
  return [...graph.channels.keys()];
}

test("a group is one node with its label and the largest influences of its channels", () => {
  const graph = new Graph(graphData({ channel_groups: GROUPS }));
  assert.deepEqual(names(graph), ["mixed4b/5", ID]);
  assert.deepEqual(
    graph.into("mixed4b/5").map(({ name, count }) => [name, count]),
    [[`${ID}>mixed4b/5`, 8]],
  );
  assert.equal(spokenName(graph.channel(ID)), "group fur of 2 channels");
  assert.equal(graph.owners.get("mixed4a/7"), ID);
});

test("an open group is a node before its channels, without influences, and is not counted", () => {
  const nodes = [node("mixed4a/7"), node("mixed4a/3"), node("mixed4a/2"), node("mixed4b/5")];
  const graph = new Graph(graphData({ nodes, channel_groups: toggled(GROUPS, ID) }));
  assert.deepEqual(names(graph), ["mixed4b/5", ID, "mixed4a/7", "mixed4a/2", "mixed4a/3"]);
  assert.deepEqual(graph.outOf(ID), []);
  assert.equal(describeShown(graph, shownParts(graph, ALL)), "4 channels, 2 influences");
  assert.equal(spokenName(graph.channel(ID)), "open group fur of 2 channels");
});

test("the channels of an open group stay in their places if one is in a run: runs change no sides", () => {
  const channels = ["mixed4a/7", "mixed4a/3", "mixed4a/2", "mixed4b/5"];
  const data = graphData({
    nodes: channels.map((name) => node(name)),
    edges: [edge("mixed4a/2", "mixed4b/5", { skip: true })],
    runs: [["mixed4a/2", "mixed4b/5"]],
    channel_groups: toggled(GROUPS, ID),
  });
  assert.deepEqual(names(new Graph(data)), ["mixed4b/5", ID, "mixed4a/7", "mixed4a/3", "mixed4a/2"]);
});

test("opening twice is folding", () => {
  assert.deepEqual(toggled(toggled(GROUPS, ID), ID), GROUPS);
});

test("a channel in the user's supernode stays there; a group with one other channel is none", () => {
  const own = group(pin(NO_SUBGRAPH, "mixed4a/7"), "mixed4a/7", "head");
  const graph = new Graph(graphData({ subgraph: own, channel_groups: GROUPS }));
  assert.deepEqual(names(graph), ["mixed4b/5", "mixed4a/7", "mixed4a/2"]);
});

test("of groups, too, only pinned channels are shown on request", () => {
  const own = { ...pin(pin(NO_SUBGRAPH, "mixed4a/7"), "mixed4b/5"), only_pinned: true };
  const graph = new Graph(graphData({ subgraph: own, channel_groups: GROUPS }));
  assert.deepEqual([...shownParts(graph, { ...ALL, onlyPinned: true }).channels], ["mixed4b/5", "mixed4a/7"]);
});

test("groups are channels where they are not switched on", () => {
  const graph = new Graph(graphData({ channel_groups: { ...GROUPS, shown: false } }));
  assert.equal(graph.channels.size, 3);
});
