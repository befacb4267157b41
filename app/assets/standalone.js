// A component in a page without a server (summit_graph/display/page.py): clicks stay in the page.

import { inlinePictures } from "./common/addresses.js";

/** @typedef {import("./common/mounting.js").Component<any>} Component */

/**
 * Shows a component in the element; its styles do not reach the rest of the page.
 * @param {HTMLElement} host
 * @param {(component: Component) => void} mount
 * @param {import("./data.js").StandaloneData} standalone
 * @param {any} data of the component
 */
export function showAlone(host, mount, { component, css, pictures }, data) {
  inlinePictures(pictures);
  const parentElement = document.createElement("div");
  const style = document.createElement("style");
  const root = document.createElement("div");
  style.textContent = css;
  root.className = component;
  parentElement.append(root);
  host.attachShadow({ mode: "open" }).append(style, parentElement);
  let shown = data;
  const setTriggerValue = (/** @type {string} */ name, /** @type {string} */ value) => {
    if (name !== "motif") return; // a graph itself keeps what is chosen in it
    shown = { ...shown, chosen: value === shown.chosen ? null : value || null };
    mount({ data: shown, parentElement, setTriggerValue });
  };
  mount({ data: shown, parentElement, setTriggerValue });
}
