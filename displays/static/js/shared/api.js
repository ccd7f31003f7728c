// Calls to our own HTTP API from a signed-in page: the CSRF token up, a problem's sentence down.

import { data } from "./dom.js";
import { language, t } from "./i18n.js";

const SHORT = 4000; // browsers allow 64 kB to all that outlive a page

/** What the API answered instead of what was asked (problem+json), or that it did not answer at all. */
export class Problem extends Error {
  /**
   * @param {number} status 0 when nothing answered
   * @param {string} code stable
   * @param {string} title for a person, in their language
   * @param {Record<string, any>} params
   */
  constructor(status, code, title, params) {
    super(title);
    this.status = status;
    this.code = code;
    this.params = params;
  }
}

/**
 * @param {string} method
 * @param {string} path from /api/v1 on
 * @param {unknown} [body]
 * @param {{keepalive?: boolean, signal?: AbortSignal}} [how] `keepalive`: on its way, it outlives the page, if it is
 *   short (a browser's limit); `signal`: no longer waited for
 * @returns {Promise<any>} the answer, null for an empty one; rejects with a Problem
 */
export async function call(method, path, body, { keepalive = false, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": language };
  if (method !== "GET") headers["X-CSRF-Token"] = data("boot").csrf || "";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const sent = body === undefined ? undefined : JSON.stringify(body);
  /** @type {Response} */
  let answer;
  let text = "";
  try {
    answer = await fetch(path.startsWith("/") ? path : `/api/v1/${path}`, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      body: sent,
      keepalive: keepalive && sent !== undefined && sent.length < SHORT,
      signal,
    });
    text = await answer.text();
  } catch (_error) {
    throw new Problem(0, "offline", t("shared.offline"), {});
  }
  /** @type {any} */
  let said = null;
  try {
    said = text === "" ? null : JSON.parse(text);
  } catch (_error) {
    said = null;
  }
  if (answer.ok) return said;
  const problem = said || {};
  const title = problem.title || t("shared.problem");
  throw new Problem(answer.status, problem.code || "problem", title, problem.params || {});
}


/**
 * A nonce for one intention: sent again with the same body, it has one effect.
 */
export function nonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
