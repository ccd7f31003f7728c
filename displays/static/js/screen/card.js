// One card as elements: who said it, where, when, in their own words, and what the place answered. Every card
// has the same style, whatever its stars or kind. Must not know sizes, pages or time budgets.

import * as dates from "../shared/dates.js";
import { el, fill } from "../shared/dom.js";
import { knows, t } from "../shared/i18n.js";
import { phrases } from "../shared/phrases.js";
import { BLANK } from "./reading.js";

/**
 * @typedef {import("./replica.js").Card} Card
 * @typedef {import("./replica.js").Turn} Turn
 * @typedef {{zone: string, now: () => Date, waitHours: number, words?: (one: Card | Turn) => HTMLElement}} Setting
 *   `words`: how what somebody wrote is drawn, where it is not only read
 */

const JUST_NOW = 120; // seconds
// Without a blank, in scripts that break at blanks only.
const ENDLESS = /([!-\u0dff\u1e00-\u2e7f]{100,})/;
const SOME = /[^]{1,400}(?:\s|$)|\S+\s?|\s+/g;
// An empty line may part two thoughts; sixty would be pages with nothing on them.
const EMPTY = `(?:(?!\\n)${BLANK})*\\n`;
const GAP = new RegExp(`(\\n${EMPTY})((?:${EMPTY})+)`);
const FEW = /(?:.[\p{M}\u200c\u200d]*){1,40}/gsu; // letters, each with its marks

/**
 * A text with its masks. Positions count code points, JavaScript counts UTF-16 units: hence the array.
 * @param {string} text already masked by the server
 * @param {readonly import("./replica.js").Span[]} masks
 * @returns {HTMLElement}
 */
export function words(text, masks) {
  const made = el("p", { class: "words", dir: "auto" });
  const points = Array.from(text);
  let at = 0;
  for (const [start, end] of masks) {
    made.append(...pieces(points.slice(at, start).join("")));
    made.append(el("span", { class: "mask", "aria-label": t("card.masked") }, points.slice(start, end).join("")));
    at = end;
  }
  made.append(...pieces(points.slice(at).join("")));
  return made;
}

/**
 * The text in pieces, together the text, each a text node of its own. To break a long paragraph into lines a browser
 * measures all of the rest of its node at each line, if it runs from right to left or has a word without end:
 * 40,000 letters would stop a wall for minutes. Of several empty lines in a row one is painted.
 * @param {string} text
 */
export function pieces(text) {
  return text.split(GAP).flatMap((part, i) => (i % 3 === 2 ? el("span", { hidden: true }, part) : lines(part)));
}

/** @param {string} text */
function lines(text) {
  return text.split(ENDLESS).flatMap((part, i) => (part.match(i % 2 === 0 ? SOME : FEW) || []).flatMap(phrases));
}

/**
 * What a card says itself; what was declared, where that is all.
 * @param {Card} card
 * @param {Setting} setting
 */
export function own(card, setting) {
  if (card.text === "") return el("p", { class: "words wordless" }, declared(card).join(" · "));
  return written(card, setting);
}

/**
 * @param {Card | Turn} one
 * @param {Setting} setting
 */
function written(one, setting) {
  return setting.words === undefined ? words(one.text, one.masks) : setting.words(one);
}

/**
 * Who, where, what they declared it to be; then the two dates.
 * @param {Card} card
 * @param {Setting} setting
 */
export function said(card, setting) {
  const first = [channel(card), ...(card.text === "" ? [] : declared(card))]; // without a text they are what is said
  return el(
    "header",
    { class: "head" },
    el(
      "p",
      { class: "who" },
      name(card.author.name || t("card.anonymous")),
      ...first.map((part) => el("span", { class: "fact" }, part)),
      el("span", { class: "now", hidden: !isNew(card.approved_at, setting) }, t("screen.now")),
    ),
    el("p", { class: "dates" }, ...datesOf(card, setting)),
  );
}

/**
 * A name, in its own direction. One that a moderator covered is all mask.
 * @param {string} said
 */
function name(said) {
  const covered = /^\u2588+$/.test(said);
  const inside = covered ? el("span", { class: "mask", "aria-label": t("card.masked") }, said) : said;
  return el("bdi", { class: "name" }, inside);
}

/**
 * @param {Card} card
 * @param {Setting} setting
 */
