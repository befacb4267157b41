// Buttons, sliders and switches.

import { html, set } from "./elements.js";
import { number } from "./text.js";

/**
 * @param {string} text
 * @param {string} name accessible name and tooltip
 * @param {() => void} action
 */
export function button(text, name, action) {
  const made = html("button", { type: "button", "aria-label": name, title: name }, text);
  made.addEventListener("click", action);
  return made;
}

/** A slider with its name and its value. */
export class Slider {
  /**
   * @param {string} name
   * @param {string} title
   * @param {{min: number, max: number, value: number}} range
   * @param {(value: number) => void} changed is called with each value that the user sets
   */
  constructor(name, title, { min, max, value }, changed) {
    this.input = html("input", { type: "range", min, max, step: 1, "aria-label": name });
    this.output = html("output", {});
    this.label = html("label", { title }, html("span", {}, name), this.input, this.output);
    this.value = value;
    this.input.addEventListener("input", () => {
      this.output.textContent = number(this.value);
      changed(this.value);
    });
  }

  get value() {
    return Number(this.input.value);
  }

  set value(value) {
    this.input.value = `${value}`;
    this.output.textContent = number(value);
  }

  /** @param {number} max */
  set max(max) {
    set(this.input, { max });
  }
}

/** A switch with its name. */
export class Switch {
  /**
   * @param {string} name
   * @param {string} title
   * @param {() => void} changed is called when the user changes it
   */
  constructor(name, title, changed) {
    this.title = title;
    this.input = html("input", { type: "checkbox", "aria-label": title });
    this.label = html("label", { title }, this.input, html("span", {}, name));
    this.input.addEventListener("change", changed);
  }

  /** @param {string} reason why it cannot be switched; empty where it can */
  disable(reason) {
    this.input.disabled = reason !== "";
    set(this.label, { title: reason || this.title });
    set(this.input, { "aria-label": reason ? `${this.title}: ${reason}` : this.title });
  }

  get isOn() {
    return this.input.checked;
  }

  set isOn(isOn) {
    this.input.checked = isOn;
  }
}
