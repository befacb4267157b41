// What the user has chosen in a graph. The component holds the newest state and sends the whole of it, so
// that a message that is overtaken by a later one loses nothing; Python answers with the number of the last
// change.

import { keyOf } from "./subgraph.js";

/** @typedef {import("../data.js").GraphData} GraphData */
/** @typedef {import("../data.js").Subgraph} Subgraph */
/**
 * Null where it cannot be chosen.
 * @typedef {object} Chosen
 * @property {string | null} channel that is selected
 * @property {string} cleared the parameter of the address whose highlight is cleared; empty if none is
 * @property {string[] | null} expanded channels whose other influences are shown
 * @property {Subgraph | null} subgraph
 * @property {{shown: boolean, opened: string[]} | null} groups
 */

/**
 * After this time an answer without the last change means that its message was lost, and an answer without
 * the last edits that they are to be removed.
 */
const MILLISECONDS = 5000;

/**
 * What the data of a graph has chosen.
 * @param {GraphData} data
 * @returns {Chosen}
 */
export function chosenIn({ selected, expandable, expanded, subgraph, channel_groups }) {
  const groups = channel_groups && { shown: channel_groups.shown, opened: channel_groups.opened };
  return { channel: selected, cleared: "", expanded: expandable ? expanded : null, subgraph, groups };
}

/**
 * Whether two states are drawn in different ways: by their subgraphs or groups.
 * @param {Chosen} one
 * @param {Chosen} other
 */
export function drawnDifferently(one, other) {
  const texts = [one, other].map(({ subgraph, groups }) => [keyOf(subgraph), JSON.stringify(groups)]);
  return `${texts[0]}` !== `${texts[1]}`;
}

/**
 * Whether edits of one state are missing in another. The selection is none: a path clears it.
 * @param {Chosen} one
 * @param {Chosen} other
 */
function isEditedOtherwise(one, other) {
  return drawnDifferently(one, other) || `${one.expanded}` !== `${other.expanded}`;
}

/**
 * A list with an entry added, or without it if it has the entry.
 * @param {string[]} list
 * @param {string} entry
 */
export function toggledIn(list, entry) {
  return list.includes(entry) ? list.filter((one) => one !== entry) : [...list, entry];
}

export class Choices {
  /** @type {Chosen} */
  now = { channel: null, cleared: "", expanded: null, subgraph: null, groups: null };
  #change = 0;
  #isPending = false;
  #isRepeatable = false;
  #since = 0;
  #place = "";

  /**
   * @param {(name: string, value: string) => void} send sends a value to Python
   * @param {EventTarget} history after its popstate event, the address is newer than what was sent
   */
  constructor(send, history = window) {
    this.send = send;
    history.addEventListener("popstate", () => {
      this.#isPending = false;
      this.#isRepeatable = false;
    });
  }

  /** @param {Partial<Chosen>} changes */
  change(changes) {
    this.now = { ...this.now, ...changes };
    this.#change += 1;
    this.#isPending = true;
    this.#isRepeatable = true;
    this.#sendAll();
  }

  /**
   * Sends what is no choice, after a change without an answer: a page or a class to go to, an opened file.
   * @param {string} name
   * @param {string} value
   */
  act(name, value) {
    if (this.#isPending) this.#sendAll();
    this.#isRepeatable = false; // an opened file replaces the edits
    this.send(name, value);
  }

  /**
   * Takes the state of the data, unless it lacks the last change.
   * @param {GraphData} data
   */
  take(data) {
    const found = chosenIn(data);
    const isLate = performance.now() - this.#since > MILLISECONDS;
    if (data.place === this.#place) {
      if (this.#isPending && data.answered < this.#change) {
        if (isLate) this.#sendAll();
        return;
      }
      if (this.#isRepeatable && !isLate && isEditedOtherwise(this.now, found)) {
        this.#repeat(found);
        return;
      }
    }
    this.#place = data.place;
    this.#isPending = false;
    this.#change = Math.max(this.#change, data.answered);
    this.now = found;
  }

  /**
   * Sends the edits once more: something else on the page was changed in the same moment, and its message had
   * the address from before them.
   * @param {Chosen} found
   */
  #repeat({ channel }) {
    this.change({ channel });
    this.#isRepeatable = false;
  }

  #sendAll() {
    this.#since = performance.now();
    this.send("choices", JSON.stringify({ ...this.now, change: this.#change, place: this.#place }));
  }
}
