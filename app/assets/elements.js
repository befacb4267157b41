// Makes elements. Text always goes in as text: names come from folders, files and addresses.

const SVG = "http://www.w3.org/2000/svg";

export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

function filled(element, attributes, children) {
  set(element, attributes);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function number(value) {
  return value.toLocaleString("en");
}

export function percent(share) {
  const value = 100 * share;
  return `${value.toFixed(value < 9.95 ? 1 : 0)}%`;
}

export function significant(value) {
  if (!value) return "0";
  return value < 1e-3
    ? value
        .toExponential(1)
        .replace("e-", " × 10⁻")
        .replace(/⁻(\d+)$/, (_, n) => `⁻${raised(n)}`)
    : value.toPrecision(2);
}

function raised(digits) {
  return [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
}
