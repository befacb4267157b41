// Switches of what the map shows: the lasso, colours, a trajectory.

import { html, set } from "../common/elements.js";
import { button } from "../common/toolbar.js";

/**
 * What is switched on.
 * @typedef {object} Switched
 * @property {boolean} lasso
 * @property {boolean} colours
 * @property {boolean | null} trajectory null: no class is selected
 */

export class MapTools {
  /** @param {Record<keyof Switched, () => void>} switches are called when the user switches one */
  constructor({ lasso, colours, trajectory }) {
    this.lasso = button("Lasso", "Draw around dots to make a group; or drag with Shift held", lasso);
    this.colours = button("Communities", "Colour the dots by communities of similar classes", colours);
    const way = "Draw the way of the selected class through the layers";
    this.trajectory = button("Trajectory", way, trajectory);
    this.element = html("div", { class: "tools" }, this.lasso, this.colours, this.trajectory);
  }

  /** @param {Switched} on */
  show(on) {
    set(this.lasso, { "aria-pressed": String(on.lasso) });
    set(this.colours, { "aria-pressed": String(on.colours) });
    set(this.trajectory, { "aria-pressed": String(on.trajectory), hidden: on.trajectory === null });
  }
}
