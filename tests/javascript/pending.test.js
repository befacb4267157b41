// Clicks to which Python has not responded yet.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { PendingClicks } from "../../app/assets/common/pending.js";

/** @returns {[PendingClicks<string | null>, EventTarget]} */
function pending() {
  const history = new EventTarget();
  return [new PendingClicks(history), history];
}

test("a value is new if another one is shown", () => {
  const [clicks] = pending();
  assert.equal(clicks.isNew("one"), true);
  assert.equal(clicks.isNew("one"), false);
  assert.equal(clicks.isNew(null), true);
});

test("the response to a click is not new", () => {
  const [clicks] = pending();
  clicks.send("one");
  assert.equal(clicks.isNew("one"), false);
});

test("responses to earlier clicks do not undo later ones", () => {
  const [clicks] = pending();
  for (const value of ["one", "two", "three"]) clicks.send(value);
  for (const value of ["one", "two", "three"]) assert.equal(clicks.isNew(value), false);
  assert.equal(clicks.isNew("one"), true);
});

test("a value that is not a response to a click is new", () => {
  const [clicks] = pending();
  clicks.send("one");
  assert.equal(clicks.isNew("another"), true);
});

test("after going back, a value is not a response to a click", () => {
  const [clicks, history] = pending();
  clicks.send("one");
  clicks.send("two");
  history.dispatchEvent(new Event("popstate"));
  assert.equal(clicks.isNew("one"), true);
});

test("waiting for a response has a time limit", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const [clicks] = pending();
  clicks.send("one");
  clicks.send("two");
  now = 6000;
  assert.equal(clicks.isNew("one"), true);
  mock.reset();
});
