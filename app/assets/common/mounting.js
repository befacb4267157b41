// A component's view lives as long as the element that Streamlit made for it, through all runs of the page.

/**
 * What Streamlit passes to a component at every run of the page.
 * @template Data
 * @typedef {object} Component
 * @property {Data} data
 * @property {HTMLElement} parentElement
 * @property {(name: string, value: string) => void} setTriggerValue sends a value to Python
 */

/** @type {WeakMap<HTMLElement, object>} */
const views = new WeakMap();

/**
 * The view of a component's element; made in the element of this class at the first run.
 * @template {object} View
 * @param {HTMLElement} parentElement
 * @param {string} name
 * @param {(root: HTMLElement) => View} make
 * @returns {View}
 */
export function viewIn(parentElement, name, make) {
  const known = views.get(parentElement);
  if (known) return /** @type {View} */ (known);
  const root = parentElement.querySelector(`.${name}`);
  if (!(root instanceof HTMLElement)) throw new Error(`the component has no element .${name}`);
  const view = make(root);
  views.set(parentElement, view);
  return view;
}
