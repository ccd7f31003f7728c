/**
 * A manager's answer before it is published: kept for this tab, message by message, at every pause.
 *
 * Holds the manager's own words only: no customer text goes into any browser storage.
 *
 * @typedef {{text: string, stance: string, due: string, owner: string, because: string}} Draft
 */

const PREFIX = "complicite.draft.";

/** @returns {Draft} */
export function blank() {
  return { text: "", stance: "", due: "", owner: "", because: "" };
}

/** @param {string} id of the message that is answered @returns {Draft} */
export function recall(id) {
  try {
    const kept = sessionStorage.getItem(PREFIX + id);
    return { ...blank(), ...(kept ? JSON.parse(kept) : {}) };
  } catch {
    return blank(); // storage forbidden or spoilt: the draft starts empty
  }
}

/** @param {string} id @param {Draft} draft */
export function keep(id, draft) {
  try {
    if (isBlank(draft)) sessionStorage.removeItem(PREFIX + id);
    else sessionStorage.setItem(PREFIX + id, JSON.stringify(draft));
  } catch {
    // storage forbidden or full: the draft lives as long as the page
  }
}

/** @returns {string[]} the messages whose draft is kept */
export function kept() {
  try {
    return Object.keys(sessionStorage).flatMap((key) => (key.startsWith(PREFIX) ? [key.slice(PREFIX.length)] : []));
  } catch {
    return [];
  }
}

/** @param {string} id */
export function forget(id) {
  keep(id, blank());
}

/** @param {Draft} draft */
export function isBlank(draft) {
  return Object.values(draft).every((value) => value === "");
}
