// Saves an SVG as it is shown, as a file of its own: styles and pictures inside it.

import { svg as make } from "./elements.js";

const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family",
  "font-weight", "text-anchor", "display", "stroke-opacity", "fill-opacity"];

export async function saveSvg(canvas, scene, name) {
  save(new Blob([await standalone(canvas, scene)], { type: "image/svg+xml" }), `${name}.svg`);
}

export async function savePng(canvas, scene, name) {
  const text = await standalone(canvas, scene);
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  await image.decode();
  const scale = Math.min(2, 8000 / Math.max(image.width, image.height));
  const sheet = Object.assign(document.createElement("canvas"), { width: image.width * scale, height: image.height * scale });
  sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
  URL.revokeObjectURL(image.src);
  sheet.toBlob((blob) => save(blob, `${name}.png`), "image/png");
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function standalone(canvas, scene) {
  const box = scene.getBBox();
  const [pad, title] = [24, 40];
  const copy = scene.cloneNode(true);
  keepStyles(scene, copy);
  copy.querySelectorAll(".hit").forEach((line) => line.remove());
  copy.removeAttribute("transform");
  await Promise.all([...copy.querySelectorAll("image")].map(inlined));
  const view = [box.x - pad, box.y - pad - title, box.width + 2 * pad, box.height + 2 * pad + title];
  const page = getComputedStyle(canvas);
  const root = make("svg", { viewBox: view.join(" "), width: Math.ceil(view[2]), height: Math.ceil(view[3]) });
  root.append(make("rect", { x: view[0], y: view[1], width: view[2], height: view[3], fill: page.getPropertyValue("--st-background-color") || "#fff" }));
  const heading = make("text", { x: view[0] + pad, y: view[1] + 30, "font-size": 18, "font-family": "sans-serif", fill: page.color });
  heading.textContent = canvas.getAttribute("aria-label");
  root.append(canvas.querySelector("defs")?.cloneNode(true) ?? "", heading, copy);
  root.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(root);
}

function keepStyles(from, to) {
  const computed = getComputedStyle(from);
  for (const name of STYLES) to.style.setProperty(name, computed.getPropertyValue(name));
  [...from.children].forEach((child, at) => keepStyles(child, to.children[at]));
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
