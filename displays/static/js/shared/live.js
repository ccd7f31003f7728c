// The desk.v1 socket of pages that people use: it says that something changed, never what it says. The page
// reads the text again by HTTP. Start and return are one path: every welcome asks for a fresh look.

import { Retry } from "./retry.js";

/**
 * @typedef {{t: "ev", what: string, id: string, v: number, place?: string}} LiveEvent
 * @typedef {{
 *   refresh: () => void,
 *   event: (event: LiveEvent) => void,
 *   state: (state: "live" | "cut" | "signed-out") => void,
 *   beat?: (frame: {place?: string, lost?: {id: string, name: string, since: string}[]}) => void,
 * }} Listener
 */

const SILENCE = 25; // seconds without a frame, heartbeats included: the line is dead, whatever the browser believes
const SIGNED_OUT = new Set([4401, 4403]);

export class Live {
  /**
   * @param {Listener} listener
   * @param {string} [path]
   */
  constructor(listener, path = "/ws/desk") {
    this.listener = listener;
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.retry = new Retry();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.heard = 0;
    this.stopped = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
  }

  start() {
    setInterval(() => this.watch(), 5000);
    window.addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.watch();
    });
    this.open();
  }

  open() {
    const socket = new WebSocket(this.url, "desk.v1");
    this.socket = socket;
    this.heard = performance.now();
    socket.onmessage = (message) => this.take(socket, message);
    socket.onclose = (close) => this.lost(socket, close.code);
  }

  /**
   * @param {WebSocket} socket
   * @param {MessageEvent} message
   */
  take(socket, message) {
    if (socket !== this.socket) return;
    this.heard = performance.now();
    const frame = JSON.parse(message.data);
    if (frame.t === "welcome") {
      this.retry.connected(performance.now() / 1000);
      this.listener.state("live");
      this.listener.refresh();
    } else if (frame.t === "resync") {
      this.listener.refresh();
    } else if (frame.t === "ev") {
      this.listener.event(frame);
    } else if (frame.t === "hb" && this.listener.beat) {
      this.listener.beat(frame);
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  lost(socket, code) {
    if (socket !== this.socket || this.stopped) return;
    this.socket = null;
    if (SIGNED_OUT.has(code)) {
      this.stopped = true;
      this.listener.state("signed-out");
      return;
    }
    this.listener.state("cut");
    const wait = this.retry.lost(performance.now() / 1000);
    this.waiting = setTimeout(() => this.open(), wait * 1000);
  }

  watch() {
    const socket = this.socket;
    if (socket === null || performance.now() - this.heard < SILENCE * 1000) return;
    socket.close();
    this.lost(socket, 1006); // a dead line may take minutes to close by itself
  }

  now() {
    if (this.socket !== null || this.stopped) return;
    clearTimeout(this.waiting);
    this.open();
  }
}
