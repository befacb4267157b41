// What channels and influences look like: in a comparison, colour and form say which classes have them.

import { closest, html, set, svg } from "../common/elements.js";
import { outline } from "../common/shapes.js";
import { clipped, shortened } from "../common/text.js";
import { CLASS_LETTERS, edgeWidth, FOLDED_SIZE } from "./layout.js";
import { isSameHolder } from "./model.js";
import { holdersAttributes } from "./words.js";

/** @typedef {import("../common/shapes.js").Form} Form */
/** @typedef {import("../data.js").GraphClass} GraphClass */
/** @typedef {import("./model.js").Channel} Channel */
/** @typedef {import("./model.js").Influence} Influence */
/** @typedef {Channel | Influence} Held */
/** @typedef {import("./model.js").Holder} Holder */
/** @typedef {{kind: string, form: Form, text: string, held: Holder}} Key an entry of the legend */
/** @typedef {{mark: SVGGElement, image: SVGImageElement | null}} ChannelMark */
/** @typedef {{mark: SVGGElement, paths: SVGPathElement[]}} InfluenceMark */

/** @type {Form[]} of the channels that only the first, second … class has */
const FORMS = ["circle", "hexagon", "octagon", "diamond"];
const COLOURS = 8; // classes with a colour of their own; the others share one
/** The side of the picture that a frame surrounds, over the frame's size: pictures are not cropped. */
const PICTURE_SIDES = { square: 1, circle: 0.74, hexagon: 0.74, octagon: 0.82, diamond: 0.62 };
const ENLARGED = 1.12; // frames that are not square, for larger pictures in them

/** Pixels from a mark to the base line of the user's label below it. */
export const LABEL_LINE = 14;
const LABEL_LETTERS = 18; // of such a label
const MOSAIC = 4; // pictures in the mark of a supernode

const AGAINST = "Red frames and lines: this speaks against the class.";
const BARS = "Bars: skips, which pass a channel on unchanged, with a small mark for each layer between.";

/** The path along which pictures are clipped: their rounded corners. */
export function clipPaths() {
  const attributes = { id: "clip-picture", clipPathUnits: "objectBoundingBox" };
  const corners = svg("path", { d: outline("square", 0.94), transform: "translate(0.5,0.5)" });
  return [svg("clipPath", attributes, corners)];
}

/**
 * The size of a frame.
 * @param {Form} form
 * @param {number} size of the channel
 */
function frameSize(form, size) {
  return form === "square" ? size : size * ENLARGED;
}

/**
 * @param {Channel} channel
 * @param {GraphClass[]} classes
 * @param {string} description
 * @returns {ChannelMark}
 */
export function channelMark(channel, classes, description) {
  const { id, size, picture } = channel;
  const form = formOf(channel, classes);
  const around = frameSize(form, size);
  const side = around * PICTURE_SIDES[form];
  const box = { x: -side / 2, y: -side / 2, width: side, height: side };
  const clip = { preserveAspectRatio: "xMidYMid slice", "clip-path": "url(#clip-picture)" };
  const image = svg("image", { href: picture, ...box, ...clip });
  const extra = channel.extra ? " extra" : "";
  const pinned = channel.isPinned ? " pinned" : "";
  const attributes = {
    class: `node ${kindOf(channel, classes)}${extra}${pinned}`,
    "data-channel": id,
    "data-count": channel.count,
    tabindex: "-1",
    role: "button",
    "aria-pressed": "false",
    "aria-label": description,
    ...holdersAttributes(channel),
  };
  const backing = svg("path", { class: "backing loading", d: outline(form, around) });
  for (const event of ["load", "error"]) {
    image.addEventListener(event, () => backing.classList.remove("loading"), { once: true });
  }
  const frame = svg("path", { class: "frame", d: outline(form, around) });
  return { mark: svg("g", attributes, backing, image, frame, ...pinMarks(channel)), image };
}

/**
 * What shows that a channel is pinned: a dot at its corner, and the user's label below it.
 * @param {Channel} channel
 */
function pinMarks({ isPinned, ownLabel, size }) {
  if (!isPinned) return [];
  const dot = svg("circle", { class: "pin", cx: size / 2 - 1, cy: 1 - size / 2, r: 6 });
  return ownLabel ? [dot, labelBelow(ownLabel, size)] : [dot];
}

/**
 * @param {string} label
 * @param {number} size of the mark
 */
function labelBelow(label, size) {
  const place = { class: "own-label", y: size / 2 + LABEL_LINE, "text-anchor": "middle" };
  return svg("text", place, clipped(label, LABEL_LETTERS));
}

/**
 * A folded supernode: the pictures of its first channels in one frame, before a second frame.
 * @param {Channel} channel
 * @param {string} description
 * @returns {ChannelMark}
 */
