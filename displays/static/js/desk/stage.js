/**
 * The right column: the chosen message as it will hang, what there is to know about it, and what may be done.
 *
 * Owns the drawing of the stage. Must not know the network or the list; it reports gestures.
 */

import { el, fill, keep, one } from "../shared/dom.js";
import { t, knows } from "../shared/i18n.js";
import { Hanging } from "../staff/card.js";
import { excerpt, overlaps } from "../staff/marks.js";
import { boot, gist, place } from "../staff/message.js";
import { refusal } from "./refusal.js";

/**
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {import("../staff/marks.js").Span} Span
 * @typedef {import("./draft.js").Draft} Draft
 * @typedef {{tab: string, message: Message, thread: readonly Message[], draft: Draft, settled: boolean, busy: boolean,
 *   changed: boolean, trouble: string | null}} View
 * @typedef {import("./refusal.js").Gestures & {run: (command: string) => void, mask: (span: Span) => void,
 *   maskAuthor: () => void, companion: (id: string, on: boolean) => void, selected: () => void}} Gestures
 */

/** @param {Message} message @returns {Span[]} hints that point at words; the others are only told */
function pointing(message) {
  return message.hints.filter((hint) => hint.end > hint.start).map((hint) => [hint.start, hint.end]);
}

/** What scrolls; another height of it is another size of the wall. */
const scroll = el("div", { class: "room" });
/** Where it hangs, by place: made once, hung anew at each painting. @type {Map<string, Hanging>} */
const walls = new Map();
const LEAST = 315; // px: below that, the wall scrolls rather than shrinks
const GAP = 16; // px below it, as in desk.css

new ResizeObserver(() => walls.forEach((wall) => wall.room.isConnected && wall.glass.scale())).observe(scroll);

/** @param {Message} message */
function wallOf(message) {
  const slug = message.places.find((one) => place(one)) ?? message.places[0] ?? "";
  const known = walls.get(slug) ?? new Hanging(slug, () => Math.max(scroll.clientHeight - GAP, LEAST));
  walls.set(slug, known);
  return known;
}

/** @param {View} view @param {Hanging} wall @returns {number} its pages on the wall */
function hang({ message, thread, draft, tab }, wall) {
  const root = thread[0] ?? message;
  const seen = thread.filter((turn) => turn.id === message.id || turn.state === "approved" || companionable(turn, message, tab));
  /** @type {(Message | import("../staff/message.js").Reply)[]} */
  const turns = [...seen.filter((turn) => turn.id !== root.id), ...thread.flatMap((turn) => turn.replies.filter((reply) => !reply.retracted_at))];
  turns.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
  const pages = wall.show(root, turns, (turn) => {
    const offered = companionable(turn, message, tab) && !draft.companions.has(turn.id);
    if (turn.id !== message.id) return { masks: turn.masks, maskAuthor: turn.mask_author, hints: turn.state === "pending" ? pointing(turn) : [], offered };
    const passage = draft.refusing && Array.isArray(draft.passage) ? draft.passage : null;
    return { hints: pointing(turn), masks: draft.masks, maskAuthor: draft.maskAuthor, passage, current: true };
  });
  wall.glass.unfolded = pages > 1; // read and marked without turning pages
  return pages;
}

/** @param {Message | import("../staff/message.js").Reply} turn */
function timeOf(turn) {
  return "delivery" in turn ? turn.posted_at : (turn.published_at ?? turn.received_at);
}

/** @param {Message} turn @param {Message} message @param {string} tab whether it can be approved in the same step */
export function companionable(turn, message, tab) {
  return tab !== "approved" && turn.id !== message.id && turn.state === "pending" && turn.held === null;
}

/** A message of the same thread that may be approved in the same step. @param {Message} turn @param {Draft} draft @param {Gestures} gestures */
function offered(turn, draft, gestures) {
  const box = el("input", { type: "checkbox", "data-focus": `with-${turn.id}`, "data-with": turn.id });
  if (box instanceof HTMLInputElement) {
    box.checked = draft.companions.has(turn.id);
    box.addEventListener("change", () => gestures.companion(turn.id, box.checked));
  }
  return el("label", { class: "pick" }, box, el("span", {}, `${t("desk.with")} `, el("q", { class: "offered-words" }, gist(turn))));
}

