// What stands around the cards: the day in the masthead, the time and the freshness mark in the foot, the
// sentence of the house loop, and the small shift that keeps pixels from burning in.

import * as dates from "../shared/dates.js";
import { one, say } from "../shared/dom.js";
import { language, t, within } from "../shared/i18n.js";

const CHARTER_EVERY = 12; // seconds
const TONGUE_EVERY = 24; // seconds: two lines of the charter
const SHIFT_EVERY = 60; // seconds
// In quarters of the grid, a slow walk around the middle.
const STEPS = [
  [0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1],
];

export class Surround {
  /** @param {string} zone */
  constructor(zone) {
    this.zone = zone;
    this.stage = one("#stage");
    this.day = one("#today");
    this.time = one("#time");
    this.mark = one("#since");
    this.charter = Array.from(document.querySelectorAll("#charter > li"));
    this.said = Array.from(document.querySelectorAll("[data-t]"));
    this.spoken = language;
  }

  /**
   * @param {Date} now the time of day
   * @param {number} mono seconds
   * @param {Date | null} since when the line was last heard, where it is cut
   * @param {boolean} elsewhere because another window of this device has it
   * @param {readonly string[]} tongues one after the other; none: that of the page
   */
  tick(now, mono, since, elsewhere, tongues) {
    const tongue = tongues.length === 0 ? language : tongues[Math.floor(mono / TONGUE_EVERY) % tongues.length];
    within(tongue, () => {
      this.speak(tongue);
      say(this.day, dates.day(now, this.zone, now));
      say(this.time, dates.time(now, this.zone));
      const cut = since === null ? "" : t("screen.since", { time: dates.time(since, this.zone) });
      say(this.mark, since !== null && elsewhere ? t("screen.elsewhere") : cut);
    });
    this.mark.hidden = since === null;
    const turn = Math.floor(mono / CHARTER_EVERY) % Math.max(1, this.charter.length);
    this.charter.forEach((line, i) => line.classList.toggle("shown", i === turn));
    const [x, y] = STEPS[Math.floor(mono / SHIFT_EVERY) % STEPS.length];
    this.stage.style.setProperty("--shift-x", String(x));
    this.stage.style.setProperty("--shift-y", String(y));
  }

  /** What stands around, in another language. The cards keep that of the page. @param {string} tongue */
  speak(tongue) {
    if (tongue === this.spoken) return;
    this.spoken = tongue;
    for (const element of this.said) {
      element.textContent = t(element.getAttribute("data-t") || "");
      element.setAttribute("lang", tongue);
    }
    for (const element of [this.day, this.time, this.mark]) element.lang = tongue;
  }
}
