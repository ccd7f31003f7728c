// Everything about this device that is no card: how it hangs, the test card, when it loads itself again, and what is
// kept for a start without a network. main.js asks it what must lie over the wall.

import { within } from "../shared/i18n.js";
import { Mounting } from "./mounting.js";
import { keep, look, renew } from "./offline.js";
import { Reload } from "./reload.js";
import { TestCard } from "./testcard.js";

const FIRST = "#new"; // the address that a screen has just been paired at

export class Device {
  /**
   * @param {any} boot
   * @param {HTMLElement} stage
   * @param {() => void} before what is owed to the server is sent, before the page loads itself again
   */
  constructor(boot, stage, before) {
    this.mounting = new Mounting(boot.screen || null);
    this.card = new TestCard(stage);
    this.reload = new Reload(before);
    this.fresh = location.hash === FIRST; // whoever hung it stands before it
    this.kept = JSON.stringify(boot.screen || null);
    if (this.fresh) history.replaceState(null, "", location.pathname);
    keep(boot.worker);
  }

  /**
   * A `screen` frame: what a person said of this device, in force from now on.
   * @param {any} frame
   * @param {number} mono seconds
   */
  take(frame, mono) {
    const { t: _, ...settings } = frame;
    if (this.mounting.take(settings)) this.card.show(mono);
    this.reload.again();
    const said = JSON.stringify(settings);
    if (said !== this.kept) renew();
    this.kept = said;
  }

  /**
   * An order of the moment; what is none of ours is somebody else's.
   * @param {string} what
   * @param {number} mono seconds
   */
  order(what, mono) {
    if (what === "test") this.card.show(mono);
    if (what === "reload") this.reload.order(mono);
  }

  /**
   * @param {Date} now
   * @param {number} mono seconds
   * @param {boolean} connected
   */
  tick(now, mono, connected) {
    if (this.fresh) {
      this.fresh = false;
      this.card.show(mono);
    }
    if (connected) look(mono);
    this.mounting.tick(now);
    this.speak(() => this.card.tick(mono, this.mounting.settings));
    this.reload.tick(mono, now, this.mounting.settings);
  }

  /** @returns {"dark" | "house" | null} what hangs in place of the wall */
  get bar() {
    return this.mounting.bar;
  }

  /**
   * Whether the test card lies over the wall.
   * @param {number} mono seconds
   */
  covered(mono) {
    return this.mounting.settings !== null && this.card.shown(mono);
  }

  uncover() {
    this.card.until = 0;
  }

  /** The window has another size. */
  fit() {
    this.mounting.fit();
  }

  /**
   * In the first language of this screen; it may have changed since the page was made.
   * @param {() => void} work
   */
  speak(work) {
    const first = this.mounting.languages[0];
    if (first === undefined) work();
    else within(first, work);
  }
}
