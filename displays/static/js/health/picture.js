/**
 * A screen in small, as it reports itself: its size, way, light, card and page. A shadow tree keeps the sheets of wall and
 * page apart, so that it can be ink on a page of paper.
 *
 * Must not know the network. What can't be known is not painted: a screen whose lease is over, a text that hangs no more.
 */

import { el, say } from "../shared/dom.js";
import { t, within } from "../shared/i18n.js";
import { bodySize } from "../screen/mounting.js";
import { Glass } from "../staff/glass.js";
import { now } from "../staff/message.js";

/**
 * @typedef {import("../screen/replica.js").Card} Card
 * @typedef {{app: string, width: number, height: number, ratio: number, orientation: string, state: string,
 *   theme: string, painted: {id: string, version: number, page: number, pages: number} | null, errors: string[],
 *   uptime: number, over: "test" | "blank" | null}} Report
 * @typedef {{id: string, name: string, place: string, connected: boolean, acked: number | null, lost: boolean,
 *   painted: {id: string, version: number, at: string} | null, silent_since: string | null, heard_at: string | null,
 *   dark_from: string | null, report: Report | null, mounting: any}} Live
 */

const USUAL = { width: 1920, height: 1080 };
// Read before the first picture: what is laid out without them would be measured wrong.
const SHEETS = await Promise.all(["tokens", "base", "picture", "wall"].map(sheet));

/** @param {string} name */
async function sheet(name) {
  const answer = await fetch(new URL(`../../css/${name}.css`, import.meta.url));
  return new CSSStyleSheet().replace(await answer.text());
}

/** @param {HTMLElement} view */
function apart(view) {
  view.setAttribute("aria-hidden", "true");
  view.inert = true;
  const shadow = view.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = SHEETS;
  return shadow;
}

export class Picture {
  /** @param {HTMLElement} frame @param {import("../staff/glass.js").Place} place */
  constructor(frame, place) {
    const most = () => parseFloat(getComputedStyle(frame).maxHeight) || Infinity;
    this.glass = new Glass(frame, place, { root: apart, most, house: frame.dataset.house ?? "" });
    this.note = el("p", { class: "picture-note", hidden: true });
    frame.append(this.note);
    this.drawn = "";
    this.measured = "";
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
    this.glass.pane.dataset.state = ended || !report || report.over === "test" ? "away" : painted && !drawable ? "stale" : report.state;
    within(screen.mounting.languages[0] ?? document.documentElement.lang, () => {
      const { stage } = this.glass;
      if (!painted || !drawable) stage.remove();
      else if (key !== this.drawn) stage.show(card, painted.page - 1);
      else if (stage.page !== painted.page - 1) stage.turn(Math.min(painted.page, stage.pages) - 1);
      this.glass.tick();
    });
    this.drawn = drawable ? key : "";
  }

  /** Size, way and light, as the screen reports them. @param {Live} screen */
  look({ report, mounting }) {
    const size = report ?? USUAL;
    this.measured = JSON.stringify([size.width, size.height, mounting]);
    this.glass.view.dataset.theme = report ? report.theme : "day";
    this.glass.look(size, bodySize(mounting, size.width, size.height));
  }

  /** @param {string} text */
  say(text) {
    say(this.note, text);
    this.note.hidden = text === "";
  }
}

/** What is said over a picture that can't be drawn. @param {Live} screen @param {boolean} ended @param {boolean} gone */
function note(screen, ended, gone) {
  if (gone) return t("health.picture_gone");
  if (screen.connected && screen.report?.over === "test") return t("health.picture_test");
  if (screen.connected) return screen.report ? "" : t("health.picture_waits");
  if (screen.silent_since === null) return t("health.picture_never");
  return ended ? t("health.picture_ended") : "";
}
