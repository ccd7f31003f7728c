/**
 * The list on the left: what is in it, what is chosen, what waits to be let in.
 *
 * Owns the order and the promise that the list never jumps: what arrives waits behind « 12 nouveaux » unless the
 * list is empty, what a colleague decides stays where it is, marked, until the next gesture of this person. What is
 * on its way to the server (`busy`) stays too, until it is taken.
 * Must not know the page or the network.
 *
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {{message: Message, settled: boolean, busy: boolean}} Item
 */

import { byArrival } from "../staff/message.js";

export class Queue {
  /** @type {Item[]} */
  items = [];
  /** @type {string | null} */
  chosen = null;
  /** Ids heard of and not let in yet. @type {Set<string>} */
  fresh = new Set();
  /** Where the next page of the list begins. @type {string | null} */
  next = null;
  /** What is searched for, in small letters. */
  query = "";

  /** @param {readonly Message[]} messages @param {string | null} next */
  fill(messages, next) {
    this.items = messages.map((message) => ({ message, settled: false, busy: false }));
    this.next = next;
    this.fresh.clear();
    if (!this.find(this.chosen)) this.chosen = this.items[0]?.message.id ?? null;
  }

  /** @param {readonly Message[]} messages @param {string | null} next */
  append(messages, next) {
    const known = new Set(this.items.map((item) => item.message.id));
    for (const message of messages) {
      if (!known.has(message.id)) this.items.push({ message, settled: false, busy: false });
    }
    this.next = next;
  }

  /** @param {string | null} id @returns {Item | undefined} */
  find(id) {
    return this.items.find((item) => item.message.id === id);
  }

  /** @returns {Item | undefined} */
  get current() {
    return this.find(this.chosen);
  }

  /** @param {string} id */
  choose(id) {
    if (this.find(id)) this.chosen = id;
  }

  /** @returns {Item[]} what the search leaves */
  get visible() {
    if (!this.query) return this.items;
    return this.items.filter(({ message }) =>
      `${message.text} ${message.author.name ?? ""} ${message.channel}`.toLowerCase().includes(this.query),
    );
  }

  /** @returns {boolean} whether nothing stands here that could jump, while something waits to be let in */
  get dry() {
    return this.items.length === 0 && this.fresh.size > 0;
  }

  /** @param {1 | -1} step @returns {boolean} whether another one is chosen now */
  move(step) {
    const visible = this.visible;
    const at = visible.findIndex((item) => item.message.id === this.chosen);
    const target = at < 0 ? visible[0] : visible[at + step];
    if (!target) return false;
    this.chosen = target.message.id;
    return true;
  }

  /** The hand goes on while a decision is on its way: to the next that is still to be decided, else the one before. */
  goOn() {
    const visible = this.visible;
    const at = visible.findIndex((item) => item.message.id === this.chosen);
    const open = (/** @type {Item} */ item) => !item.busy && !item.settled;
    const target = visible.slice(at + 1).find(open) ?? visible.slice(0, Math.max(at, 0)).reverse().find(open);
    if (target) this.chosen = target.message.id;
  }

  /** What came back by this person's own undo stands where it belongs. @param {Message} message */
  insert(message) {
    this.remove(message.id);
    const at = this.items.findIndex((item) => byArrival(message, item.message) < 0);
    this.items.splice(at < 0 ? this.items.length : at, 0, { message, settled: false, busy: false });
    this.chosen = message.id;
  }

  /** What this person decided leaves; where it was still chosen, the next one takes its place. @param {string} id */
  remove(id) {
    const at = this.items.findIndex((item) => item.message.id === id);
    if (at < 0) return;
    this.items.splice(at, 1);
    if (this.chosen === id) this.chosen = (this.items[at] ?? this.items[at - 1])?.message.id ?? null;
  }

  /** The marked ones leave with the next gesture. @param {string | null} except */
  sweep(except = null) {
    for (const item of this.items.filter((one) => one.settled && one.message.id !== except)) {
      this.remove(item.message.id);
    }
  }
}
