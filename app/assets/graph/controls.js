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
 * @property {(isOn: boolean) => void} onlyPinned
 * @property {(isOn: boolean) => void} groupNodes
 * @property {() => void} share
 */

const ZOOM = 1.3; // factor of a step
const COMMON = "Hide channels that are in the graphs of more than this percentage of the classes";
const HELD = "Hide channels that fewer of the compared classes have";
const SPECIFIC = "Show only channels that are specific to the class (false discovery rate of 5 %)";

const GROUPS =
  "Draw channels that do the same work as one node, which opens when it is clicked (summit-graph groups)";

export class Controls {
  /** Whether the user has set the distances. */
  #ownDistances = false;
  /** @type {import("./model.js").Holder | null} the part of a comparison that is shown alone */
  held = null;

  /**
   * @param {Actions} actions
   * @param {HTMLElement[]} more buttons
   */
  constructor({ changed, zoom, fit, showList, fillScreen, onlyPinned, groupNodes, share }, more) {
    const spread = () => {
      this.#ownDistances = true;
      changed();
    };
    const all = { min: 0, max: 100, value: 0 };
    this.count = new Slider("Minimum count", "Hide channels that are active in fewer images", all, changed);
    this.influence = new Slider("Minimum influence", "Hide influences counted in fewer images", all, changed);
    const classes = { min: 1, max: 100, value: 100 };
    this.common = new Slider("Most classes", COMMON, classes, changed);
    this.leastClasses = new Slider("Least classes", HELD, { min: 1, max: 2, value: 1 }, () => {
      this.held = null;
      changed();
    });
    this.specific = new Switch("Specific", SPECIFIC, changed);
    this.onlyPinned = new Switch("Only pinned", "Hide all channels that are not pinned", () =>
      onlyPinned(this.onlyPinned.isOn),
    );
    this.groups = new Switch("Channel groups as nodes", GROUPS, () => groupNodes(this.groups.isOn));
    this.skips = new Switch("Skips", "Show influences that pass a channel on unchanged", changed);
    const gaps = { min: 4, max: 120, value: 40 };
    const distances = { min: 64, max: 220, value: 104 };
    this.gap = new Slider("Width", "Distance between channels of a layer, in pixels", gaps, spread);
    this.rowDistance = new Slider("Height", "Distance between layers, in pixels", distances, spread);
    const { count, influence, common, leastClasses, gap, rowDistance } = this;
    const sliders = [count, influence, common, leastClasses, gap, rowDistance].map(({ label }) => label);
    this.share = button("Share", "Copy a link to what is shown, or the code to embed it", share);
    const buttons = [...viewButtons({ zoom, fit, fillScreen }), listButton(showList), ...more, this.share];
    this.element = html(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Graph view" },
      ...sliders,
      this.specific.label,
      this.onlyPinned.label,
      this.groups.label,
      this.skips.label,
      html("span", { class: "buttons" }, ...buttons),
    );
  }

  /** The smallest counts that are shown, and whether skips are. */
  get filters() {
    return {
      leastCount: this.count.value,
      leastInfluence: this.influence.value,
      skips: this.skips.isOn,
      mostGraphs: this.common.value,
      specific: this.specific.isOn,
      leastClasses: this.leastClasses.value,
      held: this.held,
      onlyPinned: this.onlyPinned.isOn && !this.onlyPinned.label.hidden,
    };
  }

  /** Whether everything is shown. */
  get showsAll() {
    const { leastCount, leastInfluence, skips, mostGraphs, specific, leastClasses, held, onlyPinned } =
      this.filters;
    const isNarrowed = specific || leastClasses > 1 || held || onlyPinned;
    return leastCount === 0 && leastInfluence === 0 && skips && mostGraphs === 100 && !isNarrowed;
  }

  get distances() {
    return { gap: this.gap.value, rowDistance: this.rowDistance.value };
  }

  /**
   * Shows what a subgraph hides, and whether the view can be shared.
   * @param {import("../data.js").Subgraph | null} subgraph
   */
  showSubgraph(subgraph) {
    this.onlyPinned.label.hidden = !subgraph?.pinned.length;
    this.onlyPinned.isOn = Boolean(subgraph?.only_pinned);
    this.share.hidden = !subgraph || !location.protocol.startsWith("http");
  }

  /**
   * Shows whether groups of channels are nodes, or why there are none.
   * @param {import("../data.js").ChannelGroups | null} groups
   */
  showGroups(groups) {
    this.groups.label.hidden = !groups;
    this.groups.isOn = Boolean(groups?.shown);
    this.groups.disable(groups?.missing ?? "");
  }

  /**
   * Offers what a graph can be filtered by.
   * @param {{
   *   largestCount: number, strongest: number, hasSkips: boolean, hasGraphs: boolean,
   *   hasSpecificity: boolean, classes: unknown[]
   * }} graph
   */
  describe({ largestCount, strongest, hasSkips, hasGraphs, hasSpecificity, classes }) {
    this.count.max = largestCount;
    this.influence.max = strongest;
    this.skips.label.hidden = !hasSkips;
    this.common.label.hidden = !hasGraphs;
    this.specific.label.hidden = !hasSpecificity;
    this.leastClasses.max = classes.length;
    this.leastClasses.label.hidden = classes.length < 3;
  }

  /**
   * For another graph: hides nothing but what makes layers too wide, and takes these distances unless the
   * user has chosen some.
   * @param {{gap: number, rowDistance: number}} distances
   * @param {number} leastClasses that have a channel
   */
  reset({ gap, rowDistance }, leastClasses) {
    this.count.value = this.influence.value = 0;
    this.skips.isOn = true;
    this.held = null;
    this.leastClasses.value = leastClasses;
    this.common.value = 100;
    this.specific.isOn = false;
    if (this.#ownDistances) return;
    this.gap.value = gap;
    this.rowDistance.value = rowDistance;
  }
}

/** @param {Pick<Actions, "zoom" | "fit" | "fillScreen">} actions */
function viewButtons({ zoom, fit, fillScreen }) {
  return [
    button("−", "Zoom out", () => zoom(1 / ZOOM)),
    button("+", "Zoom in", () => zoom(ZOOM)),
    button("Fit", "Show the entire graph", fit),
    button("Full", "Fill the screen; again to leave", fillScreen),
  ];
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
