/**
 * A message as the HTTP API gives it, and the few things that both desk and tablet ask of one.
 *
 * Must not know the page.
 *
 * @typedef {import("./marks.js").Span} Span
 * @typedef {{code: string, start: number, end: number, detail: string}} Hint
 * @typedef {{state: string, url: string | null, error: string | null}} Delivery
 * @typedef {{code: string, passage: Span | {field: "author"}, law: string | null, subject: string | null}} Ruling
 * @typedef {{id: string, place: string, text: string, stance: string | null, due: string | null, owner: string | null,
 *   because: string | null, signed: string, posted_at: string, retracted_at: string | null, delivery: Delivery}} Reply
 * @typedef {{id: string, number: number, thread: string, by: "author" | "place", channel: string, places: string[],
 *   state: "pending" | "approved" | "refused" | "withdrawn" | "erased", held: string | null, revision: number,
 *   version: number, author: {name: string | null, url: string | null}, text: string, masks: Span[],
 *   mask_author: boolean, declared: {stars?: number | null, kind?: string | null}, published_at: string | null,
 *   experience_at: string | null, received_at: string, decided_at: string | null, url: string | null, hints: Hint[],
 *   replies: Reply[], consent: {state: string, at: string | null}, claim: {by: string, until: string} | null,
 *   ruling: Ruling | null, undoable_by: string | null}} Message
 * @typedef {{slug: string, name: string, timezone: string, kinds: string[], stances: string[]}} Place
 * @typedef {{language: string, csrf: string, base_url: string, demo: boolean, now: string, codes: string[],
 *   me: {id: string, name: string, role: string, places: string[], signed: string}, places: Place[], channels: Record<string, string>}} Boot
 */

import { data } from "../shared/dom.js";
import { knows, t } from "../shared/i18n.js";

const OPENING = 400; // signs

/** @type {Boot} */
export const boot = data("boot");

// Ages are told by the server's clock: a tablet's own may be wrong by hours.
const ahead = boot.now ? Date.parse(boot.now) - Date.now() : 0;

/** @returns {Date} */
export function now() {
  return new Date(Date.now() + ahead);
}

/** @param {Message} message @returns {Date} */
export function since(message) {
  return new Date(message.received_at);
}

/** @param {Message} a @param {Message} b */
export function byArrival(a, b) {
  return a.received_at < b.received_at ? -1 : a.received_at > b.received_at ? 1 : a.number - b.number;
}

/** @param {string} slug @returns {Place | undefined} */
export function place(slug) {
  return boot.places.find((one) => one.slug === slug);
}

/** @param {Message} message @returns {string} the zone in which its dates are told */
export function zone(message) {
  for (const slug of message.places) {
    const known = place(slug);
    if (known) return known.timezone;
  }
  return "UTC";
}

/** @param {string} channel @returns {string} */
export function channelName(channel) {
  const name = boot.channels[channel];
  if (name) return name;
  return knows(`card.channel.${channel}`) ? t(`card.channel.${channel}`) : channel;
}

/** A kind or stance that a place declared itself is shown as it stands. @param {string} what @param {string} word */
export function said(what, word) {
  return knows(`shared.${what}.${word}`) ? t(`shared.${what}.${word}`) : word;
}

/** What a line of a list says: the words, or what was declared where that is all. @param {Message} message @returns {string} */
export function gist({ text, declared: { stars, kind } }) {
  if (text) return text;
  const declared = [stars ? t("shared.stars", { n: stars }) : "", kind ? said("kind", kind) : ""];
  return declared.filter(Boolean).join(" · ") || t("card.no_text");
}

/** What the two lines of a list can show of it: all of it would be laid out there too, sign by sign. @param {Parameters<typeof gist>[0]} message @returns {string} */
export function opening(message) {
  const signs = Array.from(gist(message).replace(/\s+/g, " ").slice(0, 2 * OPENING + 2));
  return signs.length > OPENING ? `${signs.slice(0, OPENING).join("")}…` : signs.join("");
}

/** « depuis 3 h », the largest whole unit. @param {Date} from @returns {string} */
export function waited(from) {
  const minutes = Math.max(0, Math.floor((now().getTime() - from.getTime()) / 60000));
  if (minutes < 1) return t("staff.waits.now");
  if (minutes < 60) return t("staff.waits.minutes", { n: minutes });
  if (minutes < 48 * 60) return t("staff.waits.hours", { n: Math.floor(minutes / 60) });
  return t("staff.waits.days", { n: Math.floor(minutes / 1440) });
}

/** Every `<time data-since>` of the page says how long by now. */
export function refreshAges() {
  for (const element of document.querySelectorAll("time[data-since]")) {
    const from = element.getAttribute("data-since");
    if (from) element.textContent = waited(new Date(from));
  }
}
