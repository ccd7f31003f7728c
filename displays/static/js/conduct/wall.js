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
 *   pin: {id: string, until: string, by: string} | null, hold: {until: string, by: string, cards: string[]} | null,
 *   blank: {since: string, until: string | null, by: string} | null, open: boolean, opens_at: string | null,
 *   screens: {connected: boolean, distance: number}[]}} Conduct
 */

export const PACES = /** @type {const} */ (["calm", "normal", "lively"]);

export class Wall {
  place = "";
  /** @type {Conduct | null} */
  conduct = null;
  /** The words of what is pinned or held, so that a person knows which. */
  kept = "";
  /** Which answer is shown, and how many were asked for: of two on their way the older may come last. */
  shown = 0;
  asked = 0;
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
    this.kept = "";
    this.trouble = null;
    this.paint();
    await this.load();
  }

  async load() {
    const place = this.place;
    const asked = ++this.asked;
    if (place) await this.take(place, await call("GET", `places/${place}/conduct`), asked);
  }

  /** Messages have changed: the kept one may hang no more. @param {Set<string>} ids */
  async touched(ids) {
    if (this.conduct && cards(this.conduct).some((id) => ids.has(id))) await this.load();
  }

  /** Somebody did something to a wall. @param {string} place */
  async heard(place) {
    if (place === this.place) await this.load();
  }

  /** @param {string} place @param {Conduct} conduct @param {number} [asked] what a person did is newer than what was asked before */
  async take(place, conduct, asked = ++this.asked) {
    const kept = (await Promise.all(cards(conduct).map(words))).filter(Boolean).join(" · ");
    if (place !== this.place || asked < this.shown) return; // another one was chosen meanwhile
    this.shown = asked;
    this.conduct = conduct;
    this.kept = kept;
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

/** What a person keeps on the screens: one card on all of them, or on each the one that hung there. @param {Conduct} conduct */
function cards({ pin, hold }) {
  return pin ? [pin.id] : (hold?.cards ?? []);
}

/**
 * Why no card hangs that one could keep, or go on from; null where one can.
 * @param {Conduct} conduct @returns {"no_screen" | "closed" | "silent" | null}
 */
export function idle({ open, screens }) {
  if (screens.length === 0) return "no_screen";
  if (!open) return "closed";
  return screens.some((screen) => screen.connected) ? null : "silent";
}

/** @param {string} id @returns {Promise<string>} nothing where it can no longer be read */
async function words(id) {
  try {
    return (await call("GET", `messages/${encodeURIComponent(id)}`)).text;
  } catch {
    return "";
  }
}
