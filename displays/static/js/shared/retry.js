// When to try again: full jitter, so that a thousand pages that lost one server do not come back at once.

const FIRST = 1; // seconds
const LONGEST = 30;
const HEALTHY = 30; // this long without a cut, and the count starts over

export class Retry {
  /** @param {() => number} [random] */
  constructor(random = Math.random) {
    this.random = random;
    this.tries = 0;
    /** @type {number | null} */
    this.since = null;
  }

  /** @param {number} now seconds, monotonic */
  connected(now) {
    this.since = now;
  }

  /**
   * Seconds to wait before the next try.
   * @param {number} now seconds, monotonic
   */
  lost(now) {
    if (this.since !== null && now - this.since >= HEALTHY) this.tries = 0;
    this.since = null;
    const most = Math.min(LONGEST, FIRST * Math.pow(2, this.tries));
    this.tries = Math.min(this.tries + 1, 10);
    return this.random() * most;
  }
}
