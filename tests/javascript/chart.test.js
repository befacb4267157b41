// The axis of a chart of layers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axisNames } from "../../app/assets/chart.js";

test("all names are shown if they fit", () => {
  const layers = ["mixed3a", "mixed3b", "mixed4a"];
  assert.deepEqual(
    axisNames(layers, 800).map(({ name }) => name),
    layers,
  );
});

test("of many layers an evenly spaced part is named, including the highest", () => {
  const layers = Array.from({ length: 60 }, (_, at) => `features.${at}`);
  const shown = axisNames(layers, 800);
  assert.ok(shown.length < 12);
  assert.equal(shown.at(-1)?.layer, "features.59");
  const steps = shown.slice(1).map(({ at }, before) => at - shown[before].at);
  assert.equal(new Set(steps).size, 1);
});
