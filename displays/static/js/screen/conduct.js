// What a person on the floor told this wall to do, as the last `conduct` frame has it. Each frame says all of it,
// with the moment at which it ends by the server's clock: so a blank ends on time with no server to say so.
// Pure: frames and the time of day in. Must not know the programme, sockets or pixels.

/**
 * @typedef {"calm" | "normal" | "lively"} Pace
 * @typedef {{from: string, to: string, pace: Pace}} Hours local times of the place's day; `to` may be past midnight
 * @typedef {{t: "conduct", pace: {now: Pace, usual: Pace, hours: Hours[]}, pin: {id: string, until: number} | null,
 *   hold: {until: number} | null, blank: {until: number | null} | null}} Frame moments in seconds
 */

export class Conduct {
  /** @param {string} zone the place's, in which its hours are told */
  constructor(zone) {
    this.clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }); // prettier-ignore
    /** @type {Frame | null} */
    this.frame = null;
  }

  /** @param {Frame} frame */
  take(frame) {
    this.frame = frame;
  }

  /** Whether nothing may be seen. @param {Date} at */
  dark(at) {
    const blank = this.frame === null ? null : this.frame.blank;
    return blank !== null && (blank.until === null || seconds(at) < blank.until);
  }

  /** The card that is to hang on every screen. @param {Date} at @returns {{id: string, until: number} | null} */
  pinned(at) {
    const pin = this.frame === null ? null : this.frame.pin;
    return pin !== null && seconds(at) < pin.until ? pin : null;
  }

  /** Until when what hangs is to stay. @param {Date} at @returns {number | null} */
  held(at) {
    const hold = this.frame === null ? null : this.frame.hold;
    return hold !== null && seconds(at) < hold.until ? hold.until : null;
  }

  /** For all cards alike. @param {Date} at @returns {Pace} */
  pace(at) {
    if (this.frame === null) return "normal";
    const { usual, hours } = this.frame.pace;
    if (hours.length === 0) return usual;
    const time = this.clock.format(at);
    const window = hours.find(({ from, to }) => (from < to ? from <= time && time < to : time >= from || time < to));
    return window === undefined ? usual : window.pace;
  }
}

/** @param {Date} at */
function seconds(at) {
  return at.getTime() / 1000;
}
