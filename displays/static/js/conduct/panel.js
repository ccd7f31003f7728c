/**
 * The conductor's panel, and the strip that says on the page itself what is in force and how to end it.
 *
 * Owns what is drawn of a wall's conduct. The panel is a dialog of the page; which of its parts exist for this
 * person is the template's business.
 */

import { el, fill, one, say } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { boot, place as placeOf } from "../staff/message.js";
import { toast } from "../staff/toasts.js";
import { asked, lastPlace } from "../staff/where.js";
import { Hours } from "./hours.js";
import { said } from "./saying.js";
import { idle, PACES, Wall } from "./wall.js";

/** @typedef {import("./wall.js").Conduct} Conduct */

const AGAIN = 10_000; // ms: whether the place is open and its screens are there, no event tells
let drawn = ""; // what the strip says
const MAY_LEAD = ["owner", "manager", "staff"].includes(boot.me.role);
const MAY_BLANK = ["owner", "manager", "moderator"].includes(boot.me.role);

/** @param {string} label @param {() => void} press @param {string} [kind] */
function button(label, press, kind = "") {
  const made = el("button", { type: "button", class: kind }, label);
  made.addEventListener("click", press);
  return made;
}

/** The ways out of what is in force. @param {Wall} wall @returns {HTMLElement[]} */
function ends(wall) {
  const { conduct } = wall;
  if (!conduct) return [];
  if (conduct.blank) {
    if (!MAY_BLANK) return [];
    const light = button(t("conduct.unblank"), () => void wall.act("unblank"), "first");
    return conduct.blank.until ? [light, button(t("conduct.confirm"), () => void wall.act("confirm"))] : [light];
  }
  const kept = conduct.pin ?? conduct.hold;
  return kept && MAY_LEAD ? [button(t("conduct.free"), () => void wall.act("free"), "first")] : [];
}

