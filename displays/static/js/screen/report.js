// How this screen is, for the people who look after it: told on change and once a minute, so that one that falls
// silent is missed. Errors of our own code are told by kind and place in the source, never with what follows a
// quotation mark: browsers quote there what they stumbled over, which may be a customer's words.

/**
 * @typedef {{id: string, version: number, page: number, pages: number}} Leaf `page` from 1
 * @typedef {{width: number, height: number, ratio: number, orientation: "landscape" | "portrait", state: string,
 *   theme: string, over: "test" | "blank" | null, painted: Leaf | null}} Look `over`: what lies over the wall
 */

const EVERY = 60; // seconds
const LOOK = 1; // seconds: a page that turns twice within one is told once
const ERRORS = 8;
const LONGEST = 160;

/** Which release this code is: its own address says it. */
const APP = (/\/-(\w+)\//.exec(import.meta.url) || ["", ""])[1];

export class Report {
  /**
   * @param {() => Look | null} look null while nobody would hear it
   * @param {(frame: object) => void} send
   * @param {() => number} mono seconds since the page was loaded
   */
  constructor(look, send, mono) {
    this.look = look;
    this.send = send;
    this.mono = mono;
    /** @type {string[]} */
    this.errors = [];
    this.said = ""; // what was told last
    this.at = 0;
  }

  start() {
    window.addEventListener("error", (event) => this.failed(event.error, `${event.filename}:${event.lineno}`));
    window.addEventListener("unhandledrejection", (event) => this.failed(event.reason, ""));
    setInterval(() => this.tick(), LOOK * 1000); // its own: a round of the page's work that fails is told too
  }

  /** Somebody new listens. */
  renew() {
    this.said = "";
  }

  tick() {
    const look = this.look();
    if (look === null) return;
    const told = { t: "report", app: APP, ...look, errors: this.errors };
    const said = JSON.stringify(told);
    const now = this.mono();
    if (said === this.said && now - this.at < EVERY) return;
    this.said = said;
    this.at = now;
    this.send({ ...told, uptime: Math.round(now) });
  }

  /**
   * @param {unknown} error
   * @param {string} where
   */
  failed(error, where) {
    const text = said(error, where);
    this.errors = this.errors.filter((known) => known !== text).concat(text).slice(-ERRORS);
  }
}

/**
 * @param {unknown} error
 * @param {string} where "address:line", if the browser gave one
 */
export function said(error, where) {
  if (!(error instanceof Error)) return `thrown: ${typeof error} ${source(where)}`.trim();
  const message = error.message.split(/["'`\u00ab\u2018-\u201f]/)[0].trim();
  return `${error.name}: ${message} ${source(where) || source(error.stack || "")}`.slice(0, LONGEST).trim();
}

/** @param {string} text the first of our files that it names, and the line */
function source(text) {
  const found = /\/static\/[\w./-]*?([\w-]+\.js)(?:\?[^:]*)?:(\d+)/.exec(text);
  return found === null ? "" : `${found[1]}:${found[2]}`;
}
