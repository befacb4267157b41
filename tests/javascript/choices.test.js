// What the user has chosen in a graph, and the answers of Python to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Choices } from "../../app/assets/graph/choices.js";

const DATA = {
  place: "bear",
  answered: 0,
  selected: null,
  expandable: true,
  expanded: [],
  subgraph: null,
  channel_groups: null,
};

/** @param {object} [changes] */
function data(changes) {
  return /** @type {import("../../app/assets/data.js").GraphData} */ (
    /** @type {unknown} */ ({ ...DATA, ...changes })
  );
}

/** @returns {{choices: Choices, sent: any[], history: EventTarget}} */
function shown() {
  /** @type {any[]} */
  const sent = [];
  const history = new EventTarget();
  const choices = new Choices((name, value) => {
    sent.push(name === "choices" ? JSON.parse(value) : { [name]: value });
  }, history);
  choices.take(data());
  return { choices, sent, history };
}

test("each message has all choices", () => {
  const { choices, sent } = shown();
  choices.change({ channel: "one/1" });
  choices.change({ expanded: ["one/2"] });
  assert.deepEqual(
    sent.map(({ change, channel, expanded }) => [change, channel, expanded]),
    [
      [1, "one/1", []],
      [2, "one/1", ["one/2"]],
    ],
  );
});

test("data without the last change is not taken", () => {
  const { choices } = shown();
  choices.change({ channel: "one/1" });
  choices.change({ channel: "one/2" });
  choices.take(data({ answered: 1, selected: "one/1" }));
  assert.equal(choices.now.channel, "one/2");
});

test("data with the last change is taken", () => {
  const { choices } = shown();
  choices.change({ channel: "one/1" });
  choices.take(data({ answered: 1, selected: "one/3" }));
  assert.equal(choices.now.channel, "one/3");
});

test("after an answer, other data is taken", () => {
  const { choices } = shown();
  choices.change({ channel: "one/1" });
  choices.take(data({ answered: 1, selected: "one/1" }));
  choices.take(data({ selected: "one/2" })); // of a server that has started again
  assert.equal(choices.now.channel, "one/2");
});

test("the data of another class is taken", () => {
  const { choices } = shown();
  choices.change({ channel: "one/1" });
  choices.take(data({ place: "lion" }));
  assert.equal(choices.now.channel, null);
});

test("after going back, the data is taken", () => {
  const { choices, history } = shown();
  choices.change({ channel: "one/1" });
  history.dispatchEvent(new Event("popstate"));
  choices.take(data({ selected: "one/2" }));
  assert.equal(choices.now.channel, "one/2");
});

test("a new view counts on from the changes of the former one", () => {
  const { choices, sent } = shown();
  choices.take(data({ answered: 7 }));
  choices.change({ channel: "one/1" });
  assert.equal(sent[0].change, 8);
});

test("a change whose message was lost is sent again", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const { choices, sent } = shown();
  choices.change({ channel: "one/1" });
  now = 1000;
  choices.take(data());
  assert.equal(sent.length, 1);
  now = 6000;
  choices.take(data());
  assert.deepEqual(sent[1], sent[0]);
  assert.equal(choices.now.channel, "one/1");
});

test("an edit that an answer lacks is sent once more, with the selection of the answer", () => {
  const { choices, sent } = shown();
  choices.change({ channel: "one/1", expanded: ["one/1"] });
  choices.take(data({ answered: 1, selected: "one/1", expanded: ["one/1"] }));
  choices.take(data({ answered: 1 })); // a path was chosen at an address without the edit
  assert.deepEqual(sent[1], { ...sent[0], change: 2, channel: null });
  choices.take(data({ answered: 2 }));
  assert.equal(sent.length, 2);
  assert.deepEqual(choices.now.expanded, []);
});

test("an edit that a later answer lacks is not sent again", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const { choices, sent } = shown();
  choices.change({ expanded: ["one/1"] });
  choices.take(data({ answered: 1, expanded: ["one/1"] }));
  now = 6000;
  choices.take(data({ answered: 1 }));
  assert.equal(sent.length, 1);
  assert.deepEqual(choices.now.expanded, []);
});

test("an edit is not sent again after going back", () => {
  const { choices, sent, history } = shown();
  choices.change({ expanded: ["one/1"] });
  choices.take(data({ answered: 1, expanded: ["one/1"] }));
  history.dispatchEvent(new Event("popstate"));
  choices.take(data({ answered: 1 }));
  assert.equal(sent.length, 1);
});

test("an edit is not sent again after a file was opened", () => {
  const { choices, sent } = shown();
  choices.change({ expanded: ["one/1"] });
  choices.act("subgraph_file", "{}");
  choices.take(data({ answered: 1 }));
  assert.deepEqual(
    sent.map(({ change }) => change),
    [1, 1, undefined],
  );
  assert.deepEqual(choices.now.expanded, []);
});

test("another page is opened after a change that has no answer", () => {
  const { choices, sent } = shown();
  choices.act("open", "one/1");
  choices.change({ channel: "one/2" });
  choices.act("open", "one/2");
  assert.deepEqual(
    sent.map(({ open, channel }) => open ?? channel),
    ["one/1", "one/2", "one/2", "one/2"],
  );
});
