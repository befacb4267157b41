// What channels and influences look like, and how they are described in words.

import { html, svg } from "./elements.js";
import { nodeSize, outline } from "./layout.js";

const FORMS = ["circle", "hexagon", "octagon", "diamond"];
const ALL_FORMS = ["square", ...FORMS];

// The paths that pictures are cut along.
export function clips() {
  return ALL_FORMS.map((form) =>
    svg(
      "clipPath",
      { id: `clip-${form}`, clipPathUnits: "objectBoundingBox" },
      svg("path", { d: outline(form, 0.94), transform: "translate(0.5,0.5)" }),
    ),
  );
}

// A channel with all that is shown of it: its pictures' addresses, its size.
export function dressed(row, network, most) {
  const [layer, index] = row.id.split("/");
  const at = `${encodeURIComponent(network)}`;
  const picture = (kind) => `summit/pictures/${at}/${kind}/${layer}/${index}`;
  const examples = Array.from(
    { length: row.examples ?? 0 },
    (_, rank) => `summit/examples/${at}/${layer}/${index}/${rank}`,
  );
  const kind = row.branch ? `channel of the ${row.branch} branch` : "channel";
  return {
    ...row,
    layer,
    index: Number(index),
    kind,
    examples,
    size: nodeSize(row.count, most),
    pagerank: row.pagerank ?? null,
    picture: picture("channel"),
    faces: [picture("channel"), ...(row.diversity ?? []).map(picture)],
  };
}

// SPEC 8: whose a channel or an influence is.
export function holding(thing) {
  return thing.in ? { "data-in": thing.in, "data-class": thing.in === "only" ? thing.owner : null } : {};
}

// shared, some, or only-0, only-1 … by the class's place in the comparison
export function kindOf(thing, classes) {
  return thing.in === "only" ? `only only-${placeOf(thing.owner, classes)}` : (thing.in ?? "");
}

export function formOf(thing, classes) {
  return thing.in === "only" ? FORMS[placeOf(thing.owner, classes)] : "square";
}

function placeOf(name, classes) {
  return classes.findIndex((one) => one.name === name) % FORMS.length;
}

export function describe(node, classes, { before, after }) {
  const importance = node.pagerank === null ? "" : `, PageRank ${node.pagerank.toPrecision(2)}`;
  const whose = node.in ? `, ${whoseOf(node, classes)}` : "";
  return `count ${countsOf(node, classes)}${importance}${whose}, ${before} influences in, ${after} out`;
}

// way: what it leads through, in words, where that is known.
export function describeInfluence(edge, lower, upper, { classes, way }) {
  const whose = edge.in ? whoseOf(edge, classes) : null;
  return [
    `influence of ${lower.layer} channel ${lower.index} on ${upper.layer} channel ${upper.index}`,
    `count ${countsOf(edge, classes)}`,
    whose,
    way,
  ]
    .filter(Boolean)
    .join(", ");
}

// shared, some, or only and the class's title
export function whoseOf(thing, classes) {
  return thing.in === "only" ? `only ${classes.find((one) => one.name === thing.owner).title}` : thing.in;
}

// In how many images; of several classes, in how many of each that has it.
export function countsOf(thing, classes) {
  if (!thing.counts) return `${thing.count}`;
  return classes
    .filter((one) => one.name in thing.counts)
    .map((one) => `${one.title} ${thing.counts[one.name]}`)
    .join(", ");
}

// What colours and forms mean in a comparison: kind, form and words.
export function keys(classes) {
  const some = classes.length > 2 ? [{ kind: "some", form: "square", text: "in some of them" }] : [];
  return [
    { kind: "shared", form: "square", text: "shared by all" },
    ...some,
    ...classes.map((one, at) => ({
      kind: `only only-${at % FORMS.length}`,
      form: FORMS[at % FORMS.length],
      text: `only ${one.title}`,
    })),
  ];
}

export function legend(classes) {
  if (classes.length < 2) {
    return html(
      "p",
      { class: "quiet" },
      "Larger pictures: active in more images. Wider lines: influence in more images. " +
        "Blue lines feed a channel from below, orange ones lead on from it.",
    );
  }
  return html(
    "ul",
    { class: "legend" },
    ...keys(classes).map(({ kind, form, text }) =>
      html(
        "li",
        {},
        svg(
          "svg",
          { class: "key", viewBox: "-14 -14 28 28", width: 24, height: 24 },
          svg("g", { class: `node ${kind}` }, svg("path", { class: "frame", d: outline(form, 20) })),
        ),
        text,
      ),
    ),
  );
}

// The same beside a picture that is saved; colour(kind) tells a kind's colour.
export function drawnLegend(classes, place, colour) {
  if (classes.length < 2) return [];
  return keys(classes).map(({ kind, form, text }, at) =>
    svg(
      "g",
      { transform: `translate(${place.x},${place.y + 26 * at})`, "font-family": "sans-serif" },
      svg("path", {
        d: outline(form, 16),
        fill: "none",
        stroke: colour(kind),
        "stroke-width": 3,
        "stroke-dasharray": kind === "some" ? "5 3" : null,
      }),
      svg("text", { x: 18, y: 4.5, "font-size": 13, fill: colour("") }, text),
    ),
  );
}