/** @param {(error: unknown) => void} lost @returns {Wall} */
export function prepareConduct(lost) {
  const wall = new Wall();
  const dialog = /** @type {HTMLDialogElement} */ (one("#conduct"));
  const hours = MAY_LEAD ? new Hours(wall) : null;
  wall.lost = lost;
  wall.paint = () => {
    strip(wall);
    if (dialog.open) panel(wall, hours);
  };
  const show = () => {
    wall.trouble = null;
    tell("");
    dialog.showModal();
    panel(wall, hours);
    wall.load().catch(lost);
  };
  one("#show-conduct").addEventListener("click", show);
  one("#conduct-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => fold(dialog));
  follow(wall, dialog, lost);
  gestures(wall, dialog);
  if (asked.conduct) show();
  setInterval(() => {
    const ended = wall.settle();
    if (ended || wall.conduct?.pin || wall.conduct?.hold) wall.paint();
  }, 1000);
  setInterval(() => {
    if (dialog.open && !document.hidden) wall.load().catch(lost);
  }, AGAIN);
  return wall;
}

/** Which wall: the place of the page, or the one that is chosen in the panel. @param {Wall} wall @param {HTMLElement} dialog @param {(error: unknown) => void} lost */
function follow(wall, dialog, lost) {
  const chosen = dialog.querySelector("#conduct-place");
  const page = document.getElementById("place");
  /** @param {string} place */
  const open = (place) => {
    fold(dialog);
    if (chosen instanceof HTMLSelectElement) chosen.value = place;
    wall.open(place).catch(lost);
  };
  page?.addEventListener("change", () => {
    if (page instanceof HTMLSelectElement && page.value) open(page.value);
  });
  chosen?.addEventListener("change", () => {
    if (chosen instanceof HTMLSelectElement) open(chosen.value);
  });
  /** @param {Element | null} one */
  const value = (one) => (one instanceof HTMLSelectElement ? one.value : "");
  open(value(page) || lastPlace() || value(chosen) || (boot.places[0]?.slug ?? ""));
}

/** @param {Wall} wall @param {HTMLElement} dialog */
function gestures(wall, dialog) {
  for (const pressed of dialog.querySelectorAll("button[data-do]")) {
    if (!(pressed instanceof HTMLElement)) continue;
    const what = pressed.dataset.do ?? "";
    pressed.addEventListener("click", async () => {
      tell("");
      const done = await wall.act(what);
      if (!done) return;
      fold(dialog);
      if (what !== "hold" && what !== "blank") tell(t(`conduct.done.${what}`));
      if (!pressed.checkVisibility?.()) one("#conduct-now").focus();
    });
  }
  for (const radio of dialog.querySelectorAll("input[name=pace]")) {
    radio.addEventListener("change", async () => {
      tell("");
      if (!(radio instanceof HTMLInputElement) || !wall.conduct) return;
      await wall.act("pace", { pace: radio.value, hours: wall.conduct.pace.hours });
    });
  }
}

/** Whether a gesture would do anything now: the sentence above says why not. @param {string} what @param {Conduct} conduct */
function acts(what, conduct) {
  const why = idle(conduct);
  if (what === "blank" || !why) return true;
  return why === "closed" && (what === "test" || what === "reload") && conduct.screens.some((screen) => screen.connected);
}

/** @param {Wall} wall @param {Hours | null} hours */
function panel(wall, hours) {
  const { conduct } = wall;
  say(one("#conduct-said"), said(wall.conduct, wall.place));
  quote(one("#conduct-pinned"), (conduct?.pin || conduct?.hold) && !conduct.blank ? wall.kept : "");
  for (const each of document.querySelectorAll("#conduct button[data-do]")) {
    if (each instanceof HTMLButtonElement) each.disabled = conduct !== null && !acts(each.dataset.do ?? "", conduct);
  }
  const ways = ends(wall);
  const drawnWays = one("#conduct-ends");
  if (drawnWays.textContent !== ways.map((way) => way.textContent).join("")) fill(drawnWays, ...ways); // one may have the focus
  say(one("#conduct-error"), wall.trouble ?? "");
  one("#conduct-now").dataset.state = conduct?.blank ? "blank" : conduct?.pin || conduct?.hold ? "kept" : "programme";
  for (const part of document.querySelectorAll("#conduct [data-when]")) {
    if (part instanceof HTMLElement) part.hidden = (part.dataset.when === "lit") === Boolean(conduct?.blank);
  }
  for (const named of document.querySelectorAll("#conduct [data-place-name]")) named.textContent = placeOf(wall.place)?.name ?? wall.place;
  for (const pace of PACES) {
    const radio = document.getElementById(`pace-${pace}`);
    if (radio instanceof HTMLInputElement) radio.checked = conduct?.pace.usual === pace;
  }
  hours?.paint();
  one("#conduct").setAttribute("aria-busy", String(wall.busy));
}

/** On the page itself: only what somebody has changed and somebody may want to end. @param {Wall} wall */
function strip(wall) {
  const made = one("#conducted");
  const inForce = wall.conduct && (wall.conduct.blank || wall.conduct.pin || wall.conduct.hold);
  made.hidden = !inForce;
  if (!inForce) {
    drawn = "";
    return fill(made);
  }
  const where = boot.places.length > 1 ? `${placeOf(wall.place)?.name ?? ""} · ` : "";
  const text = where + said(wall.conduct, wall.place);
  const which = wall.conduct?.blank ? "" : wall.kept;
  if (drawn === text + which) return; // a finger may be on its button
  drawn = text + which;
  fill(made, el("p", {}, text), el("span", { class: "conducted-which", dir: "auto" }, which), el("div", { class: "actions" }, ...ends(wall)));
}

/** @param {HTMLElement} element @param {string} text */
function quote(element, text) {
  element.hidden = text === "";
  say(element, text);
}

/** What was done, where no state shows it. @param {string} text */
function tell(text) {
  one("#conduct-done").textContent = text;
}

/** The first of two steps is taken back when its panel is left. @param {HTMLElement} dialog */
function fold(dialog) {
  for (const step of dialog.querySelectorAll("details.two-steps")) step.removeAttribute("open");
}

/** A card that a person wants everybody to see, from where it is read: the strip says so, with the way back. @param {Wall} wall @param {string} message */
export async function pin(wall, message) {
  if (!(await wall.act("pin", { message })) && wall.trouble) toast(wall.trouble);
}
