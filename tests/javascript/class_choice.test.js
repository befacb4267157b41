// The options of a field for classes, the keys that move among them, and where its list is opened.

import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsOf, placeAfter, shownAs } from "../../app/assets/class_choice/options.js";
import { placeOfList } from "../../app/assets/class_choice/place.js";

const DATA = {
  classes: [
    { name: "n02132136", title: "brown bear", names: ["bruin", "294"] },
    { name: "bus", title: "bus", names: [] },
    { name: "n02129165", title: "lion", names: ["291"] },
  ],
  concepts: [{ names: ["carnivore", "meat eater"], members: [0, 2] }],
};
const all = () => true;

/**
 * @param {string} text
 * @param {(name: string) => boolean} [isOffered]
 */
function shown(text, isOffered = all) {
  return optionsOf(text, DATA, isOffered).map(({ title, detail }) => [title, detail]);
}

test("without a text all classes are offered, with their names where these are not their titles", () => {
  assert.deepEqual(shown(""), [
    ["brown bear", "n02132136"],
    ["bus", null],
    ["lion", "n02129165"],
  ]);
});

test("an option says why it is found if its title does not", () => {
  assert.deepEqual(shown("brown"), [["brown bear", "n02132136"]]);
  assert.deepEqual(shown("bruin"), [["brown bear", "bruin"]]);
  assert.deepEqual(shown("291"), [["lion", "291"]]);
  assert.deepEqual(shown("meat"), [
    ["brown bear", "meat eater"],
    ["lion", "meat eater"],
  ]);
});

test("classes that are not offered do not hide others that match with a typing error", () => {
  const isOffered = (/** @type {string} */ name) => name !== "n02129165";
  assert.deepEqual(shown("carnivore", isOffered), [["brown bear", "carnivore"]]);
  assert.deepEqual(
    optionsOf("buss", DATA, (name) => name === "bus").map(({ name }) => name),
    ["bus"],
  );
});

test("a class is shown with its name if its title differs", () => {
  assert.equal(shownAs({ name: "bus", title: "bus" }), "bus");
  assert.equal(shownAs({ name: "n02129165", title: "lion" }), "lion · n02129165");
});

test("arrow keys move by one and stop at the ends", () => {
  assert.equal(placeAfter("ArrowDown", -1, 3), 0);
  assert.equal(placeAfter("ArrowDown", 2, 3), 2);
  assert.equal(placeAfter("ArrowUp", -1, 3), 2);
  assert.equal(placeAfter("ArrowUp", 0, 3), 0);
});

test("Home, End and the page keys move further", () => {
  assert.equal(placeAfter("Home", 2, 30), 0);
  assert.equal(placeAfter("End", 2, 30), 29);
  assert.equal(placeAfter("PageDown", 2, 30), 10);
  assert.equal(placeAfter("PageUp", 2, 30), 0);
});

test("other keys move to no option, and no key does in an empty list", () => {
  assert.equal(placeAfter("a", 1, 3), null);
  assert.equal(placeAfter("ArrowDown", -1, 0), null);
});

const FIELD = { left: 10, width: 300, top: 100, bottom: 140 };

test("a list is below its field where there is room", () => {
  assert.deepEqual(placeOfList(FIELD, 800), { left: 10, width: 300, maxHeight: 300, top: 144, bottom: null });
});

test("a list is above its field where there is more room", () => {
  const low = { ...FIELD, top: 600, bottom: 640 };
  assert.deepEqual(placeOfList(low, 700), { left: 10, width: 300, maxHeight: 300, top: null, bottom: 104 });
});

test("a list is not higher than the room for it", () => {
  assert.equal(placeOfList(FIELD, 300).maxHeight, 148);
});
