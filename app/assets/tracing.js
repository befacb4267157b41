// A part of the page drawn anew as SVG: its pictures, its lines of text and its frames, where they stand.

import { svg } from "./elements.js";

// The elements to draw, and the box they take; marked ones (class "control") are left out.
export function trace(root) {
  const origin = root.getBoundingClientRect();
  const parts = [];
  const walk = (element) => {
    if (element.classList.contains("control")) return;
    if (element.tagName === "IMG") parts.push(picture(element, origin));
    else if (isFramed(element)) parts.push(frame(element, origin));
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) parts.push(...lines(child, origin));
      else if (child.nodeType === Node.ELEMENT_NODE) walk(child);
    }
  };
  walk(root);
  return { parts, box: { x: 0, y: 0, width: origin.width, height: origin.height } };
}

function placed(box, origin) {
  return { x: box.left - origin.left, y: box.top - origin.top, width: box.width, height: box.height };
}

function picture(image, origin) {
  return svg("image", {
    href: image.getAttribute("src"),
    preserveAspectRatio: "xMidYMid slice",
    ...placed(image.getBoundingClientRect(), origin),
  });
}

function isFramed(element) {
  return (
    getComputedStyle(element).borderTopStyle === "solid" &&
    parseFloat(getComputedStyle(element).borderTopWidth) > 0
  );
}

function frame(element, origin) {
  const style = getComputedStyle(element);
  return svg("rect", {
    fill: "none",
    stroke: style.borderTopColor,
    rx: parseFloat(style.borderTopLeftRadius),
    ...placed(element.getBoundingClientRect(), origin),
  });
}

// A text element for each line that the page breaks a text into.
function lines(node, origin) {
  const style = getComputedStyle(node.parentElement);
  const found = [];
  for (const { 0: word, index } of node.data.matchAll(/\S+\s*/g)) {
    const range = document.createRange();
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    if (found.at(-1)?.bottom !== box.bottom)
      found.push({ bottom: box.bottom, left: box.left, height: box.height, words: "" });
    found.at(-1).words += word;
    found.at(-1).right = box.right;
  }
  return found
    .filter((line) => line.height)
    .map(({ bottom, left, right, height, words }) =>
      svg(
        "text",
        {
          textLength: right - left,
          lengthAdjust: "spacingAndGlyphs",
          x: left - origin.left,
          y: bottom - origin.top - height * 0.24,
          fill: style.color,
          opacity: style.opacity,
          "font-size": style.fontSize,
          "font-weight": style.fontWeight,
          "font-family": "sans-serif",
        },
        words.trim(),
      ),
    );
}
