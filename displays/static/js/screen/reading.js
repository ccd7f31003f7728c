// What there is to read, and how a long text is cut into pages: whole lines, nothing left out (P4), no page
// longer than a minute. Pure: counts and heights in, pages out. `layout.js` measures, `programme.js` knows how long.

export const WORDS_A_MINUTE = 160;
export const LONGEST = 60; // seconds of one page
// 2 x words / 160 min + 2 s <= 60 s
export const MOST_WORDS = Math.floor(((LONGEST - 2) * WORDS_A_MINUTE) / 120);
const WORTH_STARTING = 32; // words: an answer does not begin on a page that has room for less

/**
 * @typedef {{end: number, next: number, words: number, turn: number}} Stop a line after which a page may turn:
 *   where this page ends, where the next one begins, the words up to here, whose turn comes next
 * @typedef {{from: number, to: number, words: number, turn: number}} Page
 * @typedef {{left: Page, right: Page | null, words: number}} Spread what hangs together
 */

// What paints nothing: blanks, and some letters.
export const BLANK = "[\\s\\u115f\\u1160\\u2800\\u3164\\uffa0]";
const BLANKS = new RegExp(`${BLANK}+`);

/**
 * Words as a reader's pace counts them: runs between blanks, and two signs of a script that has no blanks.
 * @param {string} text
 */
export function countWords(text) {
  const dense = text.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]/g);
  const runs = text.replace(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]/g, " ").split(BLANKS);
  const spaced = runs.filter((run) => run !== "");
  // One run of a hundred signs takes longer than a word of five.
  const words = spaced.reduce((sum, run) => sum + Math.max(1, Math.ceil(run.length / 24)), 0);
  return words + Math.ceil((dense === null ? 0 : dense.length) / 2);
}

/**
 * @param {readonly Stop[]} stops
 * @param {number} height
 * @param {number} most words on a page
 * @param {number} [mostFirst] words on the first one
 * @returns {Page[]}
 */
export function paginate(stops, height, most, mostFirst = most) {
  /** @type {Page[]} */
  const pages = [];
  let from = 0;
  let words = 0;
  let turn = 0;
  for (let i = 0; i < stops.length; i += 1) {
    const limit = pages.length === 0 ? mostFirst : most;
    while (
      i + 1 < stops.length &&
      stops[i + 1].end - from <= height &&
      stops[i + 1].words - words <= limit
    ) {
      i += 1;
    }
    i = whole(stops, i, from, height);
    const stop = stops[i];
    pages.push({ from, to: stop.end, words: stop.words - words, turn });
    from = stop.next;
    words = stop.words;
    turn = stop.turn;
  }
  return pages;
}

/**
 * Rather than begin what somebody said with a line or two, end the page where the one before has finished; but
 * not if that leaves half of it empty.
 * @param {readonly Stop[]} stops
 * @param {number} last the last stop that fits
 * @param {number} from
 * @param {number} height
 */
function whole(stops, last, from, height) {
  if (last === stops.length - 1) return last;
  for (let i = last; i >= 0 && stops[i].end - from >= height / 2; i -= 1) {
    if (stops[i].next !== stops[i].end) return i;
  }
  return last;
}

/**
 * The same number of pages, as even as they can be: no last page of one line.
 * @param {readonly Stop[]} stops
 * @param {number} height
 * @param {number} most
 * @param {number} line
 * @param {number} [mostFirst]
 */
function even(stops, height, most, line, mostFirst = most) {
  let pages = paginate(stops, height, most, mostFirst);
  for (let less = height - line; less > line && pages.length > 1; less -= line) {
    const tried = paginate(stops, less, most, mostFirst);
    if (tried.length > pages.length) break;
    pages = tried;
  }
  return pages;
}

/**
 * Two texts side by side, in the order in which they are read: the pages of the first while the second shows
 * its beginning, then those of the second while the first shows its end.
 * @param {readonly Stop[]} left
 * @param {readonly Stop[]} right
 * @param {{left: number, right: number, line: number}} room heights
 * @returns {Spread[]}
 */
export function spreads(left, right, room) {
  let first = even(left, room.left, MOST_WORDS, room.line);
  if (right.length === 0) return first.map((page) => ({ left: page, right: null, words: page.words }));
  const needed = Math.min(WORTH_STARTING, right[right.length - 1].words);
  let last = first[first.length - 1];
  if (MOST_WORDS - last.words < needed) {
    first = even(left, room.left, MOST_WORDS - needed, room.line);
    last = first[first.length - 1];
  }
  const second = even(right, room.right, MOST_WORDS, room.line, MOST_WORDS - last.words);
  return [
    ...first.slice(0, -1).map((page) => ({ left: page, right: second[0], words: page.words })),
    { left: last, right: second[0], words: last.words + second[0].words },
    ...second.slice(1).map((page) => ({ left: last, right: page, words: page.words })),
  ];
}
