/**
 * Where people write, shown while nothing has come yet: the address, and its code for a phone.
 */

import { el } from "../shared/dom.js";
import { boot } from "./message.js";

/** @param {string} said what becomes of what is written there */
export function invitation(said) {
  const links = boot.places.map(({ slug, name }) => {
    const address = `${boot.base_url}/write/${slug}`;
    const code = boot.places.length === 1 ? el("img", { src: `/qr/write/${slug}.svg`, alt: "", width: 160, height: 160 }) : null;
    return el("li", {}, el("a", { href: address, class: "name" }, boot.places.length === 1 ? address : name), code);
  });
  return el("div", { class: "invitation small" }, el("p", {}, said), el("ul", {}, ...links));
}
