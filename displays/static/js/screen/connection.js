// The socket of a screen: opens it, watches it, and knows from each close code whether and when to come back.
// Must not know what the frames mean.

import { Retry } from "../shared/retry.js";

/**
 * @typedef {{
 *   opened: () => void,
 *   frame: (frame: any) => void,
 *   lost: (elsewhere: boolean) => void,
 *   refused: (why: "unpaired" | "protocol") => void,
 * }} Listener
 */

const UNPAIRED = new Set([4401, 4403]);
const PROTOCOL = 4406;
const REPLACED = 4409;
const REPLACED_WAIT = 300; // seconds: two tabs of one device must not fight
const SILENT_BEATS = 2.5;
const OPENING = 15; // seconds that a handshake may take

export class Connection {
  /**
   * @param {string} path
   * @param {Listener} listener
   * @param {() => number} mono seconds
   */
  constructor(path, listener, mono) {
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.listener = listener;
    this.mono = mono;
    this.retry = new Retry();
    this.beat = 10; // seconds between heartbeats, until a welcome says otherwise
    this.heard = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | null} */
    this.returnAt = null; // when to try again; null: never by itself, or no need
    /** @type {[number, number] | null} */
    this.asked = null; // the range that the server's bye gave us
  }

  open() {
    this.returnAt = null;
    this.asked = null;
    this.heard = this.mono();
    const socket = new WebSocket(this.url, "wall.v1");
    this.socket = socket;
    socket.onopen = () => {
      if (socket === this.socket) this.listener.opened();
    };
    socket.onmessage = (message) => this.take(socket, message.data);
    socket.onclose = (close) => this.closed(socket, close.code);
  }

  get isOpen() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  /** @param {object} frame */
  send(frame) {
    if (this.socket !== null && this.isOpen) this.socket.send(JSON.stringify(frame));
  }

  /** Called every second: a line that went silent is dead, whatever the browser believes. */
  watch() {
    const now = this.mono();
    if (this.socket !== null) {
      const opening = this.socket.readyState === WebSocket.CONNECTING;
      const patience = opening ? OPENING : this.beat * SILENT_BEATS;
      if (now - this.heard > patience) this.drop();
    } else if (this.returnAt !== null && now >= this.returnAt) {
      this.open();
    }
  }

  /** This line is of no more use: start over by the usual waiting rule. */
  drop() {
    const socket = this.socket;
    if (socket === null) return;
    socket.close();
    this.closed(socket, 1006); // the browser may take minutes to say so
  }

  /** The network says that it is back: do not wait out the delay. */
  hurry() {
    if (this.socket === null && this.returnAt !== null) this.returnAt = Math.min(this.returnAt, this.mono());
  }

  /**
   * @param {WebSocket} socket
   * @param {unknown} text
   */
  take(socket, text) {
    if (socket !== this.socket || typeof text !== "string") return;
    this.heard = this.mono();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch (_error) {
      this.drop();
      return;
    }
    if (frame.t === "welcome") {
      this.beat = frame.hb;
      this.retry.connected(this.heard);
    } else if (frame.t === "bye" && Array.isArray(frame.retry)) {
      this.asked = frame.retry;
    }
    this.listener.frame(frame);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  closed(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    if (UNPAIRED.has(code) || code === PROTOCOL) {
      this.listener.refused(code === PROTOCOL ? "protocol" : "unpaired");
      return;
    }
    const wait = this.wait(code);
    this.returnAt = this.mono() + wait;
    this.listener.lost(code === REPLACED);
  }

  /** @param {number} code */
  wait(code) {
    const usual = this.retry.lost(this.mono());
    if (code === REPLACED) return REPLACED_WAIT;
    if (this.asked === null) return usual;
    const [least, most] = this.asked;
    return least + Math.random() * Math.max(0, most - least);
  }
}
