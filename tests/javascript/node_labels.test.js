// The labels under the pictures of channels.

import assert from "node:assert/strict";
import { test } from "node:test";
import { enlargement } from "../../app/assets/graph/node_labels.js";

const SIZE = 10.5; // pixels, as in graph.css

test("labels of a graph that is shown small are at least 9 pixels high on the screen", () => {
  for (const scale of [0.55, 0.6, 0.75, 0.9, 1, 1.6]) assert.ok(enlargement(scale) * SIZE * scale >= 9);
});

test("labels are never smaller than in the scene, and never cover the next layer", () => {
  assert.equal(enlargement(2), 1);
  assert.equal(enlargement(0.1), 1.7);
});
