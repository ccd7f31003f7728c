/**
 * What a moderator has prepared on one message and not decided yet: kept in memory while they look elsewhere
 * or while the line is down, dropped when the text changes under it.
 *
 * Must not know the page or the network.
 */

import { length } from "../staff/marks.js";

/**
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {import("../staff/marks.js").Span} Span
 */

/** A law cited, or a subject named: what a code needs besides the passage. */
const NEEDS = Object.freeze(
  /** @type {Record<string, "law" | "subject">} */ ({
    "illegal-other": "law",
    "not-about-this-place": "subject",
    "duplicate-same-author": "subject",
  }),
);

export class Draft {
  /** @param {Message} message */
  constructor(message) {
    this.revision = message.revision;
    /** @type {Span[]} */
    this.masks = message.masks.map(([start, end]) => [start, end]);
    this.maskAuthor = message.mask_author;
    /** @type {Set<string>} */
    this.companions = new Set();
    this.refusing = false;
    /** With no text the contract's passage is [0, 0]. @type {Span | "author" | null} */
    this.passage = message.text === "" ? [0, 0] : null;
    /** @type {string | null} */
    this.reason = null;
    this.law = "";
    this.subject = "";
  }

  /** @returns {"law" | "subject" | null} the field that the chosen code needs */
  get needs() {
    return NEEDS[this.reason ?? ""] ?? null;
  }

  /** @returns {"reason" | "passage" | "law" | "subject" | null} what is missing before it can be sent */
  get missing() {
    if (!this.reason) return "reason";
    if (!this.passage) return "passage";
    if (this.needs && this[this.needs].trim() === "") return this.needs;
    return null;
  }

  /** @returns {Record<string, unknown>} the body of refuse and withdraw */
  get ruling() {
    return {
      revision: this.revision,
      reason: this.reason,
      passage: this.passage === "author" ? { field: "author" } : this.passage,
      ...(this.needs ? { [this.needs]: this[this.needs].trim() } : {}),
    };
  }

  /** @param {Map<string, number>} revisions of the companions */
  approval(revisions) {
    /** @type {Record<string, number>} */
    const companions = {};
    for (const id of this.companions) {
      const revision = revisions.get(id);
      if (revision !== undefined) companions[id] = revision;
    }
    return {
      revision: this.revision,
      ...(this.masks.length ? { masks: this.masks } : {}),
      ...(this.maskAuthor ? { mask_author: true } : {}),
      ...(Object.keys(companions).length ? { with: companions } : {}),
    };
  }
}

export class Drafts {
  /** @type {Map<string, Draft>} */
  kept = new Map();

  /**
   * @param {Message} message
   * @returns {{draft: Draft, changed: boolean}} changed: the text is another one now, and what was prepared fell
   */
  of(message) {
    const known = this.kept.get(message.id);
    if (known && known.revision === message.revision) return { draft: known, changed: false };
    const draft = new Draft(message);
    this.kept.set(message.id, draft);
    return { draft, changed: known !== undefined };
  }

  /** @param {string} id */
  drop(id) {
    this.kept.delete(id);
  }
}

/** @param {Message} message @returns {Span} */
export function wholeText(message) {
  return [0, length(message.text)];
}
