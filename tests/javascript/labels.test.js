// Positions of names next to their dots.

import assert from "node:assert/strict";
import { test } from "node:test";
import { placesOf } from "../../app/assets/overview/labels.js";

/** @typedef {import("../../app/assets/overview/labels.js").LabelPlace} LabelPlace */

const ROOM = { width: 900, height: 900, radius: 4 };

/** A fixed pseudo-random sequence from 0 to 1 (Park and Miller). */
function* random(seed = 1) {
  for (let value = seed; ; ) {
    value = (value * 16807) % 2147483647;
    yield value / 2147483647;
  }
}

/** @param {LabelPlace} place */
const boxOf = ({ left, top, width }) => ({ left, top: top - 12, right: left + width, bottom: top + 4 });

/** @typedef {ReturnType<typeof boxOf>} Box */
/** @type {(one: Box, other: Box) => boolean} */
const overlap = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

test("some of 300 dots have names, which overlap no dots, names, buttons or the frame", () => {
  const numbers = random();
  const next = () => 900 * Number(numbers.next().value);
  const dots = Array.from({ length: 300 }, () => ({ x: next(), y: next(), width: 45 }));
  const buttons = { left: 600, top: 10, right: 890, bottom: 240 };
  const places = placesOf(dots, dots, { ...ROOM, covered: [buttons] });
  const boxes = places.flatMap((place) => (place ? [boxOf(place)] : []));
  assert.ok(boxes.length > 30);
  for (const [at, box] of boxes.entries()) {
    assert.ok(box.left > 0 && box.right < 900 && box.top > 0 && box.bottom < 900);
    assert.ok(!overlap(box, buttons));
    assert.ok(!boxes.slice(at + 1).some((other) => overlap(box, other)));
    const { left, right, top, bottom } = box;
    assert.ok(!dots.some(({ x, y }) => left < x && x < right && top < y && y < bottom));
  }
  assert.deepEqual(
    new Set(places.flatMap((place) => place?.anchor ?? [])),
    new Set(["start", "end", "middle"]),
  );
});

test("the first names have precedence", () => {
  const dots = [450, 460].map((y) => ({ x: 10, y, width: 400 }));
  const [first, second] = placesOf(dots, dots, ROOM);
  assert.equal(first?.anchor, "start");
  assert.equal(second, null); // it would cover the first one
});

test("a required name is shown between many dots, but not outside of the frame", () => {
  const dots = Array.from({ length: 100 }, (_, at) => ({ x: 400 + at, y: 450, width: 45 }));
  const name = { ...dots[50], always: true };
  assert.ok(placesOf([name], dots, ROOM)[0]);
  assert.equal(placesOf([{ x: -100, y: 450, width: 45, always: true }], dots, ROOM)[0], null);
});
