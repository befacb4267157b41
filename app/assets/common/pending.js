// Clicks that were sent to Python. Its answers arrive later; an answer to an earlier click must not undo a
// later one.

const MILLISECONDS = 5000; // how long an answer is awaited; a click overtaken by a later one gets none

/**
 * The values that were sent and not yet answered.
 * @template Value
 */
export class PendingClicks {
  /** @type {Value[]} */
  #sent = [];
  #since = 0;
  /** @type {Value | undefined} */
  #shown = undefined;

  /** @param {EventTarget} history after its popstate event, values answer no click */
  constructor(history = window) {
    history.addEventListener("popstate", () => {
      this.#sent = [];
    });
  }

  /**
   * Notes a value that is shown and sent to Python.
   * @param {Value} value
   */
  send(value) {
    this.#shown = value;
    this.#sent.push(value);
    this.#since = performance.now();
  }

  /**
   * Whether a value from Python is to be shown: it is not shown yet, and it does not answer an earlier click
   * than the last one.
   * @param {Value} value
   */
  isNew(value) {
    if (performance.now() - this.#since > MILLISECONDS) this.#sent = [];
    const at = this.#sent.lastIndexOf(value);
    this.#sent = at < 0 ? [] : this.#sent.slice(at + 1);
    if (this.#sent.length) return false; // the answer to a later click will follow
    const isNew = value !== this.#shown;
    this.#shown = value;
    return isNew;
  }
}
