// The texts of this page, as displays/i18n.py gave them: same keys, same places, same counting forms.

import { data } from "./dom.js";

export const language = document.documentElement.lang || "fr";

/** @type {Record<string, string>} */
const texts = data("texts");
const plural = new Intl.PluralRules(language);

/**
 * One text. An unknown key is a mistake and shows itself.
 * @param {string} key
 * @param {Record<string, string | number>} [params] with `n`, the form for that count
 * @returns {string}
 */
export function t(key, params = {}) {
  let text = texts[key];
  if (text === undefined && "n" in params) {
    text = texts[`${key}.${plural.select(Number(params.n))}`] || texts[`${key}.other`];
  }
  if (text === undefined) return `[${key}]`;
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in params ? String(params[name]) : place));
}

/**
 * Whether a key exists: for words that a place declares itself, and that no locale knows.
 * @param {string} key
 */
export function knows(key) {
  return key in texts;
}
