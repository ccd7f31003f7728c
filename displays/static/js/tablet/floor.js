/**
 * The shop floor as the tablet knows it: what hangs in this place, which thread is open, what is published.
 *
 * Owns the state and its changes. Must not draw: it asks for a painting after each change.
 */

import { call, Problem } from "../shared/api.js";
import { command, isSilence, list, sentence } from "../staff/commands.js";
import { boot } from "../staff/message.js";
import { blank, forget, recall } from "./drafts.js";
import { sorted, threads } from "./threads.js";

/**
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {import("./threads.js").Thread} Thread
 * @typedef {import("./drafts.js").Draft} Draft
 */

const ENOUGH = 1000;

export class Floor {
  place = boot.places[0]?.slug ?? "";
  loaded = false;
  /** @type {Map<string, Message>} */
  messages = new Map();
  /** The order on the screen, kept still between two gestures. @type {string[]} */
  order = [];
  /** @type {string | null} */
  opened = null;
  /** @type {Map<string, Draft>} */
  drafts = new Map();
  /** The thread just answered: its answer is looked at before another one is written. @type {string | null} */
  published = null;
  busy = false;
  /** @type {string | null} */
  trouble = null;
  /** How the opened thread changed under the person's hands. @type {"gone" | "answered" | null} */
  notice = null;
  paint = () => {};
  /** @param {unknown} _error */
  lost = (_error) => {};

  /** @returns {Map<string, Thread>} */
  get threads() {
    return threads(this.messages.values(), this.place);
  }

  /** @returns {Thread | undefined} */
  get thread() {
    return this.opened ? this.threads.get(this.opened) : undefined;
  }

  /** @returns {number} threads that came after the list was laid out */
  get fresh() {
    const known = new Set(this.order);
    return [...this.threads.values()].filter((thread) => thread.since !== null && !known.has(thread.id)).length;
  }

  /** @param {Thread} thread @returns {Draft} */
  draft(thread) {
    const id = thread.target.id;
    const known = this.drafts.get(id) ?? recall(id);
    this.drafts.set(id, known);
    return known;
  }

  /** Lays the list out anew: a gesture of the person, never an event. */
  arrange() {
    const { waiting, answered } = sorted(this.threads);
    this.order = [...waiting, ...answered].map((thread) => thread.id);
  }

  async load() {
    const { messages } = await list({ state: "approved", ...(this.place ? { place: this.place } : {}) }, ENOUGH);
    this.messages = new Map(messages.map((message) => [message.id, message]));
    this.loaded = true;
    this.arrange();
    this.paint();
  }

  /** After a cut: the same list, brought up to date where it stands. */
  async refresh() {
    if (!this.loaded) return this.load();
    const before = this.thread;
    const { messages } = await list({ state: "approved", ...(this.place ? { place: this.place } : {}) }, ENOUGH);
    this.messages = new Map(messages.map((message) => [message.id, message]));
    this.notify(before);
    return this.paint();
  }

  /** @param {Set<string>} ids */
  async heard(ids) {
    const before = this.thread;
    for (const id of ids) {
      try {
        this.take(await call("GET", `messages/${encodeURIComponent(id)}`));
      } catch (error) {
        // A manager may read what hangs; what they may no longer read hangs no longer.
        if (!(error instanceof Problem) || ![403, 404].includes(error.status)) throw error;
        this.messages.delete(id);
      }
    }
    this.notify(before);
    this.paint();
  }

  /** @param {Message} message */
  take(message) {
    if (message.state === "approved") this.messages.set(message.id, message);
    else this.messages.delete(message.id);
  }

  /** @param {Thread | undefined} before */
  notify(before) {
    if (!before || this.busy) return;
    const after = this.threads.get(before.id);
    if (!after) this.notice = "gone";
    else if (this.published !== before.id && after.replies.length > before.replies.length) this.notice = "answered";
  }

  /** @param {string | null} id */
  open(id) {
    this.opened = id;
    this.published = null;
    this.trouble = null;
    this.notice = null;
    this.paint();
  }

  async publish() {
    const thread = this.thread;
    if (!thread || this.busy) return;
    const draft = this.draft(thread);
    this.busy = true;
    this.trouble = null;
    this.paint();
    try {
      await command(`messages/${encodeURIComponent(thread.target.id)}/replies`, body(this.place, draft));
      this.drafts.set(thread.target.id, blank());
      forget(thread.target.id);
      this.published = thread.id;
      this.take(await call("GET", `messages/${encodeURIComponent(thread.target.id)}`));
    } catch (error) {
      this.trouble = sentence(error);
      if (isSilence(error)) this.lost(error);
    } finally {
      this.busy = false;
      this.paint();
    }
  }
}

/** @param {string} place @param {Draft} draft */
function body(place, draft) {
  const planned = draft.stance === "planned";
  return {
    place,
    text: draft.text.trim(),
    ...(draft.stance ? { stance: draft.stance } : {}),
    ...(planned && draft.due ? { due: draft.due } : {}),
    ...(planned && draft.owner.trim() ? { owner: draft.owner.trim() } : {}),
    ...(draft.stance === "declined" && draft.because.trim() ? { because: draft.because.trim() } : {}),
  };
}
