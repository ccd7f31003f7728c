/**
 * Where hints, masks and a passage lie in a text: pure cutting, by code points.
 *
 * Owns the cut of a text into runs that carry the same marks. Must not know the page: the contract
 * counts code points while JavaScript strings count UTF-16 units, so every position stays here.
 *
 * @typedef {[number, number]} Span  half-open, in code points
 * @typedef {{start: number, end: number, text: string, hints: number[], masked: boolean, passage: boolean}} Run
 */

/** @param {string} text @returns {number} */
export function length(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** @param {string} text @param {Span} span @returns {string} */
export function excerpt(text, [start, end]) {
  return [...text].slice(start, end).join("");
}

/** @param {Span} a @param {Span} b @returns {boolean} */
export function overlaps(a, b) {
  return a[0] < b[1] && b[0] < a[1];
}

/**
 * Sorted and disjoint, as the contract wants masks; touching ones become one.
 * @param {readonly Span[]} spans @returns {Span[]}
 */
export function united(spans) {
  /** @type {Span[]} */
  const out = [];
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = out[out.length - 1];
    if (end <= start) continue;
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}

/**
 * A mask put on, or taken off when the selection lies inside one already.
 * @param {readonly Span[]} masks @param {Span} span @returns {Span[]}
 */
export function toggled(masks, span) {
  const inside = masks.find((mask) => mask[0] <= span[0] && span[1] <= mask[1]);
  return inside ? masks.filter((mask) => mask !== inside) : united([...masks, span]);
}

/**
 * @param {string} text
 * @param {{hints?: readonly Span[], masks?: readonly Span[], passage?: Span | null}} marks
 * @returns {Run[]}
 */
export function runs(text, { hints = [], masks = [], passage = null }) {
  const points = [...text];
  const cuts = new Set([0, points.length]);
  const spans = [...hints, ...masks, ...(passage ? [passage] : [])];
  for (const span of spans) {
    for (const at of span) if (at > 0 && at < points.length) cuts.add(at);
  }
  const edges = [...cuts].sort((a, b) => a - b);
  /** @type {Run[]} */
  const out = [];
  for (let i = 0; i + 1 < edges.length; i += 1) {
    /** @type {Span} */
    const here = [Number(edges[i]), Number(edges[i + 1])];
    out.push({
      start: here[0],
      end: here[1],
      text: points.slice(...here).join(""),
      hints: hints.flatMap((hint, n) => (overlaps(hint, here) ? [n] : [])),
      masked: masks.some((mask) => overlaps(mask, here)),
      passage: passage !== null && overlaps(passage, here),
    });
  }
  return out;
}
