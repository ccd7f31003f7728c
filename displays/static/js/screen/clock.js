// The times a screen lives by: its own two clocks, and the server's time of day, since the clock of a player
// behind a television may be wrong by a day.

/** @typedef {import("./replica.js").Now} Now */

export class Clock {
  constructor() {
    this.ahead = 0; // seconds that the server's clock is ahead of ours
    this.last = this.now();
  }

  /** @returns {Now} */
  now() {
    return { mono: performance.now() / 1000, wall: Date.now() / 1000 };
  }

  mono() {
    return performance.now() / 1000;
  }

  /**
   * A frame said the server's time. Only heard while awake: a frame read late tells a time that has passed.
   * @param {number} at
   */
  told(at) {
    this.ahead = at - Date.now() / 1000;
  }

  /** The time of day, as the server sees it. */
  date() {
    return new Date(Date.now() + this.ahead * 1000);
  }

  /**
   * Whether this page has slept since it last asked: nothing of ours ran for longer than `most` seconds, by
   * either clock.
   * @param {number} most
   */
  slept(most) {
    const now = this.now();
    const gap = Math.max(now.mono - this.last.mono, Math.abs(now.wall - this.last.wall));
    this.last = now;
    return gap > most;
  }
}