/** @param {View} view @param {Gestures} gestures */
function notes({ message, draft, changed, settled, thread, tab }, gestures) {
  const list = el("div", { class: "notes" });
  if (settled) list.append(el("p", { class: "note strong" }, t(`desk.settled_note.${message.state}`)));
  if (changed) list.append(el("p", { class: "note strong", role: "status" }, t("desk.changed")));
  if (message.held === "consent") list.append(el("p", { class: "note strong" }, t("desk.held.consent")));
  const root = thread[0];
  if (tab === "pending" && root && root.id !== message.id && root.state !== "approved" && !draft.companions.has(root.id)) {
    list.append(el("p", { class: "note" }, t("desk.root_waits")));
  }
  for (const turn of thread) if (companionable(turn, message, tab)) list.append(offered(turn, draft, gestures));
  if (message.ruling) list.append(...ruled(message, message.ruling));
  message.hints.forEach((hint) => {
    const key = `desk.hint.${hint.code}`;
    const line = el("p", { class: "note" });
    if (hint.end > hint.start) line.append(el("q", { class: "hinted" }, excerpt(message.text, [hint.start, hint.end])), " ");
    line.append(knows(key) ? t(key, { detail: hint.detail }) : `${hint.code} ${hint.detail}`);
    /** @type {Span} */
    const span = [hint.start, hint.end];
    if (tab === "pending" && hint.end > hint.start && !draft.masks.some((mask) => overlaps(mask, span))) {
      const mask = el("button", { type: "button", class: "plain", "data-focus": `hint-${hint.start}` }, t("desk.mask_this"));
      mask.addEventListener("click", () => gestures.mask(span));
      line.append(" ", mask);
    }
    list.append(line);
  });
  for (const mask of draft.masks) {
    const line = el("p", { class: "note" }, `${t("desk.masked")} `, el("q", {}, excerpt(message.text, mask)));
    if (tab === "pending" || tab === "refused" || tab === "withdrawn") {
      const off = el("button", { type: "button", class: "plain", "data-focus": `mask-${mask[0]}` }, t("desk.unmask"));
      off.addEventListener("click", () => gestures.mask(mask));
      line.append(" ", off);
    }
    list.append(line);
  }
  return list;
}

/** What was decided rests on. @param {Message} message @param {import("../staff/message.js").Ruling} ruling */
function ruled(message, { code, passage, law, subject }) {
  const lines = [el("p", { class: "note ruled" }, `${t("desk.ruling")} `, el("strong", {}, t(`codes.${code}`)))];
  if (!Array.isArray(passage)) lines.push(el("p", { class: "note ruled" }, t("desk.rests_author")));
  else if (passage[1] > passage[0]) lines.push(el("p", { class: "note ruled" }, `${t("desk.rests")} `, el("q", {}, excerpt(message.text, passage))));
  if (law) lines.push(el("p", { class: "note ruled" }, `${t("desk.ruling.law")} `, el("q", {}, law)));
  if (subject) lines.push(el("p", { class: "note ruled" }, `${t("desk.ruling.subject")} `, el("q", {}, subject)));
  return lines;
}

