// French puts a space before « : ; ? ! » and inside quotation marks, and people type an ordinary one: a line must not
// begin with what closes the one before. Nor does a number part from its unit (« 14 h 30 », « 25 € »), nor a word at its
// hyphens (« Dites-le-nous »). The text itself stays as it was written.

import { el } from "./dom.js";

// Longer words may have to be broken.
const TIED = /((?:« )?\S{1,24}(?: [:;?!»]+)+|« \S{1,24}|\d{1,9}(?: \d{3})* (?:h(?: \d\d)?|min|km|m|cm|kg|[€%°])(?![\p{L}\d])|[\p{L}’]{1,12}(?:-[\p{L}’]{1,12}){1,3})/u;

/**
 * A text in pieces, together the text; what must stay on one line is an element.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function phrases(text) {
  return text.split(TIED).map((part, i) => (i % 2 === 0 ? part : el("span", { class: "tied" }, part)));
}
