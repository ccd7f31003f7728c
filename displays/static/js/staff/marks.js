/**
 * Where hints, masks and a passage lie in a text: pure cutting, by code points.
 *
 * Must not know the page. The contract counts code points while JavaScript strings count UTF-16 units.
 *
 * @typedef {[number, number]} Span  half-open, in code points
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
