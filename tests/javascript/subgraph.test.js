// The user's subgraph: edits, and folded supernodes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { edgePath } from "../../app/assets/graph/layout.js";
import { Graph, shownParts } from "../../app/assets/graph/model.js";
import {
  annotate,
  cleared,
  editSupernode,
  group,
  isEmpty,
  keyOf,
  pin,
  ungroup,
  unpin,
} from "../../app/assets/graph/subgraph.js";
import { describeChannel, describeShown, spokenName } from "../../app/assets/graph/words.js";
import { edge, graphData, node } from "./graphs.js";
import { NO_SUBGRAPH as NONE } from "./subgraphs.js";

const BOTH = group(group(pin(pin(NONE, "mixed4a/7"), "mixed4a/2"), "mixed4a/7", "fur"), "mixed4a/2", "fur");
const FOLDED = editSupernode(BOTH, 0, { open: false });
const ALL = { leastCount: 0, leastInfluence: 0, skips: true };

test("an edit leaves the former subgraph as it is, and pinning twice is pinning once", () => {
  const once = pin(NONE, "mixed4a/7");
  assert.equal(NONE.pinned.length, 0);
  assert.equal(pin(once, "mixed4a/7"), once);
  assert.deepEqual(annotate(once, "mixed4a/7", { label: "fur" }).pinned, [
    { channel: "mixed4a/7", label: "fur", note: "" },
  ]);
});

test("channels with the same label are in one supernode, and a channel is in one only", () => {
  assert.deepEqual(BOTH.supernodes, [
    { label: "fur", channels: ["mixed4a/7", "mixed4a/2"], note: "", open: true },
  ]);
  const moved = group(BOTH, "mixed4a/2", "ear");
  assert.deepEqual(
    moved.supernodes.map(({ label, channels }) => [label, channels]),
    [
      ["fur", ["mixed4a/7"]],
      ["ear", ["mixed4a/2"]],
    ],
  );
  assert.equal(group(BOTH, "mixed4a/2", "fur"), BOTH);
});

test("an empty supernode is removed, with the pin of its last channel or without", () => {
  assert.deepEqual(unpin(unpin(BOTH, "mixed4a/7"), "mixed4a/2").supernodes, []);
  assert.deepEqual(group(group(BOTH, "mixed4a/7", ""), "mixed4a/2", "").supernodes, []);
  assert.equal(ungroup(BOTH, 0).pinned.length, 2);
});

test("without pins nothing is hidden", () => {
  const only = { ...pin(NONE, "mixed4a/7"), only_pinned: true };
  assert.equal(unpin(only, "mixed4a/7").only_pinned, false);
  assert.ok(isEmpty(cleared(only)));
});

test("equal subgraphs have the same key, whatever they are saved from", () => {
  assert.equal(keyOf({ ...BOTH, provenance: { network: "shapes" } }), keyOf(BOTH));
  assert.notEqual(keyOf(FOLDED), keyOf(BOTH));
  assert.equal(keyOf(null), "");
});

test("a folded supernode is one node with the influences of its channels", () => {
  const graph = new Graph(graphData(), FOLDED);
  const [supernode] = graph.rows[1].channels;
  assert.deepEqual([supernode.id, supernode.ownLabel, supernode.count], ["supernode 0", "fur", 20]);
  assert.deepEqual(
    graph.into("mixed4b/5").map(({ name, count, isMerged }) => [name, count, isMerged]),
    [["supernode 0>mixed4b/5", 8, true]],
  );
  assert.ok(!graph.isChannel("supernode 0"));
  assert.ok(!graph.has("mixed4a/7"));
});

test("an open supernode changes nothing", () => {
  assert.deepEqual(
    [...new Graph(graphData(), BOTH).channels.keys()],
    [...new Graph(graphData()).channels.keys()],
  );
});

test("influences within a supernode are left out", () => {
  const three = group(pin(BOTH, "mixed4b/5"), "mixed4b/5", "fur");
  const graph = new Graph(graphData(), editSupernode(three, 0, { open: false }));
  assert.deepEqual([graph.channels.size, graph.influences.size], [1, 0]);
  assert.equal(graph.rows[1].channels.length, 1, "in the layer of most of its channels");
});

test("channels that are gone are ignored", () => {
  const gone = group(pin(NONE, "mixed4a/99"), "mixed4a/99", "gone");
  const graph = new Graph(graphData(), editSupernode(gone, 0, { open: false }));
  assert.equal(graph.channels.size, 3);
});

test("only pinned channels are shown on request", () => {
  const graph = new Graph(graphData(), pin(NONE, "mixed4a/7"));
  const shown = shownParts(graph, { ...ALL, onlyPinned: true });
  assert.deepEqual([...shown.channels], ["mixed4a/7"]);
  assert.equal(describeShown(graph, shown), "1 channel, 0 influences");
});

test("a supernode counts as its channels, and is spoken of by its label", () => {
  const graph = new Graph(graphData(), FOLDED);
  assert.match(describeShown(graph, shownParts(graph, ALL)), /^3 channels/);
  const supernode = graph.channel("supernode 0");
  assert.equal(spokenName(supernode), "supernode fur of 2 channels");
  assert.match(describeChannel(supernode, graph), /^count 20/);
});

test("a run ends at a folded supernode", () => {
  const names = ["mixed4a/7", "mixed4b/5", "mixed5a/1"];
  const data = graphData({
    layers: ["mixed4a", "mixed4b", "mixed5a"],
    nodes: names.map((name) => node(name)),
    edges: [0, 1].map((at) => edge(names[at], names[at + 1], { skip: true })),
    runs: [names],
  });
  const one = editSupernode(group(pin(NONE, "mixed4b/5"), "mixed4b/5", "stripes"), 0, { open: false });
  assert.deepEqual(new Graph(data, one).runs, []);
});

test("a line between marks of one row joins their sides", () => {
  assert.match(edgePath({ x: 0, y: 100 }, { x: 200, y: 100 }, 40, 40), /^M20,100C.* 180,100$/);
});
