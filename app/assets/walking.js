// The keyboard's way through a layered graph: from channel to channel along influences, and onto the influences.

import { isBrowsers } from "./keyboard.js";

// Does what a key asks for; whether it asks for anything.
export function walk(view, event) {
  if (isBrowsers(event)) return false;
  const mark = event.target.closest?.(".node, .edge");
  if (event.key === "Escape") view.keep(null);
  else if (mark?.hasAttribute("data-channel"))
    return fromChannel(view, mark.getAttribute("data-channel"), event);
  else if (mark) return fromInfluence(view, view.edges.get(mark.getAttribute("data-edge")), event);
  else return false;
  return true;
}

function fromChannel(view, id, { key, shiftKey }) {
  const along = { ArrowUp: shown(view.outOf(id)), ArrowDown: shown(view.into(id)) }[key];
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (along && shiftKey) view.stop.walk(along[0]?.mark);
  else if (along)
    view.stop.walk(along.length ? view.node(key === "ArrowUp" ? along[0].to : along[0].from).mark : null);
  else if (step) view.stop.walk(beside(view, id, step)?.mark);
  else if (key === "Enter" || key === " ") view.keep(id);
  else if (key === "+") view.camera.zoom(1.3);
  else if (key === "-") view.camera.zoom(1 / 1.3);
  else if (key === "0") view.fit();
  else return false;
  view.steppedFrom = id;
  return true;
}

function beside(view, id, step) {
  const row = view.rows
    .find((one) => one.some((node) => node.id === id))
    .filter((node) => view.visible(node));
  return row[row.findIndex((node) => node.id === id) + step];
}

// Up and down to its ends; left and right to the next of the channel from which one stepped onto it.
function fromInfluence(view, edge, { key }) {
  const siblings = shown(view.steppedFrom === edge.to ? view.into(edge.to) : view.outOf(edge.from));
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (key === "ArrowUp") view.stop.walk(view.node(edge.to).mark);
  else if (key === "ArrowDown") view.stop.walk(view.node(edge.from).mark);
  else if (step) view.stop.walk(siblings[siblings.indexOf(edge) + step]?.mark);
  else return false;
  return true;
}

function shown(edges) {
  return edges.filter((edge) => edge.shown);
}
