// How this screen hangs: what a person said of it (size, distance, which way up, languages, colours, hours of the
// place), turned into what the style sheet needs. `moderation/mounting.py` says what these settings may be. Takes
// effect as it is heard. Must not know cards.

import { hourOf, isOpen } from "./hours.js";
import { known } from "./zone.js";

/**
 * @typedef {{
 *   name: string, diagonal: number, distance: number, comfort: "normal" | "grand", rotation: number,
 *   languages: string[], theme: "day" | "night" | "auto", hours: import("./hours.js").Week | null,
 *   closed: "house" | "black", timezone: string,
 * }} Settings
 */

const ANGLES = { normal: 22 / 60, grand: 0.7 }; // what an eye needs, in degrees
const TYPE = 1.4; // type is so many times as high as that
const CAPITAL = 0.668; // of its type, in the face of the wall
const INCH = 25.4;
const RULER = 0.8 * 0.49; // of the diagonal
const LEAST = 64; // pixels: a television on standby, or an output that was pulled out, may leave a window of one or none
const NIGHT = [20, 7]; // hours between which « auto » is ink

/**
 * How high one pixel is, in millimetres.
 * @param {Settings} settings
 * @param {number} width
 * @param {number} height
 */
function pitch(settings, width, height) {
  return (settings.diagonal * INCH) / Math.sqrt(width * width + height * height);
}

/** The least size of body text, in millimetres. @param {Settings} settings */
function letters(settings) {
  return TYPE * settings.distance * 1000 * Math.tan((ANGLES[settings.comfort] * Math.PI) / 180);
}

/** What a ruler finds of it. @param {Settings} settings */
export function capitals(settings) {
  return CAPITAL * letters(settings);
}

/**
 * The least size of body text, in pixels of this screen.
 * @param {Settings} settings
 * @param {number} width
 * @param {number} height
 */
export function bodySize(settings, width, height) {
  return Math.ceil(letters(settings) / pitch(settings, width, height));
}

/**
 * The line of the test card: its length in centimetres, and in pixels.
 * @param {Settings} settings
 * @param {number} width
 * @param {number} height
 */
export function ruler(settings, width, height) {
  const longest = (settings.diagonal * INCH * RULER) / 10;
  const centimetres = Math.floor(longest / 10) * 10 || Math.floor(longest);
  return { centimetres, pixels: (centimetres * 10) / pitch(settings, width, height) };
}

/**
 * How the parts of a card lie.
 * @param {number} width
 * @param {number} height
 */
export function shapeOf(width, height) {
  return width * 3 >= height * 4 ? "wide" : width >= height ? "square" : "tall";
}

export class Mounting {
  /** @param {Settings | null} settings what came with the page */
  constructor(settings) {
    this.root = document.documentElement;
    /** @type {Settings | null} */
    this.settings = null;
    this.open = true;
    this.width = 0; // of the picture as it is read, in pixels
    this.height = 0;
    if (settings === null) this.fit();
    else this.take(settings);
  }

  /**
   * @param {Settings} settings
   * @returns {boolean} whether it changed what a person should see proven on the test card
   */
  take(settings) {
    const before = this.settings;
    this.settings = { ...settings, timezone: known(settings.timezone) };
    this.fit();
    if (before === null) return false;
    return (
      before.diagonal !== settings.diagonal || before.distance !== settings.distance ||
      before.comfort !== settings.comfort || before.rotation !== settings.rotation
    );
  }

  /** The sizes of this window, lying as it is read. */
  fit() {
    const settings = this.settings;
    const turned = settings !== null && settings.rotation % 180 === 90;
    const width = turned ? window.innerHeight : window.innerWidth;
    const height = turned ? window.innerWidth : window.innerHeight;
    this.width = width;
    this.height = height;
    this.root.dataset.shape = shapeOf(width, height);
    this.root.style.setProperty("--wide", `${width}px`);
    this.root.style.setProperty("--high", `${height}px`);
    if (settings === null) return;
    this.root.dataset.rotation = String(settings.rotation);
    this.root.style.setProperty("--body", `${bodySize(settings, width, height)}px`);
  }

  /** Whether there is a picture that a card can hang in. */
  get visible() {
    return this.width >= LEAST && this.height >= LEAST;
  }

  /**
   * What the time of day changes.
   * @param {Date} now
   */
  tick(now) {
    const settings = this.settings;
    if (settings === null) return;
    this.open = isOpen(settings.hours, settings.timezone, now.getTime());
    let theme = settings.theme;
    if (theme === "auto") {
      const hour = hourOf(now.getTime(), settings.timezone);
      theme = hour >= NIGHT[0] || hour < NIGHT[1] ? "night" : "day";
    }
    if (this.root.dataset.theme !== theme) this.root.dataset.theme = theme;
  }

  /** @returns {"house" | "dark" | null} what hangs instead of the wall while the place is closed */
  get bar() {
    if (this.open || this.settings === null) return null;
    return this.settings.closed === "black" ? "dark" : "house";
  }

  /** @returns {readonly string[]} the languages to speak; none: that of the page */
  get languages() {
    return this.settings === null ? [] : this.settings.languages;
  }
}
