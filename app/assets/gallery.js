// Channels as pictures: groups of them with captions, and motifs as rows. What is clicked goes to Python.

import { pictureButtons } from "./download.js";
import { fill, html, number, set, significant } from "./elements.js";
import { isBrowsers, Stop } from "./keyboard.js";
import { channelLink } from "./links.js";
import { button } from "./toolbar.js";
import { trace } from "./tracing.js";

const MOTIFS = 60;

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  root.tell = setTriggerValue;
  const fresh = root.shown !== data.key;
  root.shown = data.key;
  if (fresh) draw(root, data);
  markChosen(root, data.chosen);
}

function draw(root, data) {
  root.link = (channel, ...children) => channelLink(data.channels, channel, () => root.tell("open", channel), ...children);
  const content = html("div", { class: "content" }, ...(data.groups ?? []).map((group) => section(root, group)));
  if (data.motifs) showMotifs(root, content, data.motifs, Math.max(MOTIFS, data.motifs.findIndex((one) => one.id === data.chosen) + 1));
  fill(root, data.file ? keeping(content, data) : null, content);
}

function keeping(content, data) {
  const picture = () => ({ ...trace(content), heading: data.heading, page: content });
  return html("div", { class: "keeping control" }, ...pictureButtons(picture, () => data.file));
}

function section(root, { title, hint, items, side }) {
  return html("section", {}, title ? html("h3", {}, title) : null, hint ? html("p", { class: "quiet" }, hint) : null,
    html("ul", { class: "items" }, ...items.map((item) => entry(root, item, item.side ?? side))));
}

function entry(root, item, side) {
  const face = html("img", { src: item.picture, alt: item.name ? "" : (item.alt ?? ""), width: side, height: side, loading: "lazy" });
  const words = [item.name ? html("span", { class: "name" }, item.name) : null, ...(item.captions ?? []).map((text) => html("span", { class: "caption" }, text))];
  const box = html("li", { class: "item" });
  box.style.maxWidth = `${Math.max(side, 92)}px`;
  if (!item.channel) box.append(...[face, ...words].filter(Boolean));
  else box.append(root.link(item.channel, face, ...words));
  return box;
}

// So many of them at first: hundreds with their pictures would be slow to come.
function showMotifs(root, content, rows, most) {
  const list = html("ul", { class: "motifs", role: "listbox", "aria-label": "Motifs" }, ...rows.slice(0, most).map(motifRow));
  const choose = (event) => {
    const row = event.target.closest("[data-motif]");
    if (!row) return;
    event.preventDefault();
    root.tell("motif", row.getAttribute("data-motif"));
  };
  list.addEventListener("click", choose);
  list.addEventListener("keydown", (event) => !isBrowsers(event) && (event.key === "Enter" || event.key === " ") && choose(event));
  root.stop = walkable(list);
  const left = rows.length - most;
  const more = button(`Show ${number(Math.min(left, MOTIFS))} more of ${number(rows.length)}`, "Show more motifs", () => {
    const chosen = list.querySelector(".chosen")?.getAttribute("data-motif");
    showMotifs(root, content, rows, most + MOTIFS);
    markChosen(root, chosen);
    content.querySelectorAll("[data-motif]")[most].focus();
  });
  more.classList.add("control", "more");
  fill(content, list, left > 0 ? more : null);
}

function markChosen(root, chosen) {
  for (const row of root.querySelectorAll("[data-motif]")) {
    const is = row.getAttribute("data-motif") === chosen;
    row.classList.toggle("chosen", is);
    set(row, { "aria-selected": String(is) });
    if (is) root.stop.to(row);
  }
}

// Arrows go from row to row.
function walkable(list) {
  const stop = new Stop();
  stop.to(list.firstElementChild);
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-motif]");
    const [back, on] = [row?.previousElementSibling, row?.nextElementSibling];
    const next = { ArrowUp: back, ArrowLeft: back, ArrowDown: on, ArrowRight: on }[event.key];
    if (!next || isBrowsers(event)) return;
    event.preventDefault();
    stop.walk(next);
  });
  return stop;
}

function motifRow(motif) {
  const faces = motif.channels.flatMap((one, at) => [
    at ? html("span", { class: "arrow", "aria-hidden": "true" }, motif.joins[at - 1]) : null,
    html("figure", {}, html("img", { src: one.picture, alt: "", loading: "lazy", width: 60, height: 60 }), html("figcaption", {}, one.name))]);
  const beyond = motif.expected === null ? [] : [
    html("div", { title: "Expected support: how many classes would hold it if influences were rewired at random (null model)" }, `${motif.expected.toFixed(1)} by chance`),
    html("div", { title: "q: false discovery rate over all motifs of this shape and size" }, `q ${significant(motif.q)}`)];
  return html("li", { class: "motif", "data-motif": motif.id, "data-support": motif.support, tabindex: "-1", role: "option",
    "aria-label": `${motif.shape} ${motif.channels.map((one) => one.name).join(", ")}: in ${motif.support} classes` },
    html("div", { class: "chain" }, ...faces),
    html("div", { class: "numbers" }, html("div", { title: "Support: how many classes' attribution graphs hold it" }, html("strong", {}, number(motif.support)), ` ${motif.support === 1 ? "class" : "classes"}`), ...beyond));
}
