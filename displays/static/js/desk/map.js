/**
 * The map of the keyboard, and the switch that turns single keys off. Must not know what a command does.
 */

import { el, fill, one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { keysOn, MAP, switchKeys } from "./keys.js";

export function showMap() {
  const dialog = one("#map");
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

export function prepareMap() {
  const lines = MAP.flatMap(({ keys, text }) => [el("dt", {}, ...keys.map((key) => el("kbd", {}, key))), el("dd", {}, t(text))]);
  fill(one("#map-lines"), ...lines);
  const box = one("#keys-on");
  if (!(box instanceof HTMLInputElement)) return;
  box.checked = keysOn();
  const apply = () => document.documentElement.toggleAttribute("data-no-keys", !box.checked);
  box.addEventListener("change", () => {
    switchKeys(box.checked);
    apply();
  });
  apply();
  one("#show-map").addEventListener("click", showMap);
}
