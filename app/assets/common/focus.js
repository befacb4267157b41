// Keyboard focus in a group of elements: Tab reaches one of them, arrow keys move between them.

/** The element of a group that Tab reaches ("roving tabindex"). */
export class TabStop {
  /** @type {HTMLElement | SVGElement | null} */
  element = null;

  /** @param {HTMLElement | SVGElement | null | undefined} element */
  moveTo(element) {
    this.element?.setAttribute("tabindex", "-1");
    this.element = element ?? null;
    this.element?.setAttribute("tabindex", "0");
  }

  /**
   * Moves to an element and focuses it; does nothing without one.
   * @param {HTMLElement | SVGElement | null | undefined} element
   */
  focus(element) {
    if (!element) return;
    this.moveTo(element);
    element.focus();
  }
}

/**
 * Runs change() and restores the focus: a redrawn element is found by its data- attribute.
 * @param {HTMLElement} root
 * @param {() => void} change
 */
export function keepFocus(root, change) {
  const focused = activeWithin(root);
  const mark = focused && [...focused.attributes].find((one) => one.name.startsWith("data-"));
  change();
  if (!mark || activeWithin(root) === focused) return;
  const same = root.querySelector(`[${mark.name}="${CSS.escape(mark.value)}"]`);
  if (same instanceof HTMLElement || same instanceof SVGElement) same.focus({ preventScroll: true });
}

/** @param {HTMLElement} root */
function activeWithin(root) {
  const tree = root.getRootNode();
  const active = tree instanceof Document || tree instanceof ShadowRoot ? tree.activeElement : null;
  return root.contains(active) ? active : null;
}

/**
 * Whether a key press is a shortcut of the browser, such as Ctrl+0 or Alt+Left.
 * @param {KeyboardEvent | MouseEvent} event
 */
export function isBrowserShortcut(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/**
 * Whether a key press activates the focused element, as a click does.
 * @param {{key: string}} event
 */
export function activates({ key }) {
  return key === "Enter" || key === " ";
}
