// Descriptions of channels and influences.

import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOf } from "../../app/assets/graph/marks.js";
import { Graph, shownParts } from "../../app/assets/graph/model.js";
import {
  countsOf,
  describeChannel,
  describeInfluence,
  describeRun,
  describeShown,
  holdersAttributes,
  holdersOf,
  inImages,
  rankInLayer,
  wayOf,
} from "../../app/assets/graph/words.js";
import { comparisonData, graphData, node } from "./graphs.js";

test("a channel is described by its numbers", () => {
  const graph = new Graph(graphData());
  const text = describeChannel(graph.channel("mixed4b/5"), graph);
  assert.equal(text, "count 40, PageRank 0.010, 2 influences in, 0 out");
});

test("a compared channel is described by its classes", () => {
  const graph = new Graph(comparisonData());
  const text = describeChannel(graph.channel("mixed4a/7"), graph);
  assert.equal(text, "count brown bear 10, school bus 7, shared, 0 influences in, 1 out");
  assert.match(describeChannel(graph.channel("mixed4b/5"), graph), /, 1 influence in, 0 out$/);
  assert.equal(holdersOf(graph.channel("mixed4b/5"), graph.classes), "only school bus");
  assert.equal(countsOf(graph.channel("mixed4b/5"), graph.classes), "school bus 4");
});

test("an influence is described by its ends and its bottleneck", () => {
  const graph = new Graph(graphData());
  const text = describeInfluence(graph.influence("mixed4a/2>mixed4b/5"), graph);
  assert.equal(text, "influence of mixed4a channel 2 on mixed4b channel 5, count 8, 3x3 bottleneck 3");
});

test("the path of an influence is unknown in comparisons and imports", () => {
  const direct = { counts: null, via: null, via_stop: null, skip: false, isMerged: false };
  const [counted, imported] = [{ imported: false }, { imported: true }];
  assert.equal(wayOf(direct, { branch: "1x1" }, counted), "no bottleneck (direct)");
  assert.equal(wayOf(direct, { branch: null }, counted), "direct");
  assert.equal(wayOf(direct, { branch: null }, imported), null);
  assert.equal(wayOf({ ...direct, counts: { bear: 1 } }, { branch: "1x1" }, counted), null);
});

test("the path of an influence names its inner stop if there are several", () => {
  const through = { counts: null, via: 7, via_stop: null, skip: false, isMerged: false };
  const counted = { imported: false };
  assert.equal(wayOf(through, { branch: null }, counted), "inner channel 7");
  assert.equal(
    wayOf({ ...through, via_stop: "layer1.0.conv1" }, { branch: null }, counted),
    "layer1.0.conv1 channel 7",
  );
  assert.match(wayOf({ ...through, via: null, skip: true }, { branch: null }, counted) ?? "", /^skip/);
});

test("the class and a contribution to it are described", () => {
  const output = { top: 5, supports: [{ channel: "mixed4b/5", count: 30 }], further: 2 };
  const graph = new Graph(graphData({ output }));
  assert.equal(
    describeChannel(graph.channel("bear"), graph),
    "class brown bear, 1 channel contributes to it",
  );
  const text = "mixed4b channel 5 contributes to brown bear, among the top 5 in 30 of 100 images (30 %)";
  assert.equal(describeInfluence(graph.influence("mixed4b/5>bear"), graph), text);
  assert.match(describeChannel(graph.channel("mixed4b/5"), graph), / 0 out$/);
  assert.equal(describeShown(graph, graphParts(graph)), "3 channels, 2 influences");
});

/** @param {Graph} graph */
const graphParts = (graph) => shownParts(graph, { leastCount: 0, leastInfluence: 0, skips: true });

test("a run is described by its layers", () => {
  const graph = new Graph(graphData());
  assert.equal(describeRun({ channels: ["mixed4a/7", "mixed4b/5"] }, graph), "mixed4a to mixed4b (2 layers)");
});

test("elements have the attributes of the specification", () => {
  const graph = new Graph(comparisonData());
  assert.deepEqual(holdersAttributes(graph.channel("mixed4b/5")), { "data-in": "only", "data-class": "bus" });
  assert.deepEqual(holdersAttributes(graph.channel("mixed4a/7")), {
    "data-in": "shared",
    "data-class": null,
  });
});

test("a share is shown if the number of images is known", () => {
  assert.equal(inImages(40, 1000), "40 of 1,000 images (4 %)");
  assert.equal(inImages(1234, 0), "1,234 images");
});

test("the legend of two classes has no colour for some of them", () => {
  const two = comparisonData().classes;
  assert.deepEqual(
    keysOf(two).map(({ text }) => text),
    ["shared by all", "only brown bear", "only school bus"],
  );
  assert.equal(keysOf([...two, { name: "lion", title: "lion", images: 1, histogram: null }]).length, 5);
  assert.deepEqual(keysOf(two.slice(0, 1)), []);
});

test("a channel's rank is its place among the graph's channels of its layer", () => {
  const nodes = [
    node("mixed4a/1", { pagerank: 0.3 }),
    node("mixed4a/2", { pagerank: 0.1 }),
    node("mixed4a/3", { extra: true, pagerank: 0.9 }),
    node("mixed4b/4", { pagerank: 0.5 }),
  ];
  const graph = new Graph(graphData({ nodes, edges: [] }));
  const { rank, of, share } = rankInLayer(graph, graph.channel("mixed4a/2"));
  assert.deepEqual([rank, of, share.toFixed(2)], [2, 2, "0.25"]);
});
