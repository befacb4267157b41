// Saves what is shown as a picture of its own, with styles and pictures inside it: as SVG, or as PNG.

import { fill, set, svg } from "./elements.js";
import { button } from "./toolbar.js";

const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "opacity",
  "font-size",
  "font-family",
  "font-weight",
  "text-anchor",
  "display",
  "stroke-opacity",
  "fill-opacity",
  "paint-order",
];
const PAD = 24;
const TITLE = 40;
const LARGEST_SIDE = 8000;

// draw() tells { parts, box, heading, page }: elements in their final styles, what part of the plane they take, a
// title, and an element whose colours are the page's. name() is the file's name without its ending; what: what one calls it.
export function pictureButtons(draw, name, what = "picture") {
  return [
    button("SVG", `Download this ${what} as SVG`, async () =>
      save(asFile(await standalone(draw())), `${name()}.svg`),
    ),
    button("PNG", `Download this ${what} as PNG`, async () =>
      save(await asPixels(await standalone(draw())), `${name()}.png`),
    ),
  ];
}

// An element that looks outside of the page as it does in it.
export function copyOf(element) {
  const copy = element.cloneNode(true);
  keepStyles(element, copy);
  copy.querySelectorAll(".hit").forEach((line) => line.remove());
  return copy;
}

function keepStyles(from, to) {
  const computed = getComputedStyle(from);
  for (const name of STYLES) to.style.setProperty(name, computed.getPropertyValue(name));
  [...from.children].forEach((child, at) => keepStyles(child, to.children[at]));
}

async function standalone({ parts, box, heading, page }) {
  const colours = getComputedStyle(page);
  const view = {
    x: box.x - PAD,
    y: box.y - PAD - TITLE,
    width: box.width + 2 * PAD,
    height: box.height + 2 * PAD + TITLE,
  };
  const paper = (height) =>
    svg("rect", { ...view, height, fill: colours.getPropertyValue("--st-background-color") || "#fff" });
  const title = svg(
    "text",
    { x: box.x, y: view.y + 34, "font-size": 18, "font-family": "sans-serif", fill: colours.color },
    heading,
  );
  const root = svg("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: Object.values(view).join(" "),
    width: Math.ceil(view.width),
    height: Math.ceil(view.height),
  });
  fill(root, paper(view.height), ...parts, paper(TITLE + PAD / 2), title);
  await Promise.all([...root.querySelectorAll("image")].map(inlined));
  return root;
}

function asFile(root) {
  return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
}

// Twice as large as on the screen, where that is not too much for a canvas.
async function asPixels(root) {
  const image = new Image();
  image.src = URL.createObjectURL(asFile(root));
  await image.decode();
  const scale = Math.min(2, LARGEST_SIDE / Math.max(image.width, image.height));
  const sheet = set(document.createElement("canvas"), {
    width: Math.round(image.width * scale),
    height: Math.round(image.height * scale),
  });
  sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => {
    sheet.toBlob(done, "image/png");
  });
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(blob),
    download: name,
  });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function inlined(image) {
  const blob = await (await fetch(image.getAttribute("href"))).blob();
  const reader = new FileReader();
  await new Promise((done) => {
    reader.onload = done;
    reader.readAsDataURL(blob);
  });
  image.setAttribute("href", reader.result);
}
