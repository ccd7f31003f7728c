/**
 * A wall in small: its own elements, sheets and layout code at a screen's size, scaled down. So a line breaks and a page
 * turns where it does there.
 *
 * Owns what stands around the cards, and the scale. Must not know what hangs, nor why.
 */

import * as dates from "../shared/dates.js";
import { el, fill, say } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { shapeOf } from "../screen/mounting.js";
import { Stage } from "../screen/stage.js";
import { boot, now } from "./message.js";

export const WAIT_HOURS = 48; // as the screen has it

/** @typedef {{name: string, slug: string, timezone: string}} Place */

export class Glass {
  /**
   * @param {HTMLElement} frame @param {Place} place
   * @param {{root?: (view: HTMLElement) => ParentNode & Node, most?: () => number, house?: string,
   *   words?: import("../screen/card.js").Setting["words"]}} [how] `root`: where in the view it is drawn; `most`: the
   *   height that it may take, in pixels; `house`: who shows the house loop, where one may be seen; `words`: how the
   *   words of cards are drawn
   */
  constructor(frame, place, { root = (view) => view, most = () => Infinity, house, words } = {}) {
    this.frame = frame;
    this.place = place;
    this.most = most;
    this.today = el("p", { class: "today" });
    this.time = el("p", { class: "time" });
    const code = () => el("img", { src: `/qr/write/${place.slug}.svg`, alt: "" });
    const wall = el("div", { class: "wall" });
    this.spoken = /** @type {[HTMLElement, string][]} */ ([
      [el("li", { class: "shown" }), "screen.charter_1"],
      [el("figcaption"), "screen.write"],
      [el("strong"), "screen.write"],
      [el("span"), "screen.write_what"],
      [el("p", { class: "demo", hidden: !boot.demo }), "screen.demo"],
    ]);
    const [charter, invites, writes, what, demo] = this.spoken.map(([element]) => element);
    this.pane = el(
      "div",
      { class: "glass", "data-state": "live" },
      el(
        "div",
        { class: "broadsheet" },
        el("div", { class: "masthead", "aria-hidden": "true" }, el("p", { class: "title" }, el("bdi", {}, place.name)), demo, this.today),
        wall,
        house === undefined ? null : el(
          "div",
          { class: "house" },
          el("div", { class: "invitation" }, el("h1", {}, el("bdi", {}, house)), el("ul", { class: "charter" }, charter)),
          el("figure", { class: "code" }, code(), invites),
        ),
        el(
          "div",
          { class: "foot", "aria-hidden": "true" },
          el("figure", { class: "code" }, code(), el("figcaption", {}, writes, what)),
          el("p", { class: "figures" }),
          this.time,
        ),
      ),
    );
    this.view = el("div", { class: "picture" });
    root(this.view).append(this.pane);
    fill(frame, this.view);
    this.stage = new Stage(wall, { zone: place.timezone, now, waitHours: WAIT_HOURS, words });
    this.size = { width: 1920, height: 1080 };
    new ResizeObserver(() => this.scale()).observe(frame); // and at once: nothing jumps when it is drawn
    document.fonts.addEventListener("loadingdone", () => this.again()); // a face came late
  }

  /** @param {{width: number, height: number}} size of the screen @param {number} body its least size of words, in pixels */
  look(size, body) {
    this.pane.dataset.shape = shapeOf(size.width, size.height);
    this.view.style.setProperty("--u", `${Math.min(size.width, size.height) / 270}px`);
    this.view.style.setProperty("--body", `${body}px`);
    this.size = size;
    this.scale();
  }

  again() {
    const unfolded = this.unfolded;
    this.unfolded = false; // it is measured as it hangs
    this.stage.again();
    this.unfolded = unfolded;
  }

  /** Whether all pages of a long text lie below each other (preview.css). */
  get unfolded() {
    return this.view.classList.contains("unfolded");
  }

  set unfolded(on) {
    if (on === this.unfolded) return;
    this.view.classList.toggle("unfolded", on);
    this.scale();
  }

  /** What the time and the language change. */
  tick() {
    for (const [element, text] of this.spoken) say(element, t(text));
    say(this.today, dates.day(now(), this.place.timezone, now()));
    say(this.time, dates.time(now(), this.place.timezone));
    this.stage.tick();
  }

  scale() {
    const { width, height } = this.size;
    const style = this.view.style;
    const scale = Math.min(this.frame.clientWidth / width, Math.max(this.most(), 1) / height);
    style.width = `${width}px`;
    style.minHeight = `${height}px`;
    style.setProperty("--high", `${height}px`);
    style.setProperty("--scale", String(scale));
    this.frame.style.height = `${this.view.offsetHeight * scale}px`;
    this.frame.style.setProperty("--shown", `${width * scale}px`);
  }
}
