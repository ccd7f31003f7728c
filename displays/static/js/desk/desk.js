/**
 * The desk at work: which list is open, which message is chosen, and what a decision does to both.
 *
 * Owns the state and its changes. Must not draw: it asks for a painting after each change.
 */

import { follow } from "../health/taken_down.js";
import { call, Problem } from "../shared/api.js";
import { t } from "../shared/i18n.js";
import { command, isSilence, list, sentence } from "../staff/commands.js";
import { byArrival } from "../staff/message.js";
import { toast } from "../staff/toasts.js";
import { Drafts } from "./draft.js";
import { Queue } from "./queue.js";
import { companionable } from "./stage.js";

/** @typedef {import("../staff/message.js").Message} Message */

const HISTORY = 1000; // messages read back in a list of what was decided
const FEW = 40; // lines left when the next of what waits are fetched, so that the list never runs dry
const MANY = 50; // messages heard of at once: one look at the list is less than one at each

export class Desk {
  tab = "";
  scope = "";
  queue = new Queue();
  drafts = new Drafts();
  /** The chosen message's thread, in order; the message alone until it is read. @type {Message[]} */
  thread = [];
  /** @type {Map<string, string>} */
  troubles = new Map();
  /** @type {Set<string>} */
  changed = new Set();
  /** What this person decided here, latest last: the way back by key. @type {string[]} */
  done = [];
  /** Decisions on their way, by message. @type {Map<string, Promise<Message | null | undefined>>} */
  away = new Map();
  /** Whether the open list has been read: before that, emptiness means nothing. */
  loaded = false;
  paint = () => {};
  /** @param {unknown} _error */
  lost = (_error) => {};

  /** @returns {import("./stage.js").View | null} null also while a search hides what is chosen: nothing is decided unseen */
  get view() {
    const item = this.queue.current;
    if (!item || !this.queue.visible.includes(item)) return null;
    const { message } = item;
    const { draft, changed } = this.drafts.of(message);
    if (changed) this.changed.add(message.id);
    const thread = this.thread.some((turn) => turn.id === message.id)
      ? this.thread.map((turn) => (turn.id === message.id ? message : turn))
      : [message];
    return {
      tab: this.tab, message, thread, draft, settled: item.settled, busy: item.busy,
      changed: this.changed.has(message.id), trouble: this.troubles.get(message.id) ?? null,
    };
  }

  /** @param {string} [tab] */
  async open(tab = this.tab) {
    const same = tab === this.tab;
    this.tab = tab;
    if (!same) {
      this.loaded = false;
      this.queue.fill([], null);
      this.paint();
    }
    const { messages, next } = await list(this.asked(), tab === "pending" ? 200 : HISTORY);
    if (tab !== this.tab) return; // another tab was pressed meanwhile
    this.loaded = true;
    this.queue.fill(this.ordered(messages), tab === "pending" ? next : null);
    await this.readThread();
  }

  /** @returns {Record<string, string>} */
  asked() {
    return { state: this.tab, ...(this.scope ? { place: this.scope } : {}) };
  }

  /** What waits: oldest first. What was decided: the latest first. @param {Message[]} messages */
  ordered(messages) {
    if (this.tab === "pending") return [...messages].sort(byArrival);
    return [...messages].sort((a, b) => ((a.decided_at ?? "") < (b.decided_at ?? "") ? 1 : -1));
  }

  async more() {
    if (!this.queue.next) return;
    const { tab } = this;
    const { messages, next } = await list({ ...this.asked(), after: this.queue.next }, 200);
    if (tab !== this.tab) return; // another tab was pressed meanwhile
    this.queue.append(messages, next);
    this.paint();
  }

  /** @param {string} id */
  async choose(id) {
    this.queue.choose(id);
    this.queue.sweep(id);
    await this.readThread();
  }

  /** @param {1 | -1} step */
  async move(step) {
    if (this.queue.move(step)) await this.choose(this.queue.chosen ?? "");
    else if (step > 0 && this.queue.fresh.size) await this.letIn();
  }

  /** What is new comes in; a hand that walked off the end of the list goes on with the first of it. */
  async letIn() {
    const fresh = new Set(this.queue.fresh);
    await this.open();
    const first = this.queue.visible.find((item) => fresh.has(item.message.id));
    if (first) await this.choose(first.message.id);
  }

  async readThread() {
    const message = this.queue.current?.message;
    this.paint();
    if (!message) return;
    const { messages } = await list({ thread: message.thread }, 200);
    if (this.queue.chosen !== message.id) return;
    // The thread's first message leads whatever the order of arrival was.
    this.thread = [...messages].sort((a, b) => Number(b.id === b.thread) - Number(a.id === a.thread) || byArrival(a, b));
    if (messages.length > 1) this.paint();
  }

  /** A look at everything after a cut: nothing moves, what is new waits behind its button. */
  async refresh() {
    if (!this.loaded || this.queue.items.length === 0) return this.open();
    const { messages } = await list(this.asked(), Math.max(200, this.queue.items.length));
    const found = new Map(messages.map((message) => [message.id, message]));
    const gone = this.queue.items.filter((item) => !found.has(item.message.id)).map((item) => item.message.id);
    for (const message of messages) this.hear(message);
    if (gone.length) await this.heard(new Set(gone.slice(0, 50)));
    return this.readThread();
  }

