/**
 * Making a screen ours: its code typed in by hand, and the screens that are ours already.
 */

import { call } from "../shared/api.js";
import { el, fill, one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { command, sentence } from "../staff/commands.js";
import { place, waited } from "../staff/message.js";
import { toast } from "../staff/toasts.js";

/** @typedef {{id: string, name: string, place: string, connected: boolean, silent_since: string | null}} Screen */

/** @param {string} id @returns {HTMLInputElement | HTMLSelectElement} */
function input(id) {
  const found = document.getElementById(id);
  if (found instanceof HTMLInputElement || found instanceof HTMLSelectElement) return found;
  throw new Error(`no field ${id}`);
}

/** @param {Screen} screen */
function state(screen) {
  if (screen.connected) return t("tablet.connected");
  return screen.silent_since ? t("tablet.silent", { since: waited(new Date(screen.silent_since)) }) : t("tablet.never");
}

async function showScreens() {
  const { screens } = await call("GET", "screens");
  const lines = screens.map((/** @type {Screen} */ screen) =>
    el("li", {}, el("a", { class: "strong-name", href: `/admin/screen/${screen.id}` }, el("bdi", {}, screen.name || t("tablet.unnamed"))), el("span", { class: "quiet" }, place(screen.place)?.name ?? screen.place), el("span", {}, state(screen))),
  );
  fill(one("#screens"), ...(lines.length ? lines : [el("li", { class: "quiet" }, t("tablet.no_screen"))]));
}

/** @param {(error: unknown) => void} trouble */
export function preparePairing(trouble) {
  const dialog = document.getElementById("pair");
  if (!(dialog instanceof HTMLDialogElement)) return; // this role pairs no screens
  const error = one("#pair-error");
  one("#show-pair").addEventListener("click", () => {
    error.textContent = "";
    dialog.showModal();
    input("pair-code").focus();
    showScreens().catch(trouble);
  });
  one("#pair-close").addEventListener("click", () => dialog.close());
  one("#pair-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    const name = input("pair-title").value.trim();
    const code = input("pair-code").value.replace(/[\s-]/g, "").toUpperCase();
    try {
      const [place, diagonal, distance, comfort] = ["place", "diagonal", "distance", "comfort"].map((field) => input(`pair-${field}`).value);
      await command("screens/pair", { code, place, name, diagonal, distance, comfort });
    } catch (problem) {
      error.textContent = sentence(problem);
      return;
    }
    input("pair-code").value = "";
    input("pair-title").value = "";
    dialog.close();
    toast(t("tablet.paired", { name }));
  });
}
