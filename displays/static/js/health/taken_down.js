/**
 * What becomes of a text that somebody at this page took down: off how many screens, until it is off all of them.
 *
 * Owns the lines that say so. Which messages are followed is kept for this tab, by id only, so that a page that is left
 * for another of ours goes on. Must not know why a text was taken down.
 */

import { call, Problem } from "../shared/api.js";
import { el, one, say } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { now, place } from "../staff/message.js";
import { exactly } from "./when.js";

/**
 * @typedef {{id: string, name: string, place: string, state: "off" | "dark" | "silent" | "waiting",
 *   since: string | null, dark_from: string | null}} Standing
 * @typedef {{id: string, hangs: boolean, off: number, total: number, screens: Standing[]}} Answer
 */

const KEPT = "taken-down";
const SOON = 400; // ms: an honest screen needs less than a second
const LOOKS = 10; // so often every second, then more calmly
const EVERY = 1000;
const CALM = 5000;
const STAYS = 10_000; // ms that the good end is said

/** @type {Map<string, number>} how often each was looked at */
const followed = new Map();

/** A text that was just taken down. @param {string} id @param {number} number as people know it */
export function follow(id, number) {
  const known = kept();
  keep([...known.filter((each) => each.id !== id), { id, number }]);
  begin(id, number);
}

/** What this tab followed before the page changed. */
export function resume() {
  for (const { id, number } of kept()) begin(id, number);
}

/** @param {string} id @param {number} number */
function begin(id, number) {
  if (followed.has(id)) return;
  followed.set(id, 0);
  setTimeout(() => void look(id, number), SOON);
}

/** @param {string} id @param {number} number */
async function look(id, number) {
  if (!followed.has(id)) return;
  const looks = (followed.get(id) ?? 0) + 1;
  followed.set(id, looks);
  try {
    /** @type {Answer} */
    const answer = await call("GET", `messages/${encodeURIComponent(id)}/screens`);
    if (!followed.has(id)) return; // closed meanwhile
    if (answer.hangs) return drop(id);
    paint(answer, number);
    if (answer.off === answer.total) {
      forget(id);
      setTimeout(() => followed.has(id) || drop(id), STAYS);
      return;
    }
  } catch (error) {
    if (error instanceof Problem && error.status >= 400 && error.status < 500) return drop(id);
  }
  setTimeout(() => void look(id, number), looks < LOOKS ? EVERY : CALM);
}

/** @param {Answer} answer @param {number} number */
function paint(answer, number) {
  const shelf = one("#taken-down");
  let line = shelf.querySelector(`[data-id="${CSS.escape(answer.id)}"]`);
  if (line === null) {
    const close = el("button", { type: "button", class: "plain", "aria-label": t("staff.close") }, "×");
    close.addEventListener("click", () => drop(answer.id));
    line = el("div", { "data-id": answer.id }, el("p", {}), close);
    shelf.append(line);
  }
  const said = sentence(answer, number);
  const text = line.querySelector("p");
  if (text) say(text, said);
  line.toggleAttribute("data-done", answer.off === answer.total);
  shelf.hidden = false;
}

/** @param {Answer} answer @param {number} number @returns {string} */
export function sentence({ off, total, screens }, number) {
  if (total === 0) return t("health.off_none", { number });
  const head = off === total
    ? t("health.off_all", { n: total, number })
    : t("health.off_some", { n: off, total, number });
  return [head, ...screens.filter((screen) => screen.state !== "off").map(about)].join(" ");
}

/** What is known of one that has not said that it is off. @param {Standing} screen */
function about(screen) {
  const zone = place(screen.place)?.timezone ?? "UTC";
  /** @param {string | null} at */
  const told = (at) => (at ? exactly(new Date(at), zone, now()) : "");
  const name = screen.name || t("health.unnamed");
  return t(`health.off_is.${screen.state}`, { name, since: told(screen.since), until: told(screen.dark_from) });
}

/** @param {string} id */
function drop(id) {
  forget(id);
  const shelf = one("#taken-down");
  shelf.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
  shelf.hidden = shelf.childElementCount === 0;
}

/** @param {string} id */
function forget(id) {
  followed.delete(id);
  keep(kept().filter((each) => each.id !== id));
}

/** @returns {{id: string, number: number}[]} */
function kept() {
  try {
    const known = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(known) ? known : [];
  } catch (_error) {
    return [];
  }
}

/** @param {{id: string, number: number}[]} known */
function keep(known) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(known));
  } catch (_error) {
    // A browser that keeps nothing: this page still follows.
  }
}
