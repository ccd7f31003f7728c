// A screen's half of wall.v1: what it holds, what it believes, and until when. displays/replica.py is the
// reference, line by line; tests/browser/test_replica.py replays its traces here. Pure: frames and clock
// readings in, at most one hello out. Must not know sockets, timers or pixels.

/**
 * @typedef {{e: string, s: number, n: string}} Cursor
 * @typedef {[number, number]} Span half-open, in code points
 * @typedef {{id: string, by: "author" | "place", name: string | null, text: string, masks: Span[],
 *   at: string | null, stance?: string, due?: string, because?: string}} Turn
 * @typedef {{id: string, version: number, text: string, masks: Span[], author: {name: string | null},
 *   channel: string, declared: {stars?: number, kind?: string}, published_at: string | null,
 *   experience_at: string | null, approved_at: string | null, turns: Turn[]}} Card
 * @typedef {{mono: number, wall: number}} Now seconds; `mono` may stop in sleep, `wall` may be set
 * @typedef {{t: "hello", rid: string, c?: Cursor}} Hello
 */

/** @returns {string} */
function mint() {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Replica {
  /** @param {() => string} [mintRid] */
  constructor(mintRid = mint) {
    this.mint = mintRid;
    /** @type {Cursor | null} */
    this.cursor = null;
    /** @type {Map<string, Card>} */
    this.cards = new Map();
    // Also of cards that left: a frame built just before a removal may arrive after it.
    /** @type {Map<string, number>} */
    this.versions = new Map();
    /** @type {{rid: string, asked: Now} | null} */
    this.pending = null; // said hello, not welcomed yet
    /** @type {string | null} */
    this.snap = null; // the rid whose snapshot we wait for
    /** @type {Now | null} */
    this.asked = null; // when the hello behind the present welcome was said
    /** @type {number | null} */
    this.welcomedAt = null; // the server's clock in that welcome
    /** @type {Now | null} */
    this.heard = null; // the latest moment at which all that we hold was true
    this.lease = 0;
  }

  /**
   * A socket has opened, or the server said resync: ask to go on from where we stopped.
   * @param {Now} now
   * @returns {Hello}
   */
  hello(now) {
    this.pending = { rid: this.mint(), asked: now };
    this.snap = null;
    const hello = { t: /** @type {const} */ ("hello"), rid: this.pending.rid };
    return this.cursor === null ? hello : { ...hello, c: this.cursor };
  }

  /**
   * The page slept or was hidden: nothing is painted until the server has answered.
   * @param {Now} now
   */
  woke(now) {
    this.heard = null;
    return this.hello(now);
  }

  /**
   * Apply one frame. A hello in return means: we no longer know, send this.
   * @param {any} frame
   * @param {Now} now
   * @returns {Hello | null}
   */
  take(frame, now) {
    switch (frame.t) {
      case "welcome":
        this.welcome(frame);
        return null;
      case "snap":
        // Any other rid is an answer to a question of the past.
        if (frame.rid === this.snap) this.replace(frame);
        return null;
      case "ev":
        return this.event(frame, now);
      case "hb":
        return this.beat(frame, now);
      case "resync":
        return this.hello(now);
      default:
        return null;
    }
  }

  /** Welcomed, and what was promised with the welcome has come. */
  get joined() {
    return this.pending === null && this.snap === null && this.asked !== null;
  }

  /**
   * What may be painted now: nothing, once the lease has ended by either clock.
   * @param {Now} now
   * @returns {ReadonlyMap<string, Card>}
   */
  shown(now) {
    return this.fresh(now) ? this.cards : new Map();
  }

  /** @param {Now} now */
  fresh(now) {
    if (this.heard === null) return false;
    return Math.max(now.mono - this.heard.mono, now.wall - this.heard.wall) < this.lease;
  }

  /** @param {any} frame */
  welcome(frame) {
    if (this.pending === null || frame.rid !== this.pending.rid) return;
    this.asked = this.pending.asked;
    this.pending = null;
    this.welcomedAt = typeof frame.at === "number" ? frame.at : null;
    this.lease = frame.lease;
    this.snap = frame.mode === "snapshot" ? frame.rid : null;
  }

  /** @param {{c: Cursor, cards: Card[]}} frame */
  replace(frame) {
    this.snap = null;
    this.cursor = frame.c;
    this.cards = new Map(frame.cards.map((card) => [card.id, card]));
    this.versions = new Map(frame.cards.map((card) => [card.id, card.version]));
  }

  /**
   * @param {any} frame
   * @param {Now} now
   */
  event(frame, now) {
    if (!this.follows(frame.c)) return this.lostCount(frame.c, now);
    if (frame.op === "put") {
      if (this.grows(frame.card.id, frame.card.version)) this.cards.set(frame.card.id, frame.card);
    } else if (frame.op === "hide" || frame.op === "withdraw") {
      if (this.grows(frame.id, frame.version)) this.cards.delete(frame.id);
    } else {
      return this.again(now); // what we do not understand may be a removal
    }
    return null;
  }

  /**
   * @param {string} id
   * @param {number} version
   */
  grows(id, version) {
    const held = this.versions.get(id);
    if (held !== undefined && version <= held) return false;
    this.versions.set(id, version);
    return true;
  }

  /**
   * @param {{s: number, at: number}} frame
   * @param {Now} now
   */
  beat(frame, now) {
    if (!this.joined) return null;
    if (this.cursor === null || frame.s !== this.cursor.s) return this.again(now);
    this.renew(frame.at, now);
    // A clock was set, or this line is slower than the lease.
    return this.fresh(now) ? null : this.hello(now);
  }

  /**
   * Is this the next entry of the feed that we hold?
   * @param {Cursor} cursor
   */
  follows(cursor) {
    const held = this.cursor;
    if (!this.joined || held === null) return false;
    if (cursor.e !== held.e || cursor.s !== held.s + 1) return false;
    this.cursor = cursor;
    return true;
  }

  /**
   * Frames of before our hello, and repeated ones, are nothing; a hole is.
   * @param {Cursor} cursor
   * @param {Now} now
   */
  lostCount(cursor, now) {
    const held = this.cursor;
    if (!this.joined || held === null) return null;
    if (cursor.e === held.e && cursor.s <= held.s) return null;
    return this.again(now);
  }

  /**
   * What we hold is not what the server counts: only a snapshot can mend it.
   * @param {Now} now
   */
  again(now) {
    this.cursor = null;
    return this.hello(now);
  }

  /**
   * Only a heartbeat that names the offset we hold renews the lease, from when it was said. A frozen page or a
   * slow line reads it late; counted from our hello on the server's own clock, an old heartbeat can't buy new
   * time.
   * @param {number} at
   * @param {Now} now
   */
  renew(at, now) {
    const asked = this.asked;
    if (asked === null) return;
    const since = this.welcomedAt === null ? now.mono - asked.mono : Math.max(0, at - this.welcomedAt);
    this.heard = {
      mono: Math.min(now.mono, asked.mono + since),
      wall: Math.min(now.wall, asked.wall + since),
    };
  }
}
