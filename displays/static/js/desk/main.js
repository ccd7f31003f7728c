/**
 * The desk's page: puts the state, the drawing, the keyboard and the line together.
 */

import { prepareConduct } from "../conduct/panel.js";
import { resume } from "../health/taken_down.js";
import { one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { Line } from "../staff/line.js";
import { toggled } from "../staff/marks.js";
import { boot, place, refreshAges } from "../staff/message.js";
import { toast } from "../staff/toasts.js";
import { Desk } from "./desk.js";
import { strokeOf } from "./keys.js";
import { paintList } from "./list.js";
import { prepareMap, showMap } from "./map.js";
import { clearSelection, moveByKey, selectedIn, touches } from "./passage.js";
import { followPassage } from "./refusal.js";
import { paintStage } from "./stage.js";
import { showList, showMessage } from "./view.js";

/** What a key that is held goes on doing. */
const WALKING = new Set(["next", "previous"]);

const desk = new Desk();
const line = new Line({
  refresh: async () => void (await Promise.all([desk.refresh(), conducted.load()])),
  heard: async (ids) => void (await Promise.all([desk.heard(ids), conducted.touched(ids)])),
  place: (slug) => conducted.heard(slug),
});
const conducted = prepareConduct((error) => line.lost(error));

/** @returns {import("../staff/marks.js").Span | "author" | null} what the person has selected on the card */
function selection() {
  const words = document.getElementById("words");
  const passage = words && !("empty" in words.dataset) ? selectedIn(words) : null;
  if (passage !== null) return passage; // who selects all of the page means the words
  const author = document.querySelector('#stage [data-author="current"]');
  return author instanceof HTMLElement && touches(author) ? "author" : null;
}

/** @param {() => Promise<unknown>} work a gesture that asks the server */
function attempt(work) {
  void line.guard(async () => void (await work()));
}

function takePassage() {
  const draft = desk.view?.draft;
  const chosen = selection();
  if (!draft?.refusing || chosen === null) return;
  choosePassage(chosen);
}

/** The next thing to do is to confirm. @param {import("../staff/marks.js").Span | "author"} passage */
function choosePassage(passage) {
  const draft = desk.view?.draft;
  if (!draft) return;
  draft.passage = passage;
  clearSelection();
  desk.paint();
  focusOn("send");
}

/** Sends what is complete; else the hand goes to what is missing. */
function decide() {
  const draft = desk.view?.draft;
  if (!draft?.refusing) return;
  if (draft.missing === null) attempt(() => desk.rule());
  else if (draft.missing === "passage") document.getElementById("words")?.focus();
  else focusOn(draft.missing === "reason" ? `reason-${boot.codes[0]}` : "needs");
}

function followSelection() {
  const view = desk.view;
  const chosen = selection();
  if (!view?.draft.refusing || chosen === null) return;
  view.draft.passage = chosen;
  followPassage(view.message, view.draft);
}

function openRefusal() {
  const view = desk.view;
  if (!view || view.settled || !["pending", "approved"].includes(desk.tab)) return;
  view.draft.passage = selection() ?? view.draft.passage;
  view.draft.refusing = true;
  clearSelection();
  desk.paint();
  // The passage still to be chosen is the next thing to do: the words get the focus, else the reasons.
  if (view.draft.passage === null) document.getElementById("words")?.focus({ preventScroll: true });
  else focusOn(`reason-${boot.codes[0]}`);
}

/** @param {string} name */
function focusOn(name) {
  const found = document.querySelector(`#stage [data-focus="${CSS.escape(name)}"]`);
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}

/** @param {string} code @param {boolean} [send] by key: at once when nothing is missing */
function giveReason(code, send = false) {
  const draft = desk.view?.draft;
  if (!draft?.refusing) return;
  takePassage();
  draft.reason = code;
  desk.paint();
  if (draft.needs) focusOn("needs");
  else if (send && draft.missing === null) attempt(() => desk.rule());
}

function mask() {
  const view = desk.view;
  const chosen = selection();
  if (!view || view.settled || desk.tab === "approved") return;
  if (chosen === null) toast(t("desk.select_first"));
  else if (chosen === "author") view.draft.maskAuthor = !view.draft.maskAuthor;
  else view.draft.masks = toggled(view.draft.masks, chosen);
  clearSelection();
  desk.paint();
}

/** @returns {boolean} whether a refusal was being composed */
function leaveRefusal() {
  const draft = desk.view?.draft;
  if (!draft?.refusing) return false;
  draft.refusing = false;
  desk.paint();
  focusOn("refuse");
  return true;
}

function escape() {
  if (leaveRefusal()) return;
  if (desk.queue.query) search("");
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  desk.paint();
}

/** @param {string} query */
function search(query) {
  const input = one("#search");
  if (input instanceof HTMLInputElement && input.value !== query) input.value = query;
  desk.queue.query = query.trim().toLowerCase();
  desk.paint();
}

/** @type {Record<string, () => void>} */
const commands = {
  next: () => attempt(() => desk.move(1)),
  previous: () => attempt(() => desk.move(-1)),
  approve: () => attempt(() => desk.approve()),
  refuse: openRefusal,
  mask,
  "mask-author": () => {
    const draft = desk.view?.draft;
    if (draft) draft.maskAuthor = !draft.maskAuthor;
    desk.paint();
  },
  // The latest thing done is the composing itself: a decision made before it is not touched yet.
  undo: () => {
    if (!leaveRefusal()) attempt(() => desk.undo());
  },
  "undo-this": () => attempt(() => desk.undo(desk.view?.message.id)),
  reply: () => {
    const message = desk.view?.message;
    if (message?.state !== "approved") toast(t("desk.reply_later"));
    else if (!["owner", "manager", "staff"].includes(boot.me.role)) toast(t("desk.reply_not_yours"));
    else location.assign(`/tablet?place=${desk.scope || message.places.find(place) || ""}#${message.thread}`);
  },
  search: () => one("#search").focus(),
  single: () => {
    document.documentElement.toggleAttribute("data-single");
    desk.paint();
  },
  map: showMap,
  list: showList,
  escape,
};

/** @param {string} id */
function openMessage(id) {
  showMessage(`${desk.tab}/${id}`);
  attempt(() => desk.choose(id));
}

/** @param {string} name */
function run(name) {
  commands[name]?.();
}

desk.lost = (error) => line.lost(error);
desk.paint = () => {
  paintList(desk, { choose: openMessage, more: () => attempt(() => desk.more()) });
  paintStage(desk, {
    run,
    reason: (code) => giveReason(code),
    passage: choosePassage,
    decide,
    close: leaveRefusal,
    mask: (span) => {
      const draft = desk.view?.draft;
      if (draft) draft.masks = toggled(draft.masks, span);
      desk.paint();
    },
    maskAuthor: () => run("mask-author"),
    companion: (id, on) => {
      const companions = desk.view?.draft.companions;
      if (on) companions?.add(id);
      else companions?.delete(id);
      desk.paint();
    },
    selected: takePassage,
  });
};

function prepareTabs() {
  const tabs = [...document.querySelectorAll("[data-tab]")].filter((tab) => tab instanceof HTMLElement);
  /** @param {HTMLElement} tab @param {string} [id] */
  const open = (tab, id) => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", String(other === tab));
      other.setAttribute("tabindex", other === tab ? "0" : "-1");
    }
    one("#list").setAttribute("aria-labelledby", tab.id);
    attempt(async () => {
      await desk.open(tab.dataset.tab);
      if (!id) return;
      showMessage(location.hash.slice(1));
      await desk.choose(id);
    });
  };
  tabs.forEach((tab, n) => {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      const other = step ? tabs[(n + step + tabs.length) % tabs.length] : undefined;
      if (!other) return;
      other.focus();
      open(other);
    });
  });
  // « #approved/ID » leads straight to a message: the tablet's way to take one down.
  const [name, id] = location.hash.slice(1).split("/");
  const asked = tabs.find((tab) => tab.dataset.tab === name) ?? tabs[0];
  if (asked) open(asked, id);
}

