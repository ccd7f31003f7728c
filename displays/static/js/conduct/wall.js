/**
 * The wall of one place as a person leads it: what is in force, until when, and the gestures that change it.
 *
 * Owns the state and its changes. Must not draw: it asks for a painting after each change.
 */

import { call } from "../shared/api.js";
import { command, isSilence, sentence } from "../staff/commands.js";
import { now } from "../staff/message.js";

/**
 * @typedef {"calm" | "normal" | "lively"} Pace
 * @typedef {{from: string, to: string, pace: Pace}} Hours
 * @typedef {{place: string, pace: {now: Pace, usual: Pace, hours: Hours[]},
 *   pin: {id: string, until: string, by: string} | null, hold: {until: string, by: string} | null,
 *   blank: {since: string, until: string | null, by: string} | null}} Conduct
 */

export const PACES = /** @type {const} */ (["calm", "normal", "lively"]);

export class Wall {
  place = "";
  /** @type {Conduct | null} */
  conduct = null;
  /** The first words of the card that is pinned, so that a person knows which. */
  pinned = "";
  busy = false;
  /** @type {string | null} */
  trouble = null;
  paint = () => {};
  /** @param {unknown} _error */
  lost = (_error) => {};

  /** @param {string} place */
  async open(place) {
    this.place = place;
    this.conduct = null;
    this.trouble = null;
    this.paint();
    await this.load();
  }

  async load() {
    const place = this.place;
    if (place) await this.take(place, await call("GET", `places/${place}/conduct`));
  }

  /** Messages have changed: the pinned one may hang no more. @param {Set<string>} ids */
  async touched(ids) {
    if (this.conduct?.pin && ids.has(this.conduct.pin.id)) await this.load();
  }

  /** Somebody did something to a wall. @param {string} place */
  async heard(place) {
    if (place === this.place) await this.load();
  }

  /** @param {string} place @param {Conduct} conduct */
  async take(place, conduct) {
    if (place !== this.place) return; // another one was chosen meanwhile
    const pinned = conduct.pin ? await words(conduct.pin.id) : "";
    this.conduct = conduct;
    this.pinned = pinned;
    this.paint();
  }

  /**
   * @param {string} what
   * @param {Record<string, unknown>} [body]
   * @returns {Promise<boolean>} whether it is done; what went wrong is in `trouble`
   */
  async act(what, body = {}) {
    if (this.busy) return false;
    const place = this.place;
    this.busy = true;
    this.trouble = null;
    this.paint();
    try {
      await this.take(place, await command(`places/${place}/conduct/${what}`, body));
      return true;
    } catch (error) {
      this.trouble = sentence(error);
      if (isSilence(error)) this.lost(error);
      return false;
    } finally {
      this.busy = false;
      this.paint();
    }
  }

  /** What has ended by itself is over, also where nobody says so. @returns {boolean} whether something was */
  settle() {
    const conduct = this.conduct;
    if (!conduct) return false;
    /** @param {{until: string | null} | null} one */
    const over = (one) => one !== null && one.until !== null && Date.parse(one.until) <= now().getTime();
    const { pin, hold, blank } = conduct;
    if (![pin, hold, blank].some(over)) return false;
    this.conduct = { ...conduct, pin: over(pin) ? null : pin, hold: over(hold) ? null : hold, blank: over(blank) ? null : blank };
    return true;
  }
}

/** @param {string} id @returns {Promise<string>} nothing where it can no longer be read */
async function words(id) {
  try {
    return (await call("GET", `messages/${encodeURIComponent(id)}`)).text;
  } catch {
    return "";
  }
}
