// French puts a space before « : ; ? ! » and inside quotation marks, and people type an ordinary one: a line must not
// begin with what closes the one before. The text itself stays as it was written.

import { el } from "./dom.js";

const TIED = /((?:« )?\S{1,24}(?: [:;?!»]+)+|« \S{1,24})/u; // longer words may have to be broken

/**
 * A text in pieces, together the text; what must stay on one line is an element.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function phrases(text) {
  return text.split(TIED).map((part, i) => (i % 2 === 0 ? part : el("span", { class: "tied" }, part)));
}
