// A layered graph as a list, for those who do not see the picture.

import { bottleneck } from "./details.js";
import { fill, html } from "./elements.js";
import { countsOf, whoseOf } from "./marks.js";

// view: what is shown, by its rows of channels, in which layer each row is, and its influences.
export function writeList(list, view) {
  const sections = view.rows
    .map((row, level) => [view.layerAt(level), row.filter((node) => view.visible(node))])
    .filter(([, row]) => row.length)
    .map(([layer, row]) =>
      html("section", {}, html("h4", {}, layer), html("ul", {}, ...row.map((node) => entry(node, view)))),
    );
  fill(list, html("h3", {}, view.data.heading), ...sections);
}

function entry(node, view) {
  const parts = view
    .into(node.id)
    .filter((edge) => edge.shown)
    .map(
      (edge) =>
        `${edge.from} (${[...told(edge, view.classes), bottleneck(edge, node)].filter(Boolean).join(", ")})`,
    );
  return html(
    "li",
    {},
    html("strong", {}, `${node.layer} · ${node.index}`),
    ` — ${view.describe(node)}`,
    parts.length ? html("p", { class: "quiet" }, `influenced by ${parts.join(", ")}`) : null,
  );
}

function told(edge, classes) {
  return edge.counts
    ? [whoseOf(edge, classes), `images: ${countsOf(edge, classes)}`]
    : [`${edge.count} images`];
}
