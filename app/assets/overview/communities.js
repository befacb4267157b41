// The communities of similar classes, as a legend of the dots' colours. A clicked one becomes the group.

import { fill, html, markOf } from "../common/elements.js";
import { number } from "../common/text.js";

/** @typedef {import("../data.js").Community} Community */

/** Of the largest communities; at least 3:1 on light and dark backgrounds. */
const COLOURS = ["#4178be", "#b8691b", "#2e8b62", "#b5477f", "#8a6fc9", "#8a8420", "#c2504a", "#1b8a9a"];
const OTHERS = "#808790";

/**
 * The colour of each class: that of its community, or grey for the smaller communities.
 * @param {Community[]} communities the largest first
 * @returns {Map<string, string>}
 */
export function coloursOf(communities) {
  return new Map(
    communities.flatMap(({ members }, at) => members.map((name) => [name, COLOURS[at] ?? OTHERS])),
  );
}

export class CommunityLegend {
  element = html("div", { class: "communities", role: "group", "aria-label": "Communities" });
  /** @type {Community[]} */
  #shown = [];

  /**
   * @param {object} actions
   * @param {(community: Community) => void} actions.choose
   * @param {(members: string[] | null) => void} actions.light the pointer or the focus is on a community
   */
  constructor({ choose, light }) {
    const at = (/** @type {Event} */ event) => {
      const place = markOf(event, "data-community");
      return place === null ? null : this.#shown[Number(place)];
    };
    this.element.addEventListener("click", (event) => {
      const community = at(event);
      if (community) choose(community);
    });
    for (const [start, end] of [
      ["pointerover", "pointerout"],
      ["focusin", "focusout"],
    ]) {
      this.element.addEventListener(start, (event) => light(at(event)?.members ?? null));
      this.element.addEventListener(end, () => light(null));
    }
  }

  /** @param {Community[] | null} communities null where the dots have no colours */
  show(communities) {
    this.#shown = communities ?? [];
    this.element.hidden = communities === null;
    fill(this.element, ...this.#shown.map(entry));
  }
}

/**
 * @param {Community} community
 * @param {number} at its place by size
 */
function entry({ title, members }, at) {
  const swatch = html("i", { "aria-hidden": "true" });
  swatch.style.background = COLOURS[at] ?? OTHERS;
  const attributes = {
    type: "button",
    "data-community": at,
    title: `Make a group of these ${number(members.length)} classes: ${title}`,
  };
  return html("button", attributes, swatch, html("span", {}, title), ` ${number(members.length)}`);
}
