// The texts of this page, as displays/i18n.py gave them: same keys, same places, same counting forms. A page that
// speaks more than one language carries `texts-<language>` for each, and says in which it speaks now.

import { data } from "./dom.js";

export let language = document.documentElement.lang || "fr";

/** @type {Record<string, string>} */
let texts = document.getElementById("texts") === null ? data(`texts-${language}`) : data("texts");
let plural = new Intl.PluralRules(language);

/** @type {Map<string, {texts: Record<string, string>, plural: Intl.PluralRules}>} */
const spoken = new Map([[language, { texts, plural }]]);

/**
 * From now on, this language. One that the page does not carry changes nothing.
 * @param {string} wanted
 */
export function speak(wanted) {
  let found = spoken.get(wanted);
  if (found === undefined) {
    if (document.getElementById(`texts-${wanted}`) === null) return;
    found = { texts: data(`texts-${wanted}`), plural: new Intl.PluralRules(wanted) };
    spoken.set(wanted, found);
  }
  ({ texts, plural } = found);
  language = wanted;
}

/**
 * For the time of one call, another language.
 * @param {string} wanted
 * @param {() => void} work
 */
export function within(wanted, work) {
  const before = language;
  speak(wanted);
  try {
    work();
  } finally {
    speak(before);
  }
}

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
