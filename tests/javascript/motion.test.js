// Animated moves between positions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { placesBetween } from "../../app/assets/common/motion.js";

const FROM = new Map([["a", { x: 0, y: 0 }]]);
const TO = new Map([
  ["a", { x: 10, y: 20 }],
  ["b", { x: 5, y: 5 }],
]);

test("a move starts and ends at the given positions", () => {
  assert.deepEqual(placesBetween(FROM, TO, 0).get("a"), { x: 0, y: 0 });
  assert.deepEqual(placesBetween(FROM, TO, 0.5).get("a"), { x: 5, y: 10 });
  assert.deepEqual(placesBetween(FROM, TO, 1), TO);
});

test("an element without a previous position starts at its target", () => {
  assert.deepEqual(placesBetween(FROM, TO, 0.1).get("b"), { x: 5, y: 5 });
});
