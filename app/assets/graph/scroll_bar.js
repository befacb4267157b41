// The scroll bar of a graph that is higher than its canvas. It shows and moves the camera's view.

import { html } from "../common/elements.js";

/** @typedef {import("../common/camera.js").View} View */
/** @typedef {import("../common/download.js").Box} Box */

const PADDING = 24; // pixels above and below the graph

export class ScrollBar {
  /** @type {number} the view's y at the top of the bar */
  #top = 0;
  #isMoving = false;

  /** @param {(y: number) => void} panTo moves the view */
  constructor(panTo) {
    this.inner = html("div");
    this.element = html("div", { class: "scroll-bar", "aria-hidden": "true", tabindex: "-1" }, this.inner);
    this.element.addEventListener("scroll", () => {
      if (this.#isMoving) this.#isMoving = false;
      else panTo(this.#top - this.element.scrollTop);
    });
  }

  /**
   * @param {Box} box of the scene
   * @param {View} view
   * @param {number} height of the canvas in pixels
   */
  show(box, { y, scale }, height) {
    const whole = box.height * scale + 2 * PADDING;
    this.element.hidden = !(whole > height + 1);
    if (this.element.hidden) return;
    this.#top = PADDING - box.y * scale;
    this.inner.style.height = `${whole}px`;
    const before = this.element.scrollTop;
    this.element.scrollTop = this.#top - y;
    this.#isMoving = this.element.scrollTop !== before;
  }
}
