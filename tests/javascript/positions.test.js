// The positions of the classes in a layer.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isAnyInView,
  nearestInDirection,
  placesInSquare,
  SIDE,
} from "../../app/assets/overview/positions.js";

test("positions fill a square, the shorter side centred", () => {
  const places = placesInSquare(
    ["a", "b"],
    [
      [0, 5],
      [10, 5],
    ],
  );
  assert.deepEqual(places.get("a"), { x: 0, y: SIDE / 2 });
  assert.deepEqual(places.get("b"), { x: SIDE, y: SIDE / 2 });
});

test("a single class is in the centre", () => {
  assert.deepEqual(placesInSquare(["a"], [[3, 4]]).get("a"), { x: SIDE / 2, y: SIDE / 2 });
});

test("classes without a position are not placed", () => {
  assert.deepEqual([...placesInSquare(["a", "b"], [null, [1, 2]]).keys()], ["b"]);
  assert.equal(placesInSquare(["a", "b"], null).size, 0);
});

test("an arrow key moves to the nearest dot in its direction", () => {
  const places = new Map([
    ["start", { x: 0, y: 0 }],
    ["near", { x: 10, y: 2 }],
    ["far", { x: 30, y: 0 }],
    ["above", { x: 5, y: -20 }],
  ]);
  assert.equal(nearestInDirection(places, "start", "ArrowRight"), "near");
  assert.equal(nearestInDirection(places, "start", "ArrowUp"), "above");
  assert.equal(nearestInDirection(places, "start", "ArrowLeft"), undefined);
});

test("a view with no dot is recognized", () => {
  const places = new Map([["a", { x: 900, y: 900 }]]);
  const canvas = { width: 300, height: 200 };
  assert.equal(isAnyInView(places, { x: 0, y: 0, scale: 1 }, canvas), false);
  assert.equal(isAnyInView(places, { x: -700, y: -750, scale: 1 }, canvas), true);
  assert.equal(isAnyInView(new Map(), { x: 0, y: 0, scale: 1 }, canvas), true);
});
