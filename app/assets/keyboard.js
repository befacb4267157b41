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

// Ctrl+0, Alt+Left and their like belong to the browser.
export function isBrowsers(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}
