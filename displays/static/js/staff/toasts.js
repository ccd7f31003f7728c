/**
 * What was just done, in a sentence, with the way back under the thumb for ten seconds.
 *
 * Must not know what is undone.
 */

import { el, one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const STAYS = 10_000;

/**
 * @param {string} text
 * @param {{label: string, key?: string, run: () => void} | null} [action]
 * @param {{stays?: boolean}} [how] `stays`: what went wrong is not pushed away by what goes right after it
 */
export function toast(text, action = null, { stays = false } = {}) {
  const shelf = one("#toasts");
  const made = el("div", { class: "toast", "data-stays": stays }, el("p", {}, text));
  if (action) {
    const button = el("button", { type: "button" }, action.label, action.key ? el("kbd", {}, action.key) : null);
    button.addEventListener("click", () => {
      made.remove();
      action.run();
    });
    made.append(button);
  }
  const close = el("button", { type: "button", class: "plain", "aria-label": t("staff.close") }, "×");
  close.addEventListener("click", () => made.remove());
  made.append(close);
  // One at a time: the latest decision is the one that a thumb may want back.
  shelf.replaceChildren(...shelf.querySelectorAll("[data-stays]"), made);
  setTimeout(() => made.remove(), STAYS);
}

export function clearToasts() {
  one("#toasts").replaceChildren();
}

/** A sentence across the page that stays until it is no longer true. @param {string | null} text */
export function banner(text) {
  const element = one("#banner");
  element.hidden = text === null;
  element.textContent = text ?? "";
}
