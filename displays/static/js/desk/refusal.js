/**
 * The panel that a refusal or a take-down is made in: the code, the passage it rests on, and a law or a
 * subject where the code asks for one.
 *
 * Owns its drawing. Must not send anything: it tells ``decide`` when everything is there.
 */

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { excerpt } from "../staff/marks.js";
import { boot } from "../staff/message.js";
import { wholeText } from "./draft.js";

/**
 * @typedef {import("./draft.js").Draft} Draft
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {{reason: (code: string) => void, passage: (passage: import("../staff/marks.js").Span | "author") => void,
 *   decide: () => void, close: () => void}} Gestures
 */

/** @param {Draft} draft @param {Gestures} gestures */
function reasons(draft, gestures) {
  const list = el("div", { class: "reasons", role: "group", "aria-label": t("desk.reasons") });
  boot.codes.forEach((code, n) => {
    const button = el(
      "button",
      { type: "button", "aria-pressed": draft.reason === code ? "true" : "false", "data-focus": `reason-${code}`, "data-code": code },
      el("kbd", {}, String(n + 1)),
      el("span", {}, t(`codes.${code}`)),
    );
    button.addEventListener("click", () => gestures.reason(code));
    list.append(button);
  });
  return list;
}

/** What the refusal rests on so far. @param {Message} message @param {Draft} draft */
function rests(message, draft) {
  const text = el("p", { id: "rests" });
  if (draft.passage === "author") text.append(t("desk.rests_author"));
  else if (message.text === "") text.append(t("desk.rests_nothing"));
  else if (draft.passage) {
    text.append(`${t("desk.rests")} `, el("q", { class: "words" }, excerpt(message.text, draft.passage)));
  } else text.append(el("strong", {}, t("desk.rests_missing")));
  return text;
}

/** What is missing before it can be sent, in a sentence. @param {Draft} draft */
function wanting(draft) {
  return el("p", { class: "small", id: "wanting", role: "status" }, draft.missing ? t(`desk.missing.${draft.missing}`) : "");
}

/**
 * Follows a passage while it is still being chosen by keyboard: the card must not be drawn again under it.
 * @param {Message} message @param {Draft} draft
 */
export function followPassage(message, draft) {
  document.getElementById("rests")?.replaceWith(rests(message, draft));
  const send = document.querySelector('.refusal [data-focus="send"]');
  send?.setAttribute("aria-disabled", String(draft.missing !== null));
  document.getElementById("wanting")?.replaceWith(wanting(draft));
}

/** @param {Message} message @param {Draft} draft @param {Gestures} gestures */
function passage(message, draft, gestures) {
  const line = el("div", { class: "rests" });
  line.append(rests(message, draft));
  if (message.text) {
    const whole = el("button", { type: "button", "data-focus": "whole" }, t("desk.whole_text"));
    whole.addEventListener("click", () => gestures.passage(wholeText(message)));
    line.append(whole);
  }
  if (message.author.name) {
    const author = el("button", { type: "button", "data-focus": "author" }, t("desk.the_name"));
    author.addEventListener("click", () => gestures.passage("author"));
    line.append(author);
  }
  return line;
}

/**
 * @param {Message} message @param {Draft} draft @param {"refuse" | "withdraw"} verb
 * @param {{busy: boolean, trouble: string | null}} state @param {Gestures} gestures
 */
export function refusal(message, draft, verb, { busy, trouble }, gestures) {
  const send = el("button", { type: "submit", class: "first", "data-focus": "send" }, t(`desk.${verb}_now`));
  const close = el("button", { type: "button", "data-focus": "close" }, t("desk.cancel"));
  close.addEventListener("click", gestures.close);
  const ready = () => {
    send.setAttribute("aria-disabled", String(busy || draft.missing !== null));
    form.querySelector("#wanting")?.replaceWith(wanting(draft));
  };

  const form = el("form", { class: "refusal", "aria-label": t(`desk.${verb}_title`), novalidate: true });
  form.append(el("h3", {}, t(`desk.${verb}_title`)), reasons(draft, gestures), passage(message, draft, gestures));
  const needs = draft.needs;
  if (needs) {
    const key = draft.reason === "duplicate-same-author" ? "desk.needs.duplicate" : `desk.needs.${needs}`;
    const input = el("input", { id: "needs", autocomplete: "off", maxlength: "300", "data-focus": "needs" });
    if (input instanceof HTMLInputElement) {
      input.value = draft[needs];
      input.addEventListener("input", () => {
        draft[needs] = input.value;
        ready();
      });
    }
    form.append(el("div", { class: "field" }, el("label", { for: "needs" }, t(key)), input));
  }
  if (trouble) form.append(el("p", { class: "error", role: "alert" }, trouble));
  form.append(el("div", { class: "actions" }, send, close, wanting(draft)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!busy) gestures.decide();
  });
  ready();
  return form;
}
