// The time zone of a place, as this browser knows it. The tables of an old television end with its last update: a zone
// that was named since is an error there, and would stop the whole page.

/** What its older tables call it, or what goes by the same clock. */
const BEFORE = new Map([
  ["Europe/Kyiv", "Europe/Kiev"], // 2022
  ["America/Nuuk", "America/Godthab"], // 2020
  ["America/Ciudad_Juarez", "America/Denver"], // 2022
  ["America/Coyhaique", "America/Punta_Arenas"], // 2025
  ["Pacific/Kanton", "Pacific/Enderbury"], // 2021
]);

/**
 * @param {string} zone
 * @returns {string} else that of the television, which hangs in the place
 */
export function known(zone) {
  const found = [zone, BEFORE.get(zone) || zone].find(knows);
  return found === undefined ? new Intl.DateTimeFormat().resolvedOptions().timeZone : found;
}

/** @param {string} zone */
function knows(zone) {
  try {
    return Boolean(new Intl.DateTimeFormat("en-GB", { timeZone: zone }));
  } catch (_error) {
    return false;
  }
}
