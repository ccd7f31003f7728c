/**
 * The place that was worked at last on this device: a slug and nothing else is kept. Who works at one place has no choice.
 */

import { boot } from "./message.js";

const KEY = "complicite.place";

/** @param {string | null} slug @returns {string | null} none that this person may not see, or that is gone */
function known(slug) {
  return boot.places.some((place) => place.slug === slug) ? slug : null;
}

/** « ?place=lyon »: another page of ours says which. It is asked for once: then the person chooses. @returns {string | null} */
export function askedPlace() {
  const asked = new URLSearchParams(location.search).get("place");
  if (asked !== null) history.replaceState(null, "", location.pathname + location.hash);
  return known(asked);
}

/** @returns {string | null} */
export function lastPlace() {
  try {
    return known(localStorage.getItem(KEY));
  } catch {
    return null; // storage forbidden
  }
}

/** @param {string} slug */
export function rememberPlace(slug) {
  if (boot.places.length < 2) return;
  try {
    localStorage.setItem(KEY, slug);
  } catch {
    // storage forbidden or full: the page begins with its first place again
  }
}
