// The layers as tabs, the highest on top, each with a small picture of its dots.

import { html, set } from "../common/elements.js";
import { isBrowserShortcut } from "../common/focus.js";
import { shortened } from "../common/text.js";
import { SIDE } from "./positions.js";

/** @typedef {import("../common/motion.js").Places} Places */

const [WIDTH, HEIGHT] = [132, 68]; // of a small picture
const DOTS = { left: 32, top: 2, width: 64, height: 62 };
const GREY = "#808790"; // visible on light and dark backgrounds
const LETTERS = 20; // of a name
const MANY = 200; // classes; with more of them, dots are smaller

export class LayerTabs {
  /** @param {(layer: string) => void} choose is called with the layer that the user chooses */
  constructor(choose) {
    this.choose = choose;
    this.element = html("div", {
      class: "tabs",
      role: "tablist",
      "aria-label": "Layers, the highest on top",
      "aria-orientation": "vertical",
    });
    this.element.addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * @param {string[]} layers from the lowest up
   * @param {(layer: string) => Places} placesIn
   */
  draw(layers, placesIn) {
    this.element.replaceChildren(...layers.toReversed().map((layer) => this.#tab(layer, placesIn)));
  }

  /** @param {string} layer */
  select(layer) {
    for (const tab of this.element.children) {
      const isSelected = tab.getAttribute("data-layer-tab") === layer;
      set(tab, { "aria-selected": String(isSelected), tabindex: isSelected ? "0" : "-1" });
      if (isSelected && tab instanceof HTMLElement) this.#reveal(tab);
    }
  }

  /**
   * Scrolls a tab into view within the list of tabs; the page does not move.
   * @param {HTMLElement} tab
   */
  #reveal({ offsetTop, offsetHeight }) {
    const { scrollTop, clientHeight } = this.element;
    const isInView = offsetTop >= scrollTop && offsetTop + offsetHeight <= scrollTop + clientHeight;
    if (!isInView) this.element.scrollTop = offsetTop - (clientHeight - offsetHeight) / 2;
  }

  /**
   * @param {string} layer
   * @param {(layer: string) => Places} placesIn
   */
  #tab(layer, placesIn) {
    const picture = html("canvas", { width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
    const attributes = {
      type: "button",
      role: "tab",
      "data-layer-tab": layer,
      "aria-label": layer,
      title: `Embedding of the classes in ${layer}`,
    };
    const tab = html("button", attributes, picture, shortened(layer, LETTERS));
    tab.addEventListener("click", () => this.choose(layer));
    requestAnimationFrame(() => drawDots(picture, placesIn(layer)));
    return tab;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (isBrowserShortcut(event) || !(event.target instanceof HTMLElement)) return;
    const { previousElementSibling: above, nextElementSibling: below } = event.target;
    const next = event.key === "ArrowUp" ? above : event.key === "ArrowDown" ? below : null;
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus();
    next.click();
  }
}

/**
 * @param {HTMLCanvasElement} picture
 * @param {Places} places
 */
function drawDots(picture, places) {
  const brush = picture.getContext("2d");
  if (!brush) return;
  brush.fillStyle = GREY;
  const side = places.size > MANY ? 2 : 4;
  for (const { x, y } of places.values()) {
    brush.fillRect(DOTS.left + (x / SIDE) * DOTS.width, DOTS.top + (y / SIDE) * DOTS.height, side, side);
  }
}
