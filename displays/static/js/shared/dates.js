// Dates and ages as displays/i18n.py sets them: « samedi 21 novembre, 14 h 05 ».

import { language, t } from "./i18n.js";

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {string} zone
 * @param {string} name
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(zone, name, options) {
  const key = `${language} ${zone} ${name}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(language === "fr" ? "fr-FR" : "en-GB", { timeZone: zone, ...options });
    formats.set(key, made);
  }
  return made;
}

/**
 * @param {Date} when
 * @param {string} zone
 * @param {string} name
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {Record<string, string>}
 */
function parts(when, zone, name, options) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const part of format(zone, name, options).formatToParts(when)) found[part.type] = part.value;
  return found;
}

/**
 * « samedi 21 novembre », with the year when it is not this one.
 * @param {Date} when
 * @param {string} zone
 * @param {Date} [now]
 */
export function day(when, zone, now = new Date()) {
  const said = parts(when, zone, "day", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const thisYear = parts(now, zone, "year", { year: "numeric" }).year;
  const number = language === "fr" && said.day === "1" ? "1er" : said.day;
  return `${said.weekday} ${number}\u00a0${said.month}${said.year === thisYear ? "" : `\u00a0${said.year}`}`;
}

/**
 * A calendar date as the API gives it, "2026-12-03", which has no zone.
 * @param {string} date
 * @param {Date} [now]
 */
export function calendarDay(date, now = new Date()) {
  return day(new Date(`${date}T12:00:00Z`), "UTC", now);
}

/**
 * « 3 décembre »: the same, where the weekday would not fit.
 * @param {string} date
 * @param {Date} [now]
 */
export function shortDay(date, now = new Date()) {
  return short(new Date(`${date}T12:00:00Z`), "UTC", now);
}

/**
 * @param {Date} when
 * @param {string} zone
 * @param {Date} [now]
 */
export function short(when, zone, now = new Date()) {
  const said = day(when, zone, now);
  return said.slice(said.indexOf(" ") + 1);
}

/**
 * « 14 h 05 »
 * @param {Date} when
 * @param {string} zone
 */
export function time(when, zone) {
  const said = parts(when, zone, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return language === "fr" ? `${Number(said.hour)}\u00a0h\u00a0${said.minute}` : `${said.hour}:${said.minute}`;
}

/**
 * « 14 h 05 min 30 s »
 * @param {Date} when
 * @param {string} zone
 */
export function second(when, zone) {
  const shape = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const said = parts(when, zone, "second", shape);
  return language === "fr"
    ? `${Number(said.hour)}\u00a0h\u00a0${said.minute}\u00a0min\u00a0${said.second}\u00a0s`
    : `${said.hour}:${said.minute}:${said.second}`;
}

/**
 * @param {Date} when
 * @param {string} zone
 * @param {Date} [now]
 */
export function moment(when, zone, now = new Date()) {
  return `${day(when, zone, now)}, ${time(when, zone)}`;
}

/**
 * « 14 h 05 », « demain 9 h 00 » or « lundi 30 novembre, 9 h 00 »: a moment that comes, as the place counts its days.
 * @param {Date} when
 * @param {string} zone
 * @param {Date} now
 */
export function coming(when, zone, now) {
  const days = counted(when, zone) - counted(now, zone);
  if (days === 0) return time(when, zone);
  return days === 1 ? t("shared.tomorrow", { time: time(when, zone) }) : moment(when, zone, now);
}

/** A day as a number, one more each day: days of 23 and 25 hours are days too. @param {Date} when @param {string} zone */
function counted(when, zone) {
  const { year, month, day: date } = parts(when, zone, "date", { year: "numeric", month: "numeric", day: "numeric" });
  return Date.UTC(Number(year), Number(month) - 1, Number(date)) / 86_400_000;
}

/**
 * « il y a 3 jours »: whole units, the largest that fits.
 * @param {Date} when
 * @param {Date} [now]
 */
export function ago(when, now = new Date()) {
  const minutes = Math.floor((now.getTime() - when.getTime()) / 60000);
  if (minutes < 1) return t("shared.ago.now");
  if (minutes < 60) return t("shared.ago.minutes", { n: minutes });
  if (minutes < 48 * 60) return t("shared.ago.hours", { n: Math.floor(minutes / 60) });
  return t("shared.ago.days", { n: Math.floor(minutes / 1440) });
}
