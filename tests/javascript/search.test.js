// The search for classes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { matches, prefixDistance, search } from "../../app/assets/common/search.js";

const CLASSES = [
  { name: "n02132136", title: "brown bear" },
  { name: "n01440764", title: "tench" },
  { name: "polar_bear", title: "Polar bear" },
  { name: "n02129165", title: "lion" },
  { name: "cafe", title: "Café au lait" },
];

/** @param {string} text */
const found = (text) => matches(text, CLASSES).map(({ title }) => title);

test("an empty text finds all classes", () => {
  assert.equal(matches(" ", CLASSES).length, CLASSES.length);
});

test("names that start with the text are first", () => {
  assert.deepEqual(found("b"), ["brown bear", "Polar bear"]);
  assert.deepEqual(found("bear"), ["brown bear", "Polar bear"]);
});

test("the folder's name is searched too", () => {
  assert.deepEqual(found("n0144"), ["tench"]);
});

test("case, accents, underscores and hyphens do not matter", () => {
  assert.deepEqual(found("CAFE"), ["Café au lait"]);
  assert.deepEqual(found("polar-bear"), ["Polar bear"]);
});

test("typing errors are tolerated if no class matches exactly", () => {
  assert.deepEqual(found("tnech"), ["tench"]);
  assert.deepEqual(found("brwn"), ["brown bear"]);
  assert.deepEqual(found("lion"), ["lion"]);
});

test("no errors are tolerated in short texts", () => {
  assert.deepEqual(found("lin"), []);
});

test("a letter changed, added, dropped or swapped is one error", () => {
  for (const typed of ["tanch", "teench", "tnch", "tnech"]) {
    assert.equal(prefixDistance(typed, "tench", 2), 1, typed);
  }
});

test("a class is found by the other names of its output, and by its index", () => {
  const bear = { name: "n02132136", title: "brown bear", names: ["bruin", "Ursus arctos", "294"] };
  const bus = { name: "n04146614", title: "school bus", names: ["779"] };
  assert.deepEqual(matches("ursus", [bear, bus]), [bear]);
  assert.deepEqual(matches("779", [bear, bus]), [bus]);
});

test("a class is found by the concepts above it, after those with the text in their names", () => {
  const concepts = [
    { names: ["carnivore"], members: [0, 2, 3] },
    { names: ["bear", "ursid"], members: [0, 2] },
    { names: ["lionfish bear"], members: [1] },
  ];
  /** @param {string} text */
  const titles = (text) => matches(text, CLASSES, concepts).map(({ title }) => title);
  assert.deepEqual(titles("carnivore"), ["brown bear", "Polar bear", "lion"]);
  assert.deepEqual(titles("bear"), ["brown bear", "Polar bear", "tench"]);
  assert.deepEqual(titles("carn"), []);
  assert.deepEqual(titles("carniv"), ["brown bear", "Polar bear", "lion"]);
  assert.deepEqual(titles("carnvore"), ["brown bear", "Polar bear", "lion"]);
});

test("what matches is said: the best of a class's texts, or a concept", () => {
  const bear = { name: "n02132136", title: "brown bear", names: ["bruin", "294"] };
  const concepts = [{ names: ["carnivore"], members: [0] }];
  /** @param {string} text */
  const by = (text) => search(text, [bear], concepts).map((found) => found.by);
  assert.deepEqual(["brown", "bruin", "294", "carnivore", "bruni", ""].map(by), [
    ["brown bear"],
    ["bruin"],
    ["294"],
    ["carnivore"],
    ["bruin"],
    [null],
  ]);
});

test("only classes that are offered are found", () => {
  const found = search("tench", CLASSES, [], ({ name }) => name !== "n01440764");
  assert.deepEqual(found, []);
});