/** @param {View} view @param {Gestures} gestures */
function actions({ tab, message, draft, busy, settled }, gestures) {
  const bar = el("div", { class: "actions bar", role: "group", "aria-label": t("desk.actions") });
  /** @param {string} command @param {string} text @param {string | null} key @param {string} kind @param {boolean} [pressed] */
  const add = (command, text, key, kind, pressed) => {
    const button = el(
      "button",
      { type: "button", class: kind, "data-focus": command, "data-command": command, "aria-disabled": busy ? "true" : null, "aria-pressed": pressed === undefined ? null : String(pressed) },
      text,
      key ? el("kbd", { "aria-hidden": "true" }, key) : null,
    );
    button.addEventListener("click", () => gestures.run(command));
    bar.append(button);
  };
  if (settled) {
    add("next", t("desk.next"), "j", "first");
    return bar;
  }
  if (tab === "approved") {
    if (["owner", "manager", "staff"].includes(boot.me.role)) add("reply", t("desk.reply"), "r", "first");
    add("refuse", t("desk.withdraw"), "d", "");
    return bar;
  }
  const count = draft.companions.size + 1;
  if (message.held === null) add("approve", count > 1 ? t("desk.approve_many", { n: count }) : t(tab === "pending" ? "desk.approve" : "desk.approve_after_all"), "f", "first");
  if (tab === "pending") add("refuse", t("desk.refuse"), "d", "");
  else if (message.undoable_by === boot.me.id) add("undo-this", t("desk.undo_decision"), null, "");
  add("mask", t("desk.mask"), "m", "");
  if (message.author.name) add("mask-author", t("desk.mask_author"), null, "", draft.maskAuthor);
  return bar;
}

/** @param {{queue: import("./queue.js").Queue, tab: string, loaded: boolean}} desk why no message stands here */
function emptiness({ queue, tab, loaded }) {
  if (!loaded) return "";
  if (queue.items.length === 0) return t(`desk.thanks.${tab}`);
  return t(queue.visible.length ? "desk.choose" : "desk.none_found");
}

/** @param {{view: View | null, queue: import("./queue.js").Queue, tab: string, loaded: boolean}} desk @param {Gestures} gestures */
export function paintStage(desk, gestures) {
  const { view } = desk;
  const stage = one("#stage");
  const focused = document.activeElement instanceof HTMLElement && stage.contains(document.activeElement) ? document.activeElement.dataset.focus ?? document.activeElement.id : null;
  const same = view !== null && stage.dataset.message === view.message.id;
  const room = stage.querySelector(".room");
  const top = same && room ? room.scrollTop : 0;
  const told = same ? stage.querySelector(".notes")?.scrollTop ?? 0 : 0;
  // A narrow screen shows the list or the message: this leads from one to the other (desk.css).
  const back = el("button", { type: "button", class: "back plain", "data-focus": "back" }, t("desk.back"));
  back.addEventListener("click", () => gestures.run("list"));
  if (view === null) {
    delete stage.dataset.message;
    fill(stage, el("header", { class: "stage-head" }, back), el("p", { class: "thanks" }, emptiness(desk)));
    return;
  }
  stage.dataset.message = view.message.id;
  const pages = el("span", { class: "quiet pages" });
  const named = view.message.places.map((slug) => place(slug)?.name ?? slug).join(" · ");
  const head = el("header", { class: "stage-head" }, back, el("h2", {}, t(`desk.as_hung.${view.tab}`)), el("span", { class: "name quiet" }, named), pages, el("span", { class: "quiet number" }, t("desk.number", { number: view.message.number })));
  const wall = wallOf(view.message);
  const below = notes(view, gestures);
  const foot = view.draft.refusing
    ? refusal(view.message, view.draft, view.tab === "approved" ? "withdraw" : "refuse", view, gestures)
    : actions(view, gestures);
  if (!view.draft.refusing && view.trouble) foot.prepend(el("p", { class: "error", role: "alert" }, view.trouble));
  // What may go to the wall is never shown without its hints: they stand outside of what scrolls, until a refusal
  // is composed and needs the height.
  keep(scroll, view.draft.refusing ? [wall.room, below] : [wall.room]);
  keep(stage, view.draft.refusing ? [head, scroll, foot] : [head, scroll, below, foot]);
  const n = hang(view, wall); // measured in the document
  pages.textContent = n > 1 ? t("desk.pages", { n }) : "";
  scroll.scrollTop = top;
  below.scrollTop = told;
  wall.room.onmouseup = () => void setTimeout(gestures.selected);
  if (focused) {
    const again = stage.querySelector(`[data-focus="${CSS.escape(focused)}"]`) ?? document.getElementById(focused);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
}
