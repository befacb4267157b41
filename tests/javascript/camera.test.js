// The view in which a box fills the canvas.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fittedView } from "../../app/assets/common/camera.js";

const CANVAS = { width: 1000, height: 500 };

/** @type {(box: import("../../app/assets/common/download.js").Box, room: object) => number[]} */
function shown(box, room) {
  const { x, y, scale } = fittedView(box, CANVAS, room);
  return [
    x + box.x * scale,
    y + box.y * scale,
    x + (box.x + box.width) * scale,
    y + (box.y + box.height) * scale,
  ];
}

test("a box fills the canvas except for the padding, and is centred", () => {
  const box = { x: -50, y: 20, width: 1900, height: 950 };
  assert.deepEqual(shown(box, { padding: 10 }).map(Math.round), [20, 10, 980, 490]);
});

test("the enlargement of a small box is limited", () => {
  const { scale } = fittedView({ x: 0, y: 0, width: 1, height: 1 }, CANVAS, { largest: 1.6 });
  assert.equal(scale, 1.6);
});

test("reserved sides stay free", () => {
  const box = { x: 0, y: 0, width: 4000, height: 4000 };
  const [left, top, , bottom] = shown(box, { left: 100, top: 30, bottom: 50, padding: 0 });
  assert.ok(left >= 100);
  assert.ok(top >= 30 && bottom <= 450);
});

test("a canvas smaller than the padding shows the box small, not mirrored", () => {
  const { scale } = fittedView({ x: 0, y: 0, width: 100, height: 100 }, { width: 20, height: 20 }, {});
  assert.ok(scale > 0);
});

test("a box too high for its details is shown from its top down, in its width", () => {
  const box = { x: 0, y: -30, width: 800, height: 6000 };
  const [left, top, right] = shown(box, { padding: 10, least: 0.45 });
  assert.deepEqual([left, top, right].map(Math.round), [100, 10, 900]);
  const high = fittedView(box, CANVAS, { padding: 10 });
  assert.ok(high.scale < 0.1);
});
