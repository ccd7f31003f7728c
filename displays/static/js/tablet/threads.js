/**
 * What hangs, thread by thread, and which of them wait for an answer: longest first.
 *
 * Pure. Must not know the page or the network.
 *
 * @typedef {import("../staff/message.js").Message} Message
 * @typedef {import("../staff/message.js").Reply} Reply
 * @typedef {{id: string, root: Message, turns: Message[], replies: Reply[], target: Message, since: string | null}} Thread
 *   target: the turn that an answer is attached to; since: how long the author has waited, null once answered
 */

import { byArrival } from "../staff/message.js";

/** @param {Iterable<Message>} messages @param {string} place @returns {Map<string, Thread>} */
export function threads(messages, place) {
  /** @type {Map<string, Message[]>} */
  const groups = new Map();
  for (const message of messages) {
    if (message.state !== "approved" || !message.places.includes(place)) continue;
    const group = groups.get(message.thread);
    if (group) group.push(message);
    else groups.set(message.thread, [message]);
  }
  /** @type {Map<string, Thread>} */
  const out = new Map();
  for (const [id, group] of groups) {
    const root = group.find((message) => message.id === id);
    // A thread hangs only while its first message does.
    if (root) out.set(id, gathered(id, root, group.filter((message) => message !== root).sort(byArrival)));
  }
  return out;
}

/** @param {string} id @param {Message} root @param {Message[]} turns @returns {Thread} */
function gathered(id, root, turns) {
  const all = [root, ...turns];
  const replies = all
    .flatMap((message) => message.replies)
    .filter((reply) => !reply.retracted_at)
    .sort((a, b) => (a.posted_at < b.posted_at ? -1 : 1));
  const ours = [...all.filter((turn) => turn.by === "place").map((turn) => turn.received_at), ...replies.map((reply) => reply.posted_at)];
  const latest = ours.sort().at(-1) ?? "";
  const theirs = all.filter((turn) => turn.by === "author");
  const open = theirs.find((turn) => Date.parse(turn.received_at) > (latest ? Date.parse(latest) : 0));
  return { id, root, turns, replies, target: theirs.at(-1) ?? root, since: open?.received_at ?? null };
}

/** @param {Map<string, Thread>} found @returns {{waiting: Thread[], answered: Thread[]}} */
export function sorted(found) {
  const all = [...found.values()];
  const waiting = all.filter((thread) => thread.since !== null);
  waiting.sort((a, b) => ((a.since ?? "") < (b.since ?? "") ? -1 : 1));
  const answered = all.filter((thread) => thread.since === null);
  answered.sort((a, b) => ((a.replies.at(-1)?.posted_at ?? "") < (b.replies.at(-1)?.posted_at ?? "") ? 1 : -1));
  return { waiting, answered };
}
