// Since when, as a person looks at it: the time alone while it is today.

import * as dates from "../shared/dates.js";

/**
 * « 12 h 03 »; « mardi 3 mars, 12 h 03 » when that was another day.
 * @param {Date} at @param {string} zone @param {Date} now
 */
export function since(at, zone, now) {
  return sameDay(at, zone, now) ? dates.time(at, zone) : dates.moment(at, zone, now);
}

/**
 * The same to the second: what is counted while a person waits.
 * @param {Date} at @param {string} zone @param {Date} now
 */
export function exactly(at, zone, now) {
  const time = dates.second(at, zone);
  return sameDay(at, zone, now) ? time : `${dates.day(at, zone, now)}, ${time}`;
}

/** @param {Date} at @param {string} zone @param {Date} now */
function sameDay(at, zone, now) {
  return dates.day(at, zone, now) === dates.day(now, zone, now);
}
