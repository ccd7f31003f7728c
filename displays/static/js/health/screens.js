/**
 * The administration's page of screens, live: each in small, and what it says of itself.
 *
 * Owns the asking and the facts in words; the drawing is `picture.js`. The page stands without it: names, places and
 * states are in the page as it is served.
 */

import { call, Problem } from "../shared/api.js";
import { ago } from "../shared/dates.js";
import { el, fill, one, say } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { boot, now, place } from "../staff/message.js";
import { Lost } from "./lost.js";
import { Picture } from "./picture.js";
import { since } from "./when.js";

/** @typedef {{since: string, by: string}} Blank who darkened a wall */
/** @typedef {import("./picture.js").Live} Live @typedef {import("./picture.js").Card} Card */

const EVERY = 2000; // ms
const PATIENCE = 10_000; // ms, when nothing answers
/** Which release this page is: its own address says it. */
const APP = (/\/-(\w+)\//.exec(import.meta.url) ?? ["", ""])[1];

/** A tile, from the page as it was served. */
class Tile {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.frame = one("[data-picture]", element);
    this.state = one("[data-state-of]", element);
    this.facts = one("[data-facts]", element);
    const where = place(element.dataset.place ?? "");
    this.zone = where ? where.timezone : "UTC";
    this.picture = where ? new Picture(this.frame, where) : null;
    /** @type {{screen: Live, card: Card | undefined, blank: Blank | null | undefined} | null} */
    this.told = null; // what was heard last
    this.near = false;
    /** @type {(() => void) | null} */
    this.later = null; // what is to be drawn when it comes into view: forty walls are not laid out at once
  }

  /** @param {boolean} near */
  seen(near) {
    this.near = near;
    if (near && this.later) this.later();
  }

  /**
   * @param {Live} screen @param {Record<string, Card>} cards what hangs, of all that screens there say they painted
   * @param {Blank | null | undefined} blank
   */
  draw(screen, cards, blank) {
    this.element.toggleAttribute("data-lost", screen.lost);
    this.told = { screen, card: screen.painted ? cards[screen.painted.id] : undefined, blank };
    this.say(null);
    const leaf = screen.report && screen.report.painted;
    this.later = () => this.picture?.draw(screen, leaf ? cards[leaf.id] : undefined);
    if (this.near) this.later();
  }

  /** In words, with ages that grow also while nobody answers. @param {Date | null} heard when that began; null: all is well */
  say(heard) {
    if (this.told === null) return;
    const { screen, card, blank } = this.told;
    const shows = state(screen, blank, this.zone);
    this.element.toggleAttribute("data-old", heard !== null);
    say(this.state, heard ? t("health.as_of", { state: shows, time: since(heard, this.zone, now()) }) : shows);
    this.tell(screen, card);
  }

  /** What it says of itself, a line each. @param {Live} screen @param {Card | undefined} card */
  tell({ report, painted }, card) {
    /** @type {[string, string][]} */
    const lines = [];
    if (painted && !report?.over) {
      const who = card ? (card.author.name ?? t("card.anonymous")) : t("health.gone_text");
      lines.push([t("health.painted"), t("health.painted_what", { who, ago: ago(new Date(painted.at), now()) })]);
    }
    if (report) {
      const [width, height] = [report.width, report.height].map((side) => Math.round(side * report.ratio));
      const turned = t(`health.orientation.${report.orientation}`);
      lines.push([t("health.size"), t("health.size_is", { width, height, turned })]);
      lines.push([t("health.version"), report.app === APP ? t("health.version_same") : t("health.version_other", { app: report.app || "?" })]);
      lines.push([t("health.uptime"), lasted(report.uptime)]);
    }
    const told = lines.flatMap(([what, text]) => [el("dt", {}, what), el("dd", {}, text)]);
    if (report && report.errors.length) {
      told.push(el("dt", {}, t("health.errors")));
      told.push(el("dd", {}, el("ul", {}, ...report.errors.map((error) => el("li", {}, el("code", {}, error))))));
    }
    const said = told.map((part) => part.textContent).join("\n");
    if (this.facts.dataset.said === said) return;
    this.facts.dataset.said = said;
    fill(this.facts, ...told);
  }
}

