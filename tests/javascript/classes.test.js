// The classes of the overview, sorted and described.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accuracyOf,
  describeClass,
  orderOf,
  similarityIn,
  sorted,
} from "../../app/assets/overview/classes.js";

/** @typedef {import("../../app/assets/data.js").OverviewClass} OverviewClass */
/** @type {(title: string, images: number, top1: number | null) => OverviewClass} */
const entry = (title, images, top1) => ({ name: title, title, names: [], images, top1, histogram: null });
const CLASSES = [entry("lion", 10, 9), entry("zebra", 10, null), entry("bear", 10, 2), entry("ant", 10, 9)];

/** @type {(order: import("../../app/assets/overview/classes.js").Order) => string[]} */
const titles = (order) => sorted(CLASSES, order, (name) => name.length / 10).map(({ title }) => title);

test("classes are sorted by name", () => {
  assert.deepEqual(titles("name"), ["ant", "bear", "lion", "zebra"]);
});

test("classes with equal accuracy are sorted by name, those without accuracy are last", () => {
  assert.deepEqual(titles("best"), ["ant", "lion", "bear", "zebra"]);
  assert.deepEqual(titles("worst"), ["bear", "ant", "lion", "zebra"]);
});

test("the most similar class is first", () => {
  assert.deepEqual(titles("similarity"), ["zebra", "bear", "lion", "ant"]);
});

test("the chosen class is first, before equally similar ones", () => {
  const [first] = sorted(CLASSES, "similarity", () => 1, "zebra");
  assert.equal(first.name, "zebra");
});

test("the order is that of the address, else by similarity to the chosen class, else by name", () => {
  assert.equal(orderOf({ order: "worst", chosen: "lion", similarity: {} }), "worst");
  assert.equal(orderOf({ order: null, chosen: "lion", similarity: {} }), "similarity");
  assert.equal(orderOf({ order: null, chosen: "lion", similarity: null }), "name");
  assert.equal(orderOf({ order: "nonsense", chosen: null, similarity: null }), "name");
});

test("a class without images has no accuracy", () => {
  assert.equal(accuracyOf(entry("lion", 0, 0)), null);
  assert.equal(accuracyOf(entry("lion", 10, 9)), 0.9);
});

test("similarity is shown only for layers that have one", () => {
  const data = {
    key: "1",
    order: null,
    network: "shapes",
    layers: ["mixed4a", "mixed4b"],
    classes: CLASSES,
    concepts: [],
    positions: {},
    note: "",
    layer: "mixed4a",
    chosen: "lion",
    similarity: { mixed4a: [1000, 500, 0, 250] },
    group: [],
    communities: null,
    trajectory: false,
    movement: null,
    aspects: "",
    provenance: {},
  };
  assert.equal(similarityIn(data, "mixed4a")("zebra"), 0.5);
  assert.equal(similarityIn(data, "mixed4b")("zebra"), null);
  assert.equal(similarityIn({ ...data, similarity: null }, "mixed4a")("zebra"), null);
});

test("the description of a class has only known values", () => {
  assert.equal(
    describeClass(entry("lion", 10, 9), 0.5),
    "lion, top-1 accuracy 90 %, 10 images, similarity 0.50",
  );
  assert.equal(describeClass(entry("lion", 1, null), null), "lion, 1 image");
});
