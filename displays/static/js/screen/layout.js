// How a card lies on the screen: the largest type at which it needs the fewest pages, never under the legible
// size, and the lines at which its pages turn. The text itself is never cut: the whole of it is there, behind
// a window that shows whole lines. Owns measuring; `reading.js` owns the rule of pages.

import { el } from "../shared/dom.js";
import * as parts from "./card.js";
import { countWords, spreads } from "./reading.js";

/**
 * @typedef {import("./reading.js").Spread} Spread
 * @typedef {import("./reading.js").Stop} Stop
 * @typedef {import("./replica.js").Card} Card
 * @typedef {{window: HTMLElement, flow: HTMLElement, column: HTMLElement, head: HTMLElement}} Column
 * @typedef {{article: HTMLElement, left: Column, right: Column | null, heads: HTMLElement[],
 *   pager: HTMLElement, leading: number}} Sheet
 */

// Times the legible size. The first that needs hardly more pages than the last is taken.
const LARGER = [4, 3.3, 2.8, 2.4, 2, 1.75, 1.5, 1.3, 1.15, 1];
const EASY = 1.3; // times the legible size: read in passing
const LARGEST_BESIDE = 2; // words and their answer are read as a text, not as a poster
const NARROWEST = 7.5; // times its type: a line of some fifteen letters
const EVEN = 1 / 2;
// How much of the width the words may have beside their answer, where one is much longer than the other.
const SHARES = [1 / 3, 5 / 12, EVEN, 7 / 12, 2 / 3];
const LEADING = 1.32;
// Scripts whose letters reach further under and over their line: Hebrew and Arabic with their points, those of India, Thai.
const DEEP = /[\u0590-\u08ff\u0900-\u0eff\ufb1d-\ufdff\ufe70-\ufefc]/;
const DEEP_LEADING = 1.6;

/**
 * The card's elements, not yet laid out.
 * @param {Card} card
 * @param {parts.Setting} setting
 * @returns {Sheet}
 */
export function sheet(card, setting) {
  const article = el("article", { class: "card", "data-message": card.id, "data-version": card.version });
  const left = column("said", parts.said(card, setting), [parts.own(card, setting)]);
  const heads = card.turns.map((turn) => parts.answered(turn, card, setting));
  const pager = el("p", { class: "pager", hidden: true });
  article.append(left.column);
  let right = null;
  if (card.turns.length > 0) {
    const rest = card.turns.flatMap((turn, i) => (i === 0 ? parts.says(turn, setting) : [heads[i], ...parts.says(turn, setting)]));
    right = column("answer", heads[0], rest);
    article.append(right.column);
    article.classList.add("answered");
  } else {
    left.column.append(el("p", { class: "waiting" }, parts.waiting(card, setting)));
  }
  article.append(pager);
  const leading = DEEP.test(article.textContent || "") ? DEEP_LEADING : LEADING;
  return { article, left, right, heads, pager, leading };
}

/**
 * @param {string} name
 * @param {HTMLElement} head
 * @param {HTMLElement[]} blocks
 * @returns {Column}
 */
function column(name, head, blocks) {
  const flow = el("div", { class: "flow" }, ...blocks);
  const window = el("div", { class: "window" }, flow);
  const slot = el("div", { class: "slot" }, head);
  return { window, flow, head: slot, column: el("section", { class: name }, slot, window) };
}

/**
 * Chooses size, pages and, for two columns, their widths. The sheet must be in the document.
 * @param {Sheet} made
 * @param {number} legible the least size of body text, in pixels
 * @returns {Spread[]}
 */
export function fit(made, legible) {
  made.article.classList.remove("untied");
  const even = attempt(made, legible, EVEN).length;
  const asked = shareOf(made);
  const fewest = asked === EVEN ? even : Math.min(even, attempt(made, legible, asked).length);
  // An answer stands beside the words as an equal; a conversation is longer than what began it.
  const shares = asked === EVEN ? [EVEN] : made.heads.length > 1 ? [asked, EVEN] : [EVEN, asked];
  const most = fewest + Math.floor(fewest / 3);
  let found = largest(made, legible, shares, most);
  // A conversation turns its pages where somebody else speaks: there one more costs less than small type.
  if (found !== null && found.scale < EASY && made.heads.length > 1) found = largest(made, legible, shares, most + 1);
  if (found !== null) return found.pages;
  attempt(made, legible, EVEN);
  if (breaksWords(made)) made.article.classList.add("untied");
  return attempt(made, legible, EVEN);
}

/**
 * The largest type that needs no more pages than `most`, breaks no word and leaves no column too narrow.
 * @param {Sheet} made
 * @param {number} legible
 * @param {readonly number[]} shares of the width for the words, the best first
 * @param {number} most pages
 */
function largest(made, legible, shares, most) {
  for (const scale of LARGER) {
    if (made.right !== null && scale > LARGEST_BESIDE) continue;
    for (const share of shares) {
      const pages = attempt(made, legible * scale, share);
      if (pages.length <= most && !isNarrow(made, legible * scale) && !breaksWords(made)) return { scale, pages };
    }
  }
  return null;
}

/**
 * The share of the width that the words ask for, by how long they and their answer are with the same for both.
 * @param {Sheet} made as it lies with the same for both
 */
function shareOf({ left, right }) {
  if (right === null || right.column.offsetTop !== left.column.offsetTop) return EVEN;
  const asked = left.flow.offsetHeight / (left.flow.offsetHeight + right.flow.offsetHeight);
  return SHARES.reduce((best, each) => (Math.abs(each - asked) < Math.abs(best - asked) ? each : best));
}

/**
 * @param {Sheet} made
 * @param {number} size
 * @param {number} share of the width that the words have beside their answer
 */
