// The contrast of every visible text and of the marks of the graph and the overview, by computed styles
// (WCAG 2.2).
// Playwright calls it with the selectors of the marks; it returns those below 4.5 (text) and 3 (graphics).

(marks) => {
  const [TEXT, GRAPHICS] = [4.5, 3];
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  /** Any CSS colour as [r, g, b, alpha], from 0 to 1. */
  function rgba(colour) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    const opaque = brush.fillStyle;
    const alpha = /^rgba\(.*, ([\d.]+)\)$/.exec(opaque)?.[1] ?? /\/ ([\d.]+)\)$/.exec(opaque)?.[1] ?? "1";
    brush.fillStyle = "#000";
    brush.fillRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const onBlack = [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
    const a = Number(alpha);
    return a ? [...onBlack.map((part) => part / 255 / a), a] : [0, 0, 0, 0];
  }

  const over = ([r, g, b, a], under, opacity = 1) =>
    [r, g, b].map((part, at) => Math.min(1, part) * a * opacity + under[at] * (1 - a * opacity));

  function luminance(colour) {
    const [r, g, b] = colour.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  const parentOf = (element) =>
    element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;

  function ancestors(element) {
    const all = [];
    for (let one = element; one; one = parentOf(one)) all.push(one);
    return all;
  }

  const backgroundOf = (element) =>
    ancestors(element)
      .reverse()
      .reduce((under, one) => over(rgba(getComputedStyle(one).backgroundColor), under), [1, 1, 1]);

  const opacityOf = (element) =>
    ancestors(element).reduce((all, one) => all * Number(getComputedStyle(one).opacity), 1);

  function* elements(root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* elements(element.shadowRoot);
    }
  }

  const isShown = (element) => {
    const { width, height } = element.getBoundingClientRect();
    const shown = element.checkVisibility({ visibilityProperty: true });
    const cut = ancestors(element).some((one) => getComputedStyle(one).clipPath === "inset(50%)");
    const exempt = element.closest("[disabled], [aria-disabled=true], [data-testid=stIconMaterial]");
    return shown && width > 1 && height > 1 && !cut && !exempt;
  };

  const hasText = (element) =>
    [...element.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());

  const found = new Map();
  const note = (element, what, ratio, least) => {
    const name = `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`.slice(0, 60);
    if (ratio < least - 0.005) found.set(`${name} ${what}`, Number(ratio.toFixed(2)));
  };

  const seen = { texts: 0, marks: 0 };
  for (const element of elements(document.body)) {
    if (!isShown(element)) continue;
    const style = getComputedStyle(element);
    const inSvg = element instanceof SVGElement;
    if (hasText(element) && !["STYLE", "SCRIPT", "TITLE", "title", "OPTION"].includes(element.tagName)) {
      const under = backgroundOf(element);
      const colour = over(rgba(inSvg ? style.fill : style.color), under, opacityOf(element));
      note(element, `text "${element.textContent.trim().slice(0, 30)}"`, contrast(colour, under), TEXT);
      seen.texts += 1;
    }
    for (const [selector, property] of marks) {
      if (!element.matches(selector)) continue;
      const under = backgroundOf(property === "backgroundColor" ? parentOf(element) : element);
      const colour = over(rgba(style[property]), under, opacityOf(element));
      note(element, property, contrast(colour, under), GRAPHICS);
      seen.marks += 1;
    }
  }
  return { ...seen, below: Object.fromEntries(found) };
}
