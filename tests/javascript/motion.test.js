// Moves from places to places.

import assert from "node:assert/strict";
import { test } from "node:test";
import { placesBetween } from "../../app/assets/common/motion.js";

const FROM = new Map([["a", { x: 0, y: 0 }]]);
const TO = new Map([
  ["a", { x: 10, y: 20 }],
  ["b", { x: 5, y: 5 }],
]);

test("a move begins and ends at its places", () => {
  assert.deepEqual(placesBetween(FROM, TO, 0).get("a"), { x: 0, y: 0 });
  assert.deepEqual(placesBetween(FROM, TO, 0.5).get("a"), { x: 5, y: 10 });
  assert.deepEqual(placesBetween(FROM, TO, 1), TO);
});

test("what had no place is at its target at once", () => {
  assert.deepEqual(placesBetween(FROM, TO, 0.1).get("b"), { x: 5, y: 5 });
});
