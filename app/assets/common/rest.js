// What happens when the pointer rests: one action at a time, the last one asked for.

export class Rest {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * Runs an action after a time, unless another one is asked for.
   * @param {() => void} action
   * @param {number} milliseconds
   */
  soon(action, milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, milliseconds);
  }

  cancel() {
    clearTimeout(this.#timer);
  }
}
