// What the panel shows of the user's subgraph: fields for a pinned channel, a list of all, save and open.

import { save as saveBlob } from "../common/download.js";
import { html } from "../common/elements.js";
import { counted } from "../common/text.js";
import {
  annotate,
  cleared,
  editSupernode,
  group,
  groupOf,
  isEmpty,
  pin,
  pinnedOf,
  ungroup,
  unpin,
} from "./subgraph.js";

/** @typedef {import("../data.js").Subgraph} Subgraph */
/** @typedef {import("../data.js").Supernode} Supernode */
/**
 * The user's subgraph, and what changes it.
 * @typedef {object} Editing
 * @property {Subgraph} subgraph
 * @property {(edit: (subgraph: Subgraph) => Subgraph) => void} edit the newest subgraph, which may be newer
 * @property {(id: string) => void} select a channel or a supernode
 * @property {(text: string) => void} open a saved subgraph
 * @property {() => void} save the newest subgraph
 */

const HINT = "Pin channels (P) to label them, to add notes, to group them, or to hide all others.";
const [LABEL, NOTE] = [80, 2000]; // characters, as formats/subgraphs.py allows

/**
 * The pin of a channel: a button, and fields if it is pinned.
 * @param {string} channel
 * @param {Editing} editing
 */
export function pinFields(channel, { subgraph, edit }) {
  const pinned = pinnedOf(subgraph, channel);
  if (!pinned) {
    return html(
      "div",
      { class: "pin-fields" },
      action("Pin", `pin ${channel}`, () => edit((newest) => pin(newest, channel))),
    );
  }
  const { label, note } = pinned;
  const inside = subgraph.supernodes[groupOf(subgraph, channel)]?.label ?? "";
  return html(
    "div",
    { class: "pin-fields" },
    action("Unpin", `pin ${channel}`, () => edit((newest) => unpin(newest, channel))),
    textField("Label", label, (text) => edit((newest) => annotate(newest, channel, { label: text }))),
    noteField(note, (text) => edit((newest) => annotate(newest, channel, { note: text }))),
    textField("Supernode", inside, (text) => edit((newest) => group(newest, channel, text)), {
      options: subgraph.supernodes.map((one) => one.label),
      title: "Channels with the same text here are grouped; the group can be folded to one node",
    }),
    inside ? foldButton(groupOf(subgraph, channel), { subgraph, edit }) : null,
  );
}

/**
 * The fields of a supernode.
 * @param {number} at its place
 * @param {Editing} editing
 */
export function supernodeFields(at, { subgraph, edit }) {
  const { label, note, channels } = subgraph.supernodes[at];
  const editThis = (/** @type {Partial<Supernode>} */ changes) =>
    edit((newest) => editSupernode(newest, groupOf(newest, channels[0]), changes));
  return html(
    "div",
    { class: "pin-fields" },
    foldButton(at, { subgraph, edit }),
    action("Ungroup", `ungroup ${at}`, () => edit((newest) => ungroup(newest, groupOf(newest, channels[0])))),
    textField("Label", label, (text) => text && editThis({ label: text })),
    noteField(note, (text) => editThis({ note: text })),
  );
}

/**
 * The whole subgraph: its note, its supernodes and channels, and what is done with it.
 * @param {Editing} editing
 */
export function subgraphSection({ subgraph, edit, select, open, save }) {
  const { pinned, supernodes, note } = subgraph;
  const head = html("h4", {}, "Subgraph", html("span", { class: "unit" }, `${pinned.length} pinned`));
  const opener = fileField(open);
  if (isEmpty(subgraph)) return html("section", { class: "subgraph" }, head, quiet(HINT), opener);
  const groups = supernodes.map((one, at) =>
    html("li", {}, html("span", { class: "name" }, groupText(one)), foldButton(at, { subgraph, edit })),
  );
  const loose = pinned.filter(({ channel }) => groupOf(subgraph, channel) < 0);
  const channels = loose.map(({ channel, label }) => {
    const link = html("button", { type: "button", class: "link", "data-pinned": channel }, label || channel);
    link.addEventListener("click", () => select(channel));
    return html("li", {}, link, label ? html("span", { class: "via" }, channel) : null);
  });
  return html(
    "section",
    { class: "subgraph" },
    head,
    noteField(note, (text) => edit((newest) => ({ ...newest, note: text }))),
    html("ul", { class: "influences" }, ...groups, ...channels),
    action("Save", "save", save),
    opener,
    action("Clear", "clear", () => edit(cleared)),
  );
}

/** @param {import("../data.js").Supernode} supernode */
function groupText({ label, channels }) {
  return `${label} (${counted(channels.length, "channel", "channels")})`;
}

/**
 * @param {Subgraph} subgraph
 * @param {string} name
 */
export function saveFile(subgraph, name) {
  const blob = new Blob([`${JSON.stringify(subgraph, null, 1)}\n`], { type: "application/json" });
  saveBlob(blob, `${name}-subgraph.json`);
}

/** @param {(text: string) => void} open */
function fileField(open) {
  const input = html("input", { type: "file", accept: ".json,application/json", hidden: true });
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    if (file) open(await file.text());
    input.value = "";
  });
  const button = action("Open …", "open", () => input.click());
  return html("span", {}, input, button);
}

/**
 * @param {number} at
 * @param {Pick<Editing, "subgraph" | "edit">} editing
 */
function foldButton(at, { subgraph, edit }) {
  const { open, channels } = subgraph.supernodes[at];
  const fold = () => edit((newest) => editSupernode(newest, groupOf(newest, channels[0]), { open: !open }));
  return action(open ? "Fold" : "Unfold", `fold ${at}`, fold);
}

/**
 * @param {string} text
 * @param {string} name finds the button again when the panel is drawn again
 * @param {() => void} act
 */
export function action(text, name, act) {
  const made = html("button", { type: "button", "data-action": name }, text);
  made.addEventListener("click", act);
  return made;
}

/**
 * @param {string} name
 * @param {string} value
 * @param {(text: string) => void} changed
 * @param {{options?: string[], title?: string}} [more] texts that are offered
 */
function textField(name, value, changed, { options = [], title } = {}) {
  const list = `options-${name}`;
  const attributes = { type: "text", value, maxlength: LABEL, list: options.length ? list : null };
  const input = html("input", { ...attributes, "data-field": name, autocomplete: "off" });
  const offered = html("datalist", { id: list }, ...options.map((text) => html("option", { value: text })));
  return html("label", { title }, html("span", {}, name), listening(input, changed), offered);
}

/**
 * @param {string} value
 * @param {(text: string) => void} changed
 */
function noteField(value, changed) {
  const area = html("textarea", { rows: 2, maxlength: NOTE, "data-field": "Note" }, value);
  return html("label", {}, html("span", {}, "Note"), listening(area, changed));
}

/**
 * Keys in a field are text, not shortcuts of the graph.
 * @template {HTMLInputElement | HTMLTextAreaElement} Field
 * @param {Field} field
 * @param {(text: string) => void} changed
 */
function listening(field, changed) {
  field.addEventListener("change", () => changed(field.value.trim()));
  field.addEventListener("keydown", (event) => event.stopPropagation());
  return field;
}

/** @param {string} text */
function quiet(text) {
  return html("p", { class: "quiet" }, text);
}