function attempt(made, size, share) {
  const line = Math.round(size * made.leading);
  made.article.style.setProperty("--size", `${size}px`);
  made.article.style.setProperty("--line", `${line}px`);
  made.article.style.setProperty("--share", String(share));
  const room = available(made, line);
  const left = stops(made.left.flow, line);
  const right = made.right === null ? [] : stops(made.right.flow, line);
  return spreads(left, right, { ...divide(room, left, right), line });
}

/**
 * Whether lines have too few letters to be read as lines.
 * @param {Sheet} made
 * @param {number} size
 */
function isNarrow(made, size) {
  return [made.left, made.right].some((column) => column !== null && column.column.clientWidth < size * NARROWEST);
}

/**
 * Whether a word is wider than its column at this size. At the legible size it may break, at a larger one there
 * is no reason to.
 * @param {Sheet} made
 */
function breaksWords(made) {
  made.article.classList.add("unbroken");
  const broken = [made.left, made.right].some(
    (column) => column !== null && column.flow.scrollWidth > column.flow.clientWidth,
  );
  made.article.classList.remove("unbroken");
  return broken;
}

/**
 * The heights that the windows may take, with everything around them in place.
 * @param {Sheet} made
 * @param {number} line
 * @returns {{beside: true, left: number, right: number} | {beside: false, both: number}}
 */
function available(made, line) {
  for (const column of [made.left, made.right]) {
    if (column === null) continue;
    column.window.style.height = "0";
    column.window.style.marginBottom = "0";
    column.head.style.minHeight = "";
  }
  const style = getComputedStyle(made.article);
  const whole = made.article.clientHeight - parseFloat(style.paddingBottom);
  const beside = made.right === null || made.right.column.offsetTop === made.left.column.offsetTop;
  if (beside && made.right !== null) {
    // Both texts begin on one line, whatever stands above them.
    const tallest = Math.max(made.left.head.offsetHeight, made.right.head.offsetHeight);
    for (const column of [made.left, made.right]) column.head.style.minHeight = `${tallest}px`;
  }
  const left = made.left.column.offsetHeight;
  const right = made.right === null ? 0 : made.right.column.offsetHeight;
  if (beside) {
    return { beside, left: Math.max(line, whole - left), right: Math.max(line, whole - right) };
  }
  const gap = parseFloat(style.rowGap) || 0;
  return { beside: false, both: Math.max(2 * line, whole - left - right - gap) };
}

/**
 * Below each other, each takes what it needs while both fit; else neither gets less than half for the other's
 * sake.
 * @param {ReturnType<typeof available>} room
 * @param {readonly Stop[]} left
 * @param {readonly Stop[]} right
 */
function divide(room, left, right) {
  if (room.beside) return { left: room.left, right: room.right };
  const wants = { left: left[left.length - 1].end, right: right.length === 0 ? 0 : right[right.length - 1].end };
  if (wants.left + wants.right <= room.both) return { left: wants.left, right: room.both - wants.left };
  const half = room.both / 2;
  if (wants.left <= half) return { left: wants.left, right: room.both - wants.left };
  if (wants.right <= half) return { left: room.both - wants.right, right: wants.right };
  return { left: half, right: half };
}

/**
 * The ends of all lines. `--line` is a whole number of pixels and the same for every script, so lines are
 * counted, not searched for.
 * @param {HTMLElement} flow
 * @param {number} line
 * @returns {Stop[]}
 */
function stops(flow, line) {
  /** @type {Stop[]} */
  const found = [];
  let words = 0;
  let turn = 0;
  for (const block of flow.children) {
    if (!(block instanceof HTMLElement)) continue;
    if (block.classList.contains("head")) {
      turn += 1;
      continue;
    }
    const top = block.offsetTop;
    if (found.length > 0) {
      const before = found[found.length - 1];
      before.next = top; // a page that starts with a turn has its head above the window
      before.turn = turn;
    }
    const lines = Math.max(1, Math.round(block.offsetHeight / line));
    const count = countWords(block.textContent || "");
    for (let i = 1; i <= lines; i += 1) {
      const end = top + i * line;
      found.push({ end, next: end, words: words + (count * i) / lines, turn });
    }
    words += count;
  }
  return found;
}

/**
 * Shows one page.
 * @param {Sheet} made
 * @param {readonly Spread[]} pages
 * @param {number} index
 */
export function turnTo(made, pages, index) {
  const spread = pages[index];
  place(made.left, spread.left, pages.map((page) => page.left));
  if (made.right !== null && spread.right !== null) {
    place(made.right, spread.right, pages.map((page) => page.right || spread.left));
    showHead(made.right, made.heads, spread.right.turn);
  }
  made.pager.textContent = pages.length > 1 ? `${index + 1}/${pages.length}` : "";
  made.pager.hidden = pages.length < 2;
}

/**
 * @param {Column} column
 * @param {import("./reading.js").Page} page
 * @param {import("./reading.js").Page[]} all
 */
function place(column, page, all) {
  const tallest = Math.max(...all.map((each) => each.to - each.from));
  column.window.style.height = `${page.to - page.from}px`;
  column.window.style.marginBottom = `${tallest - (page.to - page.from)}px`;
  column.flow.style.transform = `translateY(${-page.from}px)`;
}

/**
 * The head of the turn with which the page begins stands above the window; the others stay in the text.
 * @param {Column} column
 * @param {HTMLElement[]} heads
 * @param {number} turn
 */
function showHead(column, heads, turn) {
  const shown = heads[turn];
  if (column.head.firstElementChild === null || column.head.dataset.turn === String(turn)) return;
  column.head.dataset.turn = String(turn);
  column.head.textContent = "";
  column.head.append(turn === 0 ? heads[0] : shown.cloneNode(true));
}
