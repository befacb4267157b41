// Saves a view as a picture file, SVG or PNG, with its styles and images inside.

import { fill, html, svg } from "./elements.js";
import { withTexts } from "./png_text.js";
import { button } from "./toolbar.js";

/** @typedef {{x: number, y: number, width: number, height: number}} Box */
/**
 * A picture to save.
 * @typedef {object} Picture
 * @property {Element[]} parts elements with their final styles
 * @property {Box} box the part of the plane that they take
 * @property {string} heading
 * @property {Record<string, string>} provenance what it is made from
 * @property {Element} page an element with the colours of the page
 */

const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
].concat(["font-size", "font-family", "font-weight", "text-anchor", "paint-order", "opacity", "display"]);
const PAD = 24;
const TITLE = 40;
const FOOT = 18; // height of the line that says what the picture is made from
const HASH = 12; // digits of the weights' hash in that line
const LARGEST_SIDE = 8000; // of a PNG, in pixels
const PNG_SCALE = 2; // PNG pixels per screen pixel, where the side allows it

/**
 * Two buttons: save as SVG, save as PNG.
 * @param {() => Picture} draw
 * @param {() => string} name the file's name without its ending
 * @param {string} [what] is saved, as the buttons call it
 */
export function pictureButtons(draw, name, what = "picture") {
  return [
    button("SVG", `Download this ${what} as SVG`, async () => {
      save(svgFile(await standalone(draw())), `${name()}.svg`);
    }),
    button("PNG", `Download this ${what} as PNG`, async () => {
      const picture = draw();
      save(await pngFile(await standalone(picture), textsOf(picture)), `${name()}.png`);
    }),
  ];
}

/**
 * A copy that looks the same outside of the page.
 * @template {SVGElement} E
 * @param {E} element
 * @returns {E}
 */
export function copyOf(element) {
  const copy = /** @type {E} */ (element.cloneNode(true));
  copyStyles(element, copy);
  for (const line of copy.querySelectorAll(".hit")) line.remove();
  return copy;
}

/**
 * @param {Element} from
 * @param {Element} to
 */
function copyStyles(from, to) {
  const computed = getComputedStyle(from);
  const { style } = /** @type {SVGElement} */ (to);
  for (const name of STYLES) style.setProperty(name, computed.getPropertyValue(name));
  for (const [at, child] of [...from.children].entries()) copyStyles(child, to.children[at]);
}

/** @param {Picture} picture */
async function standalone({ parts, box, heading, provenance, page }) {
  const colours = getComputedStyle(page);
  const view = {
    x: box.x - PAD,
    y: box.y - PAD - TITLE,
    width: box.width + 2 * PAD,
    height: box.height + 2 * PAD + TITLE + FOOT,
  };
  const paper = colours.getPropertyValue("--st-background-color") || "#fff";
  const font = { "font-size": 18, "font-family": "sans-serif", fill: colours.color };
  const root = svg("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: Object.values(view).join(" "),
    width: Math.ceil(view.width),
    height: Math.ceil(view.height),
  });
  const background = svg("rect", { ...view, fill: paper });
  const banner = svg("rect", { ...view, height: TITLE + PAD / 2, fill: paper });
  const title = svg("text", { x: box.x, y: view.y + 34, ...font }, heading);
  const foot = { ...font, x: box.x, y: box.y + box.height + PAD + FOOT - 6, "font-size": 11 };
  const origin = svg("text", { ...foot, opacity: 0.8 }, originOf(provenance));
  const metadata = svg("metadata", {}, JSON.stringify(provenance));
  const name = svg("title", {}, heading);
  fill(root, name, metadata, background, ...parts, banner, title, origin);
  await Promise.all([...root.querySelectorAll("image")].map(embedImage));
  return root;
}

/**
 * What a picture is made from, in a line.
 * @param {Record<string, string>} provenance
 */
export function originOf(provenance) {
  const short = (/** @type {[string, string]} */ [name, value]) =>
    name === "weights_sha256"
      ? `weights ${value.slice(0, HASH)}`
      : name === "software"
        ? value
        : `${name} ${value}`;
  return Object.entries(provenance).map(short).join(" · ");
}

/**
 * The texts in a PNG, by the keywords of its specification.
 * @param {Picture} picture
 */
function textsOf({ heading, provenance }) {
  const { software = "summit-graph" } = provenance;
  return { Title: heading, Software: software, Description: JSON.stringify(provenance) };
}

/** @param {SVGSVGElement} root */
function svgFile(root) {
  return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
}

/**
 * @param {SVGSVGElement} root
 * @param {Record<string, string>} texts
 * @returns {Promise<Blob>}
 */
async function pngFile(root, texts) {
  const image = new Image();
  const text = encodeURIComponent(new XMLSerializer().serializeToString(root));
  image.src = `data:image/svg+xml,${text}`; // a notebook may forbid an object URL
  await image.decode();
  const scale = Math.min(PNG_SCALE, LARGEST_SIDE / Math.max(image.width, image.height));
  const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  const canvas = html("canvas", { width, height });
  canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
  /** @type {Blob} */
  const plain = await new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))),
      "image/png",
    );
  });
  const bytes = new Uint8Array(await plain.arrayBuffer());
  return new Blob([withTexts(bytes, texts)], { type: "image/png" });
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = html("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {SVGImageElement} image */
async function embedImage(image) {
  const address = image.getAttribute("href") ?? "";
  if (address.startsWith("data:")) return; // a notebook may forbid reading it
  const answer = await fetch(address);
  const reader = new FileReader();
  reader.readAsDataURL(await answer.blob());
  await new Promise((done) => {
    reader.onload = done;
  });
  image.setAttribute("href", `${reader.result}`);
}
