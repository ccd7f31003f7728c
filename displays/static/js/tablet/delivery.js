/**
 * What became of an answer on its way to where the customer wrote, in a plain sentence.
 *
 * Pure. Must not know the page.
 */

import { knows, t } from "../shared/i18n.js";
import { channelName } from "../staff/message.js";

/** @typedef {import("./threads.js").Thread} Thread */

/** @param {import("../staff/message.js").Reply} reply @param {Thread} thread @returns {string} what went wrong, and what to do */
export function delivery(reply, thread) {
  const { state, error } = reply.delivery;
  if (thread.target.channel === "write") return t("tablet.delivery.by_write");
  const channel = channelName(thread.target.channel);
  const code = `tablet.delivery.why.${error ?? "answer_lost"}`;
  const why = t(knows(code) ? code : "tablet.delivery.why.other", { channel });
  if (state === "unknown") return why;
  return t(`tablet.delivery.${state === "queued" && error ? "waiting" : state}`, { channel, why });
}

/** The latest answer, if somebody has to look after it. @param {Thread} thread */
export function stranded({ replies }) {
  const latest = replies.at(-1);
  return latest && ["failed", "unknown"].includes(latest.delivery.state) ? latest : null;
}
