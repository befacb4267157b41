// Positions of channels.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseDistances,
  edgePath,
  edgeWidth,
  nameShows,
  nodeSize,
  placeRows,
  roomForNames,
  rowMiddles,
} from "../../app/assets/graph/layout.js";

const ROWS = [
  { channels: [{ id: "a", size: 20 }] },
  {
    channels: [
      { id: "b", size: 20 },
      { id: "c", size: 40 },
      { id: "d", size: 20 },
    ],
  },
];
const ALL = new Set(["a", "b", "c", "d"]);
const DISTANCES = { gap: 10, middles: [0, 100] };

test("channels of a row have the same gap and are centred", () => {
  const places = placeRows(ROWS, { shown: ALL, ...DISTANCES });
  assert.deepEqual(places.get("a"), { x: 0, y: 0 });
  assert.deepEqual(
    ["b", "c", "d"].map((id) => places.get(id)?.x),
    [-40, 0, 40],
  );
});

test("hidden channels leave no gap", () => {
  const places = placeRows(ROWS, { shown: new Set(["b", "d"]), ...DISTANCES });
  assert.deepEqual(
    [...places.values()],
    [
      { x: -15, y: 100 },
      { x: 15, y: 100 },
    ],
  );
});

test("a row without shown channels is folded", () => {
  const rows = [ROWS[0], { channels: [] }, ROWS[1]];
  assert.deepEqual(rowMiddles([ROWS[0], ROWS[1]], { shown: ALL, rowDistance: 100 }), [0, 100]);
  const folded = rowMiddles(rows, { shown: ALL, rowDistance: 100 });
  assert.ok(folded[2] - folded[0] < 150);
  assert.deepEqual(folded, rowMiddles(rows, { shown: new Set(["a", "d"]), rowDistance: 100 }));
});

test("names of layers do not cover each other; those of rows with channels come first", () => {
  assert.deepEqual(nameShows([0, 8, 16, 40], [false, true, false, false]), [false, true, false, true]);
  assert.deepEqual(nameShows([0, 20, 40], [true, true, true]), [true, true, true]);
});

test("long names of layers get more space, up to a limit", () => {
  assert.equal(roomForNames(["mixed4a", "mixed4b"]), 76);
  assert.ok(roomForNames(["features.12.conv"]) > 76);
  assert.equal(roomForNames(["x".repeat(90)]), roomForNames(["x".repeat(40)]));
});

test("a wide canvas has wide gaps, a high canvas distant layers", () => {
  const wide = chooseDistances(ROWS, { width: 1600, height: 400 });
  const high = chooseDistances(ROWS, { width: 400, height: 1600 });
  assert.ok(wide.gap >= high.gap);
  assert.ok(wide.rowDistance < high.rowDistance);
});

test("a layer with one channel does not limit the gap", () => {
  const { gap, rowDistance } = chooseDistances([ROWS[0]], { width: 800, height: 600 });
  assert.ok(Number.isFinite(gap) && Number.isFinite(rowDistance));
});

test("sizes and widths grow with the count", () => {
  for (const measure of [nodeSize, edgeWidth]) {
    const sizes = [0, 1, 50, 100].map((count) => measure(count, 100));
    assert.deepEqual(
      sizes,
      sizes.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(sizes).size, 4);
  }
});

test("an influence runs from the lower channel's top to the upper channel's bottom", () => {
  const path = edgePath({ x: 0, y: 100 }, { x: 50, y: 0 }, 20, 30);
  assert.ok(path.startsWith("M0,90C"));
  assert.ok(path.endsWith(" 50,15"));
});

test("a vertical influence has a width, so that it reacts to the pointer", () => {
  const [, ...points] = edgePath({ x: 5, y: 100 }, { x: 5, y: 0 }, 20, 20).split(/[MC ]/);
  assert.ok(new Set(points.map((point) => point.split(",")[0])).size > 1);
});

const LADDER = [["d1", "d2"], ["c0", "c1"], ["b1"], ["a1", "a2", "a3"]].map((ids) => ({
  channels: ids.map((id) => ({ id, size: 40 })),
}));
const RUN = { name: "a1>d1", channels: ["a1", "b1", "c1", "d1"], influences: [] };
const SHOWN = new Set(LADDER.flatMap(({ channels }) => channels.map(({ id }) => id)));
const FOLDED = new Set(["b1", "c1"]);

test("the channels of a run are a column, and no two channels overlap", () => {
  const options = { shown: SHOWN, folded: FOLDED, runs: [RUN], gap: 10, middles: [0, 100, 200, 300] };
  const places = placeRows(LADDER, options);
  const x = (/** @type {string} */ id) => places.get(id)?.x ?? NaN;
  assert.equal(new Set(RUN.channels.map(x)).size, 1);
  assert.ok(x("d2") - x("d1") >= 50 && x("a2") - x("a1") >= 50 && x("a3") - x("a2") >= 50);
  assert.ok(x("c1") - x("c0") >= 39); // half a picture, half a small mark, and the gap
});

test("rows with small marks only are low", () => {
  const [d, c, b, a] = rowMiddles(LADDER, { shown: SHOWN, folded: FOLDED, rowDistance: 100 });
  assert.equal(c - d, 100);
  assert.ok(b - c < 100 && a - b < 100);
});

test("rows of several small marks leave room for the influences between them", () => {
  const rows = ["b", "a"].map((layer) => ({
    channels: [0, 1].map((at) => ({ id: `${layer}${at}`, size: 40 })),
  }));
  const all = new Set(["a0", "a1", "b0", "b1"]);
  const [b, a] = rowMiddles(rows, { shown: all, folded: all, rowDistance: 100 });
  assert.ok(a - b >= 60);
});

test("an order that is no order still gives places", () => {
  const rows = [
    ["a", "b"],
    ["d", "c"],
  ].map((ids) => ({ channels: ids.map((id) => ({ id, size: 20 })) }));
  const runs = [
    ["a", "c"],
    ["b", "d"],
  ].map((channels) => ({ name: channels[0], channels, influences: [] }));
  const places = placeRows(rows, { shown: new Set("abcd"), runs, gap: 10, middles: [0, 100] });
  assert.ok([...places.values()].every(({ x }) => Number.isFinite(x)));
});
