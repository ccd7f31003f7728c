/**
 * The passage that a decision rests on: from what is selected on the page to positions in the text.
 *
 * Owns reading the selection and moving it by keyboard. Must not know what the passage is for.
 * The words' element holds exactly the message's text, so a range's string can be counted.
 */

import { length } from "../staff/marks.js";

/** @typedef {import("../staff/marks.js").Span} Span */

/**
 * What is selected inside the words, in code points, without the blanks around it; null when nothing is, or when it
 * lies elsewhere.
 * @param {HTMLElement} words @returns {Span | null}
 */
export function selectedIn(words) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(words)) return null;
  const inside = within(range, words);
  const before = document.createRange();
  before.setStart(words, 0);
  before.setEnd(inside.startContainer, inside.startOffset);
  const taken = inside.toString();
  const start = length(before.toString()) + length(taken) - length(taken.trimStart());
  const end = start + length(taken.trim());
  return end > start ? [start, end] : null;
}

/**
 * The part of a range that lies in an element: a drag often begins or ends outside of it.
 * @param {Range} range @param {HTMLElement} element @returns {Range}
 */
function within(range, element) {
  const whole = document.createRange();
  whole.selectNodeContents(element);
  const out = range.cloneRange();
  if (range.compareBoundaryPoints(Range.START_TO_START, whole) < 0) {
    out.setStart(whole.startContainer, whole.startOffset);
  }
  if (range.compareBoundaryPoints(Range.END_TO_END, whole) > 0) {
    out.setEnd(whole.endContainer, whole.endOffset);
  }
  return out;
}

/** @param {HTMLElement} element @returns {boolean} whether the selection touches it */
export function touches(element) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return false;
  return selection.getRangeAt(0).intersectsNode(element);
}

/** @returns {void} */
export function clearSelection() {
  document.getSelection()?.removeAllRanges();
}

/**
 * Arrow keys select words when the text has the focus, so that no mouse is needed: left and right
 * take the next word, Shift keeps what is already taken, Home starts again at the first word.
 * @param {KeyboardEvent} event @param {HTMLElement} words @returns {boolean} whether the key was used
 */
export function moveByKey(event, words) {
  const selection = document.getSelection();
  if (!selection || event.altKey || event.ctrlKey || event.metaKey) return false;
  const forward = event.key === "ArrowRight" || event.key === "ArrowDown";
  if (!forward && !["ArrowLeft", "ArrowUp", "Home"].includes(event.key)) return false;
  event.preventDefault();
  const unit = event.key === "ArrowUp" || event.key === "ArrowDown" ? "line" : "word";
  if (event.key === "Home" || !touches(words)) {
    selection.setBaseAndExtent(words, 0, words, 0);
    selection.modify("extend", "forward", "word");
    return true;
  }
  const direction = forward ? "forward" : "backward";
  if (!event.shiftKey) {
    if (forward) selection.collapseToEnd();
    else selection.collapseToStart();
  }
  selection.modify("extend", direction, unit);
  while (selectedIn(words) === null && words.contains(selection.focusNode)) { // over empty lines to the next word
    const { focusNode, focusOffset } = selection;
    selection.modify("extend", direction, unit);
    if (focusNode === selection.focusNode && focusOffset === selection.focusOffset) break;
  }
  if (selectedIn(words) === null) selection.modify("extend", direction === "forward" ? "backward" : "forward", unit);
  return true;
}
