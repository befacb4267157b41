// One of many things can be reached by Tab; arrows go on from there.

export class Stop {
  at = null;

  to(element) {
    this.at?.setAttribute("tabindex", "-1");
    this.at = element ?? null;
    this.at?.setAttribute("tabindex", "0");
  }

  walk(element) {
    if (!element) return;
    this.to(element);
    element.focus();
  }
}

// What had the focus within root has it afterwards, by its data- mark where it was drawn anew meanwhile.
export function keepFocus(root, change) {
  const focused = root.getRootNode().activeElement;
  const mark = root.contains(focused) && [...focused.attributes].find((one) => one.name.startsWith("data-"));
  change();
  if (!mark || root.getRootNode().activeElement === focused) return;
  root.querySelector(`[${mark.name}="${CSS.escape(mark.value)}"]`)?.focus({ preventScroll: true });
}

// Ctrl+0, Alt+Left and their like belong to the browser.
export function isBrowsers(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}
