// A layered graph as a list, for those who do not see the picture.

import { bottleneck } from "./details.js";
import { fill, html } from "./elements.js";

// view: what is shown, by its rows of channels, in which layer each row is, and its influences.
export function writeList(list, view) {
  const sections = view.rows.map((row, level) => [view.layerAt(level), row.filter((node) => view.visible(node))])
    .filter(([, row]) => row.length)
    .map(([layer, row]) => html("section", {}, html("h4", {}, layer), html("ul", {}, ...row.map((node) => entry(node, view)))));
  fill(list, html("h3", {}, view.data.heading), ...sections);
}

function entry(node, view) {
  const parts = view.into(node.id).filter((edge) => edge.shown).map((edge) => `${edge.from} (${[`${edge.count} images`, bottleneck(edge, node)].filter(Boolean).join(", ")})`);
  return html("li", {}, html("strong", {}, `${node.layer} · ${node.index}`), ` — ${view.describe(node)}`,
    parts.length ? html("p", { class: "quiet" }, `influenced by ${parts.join(", ")}`) : null);
}
