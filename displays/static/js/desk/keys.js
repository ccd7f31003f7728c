/**
 * The keyboard map of the desk: from a key to the name of a command.
 *
 * Owns which key means what and whether single keys are on. Must not know what a command does.
 * Letters go by ``event.key``; digits also by ``event.code``, since French keyboards shift them.
 */

/** @typedef {{command: string, digit?: number}} Stroke */

/** @type {Readonly<Record<string, string>>} */
const LETTERS = {
  j: "next",
  k: "previous",
  f: "approve",
  d: "refuse",
  m: "mask",
  u: "undo",
  r: "reply",
  "/": "search",
  z: "single",
  "?": "map",
};

/** Every line of the map, in the order it is shown. */
export const MAP = Object.freeze([
  { keys: ["j", "k"], text: "desk.map.move" },
  { keys: ["f"], text: "desk.map.approve" },
  { keys: ["d", "1-9"], text: "desk.map.refuse" },
  { keys: ["m"], text: "desk.map.mask" },
  { keys: ["u", "Ctrl Z"], text: "desk.map.undo" },
  { keys: ["r"], text: "desk.map.reply" },
  { keys: ["/"], text: "desk.map.search" },
  { keys: ["z"], text: "desk.map.single" },
  { keys: ["Tab", "← →"], text: "desk.map.passage" },
  { keys: ["?"], text: "desk.map.map" },
]);

const STORED = "complicite.keys";

/** @returns {boolean} */
export function keysOn() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true; // storage forbidden: the preference just is not kept
  }
}

/** @param {boolean} on */
export function switchKeys(on) {
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // storage forbidden: the preference just is not kept
  }
}

/** @param {EventTarget | null} target @returns {boolean} whether the person is typing a text there */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** @param {KeyboardEvent} event @returns {number | null} 1 to 9 */
export function digitOf(event) {
  const match = /^(?:Digit|Numpad)([1-9])$/.exec(event.code) ?? /^([1-9])$/.exec(event.key);
  return match ? Number(match[1]) : null;
}

/**
 * @param {KeyboardEvent} event
 * @param {{choosing: boolean}} context  choosing: the list of reasons is open, so digits mean one
 * @returns {Stroke | null}
 */
export function strokeOf(event, { choosing }) {
  if (event.key === "Escape") return { command: "escape" };
  if (isTyping(event.target) || event.isComposing || event.altKey) return null;
  const chord = event.ctrlKey || event.metaKey;
  // A chord is no single key: it stays on when single keys are switched off (WCAG 2.1.4).
  if (chord) return event.key.toLowerCase() === "z" && !event.shiftKey ? { command: "undo" } : null;
  if (!keysOn()) return null;
  const digit = choosing ? digitOf(event) : null;
  if (digit !== null) return { command: "reason", digit };
  const command = LETTERS[event.key] ?? LETTERS[event.key.toLowerCase()];
  return command ? { command } : null;
}
