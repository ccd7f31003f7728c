// The test card: what a person who sets a screen up looks at. Corners that must all be seen, a line to measure with a
// rule, a sentence in the smallest type that a customer's words will have, and what the screen believes of itself.
// Lies over everything; nothing of a customer is under it (main.js takes the card off).

import { el, fill } from "../shared/dom.js";
import { language, t } from "../shared/i18n.js";
import { capitals, ruler } from "./mounting.js";

/** @typedef {import("./mounting.js").Settings} Settings */

const SHOWN = 60; // seconds

export class TestCard {
  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.section = stage.appendChild(el("section", { class: "testcard", id: "testcard", hidden: true }));
    this.until = 0;
  }

  /** @param {number} mono seconds */
  show(mono) {
    this.until = mono + SHOWN;
  }

  /**
   * @param {number} mono seconds
   * @returns {boolean} whether it lies over the wall now
   */
  shown(mono) {
    return mono < this.until;
  }

  /**
   * @param {number} mono seconds
   * @param {Settings | null} settings
   */
  tick(mono, settings) {
    const shown = this.shown(mono) && settings !== null;
    if (shown) this.draw(settings);
    if (this.section.hidden === shown) this.section.hidden = !shown;
  }

  /** Only where something changed, so that a test card at rest costs no layout. @param {Settings} settings */
  draw(settings) {
    const style = document.documentElement.style;
    const [width, height] = ["--wide", "--high"].map((name) => parseFloat(style.getPropertyValue(name)));
    const made = JSON.stringify([settings, width, height, t("screen.test")]);
    if (this.section.dataset.made === made) return;
    this.section.dataset.made = made;
    this.section.lang = language;
    const line = ruler(settings, width, height);
    const rule = el("div", { class: "rule", role: "img", "aria-label": t("screen.test_line", { n: line.centimetres }) });
    rule.style.width = `${line.pixels}px`;
    rule.style.setProperty("--parts", String(line.centimetres));
    rule.dataset.centimetres = String(line.centimetres);
    const ratio = window.devicePixelRatio || 1;
    const facts = [
      t("screen.test_seen", { inches: said(settings.diagonal), metres: said(settings.distance) }),
      t("screen.test_pixels", { width: Math.round(width * ratio), height: Math.round(height * ratio) }),
      t("screen.test_type", { millimetres: Math.round(capitals(settings)) }),
    ];
    fill(
      this.section,
      ...["a", "b", "c", "d"].map((corner) => el("span", { class: `corner ${corner}`, "aria-hidden": "true" })),
      el("h1", {}, el("bdi", {}, settings.name || t("screen.test"))),
      el("p", { class: "facts" }, ...facts.map((fact) => el("span", { class: "fact" }, fact))),
      rule,
      el("p", { class: "how" }, t("screen.test_line", { n: line.centimetres })),
      el("p", { class: "sample" }, t("screen.test_sample", { metres: said(settings.distance) })),
      el("p", { class: "how" }, t("screen.test_corners")),
      el("div", { class: "greys", "aria-hidden": "true" }, ...Array.from({ length: 11 }, () => el("span"))),
    );
  }
}

/** @param {number} number as the language of the card writes it */
function said(number) {
  return number.toLocaleString(language, { maximumFractionDigits: 1 });
}
