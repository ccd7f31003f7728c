/**
 * List, then message: which of the two a narrow screen shows, and the machine's own way back.
 *
 * Owns `data-view` and the address after loading. A wide screen shows both and keeps its address.
 */

import { one } from "../shared/dom.js";

const narrow = matchMedia("(max-width: 56rem)"); // as in desk.css

/** @param {string} address the tab and the message, as a link to it has them */
export function showMessage(address) {
  const main = one("#main");
  if (!narrow.matches || main.dataset.view === "message") return;
  main.dataset.view = "message";
  history.pushState(null, "", `#${address}`);
  one("#stage .back").focus({ preventScroll: true });
}

export function showList() {
  const main = one("#main");
  if (main.dataset.view === "list") return;
  main.dataset.view = "list";
  history.replaceState(null, "", location.pathname);
  const current = document.querySelector('#list [aria-current="true"]');
  if (current instanceof HTMLElement) current.focus();
}

window.addEventListener("popstate", () => {
  if (narrow.matches) one("#main").dataset.view = location.hash ? "message" : "list";
});
