// The toolbar of a graph: filters, distances between channels, and buttons.

import { html, set } from "../common/elements.js";
import { button, Slider, Switch } from "../common/toolbar.js";

/**
 * @typedef {object} Actions
 * @property {() => void} changed the user changed a slider or a switch
 * @property {(factor: number) => void} zoom
 * @property {() => void} fit
 * @property {(shown: boolean) => void} showList
 * @property {() => void} fillScreen
 */

const ZOOM = 1.3; // factor of a step

export class Controls {
  /** Whether the user has set the distances. */
  #ownDistances = false;

  /**
   * @param {Actions} actions
   * @param {HTMLElement[]} more buttons
   */
  constructor({ changed, zoom, fit, showList, fillScreen }, more) {
    const spread = () => {
      this.#ownDistances = true;
      changed();
    };
    const all = { min: 0, max: 100, value: 0 };
    this.count = new Slider("Minimum count", "Hide channels that are active in fewer images", all, changed);
    this.influence = new Slider("Minimum influence", "Hide influences counted in fewer images", all, changed);
    this.skips = new Switch("Skips", "Show influences that pass a channel on unchanged", changed);
    const gaps = { min: 4, max: 120, value: 40 };
    const distances = { min: 64, max: 220, value: 104 };
    this.gap = new Slider("Width", "Distance between channels of a layer, in pixels", gaps, spread);
    this.rowDistance = new Slider("Height", "Distance between layers, in pixels", distances, spread);
    const sliders = [this.count, this.influence, this.gap, this.rowDistance].map(({ label }) => label);
    const buttons = [
      button("−", "Zoom out", () => zoom(1 / ZOOM)),
      button("+", "Zoom in", () => zoom(ZOOM)),
      button("Fit", "Show the entire graph", fit),
      button("Full", "Fill the screen; again to leave", fillScreen),
      listButton(showList),
      ...more,
    ];
    this.element = html(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Graph view" },
      ...sliders,
      this.skips.label,
      html("span", { class: "buttons" }, ...buttons),
    );
  }

  /** The smallest counts that are shown, and whether skips are. */
  get filters() {
    return { leastCount: this.count.value, leastInfluence: this.influence.value, skips: this.skips.isOn };
  }

  /** Whether everything is shown. */
  get showsAll() {
    return this.count.value === 0 && this.influence.value === 0 && this.skips.isOn;
  }

  get distances() {
    return { gap: this.gap.value, rowDistance: this.rowDistance.value };
  }

  /**
   * For another graph: hides nothing, and takes these distances unless the user has chosen some.
   * @param {{largestCount: number, strongest: number, hasSkips: boolean}} graph
   * @param {{gap: number, rowDistance: number}} distances
   */
  reset({ largestCount, strongest, hasSkips }, { gap, rowDistance }) {
    this.count.max = largestCount;
    this.influence.max = strongest;
    this.count.value = this.influence.value = 0;
    this.skips.isOn = true;
    this.skips.label.hidden = !hasSkips;
    if (this.#ownDistances) return;
    this.gap.value = gap;
    this.rowDistance.value = rowDistance;
  }
}

/** @param {(shown: boolean) => void} showList */
function listButton(showList) {
  let shown = false;
  const made = button("List", "Show the graph as a list", () => {
    shown = !shown;
    set(made, { "aria-pressed": String(shown) });
    made.textContent = shown ? "Picture" : "List";
    showList(shown);
  });
  return made;
}
