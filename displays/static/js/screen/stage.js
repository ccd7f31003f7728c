// What hangs at this moment: one card at a time, its pages, and the change from one to the next. One change at a
// time, fades of 300 ms at most, none where less motion is asked for. Must not know why a card comes or goes.

import { el } from "../shared/dom.js";
import { refresh } from "./card.js";
import { fit, sheet, turnTo } from "./layout.js";

/**
 * @typedef {import("./replica.js").Card} Card
 * @typedef {{id: string, version: number, pages: number, words: (page: number) => number}} Hung
 */

const FADE = 300;

export class Stage {
  /**
   * @param {HTMLElement} wall
   * @param {import("./card.js").Setting} setting
   */
  constructor(wall, setting) {
    this.wall = wall;
    this.setting = setting;
    // Long enough to be measured, short enough to be read: the text of the house, for its size alone.
    this.ruler = wall.appendChild(el("span", { class: "ruler", "aria-hidden": "true" }));
    /** @type {{card: Card, sheet: import("./layout.js").Sheet, pages: import("./layout.js").Spread[]} | null} */
    this.hung = null;
    this.page = 0;
  }

  /**
   * @param {Card} card
   * @param {number} [page] negative counts from the end
   * @returns {number} how many pages it has
   */
  show(card, page = 0) {
    const made = sheet(card, this.setting);
    const leaving = this.hung === null ? null : this.hung.sheet.article;
    this.clear(leaving);
    this.wall.append(made.article);
    const pages = fit(made, this.legible());
    this.hung = { card, sheet: made, pages };
    this.turn(page < 0 ? Math.max(0, pages.length + page) : Math.min(page, pages.length - 1));
    if (leaving !== null) this.fade(leaving, made.article);
    return pages.length;
  }

  /** @param {number} page */
  turn(page) {
    if (this.hung === null) return;
    const { sheet: made, pages } = this.hung;
    const turning = page !== this.page && made.article.dataset.page !== undefined;
    this.page = page;
    made.article.dataset.page = String(page + 1);
    turnTo(made, pages, page);
    if (turning) restart(made.article, "turning");
  }

  get pages() {
    return this.hung === null ? 1 : this.hung.pages.length;
  }

  /** The first page on which the last turn can be read. */
  newest() {
    if (this.hung === null) return 0;
    const turns = this.hung.pages.map((page) => (page.right === null ? 0 : page.right.turn));
    return turns.indexOf(Math.max(...turns));
  }

  /** Of each page, the words to read that the one before did not have. */
  words() {
    return this.hung === null ? [] : this.hung.pages.map((page) => page.words);
  }

  /** Off, now, without a fade: this is how a removed text leaves. */
  remove() {
    this.hung = null;
    this.clear(null);
  }

  /** Another size of window, or a face that came late: the same card, measured again. */
  again() {
    if (this.hung === null) return;
    this.hung.pages = fit(this.hung.sheet, this.legible());
    this.turn(Math.min(this.page, this.hung.pages.length - 1));
  }

  /** What the passing of time changes. */
  tick() {
    if (this.hung !== null) refresh(this.hung.sheet.article, this.hung.card, this.setting);
  }

  /** The least size of body text, in pixels: `--body`, as the browser resolves it. */
  legible() {
    return parseFloat(getComputedStyle(this.ruler).fontSize);
  }

  /** @param {Element | null} kept */
  clear(kept) {
    for (const article of Array.from(this.wall.querySelectorAll("article"))) {
      if (article !== kept) article.remove();
    }
  }

  /**
   * @param {HTMLElement} leaving
   * @param {HTMLElement} coming
   */
  fade(leaving, coming) {
    // A card that leaves is no longer what hangs: whoever asks the page what it shows gets one answer.
    leaving.removeAttribute("data-message");
    leaving.removeAttribute("data-version");
    leaving.classList.add("leaving");
    leaving.setAttribute("aria-hidden", "true");
    coming.classList.add("coming");
    setTimeout(() => leaving.remove(), FADE);
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name of a class that starts an animation
 */
function restart(element, name) {
  element.classList.remove(name);
  void element.offsetWidth; // an animation starts again only after a layout without it
  element.classList.add(name);
}
