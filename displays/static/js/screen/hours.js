// When a place is open: `moderation/hours.py` in the browser, so that a screen closes and opens also while it
// hears no server. A window lies between two moments: the night in which an hour comes twice opens and closes once.

/**
 * @typedef {[number, number]} Window minutes after midnight; an end beyond a day is on the next day
 * @typedef {Window[][]} Week seven days, Monday first
 * @typedef {{from: number, to: number}} Span milliseconds
 */

const DAY = 1440; // minutes
const MINUTE = 60000; // milliseconds

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * What the clocks show there, as if it were UTC.
 * @param {number} at milliseconds
 * @param {string} zone
 */
function local(at, zone) {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    });
    formats.set(zone, format);
  }
  /** @type {Record<string, number>} */
  const said = {};
  for (const part of format.formatToParts(at)) said[part.type] = Number(part.value);
  return Date.UTC(said.year, said.month - 1, said.day, said.hour, said.minute, said.second);
}

/**
 * How far the clocks there are ahead of UTC.
 * @param {number} at milliseconds
 * @param {string} zone
 */
function ahead(at, zone) {
  const second = Math.floor(at / 1000) * 1000;
  return local(second, zone) - second;
}

/**
 * The first moment at which the clocks there show it; an hour that is left out counts as if it were not.
 * @param {number} day midnight of a local day, as if it were UTC
 * @param {number} minutes
 * @param {string} zone
 */
function moment(day, minutes, zone) {
  const shown = day + minutes * MINUTE;
  const before = ahead(shown - DAY * MINUTE, zone);
  const after = ahead(shown + DAY * MINUTE, zone);
  const late = shown - after;
  return before !== after && ahead(shown - before, zone) !== before && ahead(late, zone) === after ? late : shown - before;
}

/**
 * The spans in which the place is open, from the day before `now` on, in order.
 * @param {Week} week
 * @param {string} zone
 * @param {number} now milliseconds
 * @param {number} [days]
 * @returns {Span[]}
 */
export function spans(week, zone, now, days = 1) {
  const shown = local(Math.floor(now / 1000) * 1000, zone);
  const today = shown - (shown % (DAY * MINUTE));
  const found = [];
  for (let i = -1; i < days; i += 1) {
    const day = today + i * DAY * MINUTE;
    const weekday = (new Date(day).getUTCDay() + 6) % 7;
    for (const [start, end] of week[weekday]) {
      found.push({ from: moment(day, start, zone), to: moment(day, end, zone) });
    }
  }
  return found.sort((a, b) => a.from - b.from);
}

/**
 * @param {Week | null} week null: nobody gave hours, always open
 * @param {string} zone
 * @param {number} now milliseconds
 */
export function isOpen(week, zone, now) {
  return week === null || spans(week, zone, now).some(({ from, to }) => from <= now && now < to);
}

/**
 * The hour of the clocks there, with its fraction.
 * @param {number} now milliseconds
 * @param {string} zone
 */
export function hourOf(now, zone) {
  return (local(Math.floor(now / 1000) * 1000, zone) / 3600000) % 24;
}

/**
 * The longest time in the next day in which nobody looks: closed, or three to five in the morning.
 * @param {Week | null} week
 * @param {string} zone
 * @param {number} now milliseconds
 * @returns {Span}
 */
export function quiet(week, zone, now) {
  const horizon = now + DAY * MINUTE;
  const open = week === null ? [] : spans(week, zone, now, 3);
  /** @type {Span} */
  let longest = { from: now, to: now };
  let from = now;
  for (const span of [...open, { from: horizon, to: horizon }]) {
    const to = Math.min(span.from, horizon);
    if (to - from > longest.to - longest.from) longest = { from, to };
    from = Math.max(from, span.to);
  }
  const always = longest.to - longest.from < MINUTE || (week === null || open.length === 0);
  return always ? smallHours(zone, now) : longest;
}

/**
 * @param {string} zone
 * @param {number} now milliseconds
 * @returns {Span}
 */
function smallHours(zone, now) {
  const shown = local(Math.floor(now / 1000) * 1000, zone);
  const today = shown - (shown % (DAY * MINUTE));
  const next = [0, 1].map((i) => today + i * DAY * MINUTE).find((day) => moment(day, 5 * 60, zone) > now + 3600000);
  const day = next === undefined ? today + DAY * MINUTE : next;
  return { from: Math.max(now, moment(day, 3 * 60, zone)), to: moment(day, 5 * 60, zone) };
}
