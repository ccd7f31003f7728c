/**
 * The list of the tablet: who waits, longest first; then answers that did not get home; below, who has had an answer.
 */

import { el, fill, one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { phrases } from "../shared/phrases.js";
import { invitation } from "../staff/invite.js";
import { boot, channelName, opening, place, waited } from "../staff/message.js";
import { delivery, stranded } from "./delivery.js";

/** @typedef {import("./threads.js").Thread} Thread */

/** @param {Thread} thread @param {boolean} chosen @param {(id: string) => void} open */
function line(thread, chosen, open) {
  const { id, root, since } = thread;
  const lost = since ? null : stranded(thread);
  const button = el(
    "button",
    { type: "button", class: "line", "data-id": id, "aria-current": chosen ? "true" : null },
    el(
      "span",
      { class: "line-head" },
      since
        ? el("time", { "data-since": since, datetime: since }, waited(new Date(since)))
        : el("span", { class: lost ? "settled" : null }, t(lost ? `tablet.stranded.${lost.delivery.state}` : "tablet.answered_mark")),
      el("span", { class: "name" }, channelName(root.channel)),
    ),
    el("span", { class: "line-words" }, ...phrases(opening(root))),
    el("span", { class: "line-who name" }, root.author.name ?? t("card.anonymous")),
    lost ? el("span", { class: "line-why" }, delivery(lost, thread)) : null,
  );
  button.addEventListener("click", () => open(id));
  return el("li", {}, button);
}

/** Who has several places is told of which this is true. @param {string} slug */
function nobody(slug) {
  return boot.places.length > 1 ? t("tablet.empty_at", { place: place(slug)?.name ?? slug }) : t("tablet.empty");
}

/** @param {import("./floor.js").Floor} floor @param {{open: (id: string) => void}} gestures */
export function paintList(floor, { open }) {
  const list = one("#list");
  const top = list.scrollTop;
  const held = list.contains(document.activeElement);
  const found = floor.threads;
  const shown = floor.order.flatMap((id) => found.get(id) ?? []);
  const waiting = shown.filter((thread) => thread.since !== null);
  const answered = shown.filter((thread) => thread.since === null && !stranded(thread));
  const lost = shown.filter((thread) => thread.since === null && stranded(thread));
  fill(list);
  if (!floor.loaded) list.append(el("p", { class: "empty" }, t("tablet.loading")));
  else if (waiting.length === 0) list.append(el("p", { class: "empty" }, nobody(floor.place)));
  if (floor.loaded && found.size === 0) list.append(invitation(t("tablet.invite")));
  const lines = (/** @type {Thread[]} */ some) => el("ol", {}, ...some.map((thread) => line(thread, thread.id === floor.opened, open)));
  if (waiting.length) list.append(lines(waiting));
  if (lost.length) list.append(el("h2", { class: "list-part" }, t("tablet.stranded")), lines(lost));
  if (answered.length) list.append(el("h2", { class: "list-part" }, t("tablet.answered")), lines(answered));
  list.scrollTop = top;
  const current = list.querySelector('[aria-current="true"]');
  if (held && current instanceof HTMLElement) current.focus({ preventScroll: true });
  const fresh = one("#fresh");
  fresh.hidden = floor.fresh === 0;
  fresh.textContent = t("tablet.fresh", { n: floor.fresh });
}
