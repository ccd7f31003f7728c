/**
 * The right side of the tablet: the thread in full, and the answer in the making or just published.
 *
 * Owns which of them is shown. The composer of a message stays the same element while it is open, so that a
 * live event never takes the keyboard away.
 */

import { el, fill, one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { Hanging, words } from "../staff/card.js";
import { why } from "../conduct/saying.js";
import { boot, gist, waited } from "../staff/message.js";
import { Composer, hang } from "./composer.js";
import { delivery } from "./delivery.js";

/**
 * @typedef {import("./threads.js").Thread} Thread
 * @typedef {import("./floor.js").Floor} Floor
 * @typedef {{open: (id: string | null) => void, publish: () => void, again: () => void,
 *   pin: (id: string) => void}} Gestures
 */

/** @type {Composer | null} */
let composer = null;

/** Keeps what is being written, before the page goes. */
export function saveDraft() {
  composer?.save();
}

/** @param {Thread} thread */
function conversation(thread) {
  const made = el("div", { class: "conversation", tabindex: "0", role: "region", "aria-label": t("tablet.conversation") });
  for (const turn of [thread.root, ...thread.turns]) {
    const who = turn.author.name ?? t(turn.by === "place" ? "card.adviser" : "card.anonymous");
    made.append(el("section", {}, el("p", { class: "small" }, el("bdi", { class: "strong-name" }, who)),
      turn.text ? words(turn.text, { masks: turn.masks }) : el("p", { class: "quiet" }, gist(turn))));
  }
  for (const reply of thread.replies) {
    made.append(el("section", { class: "ours" }, el("p", { class: "small" }, el("bdi", { class: "strong-name" }, reply.signed)),
      el("p", { class: "words", dir: "auto" }, reply.text), el("p", { class: "small quiet" }, delivery(reply, thread))));
  }
  return made;
}

/** @param {Floor} floor @param {Thread} thread @param {Gestures} gestures */
function head(floor, thread, gestures) {
  const back = el("button", { type: "button", class: "back plain" }, t("tablet.back"));
  back.addEventListener("click", () => gestures.open(null));
  const made = el("header", { class: "stage-head" }, back, el("h2", {}, el("bdi", {}, thread.root.author.name ?? t("card.anonymous"))));
  if (thread.since) made.append(el("span", { class: "quiet" }, `${t("tablet.waits")} · `, el("time", { "data-since": thread.since }, waited(new Date(thread.since)))));
  const pin = el("button", { type: "button", class: "plain pin" }, t("conduct.pin"));
  pin.addEventListener("click", () => gestures.pin(thread.root.id));
  made.append(pin);
  if (["owner", "manager"].includes(boot.me.role)) made.append(el("a", { class: "take-down", href: `/desk#approved/${thread.root.id}` }, t("tablet.take_down")));
  if (floor.notice) made.append(el("p", { class: "strong", role: "status" }, t(floor.notice === "gone" ? "tablet.gone" : "tablet.someone_answered")));
  return made;
}

/** @param {HTMLElement} room @param {HTMLElement} note */
function preview(room, note) {
  return el("aside", { class: "preview", "aria-label": t("tablet.preview") }, el("h3", {}, t("tablet.preview")), room, note);
}

/** @param {Floor} floor */
function distances(floor) {
  return floor.conduct()?.screens.map((screen) => screen.distance) ?? [];
}

/** @param {Floor} floor @param {Gestures} gestures */
export function paintStage(floor, gestures) {
  const stage = one("#stage");
  const thread = floor.thread;
  if (!thread) {
    composer?.save();
    composer = null;
    stage.dataset.message = "";
    const waits = [...floor.threads.values()].some((one) => one.since !== null);
    const text = floor.notice === "gone" ? t("tablet.gone") : t(waits || !floor.loaded ? "tablet.choose" : floor.threads.size ? "tablet.all_answered" : "tablet.nothing_yet");
    fill(stage, el("p", { class: "thanks" }, floor.loaded ? text : ""));
    return;
  }
  if (floor.published === thread.id) return paintPublished(stage, floor, thread, gestures);
  const same = composer !== null && composer.thread.id === thread.id && stage.contains(composer.form);
  if (same && composer) {
    // Only what is around the fields is drawn again.
    stage.querySelector(".stage-head")?.replaceWith(head(floor, thread, gestures));
    stage.querySelector(".conversation")?.replaceWith(conversation(thread));
    if (composer.thread.target.id === thread.target.id) {
      composer.thread = thread;
      composer.distances = distances(floor);
      composer.follow();
      composer.tell(floor);
      return;
    }
  }
  composer?.save();
  composer = new Composer(thread, floor.place, floor.draft(thread), { publish: gestures.publish });
  stage.dataset.message = thread.id;
  fill(stage, head(floor, thread, gestures), el("div", { class: "work" },
    el("div", { class: "thread" }, conversation(thread), preview(composer.wall.room, composer.legible)), composer.form));
  composer.distances = distances(floor);
  composer.follow();
  composer.tell(floor);
  return;
}

/** When it can be seen: not at once where a card is being read, not at all where nothing hangs. @param {Floor} floor */
function when(floor) {
  const conduct = floor.conduct();
  if (!conduct) return "";
  return why(conduct, floor.place) || t("tablet.published_when");
}

/** @param {HTMLElement} stage @param {Floor} floor @param {Thread} thread @param {Gestures} gestures */
function paintPublished(stage, floor, thread, gestures) {
  composer = null;
  const latest = thread.replies.at(-1);
  const wall = new Hanging(floor.place);
  const again = el("button", { type: "button" }, t("tablet.another"));
  again.addEventListener("click", gestures.again);
  const back = el("button", { type: "button", class: "first" }, t("tablet.back"));
  back.addEventListener("click", () => gestures.open(null));
  fill(stage, head(floor, thread, gestures), el("div", { class: "published" },
    el("h3", { role: "status" }, t("tablet.published")),
    el("p", {}, when(floor)),
    el("p", {}, latest ? delivery(latest, thread) : ""),
    wall.room, el("div", { class: "actions" }, back, again)));
  hang(wall, thread, null);
}
