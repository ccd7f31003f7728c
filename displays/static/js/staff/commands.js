/**
 * Decisions sent to the server: one intention, one nonce, however often a lost line makes us send it.
 *
 * Must not know the page. A definite answer, good or bad, ends the intention; silence keeps its nonce, so
 * that the same press again is the same decision.
 */

import { call, nonce, Problem } from "../shared/api.js";

/** @type {Map<string, string>} */
const open = new Map();

/**
 * @param {string} path from /api/v1 on
 * @param {Record<string, unknown>} [body]
 * @returns {Promise<any>}
 */
export async function command(path, body = {}) {
  const intention = `${path} ${JSON.stringify(body)}`;
  const known = open.get(intention) ?? nonce();
  open.set(intention, known);
  try {
    const answer = await call("POST", path, { ...body, nonce: known }, { keepalive: true });
    open.delete(intention);
    return answer;
  } catch (error) {
    if (!isSilence(error)) open.delete(intention);
    throw error;
  }
}

/** @param {unknown} error @returns {boolean} nothing answered, or nothing that could know */
export function isSilence(error) {
  return error instanceof Problem && (error.status === 0 || error.status >= 500);
}

/** @param {unknown} error @returns {string} a sentence for the person */
export function sentence(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * All pages of a list, until there is no more or enough.
 * @param {Record<string, string>} query @param {number} enough
 * @returns {Promise<{messages: import("./message.js").Message[], next: string | null}>}
 */
export async function list(query, enough) {
  /** @type {import("./message.js").Message[]} */
  const messages = [];
  /** @type {string | null} */
  let after = query.after ?? null;
  do {
    const asked = new URLSearchParams({ ...query, limit: "200", ...(after ? { after } : {}) });
    const page = await call("GET", `messages?${asked}`);
    messages.push(...page.messages);
    after = page.next;
  } while (after && messages.length < enough);
  return { messages, next: after };
}