/** @param {Live} screen @param {Blank | null | undefined} blank @param {string} zone */
function state(screen, blank, zone) {
  if (screen.silent_since) return t("health.silent", { since: since(new Date(screen.silent_since), zone, now()) });
  if (!screen.connected) return t("health.never");
  if (!screen.report) return t("admin.connected");
  const { over, state: shows } = screen.report;
  if (over !== "blank") return t(`health.state.${over ?? shows}`);
  return blank ? t("health.blank", { by: blank.by, since: since(new Date(blank.since), zone, now()) }) : t("health.state.blank");
}

/** @param {number} seconds @returns {string} the largest whole unit */
function lasted(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("health.minutes", { n: minutes });
  if (minutes < 48 * 60) return t("health.hours", { n: Math.floor(minutes / 60) });
  return t("health.days", { n: Math.floor(minutes / 1440) });
}

/** @type {Map<string, Tile>} */
const tiles = new Map();
const eye = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (entry.target instanceof HTMLElement) tiles.get(entry.target.dataset.screen ?? "")?.seen(entry.isIntersecting);
    }
  },
  { rootMargin: "50%" },
);
for (const element of document.querySelectorAll("[data-screen]")) {
  if (!(element instanceof HTMLElement)) continue;
  tiles.set(element.dataset.screen ?? "", new Tile(element));
  eye.observe(element);
}
const alerts = new Lost(one("#lost"));
const banner = one("#banner");

/** @param {string | null} text */
function trouble(text) {
  banner.hidden = text === null;
  say(banner, text ?? "");
}

/** @param {unknown} error @returns {string} nobody wrote anything here that could be lost */
function words(error) {
  if (!(error instanceof Problem)) return String(error);
  return error.code === "offline" ? t("health.offline") : error.message;
}

let asked = 0;
let heard = now();

async function look() {
  if (document.hidden) return EVERY;
  const mine = ++asked;
  const wait = new AbortController();
  const late = setTimeout(() => wait.abort(), PATIENCE); // a server that was unplugged does not even refuse
  try {
    /** @type {{screens: Live[], cards: Record<string, Record<string, Card>>, blank: Record<string, Blank | null>} | null} */
    const live = await call("GET", "/admin/screens/live", undefined, { signal: wait.signal });
    if (mine !== asked) return EVERY; // a later look may have been answered before
    if (live === null) {
      location.reload(); // signed out: to the page where one signs in, and no customer's words stay here
      return PATIENCE;
    }
    heard = now();
    trouble(null);
    const gone = new Set(tiles.keys());
    for (const screen of live.screens) {
      gone.delete(screen.id);
      tiles.get(screen.id)?.draw(screen, live.cards[screen.place] ?? {}, live.blank[screen.place]);
    }
    for (const id of gone) {
      tiles.get(id)?.element.remove(); // no screen of ours any more
      tiles.delete(id);
    }
    for (const { slug } of boot.places) {
      const lost = live.screens.filter((screen) => screen.place === slug && screen.lost);
      alerts.hear({ place: slug, lost: lost.map(({ id, name, silent_since: at }) => ({ id, name, since: at ?? "" })) });
    }
    return EVERY;
  } catch (error) {
    if (mine !== asked) return EVERY;
    trouble(words(error));
    for (const tile of tiles.values()) tile.say(heard);
    return PATIENCE;
  } finally {
    clearTimeout(late);
  }
}

async function follow() {
  setTimeout(() => void follow(), await look());
}

if (tiles.size > 0) {
  document.addEventListener("visibilitychange", () => void look());
  void follow();
}
