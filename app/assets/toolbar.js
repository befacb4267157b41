// Buttons and sliders as all views have them.

import { html, number, set } from "./elements.js";

export function button(text, name, action) {
  const made = html("button", { type: "button", "aria-label": name, title: name }, text);
  made.addEventListener("click", action);
  return made;
}

// changed hears the number; put(value, most) sets it from outside.
export function slider(name, title, min, max, changed) {
  const input = html("input", { type: "range", min, max, step: 1, "aria-label": name });
  const output = html("output", {});
  const label = html("label", { title }, html("span", {}, name), input, output);
  input.addEventListener("input", () => {
    output.textContent = number(Number(input.value));
    changed(Number(input.value));
  });
  return {
    label,
    put: (value, most = max) => {
      set(input, { max: most });
      input.value = value;
      output.textContent = number(value);
    },
  };
}
