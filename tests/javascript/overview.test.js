// The parts of the overview's map: lasso, communities, trajectory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { coloursOf } from "../../app/assets/overview/communities.js";
import { isWithin } from "../../app/assets/overview/lasso.js";
import { largestMove } from "../../app/assets/overview/trajectory.js";

const HOOK = [
  { x: 0, y: 0 },
  { x: 10, y: 0 },
  { x: 10, y: 10 },
  { x: 6, y: 10 },
  { x: 6, y: 4 },
  { x: 0, y: 4 },
];

test("a point is within an outline, also a concave one", () => {
  assert.equal(isWithin({ x: 2, y: 2 }, HOOK), true);
  assert.equal(isWithin({ x: 8, y: 8 }, HOOK), true);
  assert.equal(isWithin({ x: 2, y: 8 }, HOOK), false);
  assert.equal(isWithin({ x: 12, y: 2 }, HOOK), false);
  assert.equal(isWithin({ x: 1, y: 1 }, []), false);
});

test("communities have different colours, the small ones one", () => {
  const communities = Array.from({ length: 10 }, (_, at) => ({ title: `${at}`, members: [`c${at}`] }));
  const colours = coloursOf(communities);
  assert.equal(new Set(colours.values()).size, 9);
  assert.equal(colours.get("c8"), colours.get("c9"));
});

test("the largest move is between two neighbouring layers", () => {
  const layers = ["low", "middle", "high"];
  const movement = { middle: [100, 300, 200], high: [900, 100, 950] };
  assert.deepEqual(largestMove("a", ["a", "b", "c"], layers, movement), {
    lower: "middle",
    upper: "high",
    less: 1,
    of: 2,
  });
  assert.equal(largestMove("unknown", ["a", "b", "c"], layers, movement), null);
  assert.equal(largestMove("a", ["a"], layers, {}), null);
});
