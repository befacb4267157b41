// Numbers and names as text.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  counted,
  cut,
  number,
  ordinal,
  percent,
  shortened,
  significant,
} from "../../app/assets/common/text.js";

test("thousands are separated", () => {
  assert.equal(number(1234567), "1,234,567");
});

test("percentages are whole numbers, below one with a decimal", () => {
  const shares = [0, 0.0004, 0.0044, 0.0095, 0.031, 0.125, 0.5, 1, -0.005];
  const texts = ["0 %", "0 %", "0.4 %", "1 %", "3 %", "13 %", "50 %", "100 %", "-0.5 %"];
  assert.deepEqual(shares.map(percent), texts);
});

test("places have their endings", () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 21, 111].map(ordinal), [
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "12th",
    "21st",
    "111th",
  ]);
});

test("numbers have two digits, and a power of ten if they are small", () => {
  assert.deepEqual([0, 0.025, 0.00052, 3.21e-12].map(significant), [
    "0",
    "0.025",
    "5.2 × 10⁻⁴",
    "3.2 × 10⁻¹²",
  ]);
});

test("a unit agrees with its number", () => {
  assert.deepEqual(
    [counted(1, "class", "classes"), counted(0, "class", "classes")],
    ["1 class", "0 classes"],
  );
});

test("a long name keeps its numbers, else its ends", () => {
  assert.equal(shortened("mixed4c", 10), "mixed4c");
  const path = "features.denseblock4.denselayer16.conv2";
  assert.equal(shortened(path, 24), "fea….den…4.den…16.conv2");
  assert.equal(shortened(path, 39), path);
  assert.equal(shortened("1234567890", 7), "123…890");
});

test("a long text keeps its start", () => {
  assert.equal(cut("placental or feline", 12), "placental o…");
  assert.equal(cut("placental or feline", 11), "placental…");
  assert.equal(cut("feline", 6), "feline");
});
