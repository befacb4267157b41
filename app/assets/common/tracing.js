// Draws a part of the page as SVG: its images, its lines of text and its borders, at their positions.

import { svg } from "./elements.js";

/** @typedef {{left: number, right: number, bottom: number, height: number, words: string}} Line */

/**
 * The SVG elements, and the box they take. Elements of class "control" are omitted.
 * @param {HTMLElement} root
 */
export function trace(root) {
  const origin = root.getBoundingClientRect();
  /** @type {Element[]} */
  const parts = [];
  /** @param {Element} element */
  const visit = (element) => {
    if (element.classList.contains("control")) return;
    if (element instanceof HTMLImageElement) parts.push(picture(element, origin));
    else if (hasBorder(element)) parts.push(border(element, origin));
    for (const child of element.childNodes) {
      if (child instanceof Text) parts.push(...textLines(child, origin));
      else if (child instanceof Element) visit(child);
    }
  };
  visit(root);
  return { parts, box: { x: 0, y: 0, width: origin.width, height: origin.height } };
}

/**
 * @param {Element} element
 * @param {DOMRect} origin
 */
function boxOf(element, origin) {
  const box = element.getBoundingClientRect();
  return { x: box.left - origin.left, y: box.top - origin.top, width: box.width, height: box.height };
}

/**
 * @param {HTMLImageElement} image
 * @param {DOMRect} origin
 */
function picture(image, origin) {
  const href = image.getAttribute("src");
  return svg("image", { href, preserveAspectRatio: "xMidYMid slice", ...boxOf(image, origin) });
}

/** @param {Element} element */
function hasBorder(element) {
  const style = getComputedStyle(element);
  return style.borderTopStyle === "solid" && parseFloat(style.borderTopWidth) > 0;
}

/**
 * @param {Element} element
 * @param {DOMRect} origin
 */
function border(element, origin) {
  const style = getComputedStyle(element);
  const look = { fill: "none", stroke: style.borderTopColor, rx: parseFloat(style.borderTopLeftRadius) };
  return svg("rect", { ...look, ...boxOf(element, origin) });
}

/**
 * A text element for each line into which the page breaks a text.
 * @param {Text} node
 * @param {DOMRect} origin
 */
function textLines(node, origin) {
  if (!node.parentElement) return [];
  const style = getComputedStyle(node.parentElement);
  const look = {
    fill: style.color,
    opacity: style.opacity,
    "font-size": style.fontSize,
    "font-weight": style.fontWeight,
    "font-family": "sans-serif",
  };
  return linesOf(node).map(({ left, right, bottom, height, words }) => {
    const fit = { textLength: right - left, lengthAdjust: "spacingAndGlyphs" };
    const place = { x: left - origin.left, y: bottom - origin.top - height * 0.24 }; // above the descenders
    return svg("text", { ...fit, ...place, ...look }, words.trim());
  });
}

/** @param {Text} node */
function linesOf(node) {
  /** @type {Line[]} */
  const found = [];
  for (const { 0: word, index } of node.data.matchAll(/\S+\s*/g)) {
    const { left, right, bottom, height } = boxOfWord(node, index, word.length);
    const line = found.at(-1);
    if (line?.bottom === bottom) Object.assign(line, { right, words: line.words + word });
    else found.push({ left, right, bottom, height, words: word });
  }
  return found.filter((line) => line.height);
}

/**
 * @param {Text} node
 * @param {number} start
 * @param {number} length
 */
function boxOfWord(node, start, length) {
  const range = document.createRange();
  range.setStart(node, start);
  range.setEnd(node, start + length);
  return range.getBoundingClientRect();
}