function datesOf(card, setting) {
  const lived = card.experience_at;
  const parts = [];
  if (card.published_at !== null) {
    const day = dates.moment(new Date(card.published_at), setting.zone, setting.now());
    parts.push(el("span", { class: "fact" }, t("card.published", { day })));
  }
  if (lived === null) {
    parts.push(el("span", { class: "fact" }, t("card.experience_none")));
  } else {
    const day = /^\d{4}-\d\d-\d\d$/.test(lived)
      ? dates.shortDay(lived, setting.now())
      : dates.short(new Date(lived), setting.zone, setting.now());
    parts.push(el("span", { class: "fact" }, t("card.experience", { day })));
  }
  return parts;
}

/**
 * Where it was written. Our own channels have a name in each language, a configured one has its own.
 * @param {Card} card
 */
function channel(card) {
  const key = `card.channel.${card.channel}`;
  return knows(key) ? t(key) : card.channel;
}

/**
 * The stars and the kind, in words and in the same ink for all.
 * @param {Card} card
 * @returns {string[]}
 */
export function declared(card) {
  const { stars, kind } = card.declared;
  const said = stars ? [t("shared.stars", { n: stars })] : [];
  const key = `shared.kind.${kind}`;
  if (kind) said.push(knows(key) ? t(key) : kind);
  return said;
}

/**
 * Who answers or adds something, and with what stance; then the signature and the day.
 * @param {Turn} turn
 * @param {Card} card
 * @param {Setting} setting
 */
export function answered(turn, card, setting) {
  const ours = turn.by === "place";
  const who = ours ? t("card.answers") : t("card.adds", { name: turn.name || card.author.name || t("card.anonymous") });
  const facts = [];
  if (ours && turn.name) facts.push(el("bdi", { class: "fact" }, turn.name));
  if (turn.at) facts.push(el("span", { class: "fact" }, dates.day(new Date(turn.at), setting.zone, setting.now())));
  return el(
    "header",
    { class: ours ? "head ours" : "head" },
    el(
      "p",
      { class: "who" },
      el("bdi", { class: "name" }, who),
      turn.stance ? el("span", { class: "stamp" }, stance(turn, setting)) : null,
      el("span", { class: "now", hidden: !isNew(turn.at, setting) }, t("screen.now")),
    ),
    el("p", { class: "dates" }, ...facts),
  );
}

/**
 * @param {Turn} turn
 * @param {Setting} setting
 */
function stance(turn, setting) {
  if (turn.stance === "planned" && turn.due) {
    return t("shared.stance.planned_for", { day: dates.shortDay(turn.due, setting.now()) });
  }
  const key = `shared.stance.${turn.stance}`;
  return knows(key) ? t(key) : String(turn.stance);
}

/**
 * What a turn says; why not, where the place declined.
 * @param {Turn} turn
 * @param {Setting} setting
 * @returns {HTMLElement[]}
 */
export function says(turn, setting) {
  const made = [];
  if (turn.text !== "") made.push(written(turn, setting));
  if (turn.because) made.push(words(t("card.because", { why: turn.because }), []));
  return made.length === 0 ? [words("", [])] : made;
}

/**
 * Two days without an answer are said, in the same calm ink as all the rest.
 * @param {Card} card
 * @param {Setting} setting
 * @returns {string} empty while there is nothing to say
 */
export function waiting(card, setting) {
  const since = card.published_at || card.approved_at;
  if (since === null || card.turns.some((turn) => turn.by === "place")) return "";
  const hours = (setting.now().getTime() - Date.parse(since)) / 3600000;
  return hours < setting.waitHours ? "" : t("screen.waits", { n: Math.floor(hours / 24) });
}

/**
 * What the passing of time changes on a card that stays.
 * @param {HTMLElement} article
 * @param {Card} card
 * @param {Setting} setting
 */
export function refresh(article, card, setting) {
  const times = [card.approved_at, ...card.turns.map((turn) => turn.at)];
  if (!times.some((at) => isNew(at, setting))) {
    for (const mark of article.querySelectorAll(".now")) mark.setAttribute("hidden", "");
  }
  const note = article.querySelector(".waiting");
  const text = waiting(card, setting);
  if (note !== null && note.textContent !== text) fill(note, text);
}

/**
 * @param {string | null} at
 * @param {Setting} setting
 */
function isNew(at, setting) {
  if (at === null) return false;
  const age = (setting.now().getTime() - Date.parse(at)) / 1000;
  return age < JUST_NOW;
}
