// The panel beside a graph: what is known of the channel or the influence that is looked at.

import { fill, html, number, percent, significant } from "./elements.js";
import { channelLink } from "./links.js";

const MOST = 9;

// Fills the panel with what the graph as a whole is.
export function showSummary(panel, graph) {
  fill(
    panel,
    html("h3", {}, graph.heading),
    html("p", { class: "quiet" }, graph.explanation),
    facts(graph.facts),
    graph.legend,
    html(
      "p",
      { class: "quiet" },
      "Point at a channel or an influence to see its numbers; click a channel to keep it. " +
        "Drag to move, turn the wheel to zoom. Keyboard: arrows walk along influences (with Shift onto them), Enter keeps, Esc lets go.",
    ),
  );
}

export function showChannel(panel, graph, node, { kept, open }) {
  const link = channelLink(graph.data.channels, node.id, open, "Open this channel");
  link.classList.add("button");
  fill(
    panel,
    html(
      "div",
      { class: "top" },
      html("img", { src: node.picture, alt: "", width: 112, height: 112, class: "portrait" }),
      html(
        "div",
        {},
        html("h3", {}, `${node.layer} · ${node.index}`),
        html("p", { class: "quiet" }, node.kind),
        link,
      ),
    ),
    facts(channelFacts(graph, node)),
    faces(node),
    influences(
      "Influenced by",
      "channels of the layer below that feed it",
      graph.into(node.id),
      (edge) => edge.from,
      graph,
    ),
    influences(
      "Influences",
      "channels of the layer above that it feeds",
      graph.outOf(node.id),
      (edge) => edge.to,
      graph,
    ),
    examples(node, graph.data.imported),
    kept ? html("p", { class: "quiet" }, "Kept. Esc or a click beside it lets go.") : null,
  );
}

export function showInfluence(panel, graph, edge) {
  const [from, to] = [graph.node(edge.from), graph.node(edge.to)];
  const through = bottleneck(edge, to);
  const way = through || !edge.counts ? [["Goes through", through ?? "not published", BOTTLENECK_TERM]] : [];
  const face = (node) =>
    html(
      "figure",
      {},
      html("img", { src: node.picture, alt: "", width: 96, height: 96, class: "portrait" }),
      html("figcaption", {}, `${node.layer} · ${node.index}`),
    );
  fill(
    panel,
    html("h3", {}, "Influence"),
    html(
      "div",
      { class: "pair" },
      face(from),
      html("span", { class: "arrow", "aria-hidden": "true" }, "→"),
      face(to),
    ),
    facts([...counts(graph, edge, "Influence count", INFLUENCE_TERM), ...way]),
  );
}

const COUNT_TERM =
  "Aggregated activation A (paper 5.1): in how many of the class's images this channel is a top channel";
const INFLUENCE_TERM =
  "Aggregated influence I (paper 5.2): in how many of the class's images the lower channel is a top influence on the upper one";
const PAGERANK_TERM =
  "Personalized PageRank (paper 5.3): the channel's share of the whole network's score for this class";
const BOTTLENECK_TERM =
  "The 1x1 convolution's channel in front of the 3x3 or 5x5 convolution that the strongest path leads through (via)";

// What an influence leads through; null where that is not known: of several classes, of imported graphs.
export function bottleneck(edge, upper) {
  if (edge.counts || !upper.branch) return null;
  return edge.via === null ? "no bottleneck (direct)" : `${upper.branch} bottleneck ${edge.via}`;
}

function channelFacts(graph, node) {
  const pagerank =
    node.pagerank === null ? [] : [["Importance", `PageRank ${significant(node.pagerank)}`, PAGERANK_TERM]];
  return [...counts(graph, node, "Active in", COUNT_TERM), ...pagerank];
}

function counts(graph, thing, label, term) {
  if (!thing.counts) return [[label, inImages(thing.count, graph.images), term]];
  return graph.classes.map((one) => [
    `${label} · ${one.title}`,
    thing.counts[one.name] === undefined ? "—" : inImages(thing.counts[one.name], one.images),
    term,
  ]);
}

function inImages(count, images) {
  return images
    ? `${number(count)} of ${number(images)} images (${percent(count / images)})`
    : `${number(count)} images`;
}

export function facts(rows) {
  const list = html("dl", { class: "facts" });
  for (const [name, value, term] of rows)
    list.append(html("dt", { title: term }, name), html("dd", {}, value));
  return list;
}

function influences(title, term, edges, end, graph) {
  const most = Math.max(1, ...edges.map((edge) => edge.count));
  const rows = edges.slice(0, MOST).map((edge) => {
    const node = graph.node(end(edge));
    const bar = html("span", { class: "bar", "aria-hidden": "true" });
    bar.style.width = `${Math.round((46 * edge.count) / most)}px`;
    return html(
      "li",
      {},
      html("img", { src: node.picture, alt: "", width: 26, height: 26, loading: "lazy" }),
      html("span", { class: "name" }, `${node.layer} · ${node.index}`),
      html("span", { class: "via" }, edge.via === null ? "" : `via ${edge.via}`),
      bar,
      html("span", { class: "count", title: INFLUENCE_TERM }, numbers(edge, graph)),
    );
  });
  const more =
    edges.length > MOST ? [html("li", { class: "quiet" }, `and ${edges.length - MOST} weaker`)] : [];
  const body = rows.length
    ? html("ul", { class: "influences" }, ...rows, ...more)
    : html("p", { class: "quiet" }, "none in this graph");
  return html(
    "section",
    {},
    html(
      "h4",
      { title: term },
      `${title} (${edges.length})`,
      edges.length ? html("span", { class: "unit" }, unit(edges[0], graph)) : null,
    ),
    body,
  );
}

// One class's count, or each class's in the order in which they are compared.
function numbers(edge, graph) {
  return edge.counts
    ? graph.classes.map((one) => (one.name in edge.counts ? number(edge.counts[one.name]) : "–")).join(" · ")
    : number(edge.count);
}

function unit(edge, graph) {
  return edge.counts ? `images of ${graph.classes.map((one) => one.title).join(" · ")}` : "images";
}

function examples(node, imported) {
  const images = node.examples.map((src) =>
    html("img", { src, alt: "", width: 50, height: 50, loading: "lazy" }),
  );
  const none = imported
    ? ["None were imported."]
    : ["None yet: ", html("code", {}, "summit-graph examples IMAGES"), " finds them in your own images."];
  const body = images.length
    ? html("div", { class: "patches" }, ...images)
    : html("p", { class: "quiet" }, ...none);
  return html(
    "section",
    {},
    html(
      "h4",
      { title: "Dataset examples: the patches of images that excite the channel most" },
      "Patches that excite it most",
    ),
    body,
  );
}

// The channel's diversity images; moving along the node steps through them too.
function faces(node) {
  if (node.faces.length < 2) return null;
  return html(
    "section",
    {},
    html(
      "h4",
      {
        title:
          "Diversity images: optimized from several starts at once, so that each shows another side of the channel. " +
          "Move the pointer along the channel in the graph to step through them",
      },
      "Its pictures",
    ),
    html(
      "div",
      { class: "patches faces" },
      ...node.faces.map((src) => html("img", { src, alt: "", width: 50, height: 50 })),
    ),
  );
}
