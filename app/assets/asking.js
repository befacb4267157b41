// What was clicked and told to Python, which answers a moment later: answers to earlier clicks are no news.

const MILLISECONDS = 5000; // for how long an answer is waited for: one that a later click overtook never comes

let backs = 0; // how often somebody went back or on: what comes then answers no click
addEventListener("popstate", () => {
  backs += 1;
});

export class Asked {
  constructor() {
    this.last = undefined;
    this.waiting = [];
    this.backs = backs;
  }

  tell(value) {
    this.last = value;
    this.waiting.push(value);
    this.since = performance.now();
  }

  // Whether a value that comes from Python is another one than what stands on the screen.
  isNews(value) {
    if (performance.now() - this.since > MILLISECONDS || this.backs !== backs) this.waiting = [];
    this.backs = backs;
    const at = this.waiting.lastIndexOf(value);
    this.waiting = at < 0 ? [] : this.waiting.slice(at + 1);
    if (this.waiting.length) return false; // a later click's answer is on its way
    const news = value !== this.last;
    this.last = value;
    return news;
  }
}
