/**
 * The shop floor as the tablet knows it: what hangs in this place, which thread is open, what is published.
 *
 * Owns the state and its changes. Must not draw: it asks for a painting after each change.
 */

import { call, Problem } from "../shared/api.js";
import { command, isSilence, list, sentence } from "../staff/commands.js";
import { boot } from "../staff/message.js";
import { blank, forget, kept, recall } from "./drafts.js";
import { sorted, threads } from "./threads.js";

/**
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {import("./threads.js").Thread} Thread
 * @typedef {import("./drafts.js").Draft} Draft
 */

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
  /** What is known of this place's screens. @type {() => import("../conduct/wall.js").Conduct | null} */
  conduct = () => null;
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

  /** Who comes while nobody is listed as waiting is shown at once: « nothing waits » must not be said of them. */
  welcome() {
    const found = this.threads;
    if (this.fresh && !this.order.some((id) => found.get(id)?.since)) this.arrange();
  }

  /** Lays the list out anew: a gesture of the person, or a list in which nobody waits; no other event. */
  arrange() {
    const { waiting, answered } = sorted(this.threads);
    this.order = [...waiting, ...answered].map((thread) => thread.id);
  }

  async load() {
    await this.look();
    this.loaded = true;
    this.arrange();
    this.paint();
  }

  /** After a cut: the same list, brought up to date where it stands. */
  async refresh() {
    if (!this.loaded) return this.load();
    const before = this.thread;
    await this.look();
    this.notify(before);
    this.welcome();
    return this.paint();
  }

  /** What hangs, and nothing that has aged off the wall. */
  async look() {
    const messages = await this.hanging({});
    this.messages = new Map(messages.map((message) => [message.id, message]));
    for (const id of new Set([...this.drafts.keys(), ...kept()])) {
      if (!this.messages.has(id)) await this.gone(id);
    }
  }

  /** @param {Record<string, string>} query @returns {Promise<Message[]>} */
  async hanging(query) {
    /** @type {Record<string, string>} */
    const asked = { hangs: "true", ...query };
    if (this.place) asked.place = this.place;
    return (await list(asked, Infinity)).messages; // a wall is finite
  }

  /** @param {Set<string>} ids */
  async heard(ids) {
    const before = this.thread;
    for (const id of ids) await this.see(id);
    this.notify(before);
    this.welcome();
    this.paint();
  }

  /** One message anew, with the turns that it brings to the wall. @param {string} id */
  async see(id) {
    /** @type {Message[]} */
    let turns = [];
    try {
      turns = await this.hanging({ thread: id });
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    for (const turn of turns) this.messages.set(turn.id, turn);
    if (!turns.some((turn) => turn.id === id)) await this.gone(id);
  }

  /** It hangs no longer. A draft waits in case it hangs again; what is erased leaves nothing behind. @param {string} id */
  async gone(id) {
    this.messages.delete(id);
    if (!this.drafts.has(id) && !kept().includes(id)) return;
    try {
      const message = await call("GET", `messages/${encodeURIComponent(id)}`);
      if (message.state !== "erased") return;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    const draft = this.drafts.get(id);
    if (draft) Object.assign(draft, blank()); // a composer may still hold it, and would keep it again
    this.drafts.delete(id);
    forget(id);
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
      await this.see(thread.target.id);
    } catch (error) {
      this.trouble = sentence(error);
      if (isSilence(error)) this.lost(error);
    } finally {
      this.busy = false;
      this.paint();
    }
  }
}

/** What a person may no longer read hangs no longer for them. @param {unknown} error */
function isAway(error) {
  return error instanceof Problem && [403, 404].includes(error.status);
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
