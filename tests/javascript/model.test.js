// The model of a graph in the view.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph, leastClassesOf, shownParts } from "../../app/assets/graph/model.js";
import { comparisonData, edge, graphData, node } from "./graphs.js";

/** @param {{id: string}[]} channels */
const ids = (channels) => channels.map(({ id }) => id);

test("rows are sorted from the highest layer down, channels are in the given order", () => {
  const { rows } = new Graph(graphData());
  assert.deepEqual(
    rows.map(({ layer, channels }) => [layer, ids(channels)]),
    [
      ["mixed4b", ["mixed4b/5"]],
      ["mixed4a", ["mixed4a/7", "mixed4a/2"]],
    ],
  );
});

test("the strongest influences are first", () => {
  const graph = new Graph(graphData());
  const into = graph.into("mixed4b/5").map(({ name }) => name);
  assert.deepEqual(into, ["mixed4a/2>mixed4b/5", "mixed4a/7>mixed4b/5"]);
  assert.deepEqual(graph.outOf("mixed4b/5"), []);
});

test("a minimum count hides a channel with its influences", () => {
  const shown = shownParts(new Graph(graphData()), { leastCount: 15, leastInfluence: 0, skips: true });
  assert.deepEqual([...shown.channels], ["mixed4b/5", "mixed4a/2"]);
  assert.deepEqual([...shown.influences], ["mixed4a/2>mixed4b/5"]);
});

test("a minimum influence hides no channel", () => {
  const shown = shownParts(new Graph(graphData()), { leastCount: 0, leastInfluence: 100, skips: true });
  assert.equal(shown.channels.size, 3);
  assert.equal(shown.influences.size, 0);
});

test("later pictures replace earlier ones", () => {
  const graph = new Graph(graphData());
  assert.equal(graph.channel("mixed4a/7").faces.length, 1);
  graph.updatePictures(
    graphData({ nodes: [node("mixed4a/7", { diversity: ["diversity-0"], examples: 2 })] }),
  );
  const { faces, patches } = graph.channel("mixed4a/7");
  assert.deepEqual([faces.length, patches.length], [2, 2]);
});

test("a network's name is escaped in the URLs of pictures", () => {
  const { picture } = new Graph(graphData({ network: "a b/c?" })).channel("mixed4a/7");
  assert.ok(picture.endsWith("/a%20b%2Fc%3F/channel/mixed4a/7"));
});

test("a graph may have no channels", () => {
  const graph = new Graph(graphData({ nodes: [], edges: [] }));
  assert.deepEqual([graph.largestCount, graph.strongest, graph.channels.size], [1, 1, 0]);
});

test("skips are hidden without their channels", () => {
  const graph = new Graph(graphData({ edges: [edge("mixed4a/7", "mixed4b/5", { skip: true })] }));
  assert.ok(graph.hasSkips);
  const shown = shownParts(graph, { leastCount: 0, leastInfluence: 0, skips: false });
  assert.deepEqual([shown.channels.size, shown.influences.size], [3, 0]);
});

test("the index of a channel is what follows the last slash", () => {
  const { layer, index, picture } = new Graph(
    graphData({ layers: ["a/b:2 c"], nodes: [node("a/b:2 c/12")], edges: [] }),
  ).channel("a/b:2 c/12");
  assert.deepEqual([layer, index], ["a/b:2 c", 12]);
  assert.ok(picture.endsWith("/channel/a/b%3A2%20c/12"));
});

test("the class is at the top, with the contributions of channels", () => {
  const supports = [{ channel: "mixed4b/5", count: 30 }];
  const graph = new Graph(graphData({ output: { top: 5, supports, further: 2 } }));
  assert.deepEqual(
    graph.rows.map(({ layer }) => layer),
    ["", "mixed4b", "mixed4a"],
  );
  assert.ok(graph.channel("bear").isClass);
  assert.deepEqual(
    graph.into("bear").map(({ name, count, isSupport }) => [name, count, isSupport]),
    [["mixed4b/5>bear", 30, true]],
  );
  assert.equal(graph.strongest, 30);
});

test("a minimum count leaves the class", () => {
  const supports = [{ channel: "mixed4b/5", count: 30 }];
  const graph = new Graph(graphData({ output: { top: 5, supports, further: 0 } }));
  const shown = shownParts(graph, { leastCount: 41, leastInfluence: 0, skips: true });
  assert.deepEqual([[...shown.channels], shown.influences.size], [["bear"], 0]);
});

test("without skips nothing is folded", () => {
  const names = ["mixed4a/7", "mixed4b/5", "mixed5a/1"];
  const graph = new Graph(
    graphData({
      layers: ["mixed4a", "mixed4b", "mixed5a"],
      nodes: names.map((name) => node(name)),
      edges: [0, 1].map((at) => edge(names[at], names[at + 1], { skip: true })),
      runs: [names],
    }),
  );
  const filters = { leastCount: 0, leastInfluence: 0, skips: true };
  assert.deepEqual([...shownParts(graph, filters).folded], ["mixed4b/5"]);
  assert.equal(shownParts(graph, { ...filters, skips: false }).folded.size, 0);
  assert.equal(shownParts(graph, filters, "mixed4b/5").folded.size, 0);
});

test("channels of many classes, and those that are not specific, can be hidden", () => {
  const nodes = [
    node("mixed4a/1", { graphs: 4, q: 1 }),
    node("mixed4a/2", { graphs: 2, q: 0.2 }),
    node("mixed4a/3", { graphs: 1, q: 0.001 }),
  ];
  const graph = new Graph(graphData({ nodes, edges: [], class_count: 4 }));
  const all = { leastCount: 0, leastInfluence: 0, skips: true };
  assert.deepEqual([...shownParts(graph, { ...all, mostGraphs: 50 }).channels], ["mixed4a/2", "mixed4a/3"]);
  assert.deepEqual([...shownParts(graph, { ...all, specific: true }).channels], ["mixed4a/3"]);
});

test("channels that few of the compared classes have are hidden, unless one part is shown alone", () => {
  const graph = new Graph(comparisonData());
  const filters = { leastCount: 0, leastInfluence: 0, skips: true, leastClasses: 2 };
  assert.deepEqual([...shownParts(graph, filters).channels], ["mixed4a/7"]);
  const held = { part: "only", owner: "bus" };
  assert.deepEqual([...shownParts(graph, { ...filters, held }).channels], ["mixed4b/5"]);
});

test("a comparison starts with so many channels that each layer can be read", () => {
  const data = comparisonData();
  assert.equal(leastClassesOf(new Graph(data)), 1);
  const only = /** @type {const} */ ({ part: "only", owner: "bus", counts: { bus: 4 } });
  const many = Array.from({ length: 50 }, (_, at) => node(`mixed4b/${at + 10}`, only));
  assert.equal(leastClassesOf(new Graph({ ...data, nodes: [...data.nodes, ...many] })), 2);
  assert.equal(leastClassesOf(new Graph(graphData())), 1);
});
