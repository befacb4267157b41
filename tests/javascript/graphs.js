// Small graphs for tests.

/** @typedef {import("../../app/assets/data.js").GraphData} GraphData */
/** @typedef {import("../../app/assets/data.js").GraphNode} GraphNode */
/** @typedef {import("../../app/assets/data.js").GraphEdge} GraphEdge */

/**
 * @param {string} id
 * @param {Partial<GraphNode>} [more]
 * @returns {GraphNode}
 */
export function node(id, more = {}) {
  const holders = { part: null, owner: null, counts: null };
  const common = { graphs: null, lift: null, q: null, extra: false };
  return {
    id,
    ...common,
    count: 10,
    pagerank: 0.01,
    branch: "3x3",
    diversity: [],
    label: null,
    examples: 0,
    ...holders,
    ...more,
  };
}

/**
 * @param {string} lower
 * @param {string} upper
 * @param {Partial<GraphEdge>} [more]
 * @returns {GraphEdge}
 */
export function edge(lower, upper, more = {}) {
  const way = { via: null, via_stop: null, skip: false, extra: false };
  return { lower, upper, count: 5, ...way, part: null, owner: null, counts: null, ...more };
}

/**
 * @param {Partial<GraphData>} [more]
 * @returns {GraphData}
 */
export function graphData(more = {}) {
  return {
    key: "1",
    network: "shapes",
    file: "shapes-bear",
    layers: ["mixed4a", "mixed4b"],
    classes: [{ name: "bear", title: "brown bear", images: 100, histogram: null }],
    nodes: [node("mixed4a/7"), node("mixed4a/2", { count: 20 }), node("mixed4b/5", { count: 40 })],
    edges: [edge("mixed4a/7", "mixed4b/5"), edge("mixed4a/2", "mixed4b/5", { count: 8, via: 3 })],
    output: null,
    runs: [],
    against: false,
    heading: "Attribution graph of brown bear",
    explanation: "",
    facts: [],
    class_count: 4,
    similar: [],
    answered: 0,
    place: "",
    highlight: [],
    highlighted_by: "",
    selected: null,
    channel_url_prefix: "/channel?channel=",
    examples_command: "summit-graph examples IMAGES",
    expandable: false,
    expanded: [],
    subgraph: null,
    channel_groups: null,
    embedded: false,
    provenance: {},
    ...more,
  };
}

/** Two compared classes: one shared channel, and one only in the graph of the bus. */
export function comparisonData() {
  const classes = [
    { name: "bear", title: "brown bear", images: 100, histogram: null },
    { name: "bus", title: "school bus", images: 50, histogram: null },
  ];
  const shared = /** @type {const} */ ({ part: "shared", owner: null, counts: { bear: 10, bus: 7 } });
  const only = /** @type {const} */ ({ part: "only", owner: "bus", counts: { bus: 4 } });
  return graphData({
    classes,
    nodes: [node("mixed4a/7", { ...shared, pagerank: null }), node("mixed4b/5", { ...only, pagerank: null })],
    edges: [edge("mixed4a/7", "mixed4b/5", { ...only, count: 4 })],
  });
}
