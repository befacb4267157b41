// Makes HTML and SVG elements. Text is always added as text: names come from folders, files and addresses.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Attributes by name. null, undefined and false leave the attribute out; true makes it empty.
 * @typedef {Record<string, string | number | boolean | null | undefined>} Attributes
 */
/** @typedef {Node | string | null | undefined} Child null and undefined are left out */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function html(tag, attributes = {}, ...children) {
  const element = set(document.createElement(tag), attributes);
  fill(element, ...children);
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = set(document.createElementNS(SVG, tag), attributes);
  fill(element, ...children);
  return element;
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @returns {E}
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : `${value}`);
  }
  return element;
}

/**
 * Replaces the children of an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

/**
 * The value of an attribute of the element that an event happened in, or of its nearest ancestor that has it.
 * @param {Event} event
 * @param {string} attribute
 * @returns {string | null}
 */
export function markOf(event, attribute) {
  return closest(event.target, `[${attribute}]`)?.getAttribute(attribute) ?? null;
}

/**
 * @param {EventTarget | null} target
 * @param {string} selector
 * @returns {Element | null}
 */
export function closest(target, selector) {
  return target instanceof Element ? target.closest(selector) : null;
}
