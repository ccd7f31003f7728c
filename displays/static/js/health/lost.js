// The alert that a screen is lost: a calm line across the page, for as long as it is true. Told with the heartbeats of
// desk.v1, each of which says all that is lost in its place.

import { el, fill } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { boot, now, place } from "../staff/message.js";
import { since } from "./when.js";

/** @typedef {{id: string, name: string, since: string}} LostScreen */

const NAMED = 3; // more of them are one trouble, not many

export class Lost {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    /** @type {Map<string, LostScreen[]>} */
    this.places = new Map();
  }

  /** @param {{place?: string, lost?: LostScreen[]}} frame */
  hear({ place: slug, lost }) {
    if (!slug || !lost) return;
    this.places.set(slug, lost);
    this.paint();
  }

  paint() {
    const all = [...this.places].flatMap(([slug, lost]) => lost.map((screen) => ({ slug, screen })));
    const said = all.slice(0, NAMED).map(({ slug, screen }) => sentence(slug, screen));
    if (all.length > NAMED) said.push(t("health.lost_more", { n: all.length - NAMED }));
    const text = said.join(" ");
    if (this.element.dataset.said === text) return; // a reader is told a change, not every heartbeat
    this.element.dataset.said = text;
    this.element.hidden = said.length === 0;
    const looks = ["owner", "manager"].includes(boot.me.role) && !location.pathname.startsWith("/admin");
    const way = looks ? [el("a", { href: "/admin/screens" }, t("health.look"))] : [];
    fill(this.element, ...said.map((one) => el("p", {}, one)), ...(said.length ? way : []));
  }
}

/** @param {string} slug @param {LostScreen} screen */
function sentence(slug, screen) {
  const where = place(slug);
  const at = since(new Date(screen.since), where ? where.timezone : "UTC", now());
  const name = screen.name || t("health.unnamed");
  return boot.places.length > 1
    ? t("health.lost_in", { name, place: where ? where.name : slug, since: at })
    : t("health.lost", { name, since: at });
}