  /** @param {Set<string>} ids */
  async heard(ids) {
    if (ids.size > MANY) return this.refresh();
    let threadTouched = false;
    for (const id of ids) {
      try {
        const message = await call("GET", `messages/${encodeURIComponent(id)}`);
        this.hear(message);
        threadTouched ||= message.thread === this.queue.current?.message.thread;
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404) throw error;
        this.queue.fresh.delete(id);
        const item = this.queue.find(id);
        if (item) Object.assign(item, { settled: true, message: { ...item.message, state: "erased", text: "", hints: [], masks: [] } });
      }
    }
    if (this.queue.dry) await this.open();
    else if (threadTouched) await this.readThread();
    else this.paint();
  }

  /** @param {Message} message as it is now */
  hear(message) {
    const belongs =
      message.state === this.tab && message.held === null && (!this.scope || message.places.includes(this.scope));
    const item = this.queue.find(message.id);
    if (item) {
      item.message = message;
      if (!item.busy) item.settled = !belongs;
    } else if (belongs && !(this.queue.next && this.tab === "pending")) this.queue.fresh.add(message.id);
    if (!belongs) this.queue.fresh.delete(message.id);
  }

  /**
   * @param {"approve" | "refuse" | "withdraw" | "undo"} verb @param {string} id @param {Record<string, unknown>} body
   * @returns {Promise<Message | null | undefined>} null when it was not taken, undefined when nothing answered; the
   * reason is then told beside the message
   */
  async send(verb, id, body) {
    this.troubles.delete(id);
    try {
      return await command(`messages/${encodeURIComponent(id)}/${verb}`, body);
    } catch (error) {
      this.troubles.set(id, sentence(error));
      if (isSilence(error)) return void this.lost(error);
      if (error instanceof Problem && error.params.message) this.hear(error.params.message);
      else if (error instanceof Problem && error.status === 409) void this.heard(new Set([id]));
      return null;
    }
  }

  async approve() {
    const view = this.view;
    if (!view || view.busy || view.settled || view.message.held) return;
    const revisions = new Map(view.thread.filter((turn) => companionable(turn, view.message, this.tab)).map((turn) => [turn.id, turn.revision]));
    const companions = [...view.draft.companions].filter((id) => revisions.has(id));
    await this.decide("approve", view.message, view.draft.approval(revisions), companions);
  }

  async rule() {
    const view = this.view;
    if (!view || view.busy || view.settled || view.draft.missing) return;
    const verb = this.tab === "approved" ? "withdraw" : "refuse";
    if (await this.decide(verb, view.message, view.draft.ruling) && verb === "withdraw") follow(view.message.id, view.message.number);
  }

  /**
   * Sends a decision and goes on: the next message stands there before the server has answered. What is not taken keeps
   * its line, and a sentence leads back to it: under a hand that may be about to decide, nothing is put back. Where
   * nothing answers, nothing can be decided, and the message returns.
   * @param {"approve" | "refuse" | "withdraw"} verb @param {Message} message @param {Record<string, unknown>} body
   * @param {string[]} [companions] decided in the same step
   */
  async decide(verb, { id }, body, companions = []) {
    const { tab } = this;
    const leaving = [id, ...companions];
    const mark = (/** @type {boolean} */ busy) => {
      for (const item of leaving.map((one) => this.queue.find(one))) if (item) item.busy = busy;
    };
    mark(true);
    this.done.push(id);
    const sent = this.send(verb, id, body);
    this.away.set(id, sent);
    this.queue.goOn();
    const on = this.queue.chosen;
    this.queue.sweep(id);
    void this.readThread().catch(this.lost);
    const taken = await sent;
    this.away.delete(id);
    mark(false);
    if (taken === undefined && this.queue.chosen === on) this.queue.choose(id);
    if (!taken) this.stayed(id);
    else {
      if (tab === this.tab) this.left(leaving);
      toast(t(`desk.done.${verb}`), { label: t("desk.undo"), key: "u", run: () => void this.undo(id) });
    }
    await (this.queue.dry ? this.open() : this.paint());
    return taken;
  }

  /** @param {string[]} ids */
  left(ids) {
    const before = this.queue.chosen;
    for (const one of ids) {
      this.drafts.drop(one);
      this.queue.remove(one);
    }
    if (this.tab === "pending" && this.queue.items.length < FEW) void this.more().catch(this.lost);
    if (this.queue.chosen !== before) void this.readThread().catch(this.lost);
  }

  /** @param {string} id */
  stayed(id) {
    this.done = this.done.filter((one) => one !== id);
    const item = this.queue.find(id);
    if (item) this.hear(item.message); // a colleague's decision marks it, now that ours is not on its way
    if (this.queue.chosen === id) return; // told beside it
    const way = { label: t("desk.back_to_it"), run: () => void this.choose(id).catch(this.lost) };
    toast(this.troubles.get(id) ?? "", item ? way : null, { stays: true });
  }

  /** @param {string} [named] the latest decision of this person, unless one is named */
  async undo(named) {
    const id = named ?? this.done[this.done.length - 1]; // now: while it is on its way, others may follow it
    if (!id) return toast(t("desk.nothing_to_undo"));
    this.done = this.done.filter((one) => one !== id); // the next press is for the one before
    if (this.away.has(id) && !(await this.away.get(id))) return undefined; // not taken: that is told already
    const message = await this.send("undo", id, {});
    if (!message) {
      if (message === undefined) this.done.push(id); // nothing answered: the same press again
      if (!this.queue.find(id)) toast(this.troubles.get(id) ?? "");
      return this.paint();
    }
    this.drafts.drop(id);
    this.queue.fresh.delete(id);
    if (message.state === this.tab) this.queue.insert(message);
    else this.queue.remove(id);
    toast(t("desk.undone"));
    return this.readThread();
  }
}
