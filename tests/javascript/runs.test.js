// Runs of skips, drawn as bars.

import assert from "node:assert/strict";
import { test } from "node:test";
import { foldedChannels, shownRuns } from "../../app/assets/graph/runs.js";

const RUN = ["a/1", "b/1", "c/1", "d/1"];
const SKIPS = new Set(["a/1>b/1", "b/1>c/1", "c/1>d/1"]);

test("a run is one bar from its lowest channel to its highest", () => {
  assert.deepEqual(shownRuns([RUN], SKIPS), [{ name: "a/1>d/1", channels: RUN, influences: [...SKIPS] }]);
});

test("a run is split where a skip is hidden", () => {
  const runs = shownRuns([RUN], new Set(["a/1>b/1", "c/1>d/1"]));
  assert.deepEqual(
    runs.map(({ name }) => name),
    ["a/1>b/1", "c/1>d/1"],
  );
  assert.deepEqual(
    shownRuns([RUN], new Set(["b/1>c/1"])).map(({ channels }) => channels),
    [["b/1", "c/1"]],
  );
  assert.deepEqual(shownRuns([RUN], new Set()), []);
});

test("the channels between a run's ends are folded, unless it is pinned", () => {
  const runs = shownRuns([RUN], SKIPS);
  assert.deepEqual([...foldedChannels(runs, null)], ["b/1", "c/1"]);
  assert.deepEqual([...foldedChannels(runs, "a/1>d/1")], []);
  assert.deepEqual([...foldedChannels(runs, "b/1")], ["c/1"]);
});
