/**
 * A thread as it will hang on the wall, true to proportion, with what only the people of the house may see:
 * hints underlined, masks that can be looked under.
 *
 * Owns the drawing. Must not know decisions or the network. Every size in card.css is a part of the wall's
 * width (`--u` is one wall pixel), so that a line breaks here where it breaks there.
 */

import { calendarDay, day, moment, shortDay } from "../shared/dates.js";
import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { phrases } from "../shared/phrases.js";
import { runs } from "./marks.js";
import { channelName, now, said, zone } from "./message.js";

/**
 * @typedef {import("./marks.js").Span} Span
 * @typedef {import("./message.js").Message} Message
 * @typedef {import("./message.js").Reply} Reply
 * @typedef {{hints?: Span[], masks?: readonly Span[], passage?: Span | null, maskAuthor?: boolean, current?: boolean}} Marks
 */

/** The wall's own width: a full-HD screen, for which DESIGN.md gives the legible size. */
const WALL = 1920;
const WALL_HEIGHT = 1080;

/**
 * The customer's words, cut where marks begin and end; the element's text is exactly the message's. One mask is
 * one element: it shows as the wall's six blocks, whatever it covers (card.css).
 * @param {string} text @param {Marks} marks @param {Record<string, string | boolean>} [attributes]
 */
export function words(text, marks, attributes = {}) {
  const body = el("p", { class: "words", ...attributes });
  /** @type {HTMLElement | null} */
  let mask = null;
  for (const run of runs(text, { hints: marks.hints, masks: marks.masks, passage: marks.passage ?? null })) {
    if (run.masked && !mask) {
      mask = el("span", { class: "masked" });
      body.append(mask);
    } else if (!run.masked) mask = null;
    const classes = [run.hints.length ? "hinted" : "", run.passage ? "passage" : ""].filter(Boolean);
    (mask ?? body).append(...(classes.length ? [el("span", { class: classes.join(" ") }, run.text)] : phrases(run.text)));
    if (run.passage) mask?.classList.add("passage");
  }
  return body;
}

/**
 * Who, where, what they declared it to be, then the two dates: in the wall's order, in the same ink for all.
 * A later turn says its day only, as there.
 * @param {Message} message @param {Marks} marks @param {boolean} first
 */
function head(message, marks, first) {
  const who = message.author.name ?? t(message.by === "place" ? "card.adviser" : "card.anonymous");
  const masked = marks.maskAuthor && message.author.name !== null;
  const name = el("bdi", { class: masked ? "name masked" : "name", "data-author": marks.current ? "current" : "other" }, who);
  const facts = first ? [channelName(message.channel)] : [];
  if (first && message.declared.stars) facts.push(t("shared.stars", { n: message.declared.stars }));
  if (first && message.declared.kind) facts.push(said("kind", message.declared.kind));
  const where = zone(message);
  const when = new Date(message.published_at ?? message.received_at);
  const dates = el("p", { class: "card-dates" });
  if (first) {
    const lived = message.experience_at
      ? t("card.experience", { day: livedOn(message.experience_at, where) })
      : t("card.experience_none");
    dates.append(el("span", {}, t("card.published", { day: moment(when, where, now()) })), el("span", {}, lived));
  } else dates.append(el("span", {}, day(when, where, now())));
  return el(
    "header",
    { class: "card-head" },
    el("p", { class: "card-who" }, name, ...facts.map((fact) => el("span", {}, fact))),
    dates,
  );
}

/** A date alone has no zone. @param {string} at @param {string} where */
function livedOn(at, where) {
  return /^\d{4}-\d\d-\d\d$/.test(at) ? calendarDay(at, now()) : day(new Date(at), where, now());
}

/** @param {Reply} reply @param {string} [where] */
export function answer(reply, where = "UTC") {
  const who = el("p", { class: "card-who" }, el("span", { class: "name" }, t("card.answers")));
  if (reply.stance) {
    const stamp = reply.stance === "planned" && reply.due
      ? t("shared.stance.planned_for", { day: shortDay(reply.due, now()) })
      : said("stance", reply.stance);
    who.append(el("span", { class: "stamp" }, stamp));
  }
  const signed = el("p", { class: "card-dates" }, el("bdi", {}, reply.signed));
  if (reply.posted_at) signed.append(el("span", {}, day(new Date(reply.posted_at), where, now())));
  const made = el("section", { class: "turn" }, el("header", { class: "card-head" }, who, signed));
  made.append(el("p", { class: "words", dir: "auto" }, ...phrases(reply.text)));
  if (reply.because) made.append(el("p", { class: "words" }, t("card.because", { why: reply.because })));
  return made;
}

/**
 * @param {Message} root
 * @param {readonly (Message | Reply)[]} turns what follows it, in order of time
 * @param {(message: Message) => Marks} marksOf
 * @param {(message: Message, body: HTMLElement) => HTMLElement} [dress] puts a turn's controls around it
 */
export function card(root, turns, marksOf, dress = (_message, body) => body) {
  /** @param {Message} message */
  const section = (message) => {
    const marks = marksOf(message);
    const current = marks.current === true;
    const attributes = { dir: "auto", ...(current ? { tabindex: "0", id: "words" } : {}) };
    const body = message.text
      ? words(message.text, marks, attributes)
      : el("p", { class: "words quiet", "data-empty": true, ...attributes }, t("card.no_text"));
    return dress(message, el("section", { class: "turn", "data-message": message.id }, head(message, marks, message === root), body));
  };
  const made = el("article", { class: "card" }, el("div", { class: "card-said" }, section(root)));
  if (turns.length) {
    made.classList.add("answered");
    const aside = el("div", { class: "card-turns" });
    for (const turn of turns) aside.append("delivery" in turn ? answer(turn, zone(root)) : section(turn));
    made.append(aside);
  }
  return made;
}

/** Times the legible size, as the wall tries them: the largest at which one page is enough. */
const LARGER = [2.8, 2.4, 2, 1.75, 1.5, 1.3, 1.15, 1];

/**
 * Keeps a card true to the wall's proportions in the room it has.
 * @param {HTMLElement} room @param {HTMLElement} drawn
 * @param {{least?: number, most?: number, tell?: (pages: number) => void}} [options]
 */
export function fit(room, drawn, { least = 560, most = 1180, tell } = {}) {
  let before = "";
  const measure = () => {
    const size = getComputedStyle(room);
    const inner = room.clientWidth - parseFloat(size.paddingLeft) - parseFloat(size.paddingRight);
    const byHeight = Math.max(room.clientHeight * (WALL / WALL_HEIGHT), least);
    const width = Math.floor(Math.min(inner, byHeight, most));
    if (width <= 0 || before === `${width}`) return;
    before = `${width}`;
    const page = (width * WALL_HEIGHT) / WALL;
    drawn.style.setProperty("--u", `${width / WALL}px`);
    for (const scale of LARGER) {
      drawn.style.setProperty("--scale", String(scale));
      if (drawn.scrollHeight <= page + 2 && !breaksWords(drawn)) break;
    }
    if (tell) tell(Math.max(1, Math.ceil((drawn.scrollHeight - 2) / page)));
  };
  const watch = new ResizeObserver(() => {
    if (drawn.isConnected) measure();
    else watch.disconnect();
  });
  watch.observe(room);
  measure();
}

/** Whether a word is wider than its column at this size. @param {HTMLElement} drawn */
function breaksWords(drawn) {
  drawn.classList.add("unbroken");
  const broken = [...drawn.querySelectorAll(".words")].some((body) => body.scrollWidth > body.clientWidth + 1);
  drawn.classList.remove("unbroken");
  return broken;
}