// The next message stands there before the hand has left the key or the button: one press, one deed.
one("#stage").addEventListener("click", (event) => {
  const pressed = event.target instanceof Element ? event.target.closest("button") : null;
  if (pressed && event.detail > 1 && !WALKING.has(pressed.dataset.command ?? "")) event.stopImmediatePropagation(); // the second half of a double click
}, true);
document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.repeat && event.key === "Enter" && event.target instanceof HTMLButtonElement) return event.preventDefault();
  const words = document.getElementById("words");
  if (words && event.target === words) {
    if (moveByKey(event, words)) return followSelection();
    if (event.key === "Enter" && desk.view?.draft.refusing) {
      event.preventDefault(); // else the button that gets the focus is pressed by the same key
      takePassage();
      return decide();
    }
  }
  const stroke = strokeOf(event, { choosing: desk.view?.draft.refusing === true });
  if (!stroke || (stroke.command === "undo" && event.target instanceof HTMLInputElement)) return;
  event.preventDefault();
  if (event.repeat && !WALKING.has(stroke.command)) return;
  if (stroke.command === "reason") giveReason(boot.codes[(stroke.digit ?? 0) - 1] ?? "", true);
  else run(stroke.command);
});
// A thumb selects without a mouse's release: the passage follows the selection itself.
document.addEventListener("selectionchange", followSelection);
one("#search").addEventListener("input", (event) => {
  if (event.target instanceof HTMLInputElement) search(event.target.value);
});
one("#search").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && desk.queue.visible[0]) openMessage(desk.queue.visible[0].message.id);
});
one("#fresh").addEventListener("click", () => attempt(() => desk.open()));
document.getElementById("place")?.addEventListener("change", (event) => {
  if (event.target instanceof HTMLSelectElement) desk.scope = event.target.value;
  attempt(() => desk.open());
});

prepareMap();
resume();
prepareTabs();
line.start();
setInterval(refreshAges, 30_000);
