// When this page loads itself again: on order, and once a night while nobody looks, so that a screen that hangs for
// months starts from a new page. Only after the server has answered with a page: a browser that is sent to a
// server that is away shows an error, and nobody stands there to press a key.

import { answers } from "./guard.js";
import { quiet } from "./hours.js";

const AGAIN = 30; // seconds, where the server did not answer
const YOUNG = 12 * 3600; // seconds: a page of this age is new enough, and has had its night

export class Reload {
  /**
   * @param {() => void} before what is owed to the server is sent
   * @param {() => void} [load] for tests
   */
  constructor(before, load = () => location.reload()) {
    this.before = before;
    this.load = load;
    /** @type {{at: number, to: number} | null} */
    this.night = null; // milliseconds: the moment, and until when it is as good
    /** @type {number | null} */
    this.wanted = null; // seconds: try then
    this.asking = false;
  }

  /**
   * As soon as the server answers.
   * @param {number} mono seconds
   */
  order(mono) {
    this.wanted = mono;
  }

  /** The hours have changed: another night. */
  again() {
    this.night = null;
  }

  /**
   * @param {number} mono seconds since this page was loaded
   * @param {Date} now
   * @param {import("./mounting.js").Settings | null} settings
   */
  tick(mono, now, settings) {
    const at = now.getTime();
    if (settings !== null && mono > YOUNG && this.wanted === null) {
      // A random minute: the screens of a town must not all come in the same one.
      if (this.night === null) this.night = inside(quiet(settings.hours, settings.timezone, at));
      if (at >= this.night.at) {
        if (at < this.night.to) this.wanted = mono; // else it slept through that night: another will do
        this.night = null;
      }
    }
    if (this.wanted !== null && mono >= this.wanted && !this.asking) void this.attempt(mono);
  }

  /** @param {number} mono */
  async attempt(mono) {
    this.asking = true;
    this.wanted = mono + AGAIN;
    const answered = await answers();
    this.asking = false;
    if (!answered) return;
    this.wanted = null;
    this.before();
    this.load();
  }
}

/**
 * A random moment of a span, but not its last minutes.
 * @param {import("./hours.js").Span} span
 */
function inside({ from, to }) {
  return { at: from + Math.random() * 0.9 * (to - from), to };
}
