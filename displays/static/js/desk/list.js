/**
 * The left column: one line a message, waiting time and channel, nothing that ranks or colours.
 *
 * Owns the drawing of the list. Must not know what a choice leads to.
 */

import { el, fill, keep, one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { phrases } from "../shared/phrases.js";
import { invitation } from "../staff/invite.js";
import { channelName, opening, since, waited } from "../staff/message.js";

/**
 * @typedef {import("./queue.js").Queue} Queue
 * @typedef {import("./queue.js").Item} Item
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {{choose: (id: string) => void, more: () => void}} Gestures
 */

/**
 * The lines that stand: two hundred of them drawn anew took longer than the decision they followed.
 * @type {WeakMap<Item, {message: Message, told: string, aging: boolean, line: HTMLElement}>}
 */
const drawn = new WeakMap();

/** @param {Item} item @param {boolean} chosen @param {boolean} aging @param {Gestures} gestures */
function lineOf(item, chosen, aging, gestures) {
  const { message } = item;
  const told = fate(item);
  let known = drawn.get(item);
  if (!known || known.message !== message || known.told !== told || known.aging !== aging) {
    known = { message, told, aging, line: line(item, told, aging, gestures) };
    drawn.set(item, known);
  }
  const button = known.line.firstElementChild;
  if (chosen) button?.setAttribute("aria-current", "true");
  else button?.removeAttribute("aria-current");
  button?.setAttribute("tabindex", chosen ? "0" : "-1");
  return known.line;
}

/** What became of it, in a word; nothing while it is to be decided. @param {Item} item */
function fate({ message, settled, busy }) {
  if (busy) return t("desk.leaving");
  return settled ? t(`desk.settled.${message.state}`) : "";
}

/** @param {Item} item @param {string} told @param {boolean} aging @param {Gestures} gestures */
function line({ message, settled, busy }, told, aging, gestures) {
  const button = el(
    "button",
    { type: "button", class: "line", "data-id": message.id },
    el(
      "span",
      { class: "line-head" },
      told
        ? el("span", { class: "settled" }, told)
        : el("time", { "data-since": aging ? message.received_at : null, datetime: message.received_at }, aging ? waited(since(message)) : t("desk.number", { number: message.number })),
      el("span", { class: "name" }, channelName(message.channel)),
    ),
    el("span", { class: "line-words" }, ...phrases(opening(message))),
    el("span", { class: "line-who name" }, message.author.name ?? t("card.anonymous")),
  );
  button.addEventListener("click", () => gestures.choose(message.id));
  return el("li", { "data-settled": settled || busy }, button);
}

/** @param {{queue: Queue, tab: string, loaded: boolean}} desk @param {Gestures} gestures */
export function paintList({ queue, tab, loaded }, gestures) {
  const list = one("#list");
  const top = list.scrollTop;
  const held = list.contains(document.activeElement);
  const visible = queue.visible;
  if (!loaded) {
    fill(list, el("p", { class: "empty" }, t("desk.loading")));
  } else if (visible.length === 0) {
    fill(list, el("p", { class: "empty" }, queue.query ? t("desk.none_found") : t(`desk.empty.${tab}`)));
    if (tab === "pending" && !queue.query) list.append(invitation(t("desk.invite")));
  } else {
    const lines = visible.map((item) => lineOf(item, item.message.id === queue.chosen, tab === "pending", gestures));
    const standing = list.querySelector("ol") ?? el("ol");
    keep(standing, lines);
    keep(list, [standing]);
  }
  if (queue.next) {
    const more = el("button", { type: "button", class: "wide" }, t("desk.more"));
    more.addEventListener("click", gestures.more);
    list.append(more);
  }
  list.scrollTop = top;
  const current = list.querySelector('[aria-current="true"]');
  if (current instanceof HTMLElement) {
    if (held) current.focus({ preventScroll: true });
    current.scrollIntoView({ block: "nearest" });
  }
  paintFresh(queue);
}

/** « 12 nouveaux » waits to be pressed. @param {Queue} queue */
export function paintFresh(queue) {
  const button = one("#fresh");
  button.hidden = queue.fresh.size === 0;
  button.textContent = t("desk.fresh", { n: queue.fresh.size });
}
