/**
 * A screen in small: the wall's own elements, sheets and layout code at the size that the screen reports, scaled down. So
 * it breaks lines and turns pages where the screen does. A shadow tree keeps the sheets of wall and page apart.
 *
 * Must not know the network. What can't be known is not painted: a screen whose lease is over, a text that hangs no more.
 */

import * as dates from "../shared/dates.js";
import { el, fill } from "../shared/dom.js";
import { t, within } from "../shared/i18n.js";
import { bodySize, shapeOf } from "../screen/mounting.js";
import { Stage } from "../screen/stage.js";
import { boot, now } from "../staff/message.js";

/**
 * @typedef {import("../screen/replica.js").Card} Card
 * @typedef {{app: string, width: number, height: number, ratio: number, orientation: string, state: string,
 *   theme: string, painted: {id: string, version: number, page: number, pages: number} | null, errors: string[],
 *   uptime: number}} Report
 * @typedef {{id: string, name: string, place: string, connected: boolean, acked: number | null, lost: boolean,
 *   painted: {id: string, version: number, at: string} | null, silent_since: string | null, heard_at: string | null,
 *   dark_from: string | null, report: Report | null, mounting: any}} Live
 * @typedef {{name: string, slug: string, timezone: string}} Place
 */

const USUAL = { width: 1920, height: 1080 };
const WAIT_HOURS = 48; // as the screen has it
// Read before the first picture: what is laid out without them would be measured wrong.
const SHEETS = await Promise.all(["tokens", "base", "picture", "wall"].map(sheet));

/** @param {string} name */
async function sheet(name) {
  const answer = await fetch(new URL(`../../css/${name}.css`, import.meta.url));
  return new CSSStyleSheet().replace(await answer.text());
}

export class Picture {
  /** @param {HTMLElement} frame @param {Place} place */
  constructor(frame, place) {
    this.frame = frame;
    this.place = place;
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
    const house = el("h1", {}, el("bdi", {}, frame.dataset.house ?? ""));
    this.glass = el(
      "div",
      { class: "glass", "data-state": "away" },
      el(
        "div",
        { class: "stage" },
        el("header", { class: "masthead" }, el("p", { class: "title" }, el("bdi", {}, place.name)), demo, this.today),
        wall,
        el(
          "section",
          { class: "house" },
          el("div", { class: "invitation" }, house, el("ul", { class: "charter" }, charter)),
          el("figure", { class: "code" }, code(), invites),
        ),
        el(
          "footer",
          { class: "foot" },
          el("figure", { class: "code" }, code(), el("figcaption", {}, writes, what)),
          el("p", { class: "figures" }),
          this.time,
        ),
      ),
    );
    this.view = el("div", { class: "picture", "aria-hidden": "true", inert: true });
    const shadow = this.view.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = SHEETS;
    shadow.append(this.glass);
    this.note = el("p", { class: "picture-note", hidden: true });
    fill(frame, this.view, this.note);
    this.stage = new Stage(wall, { zone: place.timezone, now, waitHours: WAIT_HOURS });
    this.size = USUAL;
    this.drawn = "";
    this.measured = "";
    new ResizeObserver(() => this.scale()).observe(frame); // and at once: nothing jumps when it is drawn
    document.fonts.addEventListener("loadingdone", () => this.stage.again()); // a face came late
  }

  /** @param {Live} screen @param {Card | undefined} card what hangs there now under the id that it paints */
  draw(screen, card) {
    const report = screen.report;
    const ended = !screen.connected && (screen.dark_from === null || new Date(screen.dark_from) <= now());
    const painted = report && !ended ? report.painted : null;
    this.look(screen);
    const key = painted ? `${painted.id} ${painted.version} ${this.measured}` : "";
    // One version back can't be read again: what was drawn of it stays, as it does on the screen.
    const drawable = painted !== null && card !== undefined && (card.version === painted.version || key === this.drawn);
    this.say(note(screen, ended, painted !== null && !drawable));
    this.glass.dataset.state = ended || !report ? "away" : painted && !drawable ? "stale" : report.state;
    within(screen.mounting.languages[0] ?? document.documentElement.lang, () => {
      for (const [element, text] of this.spoken) element.textContent = t(text);
      this.today.textContent = dates.day(now(), this.place.timezone, now());
      this.time.textContent = dates.time(now(), this.place.timezone);
      if (!painted || !drawable) this.stage.remove();
      else if (key !== this.drawn) this.stage.show(card, painted.page - 1);
      else if (this.stage.page !== painted.page - 1) this.stage.turn(Math.min(painted.page, this.stage.pages) - 1);
      this.stage.tick();
    });
    this.drawn = drawable ? key : "";
  }

  /** Size, way and light, as the screen reports them. @param {Live} screen */
  look({ report, mounting }) {
    const size = report ?? USUAL;
    const style = this.view.style;
    this.measured = JSON.stringify([size.width, size.height, mounting]);
    this.view.dataset.theme = report ? report.theme : "day";
    this.glass.dataset.shape = shapeOf(size.width, size.height);
    style.setProperty("--u", `${Math.min(size.width, size.height) / 270}px`);
    style.setProperty("--body", `${bodySize(mounting, size.width, size.height)}px`);
    this.size = size;
    this.scale();
  }

  scale() {
    const { width, height } = this.size;
    const room = this.frame.clientWidth;
    const most = Math.max(parseFloat(getComputedStyle(this.frame).maxHeight) || Infinity, 1);
    const scale = Math.min(room / width, most / height);
    const style = this.view.style;
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.setProperty("--scale", String(scale));
    this.frame.style.height = `${height * scale}px`;
    this.frame.style.setProperty("--shown", `${width * scale}px`);
  }

  /** @param {string} text */
  say(text) {
    if (this.note.textContent !== text) this.note.textContent = text;
    this.note.hidden = text === "";
  }
}

/** What is said over a picture that can't be drawn. @param {Live} screen @param {boolean} ended @param {boolean} gone */
function note(screen, ended, gone) {
  if (gone) return t("health.picture_gone");
  if (screen.connected) return screen.report ? "" : t("health.picture_waits");
  if (screen.silent_since === null) return t("health.picture_never");
  return ended ? t("health.picture_ended") : "";
}