export function supernodeMark(channel, description) {
  const { size, members, ownLabel: label } = channel;
  if (channel.isOpen) return openMark(channel, description);
  const half = size / 2;
  const images = members.slice(0, MOSAIC).map(({ picture }, at, shown) => {
    const box = tile(at, shown.length, size);
    return svg("image", { href: picture, ...box, preserveAspectRatio: "xMidYMid slice" });
  });
  const attributes = supernodeAttributes(channel, description);
  const box = { x: -half, y: -half, width: size, height: size, rx: 9 };
  const behind = svg("rect", { class: "backing behind", ...box, x: 5 - half, y: -5 - half });
  const [backing, frame] = [
    svg("rect", { class: "backing", ...box }),
    svg("rect", { class: "frame", ...box }),
  ];
  return {
    mark: svg("g", attributes, behind, backing, ...images, frame, labelBelow(label, size)),
    image: null,
  };
}

/**
 * The mark of an open group, to the left of its channels.
 * @param {Channel} channel
 * @param {string} description
 * @returns {ChannelMark}
 */
function openMark(channel, description) {
  const half = channel.size / 2;
  const title = svg("title", {}, `${channel.ownLabel}: fold`);
  const frame = svg("rect", { class: "frame", x: -half, y: -half, width: 2 * half, height: 2 * half, rx: 7 });
  const minus = svg("path", { class: "minus", d: `M${-half / 2},0H${half / 2}` });
  return {
    mark: svg(
      "g",
      supernodeAttributes(channel, description),
      title,
      frame,
      minus,
      labelBelow(channel.ownLabel, channel.size),
    ),
    image: null,
  };
}

/**
 * @param {Channel} channel
 * @param {string} description
 */
function supernodeAttributes({ id, count, ownLabel: label, isGroup, isOpen }, description) {
  return {
    class: `node supernode${isGroup ? " group" : ""}${isOpen ? " open" : ""}`,
    "data-supernode": id,
    "data-label": label,
    "data-count": count,
    "data-open": isOpen,
    tabindex: "-1",
    role: "button",
    ...(isGroup ? { "aria-expanded": String(isOpen) } : { "aria-pressed": "false" }),
    "aria-label": description,
  };
}

/**
 * Makes a channel's mark a small one on a bar, or a picture again.
 * @param {ChannelMark} mark
 * @param {Channel} channel
 * @param {GraphClass[]} classes
 * @param {boolean} isFolded
 */
export function foldMark({ mark, image }, channel, classes, isFolded) {
  if (!image || mark.classList.contains("folded") === isFolded) return;
  mark.classList.toggle("folded", isFolded);
  const form = formOf(channel, classes);
  const d = outline(form, isFolded ? FOLDED_SIZE : frameSize(form, channel.size));
  for (const path of mark.querySelectorAll("path")) set(path, { d });
}

/**
 * The class, at the top of its graph.
 * @param {Channel} channel
 * @param {string} title
 * @param {string} description
 * @returns {ChannelMark}
 */
export function classMark({ id, size, height }, title, description) {
  const box = { x: -size / 2, y: -height / 2, width: size, height, rx: height / 2 };
  const attributes = {
    class: "node class",
    "data-output": id,
    tabindex: "-1",
    role: "button",
    "aria-pressed": "false",
    "aria-label": description,
  };
  const name = svg("text", { y: 5.5, "text-anchor": "middle" }, shortened(title, CLASS_LETTERS));
  const parts = [svg("rect", { class: "backing", ...box }), svg("rect", { class: "frame", ...box }), name];
  return { mark: svg("g", attributes, svg("title", {}, title), ...parts), image: null };
}

/**
 * The place of one of up to four pictures in a square: side by side, then in a second row.
 * @param {number} at
 * @param {number} number of pictures
 * @param {number} size of the square
 */
function tile(at, number, size) {
  const [columns, rows] = [Math.min(number, 2), Math.ceil(number / 2)];
  const [width, height] = [size / columns, size / rows];
  const [x, y] = [(at % 2) * width - size / 2, Math.floor(at / 2) * height - size / 2];
  return { x: x + 2, y: y + 2, width: width - 4, height: height - 4 };
}

/**
 * The channel, the class or the supernode that an element belongs to.
 * @param {EventTarget | null} target
 */
export function channelAt(target) {
  const mark = closest(target, ".node");
  const names = ["data-channel", "data-output", "data-supernode"];
  return names.map((name) => mark?.getAttribute(name)).find(Boolean) ?? null;
}

/**
 * The name of the run whose bar an element belongs to.
 * @param {EventTarget | null} target
 */
export function runAt(target) {
  return closest(target, ".edge.bar")?.getAttribute("data-run") ?? null;
}

/**
 * The name of the influence that an element belongs to.
 * @param {EventTarget | null} target
 */
export function influenceAt(target) {
  const mark = closest(target, ".edge");
  return mark?.getAttribute("data-edge") ?? mark?.getAttribute("data-support") ?? null;
}

