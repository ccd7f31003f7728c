/**
 * The place that was worked at last on this device: a slug and nothing else is kept. Who works at one place has no choice.
 */

import { boot } from "./message.js";

const KEY = "complicite.place";

/** @param {string | null} slug @returns {string | null} none that this person may not see, or that is gone */
function known(slug) {
  return boot.places.some((place) => place.slug === slug) ? slug : null;
}

/** « ?place=lyon&conduct »: another page of ours says where, and whether to lead its wall. Once: then the person chooses. */
export const asked = take();

/** @returns {{place: string | null, conduct: boolean}} */
function take() {
  const said = new URLSearchParams(location.search);
  if (said.size) history.replaceState(null, "", location.pathname + location.hash);
  return { place: known(said.get("place")), conduct: said.has("conduct") };
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
