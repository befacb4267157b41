// Channels as pictures: groups of them with captions, and motifs as rows. What is clicked goes to Python.

import { fill, html, number, significant } from "./elements.js";

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  if (root.shown === data.key) return;
  root.shown = data.key;
  root.tell = setTriggerValue;
  fill(root, ...(data.groups ?? []).map((group) => section(root, group)), data.motifs ? motifs(root, data.motifs) : null);
}

function section(root, { title, hint, items, side }) {
  return html("section", {}, title ? html("h3", {}, title) : null, hint ? html("p", { class: "quiet" }, hint) : null,
    html("ul", { class: "items" }, ...items.map((item) => entry(root, item, item.side ?? side))));
}

function entry(root, item, side) {
  const face = html("img", { src: item.picture, alt: item.name ? "" : (item.alt ?? ""), width: side, height: side, loading: "lazy" });
  const words = [item.name ? html("span", { class: "name" }, item.name) : null, ...(item.captions ?? []).map((text) => html("span", { class: "caption" }, text))];
  const box = html("li", { class: "item" });
  box.style.maxWidth = `${Math.max(side, 84)}px`;
  if (!item.channel) box.append(...[face, ...words].filter(Boolean));
  else box.append(link(root, item, face, ...words));
  return box;
}

function link(root, { channel, address }, ...children) {
  const made = html("a", { href: address, "data-channel-link": channel }, ...children);
  made.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    root.tell("open", channel);
  });
  return made;
}

function motifs(root, rows) {
  const list = html("ul", { class: "motifs" }, ...rows.map((motif) => motifRow(root, motif)));
  const choose = (event) => {
    const row = event.target.closest("[data-motif]");
    if (!row) return;
    event.preventDefault();
    root.tell("motif", row.getAttribute("data-motif"));
  };
  list.addEventListener("click", choose);
  list.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && choose(event));
  return list;
}

function motifRow(root, motif) {
  const faces = motif.channels.flatMap((one, at) => [
    at ? html("span", { class: "arrow", "aria-hidden": "true" }, motif.joins[at - 1]) : null,
    html("figure", {}, html("img", { src: one.picture, alt: "", loading: "lazy" }), html("figcaption", {}, one.name))]);
  const beyond = motif.expected === null ? [] : [
    html("div", { title: "How many classes would hold it by chance: expected support under the null model" }, `${motif.expected.toFixed(1)} by chance`),
    html("div", { title: "False discovery rate (q) over all motifs of this shape and size" }, `q ${significant(motif.q)}`)];
  return html("li", { class: `motif ${motif.chosen ? "chosen" : ""}`, "data-motif": motif.id, "data-support": motif.support, tabindex: "0", role: "button",
    "aria-pressed": String(motif.chosen), "aria-label": `${motif.shape} ${motif.channels.map((one) => one.name).join(", ")}: in ${motif.support} classes` },
    html("div", { class: "chain" }, ...faces),
    html("div", { class: "numbers" }, html("strong", {}, number(motif.support)), ` classes`, ...beyond));
}