/**
 * @param {Influence} influence
 * @param {GraphClass[]} classes
 * @param {number} strongest
 * @param {string} description
 * @returns {InfluenceMark}
 */
export function influenceMark(influence, classes, strongest, description) {
  const paths = [svg("path", { class: "line" }), svg("path", { class: "hit" })];
  const kinds = ["edge", kindOf(influence, classes)];
  if (influence.skip) kinds.push("skip");
  if (influence.extra) kinds.push("extra");
  const attributes = {
    class: kinds.join(" "),
    "data-edge": influence.isSupport ? null : influence.name,
    "data-support": influence.isSupport ? influence.name : null,
    "data-skip": influence.skip,
    "data-count": influence.count,
    "stroke-width": edgeWidth(influence.count, strongest).toFixed(2),
    tabindex: "-1",
    role: "img",
    "aria-label": description,
    ...holdersAttributes(influence),
  };
  return { mark: svg("g", attributes, ...paths), paths };
}

/**
 * The CSS classes of a mark: shared, some, or only-0, only-1 … by the owner's place in the comparison.
 * @param {Held} thing
 * @param {GraphClass[]} classes
 */
function kindOf(thing, classes) {
  return thing.part === "only" ? onlyKind(placeOf(thing.owner, classes)) : (thing.part ?? "");
}

/** @param {number} place of the class among the compared ones */
function onlyKind(place) {
  return place < COLOURS ? `only only-${place}` : "only only-more";
}

/**
 * @param {Held} thing
 * @param {GraphClass[]} classes
 */
function formOf(thing, classes) {
  return thing.part === "only" ? FORMS[placeOf(thing.owner, classes) % FORMS.length] : "square";
}

/**
 * @param {string | null} owner
 * @param {GraphClass[]} classes
 */
function placeOf(owner, classes) {
  return classes.findIndex(({ name }) => name === owner);
}

/**
 * What colours and forms mean in a comparison.
 * @param {GraphClass[]} classes
 * @returns {Key[]}
 */
export function keysOf(classes) {
  if (classes.length < 2) return [];
  /** @type {Key[]} */
  const some = [
    { kind: "some", form: "square", text: "in some of them", held: { part: "some", owner: null } },
  ];
  return [
    { kind: "shared", form: "square", text: "shared by all", held: { part: "shared", owner: null } },
    ...(classes.length > 2 ? some : []),
    ...classes.map(({ name, title }, at) => {
      const held = { part: "only", owner: name };
      return { kind: onlyKind(at), form: FORMS[at % FORMS.length], text: `only ${title}`, held };
    }),
  ];
}

/**
 * @param {{classes: GraphClass[], hasSkips: boolean, against: boolean}} graph
 * @param {{held: Holder | null, hold: (held: Holder | null) => void}} choice the entry that is shown alone
 */
export function legend({ classes, hasSkips, against }, { held: now, hold }) {
  if (classes.length < 2) {
    const sizes = "Larger pictures: top channels of more images. Wider lines: influence in more images.";
    const colours =
      "Pointing at a channel: blue lines are influences on it, orange lines its own influences.";
    const bars = hasSkips ? ` ${BARS}` : "";
    const frames = against ? ` ${AGAINST}` : "";
    return html("p", { class: "quiet" }, `${sizes}${bars}${frames} ${colours}`);
  }
  const entries = keysOf(classes).map(({ kind, form, text, held }) => {
    const frame = svg("path", { class: "frame", d: outline(form, 20) });
    const mark = svg("g", { class: `node ${kind}` }, frame);
    const key = svg("svg", { class: "key", viewBox: "-14 -14 28 28", width: 24, height: 24 }, mark);
    const isAlone = now !== null && isSameHolder(now, held);
    const attributes = {
      type: "button",
      class: "link",
      "aria-pressed": String(isAlone),
      title: "Show these alone",
    };
    const name = html("button", attributes, text);
    name.addEventListener("click", () => hold(isAlone ? null : held));
    return html("li", {}, key, name);
  });
  const list = html("ul", { class: "legend" }, ...entries);
  return hasSkips ? html("div", {}, list, html("p", { class: "quiet" }, BARS)) : list;
}

/**
 * The legend of a saved picture.
 * @param {GraphClass[]} classes
 * @param {{x: number, y: number}} place
 * @param {CSSStyleDeclaration} style of the page
 */
export function drawnLegend(classes, place, style) {
  return keysOf(classes).map(({ kind, form, text }, at) => {
    const stroke = style.getPropertyValue(`--${kind.split(" ").at(-1)}`);
    const dashes = { "stroke-width": 3, "stroke-dasharray": kind === "some" ? "5 3" : null };
    return svg(
      "g",
      { transform: `translate(${place.x},${place.y + 26 * at})`, "font-family": "sans-serif" },
      svg("path", { d: outline(form, 16), fill: "none", stroke, ...dashes }),
      svg("text", { x: 18, y: 4.5, "font-size": 13, fill: style.color }, text),
    );
  });
}
