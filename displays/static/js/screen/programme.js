// What a screen shows next, and for how long: one rule for every card (P2). displays/programme.py is the
// reference, line by line; tests/browser/test_programme.py plays the same stories to both. Pure: ids, words,
// order of approval, turns and airtime in; a card and its page out. It must not know what a card says, how it
// was meant or how many stars it has: nothing here takes them.
//
// Two clocks come in. `now` is the screen's monotonic clock, for what ends at a moment (pin, hold). `airtime` is
// how many seconds this screen has painted anything at all: what is dark, hidden or asleep reads no page.

import { LONGEST, WORDS_A_MINUTE } from "./reading.js";

/**
 * @typedef {"calm" | "normal" | "lively"} Pace
 * @typedef {{id: string, order: number}} Entry `order` grows with each approval
 * @typedef {{id: string, page: number}} Show
 * @typedef {{id: string, order: number, turns: number, last: number, fresh: boolean, page: number,
 *   whole: number, owes: number, rested: boolean, passed: number}} Standing
 * @typedef {{id: string, page: number, fresh: boolean, words: readonly number[], since: number,
 *   until: number, readAt: number | null}} Turn
 */

const SHORTEST = 8; // seconds
const KEPT_AT_MOST = 600; // seconds that a person may pin or hold a card
// Times the legible minimum: a pace lengthens, no pace goes below.
const PACES = { calm: 1.6, normal: 1.25, lively: 1 };

/** The least that a page of so many words may hang: each is read twice, at leisure. @param {number} words */
export function legible(words) {
  return Math.max(SHORTEST, (2 * words * 60) / WORDS_A_MINUTE + 2);
}

/**
 * @param {number} words
 * @param {Pace} pace
 */
export function dwell(words, pace) {
  const least = legible(words);
  return Math.max(least, Math.min(LONGEST, least * PACES[pace]));
}

export class Programme {
  constructor() {
    /** @type {Pace} */
    this.pace = "normal";
    /** @type {Map<string, Standing>} */
    this.standings = new Map();
    /** @type {Turn | null} */
    this.turn = null;
    /** @type {{id: string, until: number, by: "pin" | "hold"} | null} */
    this.kept = null;
    this.skip = false;
    this.count = 0; // of turns given, and of those sent away
    /** @type {string | null} */
    this.after = null;
    /** @type {ReadonlyMap<string, number>} */
    this.debts = new Map(); // from before this screen was started again
  }

  // What is on the wall -------------------------------------------------------------------------

  /** The card that this screen showed before it was started again: the round goes on after it. @param {string | null} last */
  resume(last) {
    this.after = last;
  }

  /**
   * The wall as it is now; `fresh` came, or were answered, just now. Who joins has as many turns as the least
   * shown: nobody makes up for the weeks before it came.
   * @param {Iterable<Entry>} entries
   * @param {ReadonlySet<string>} fresh
   */
  sync(entries, fresh) {
    const before = this.standings;
    const least = before.size === 0 ? 0 : fewest(before);
    this.standings = new Map();
    for (const { id, order } of entries) {
      const one = before.get(id) || {
        id, order, turns: least, last: -1, fresh: false, page: 0, whole: 0, owes: 0, rested: false, passed: 0,
      }; // prettier-ignore
      one.order = order;
      if (fresh.has(id)) {
        one.fresh = true;
        one.passed = 0;
        one.page = 0;
      }
      this.standings.set(id, one);
    }
    if (before.size === 0) this.beginRound();
    if (this.turn !== null && !this.standings.has(this.turn.id)) this.turn = null;
  }

  /**
   * What each card owes by now: a screen that is started again goes on with its `debts`.
   * @param {number} airtime
   * @returns {Map<string, number>}
   */
  owing(airtime) {
    const turn = this.turn;
    /** @type {Map<string, number>} */
    const found = new Map();
    for (const one of this.standings.values()) {
      const kept = turn !== null && turn.readAt !== null && turn.id === one.id ? airtime - turn.readAt : 0;
      if (one.owes + kept > 0) found.set(one.id, one.owes + kept);
    }
    return found;
  }

  /** Nothing hangs any more: closed, blanked, or unheard of for a lease. @param {number} airtime */
  off(airtime) {
    this.leave(airtime);
  }

  // What a person asks for ----------------------------------------------------------------------

  /**
   * This card hangs until then (null: no longer), for ten minutes at most. What is new goes first.
   * @param {string | null} id
   * @param {number} until
   * @param {number} now
   */
  pin(id, until, now) {
    this.keep(id, until, now, "pin");
  }

  /**
   * What hangs now stays until then; null lets it go. Said again, it is the same card that stays.
   * @param {number | null} until
   * @param {number} now
   */
  hold(until, now) {
    const held = this.kept !== null && this.kept.by === "hold" ? this.kept.id : null;
    // A screen that has just started again: what hung before.
    const before = this.after !== null && this.standings.has(this.after) ? this.after : null;
    const here = held || (this.turn !== null ? this.turn.id : before);
    this.keep(until !== null ? here : null, until || now, now, "hold");
  }

  /** Away with what hangs, and with what kept it there. */
  next() {
    this.kept = null;
    this.skip = this.turn !== null;
  }

  // What hangs ----------------------------------------------------------------------------------

  /**
   * What is to hang now. A card that did not hang before is then to be measured: `begin`.
   * @param {number} now
   * @param {number} airtime
   * @returns {Show | null}
   */
  look(now, airtime) {
    if (this.kept !== null && now >= this.kept.until) this.kept = null;
    if (this.turn === null) this.choose(airtime);
    else if (this.turn.words.length > 0) this.read(this.turn, airtime);
    return this.turn === null ? null : { id: this.turn.id, page: this.turn.page };
  }

  /**
   * What hangs was measured: the words of each of its pages. Again when its text or size has changed.
   * @param {readonly number[]} words
   * @param {number} airtime
   * @param {number} [page]
   */
  begin(words, airtime, page) {
    const turn = this.turn;
    const one = turn === null ? undefined : this.standings.get(turn.id);
    if (turn === null || one === undefined) return;
    // Its page is read anew: what hung of it is a debt.
    if (turn.words.length > 0 && turn.readAt === null) one.owes += airtime - turn.since;
    turn.words = words.slice();
    turn.fresh = turn.fresh || one.fresh;
    one.fresh = false;
    one.whole = words.reduce((sum, each) => sum + dwell(each, this.pace), 0);
    this.open(turn, Math.min(page === undefined ? turn.page : page, words.length - 1), airtime);
  }

  // How it goes on ------------------------------------------------------------------------------

  /**
   * One step at the most: to the next page, to another card, or none.
   * @param {Turn} turn
   * @param {number} airtime
   */
  read(turn, airtime) {
    const over = airtime >= turn.until;
    const after = (turn.page + 1) % turn.words.length;
    if (this.skip) {
      this.count += 1;
      const one = this.standings.get(turn.id);
      if (one !== undefined) one.passed = this.count;
      this.leave(airtime);
      this.choose(airtime, turn, turn.id);
    } else if (over && after === 0 && turn.readAt === null) {
      this.finish(turn, airtime);
    } else if (this.called(turn) && (over || !turn.fresh)) {
      if (over) this.open(turn, after, airtime);
      this.leave(airtime);
      this.choose(airtime, turn);
    } else if (turn.readAt !== null && !this.keeps(turn)) {
      this.leave(airtime);
      this.choose(airtime, turn);
    } else if (over) {
      this.open(turn, after, airtime);
      turn.fresh = false;
    }
  }

  /**
   * @param {Turn} turn
   * @param {number} page
   * @param {number} airtime
   */
  open(turn, page, airtime) {
    turn.page = page;
    turn.since = airtime;
    turn.until = airtime + dwell(turn.words[page], this.pace);
  }

  /** Whether another is to hang without delay: a new one, or the one that a person keeps there. @param {Turn} turn */
  called(turn) {
    for (const one of this.standings.values()) if (one.fresh && one.id !== turn.id) return true;
    return this.kept !== null && this.kept.id !== turn.id && this.standings.has(this.kept.id);
  }

  /** @param {Turn} turn */
  keeps(turn) {
    return this.kept !== null && this.kept.id === turn.id && this.standings.size > 1;
  }

  /**
   * All of it has been read: a turn, or a debt if it was called before its turn. What was sent away may return.
   * @param {Turn} turn
   * @param {number} airtime
   */
  finish(turn, airtime) {
    const one = this.standings.get(turn.id);
    if (one === undefined) return;
    for (const each of this.standings.values()) each.passed = 0;
    this.count += 1;
    one.last = this.count;
    one.page = 0;
    one.rested = false;
    if (one.turns > fewest(this.standings)) one.owes += one.whole;
    else one.turns += 1;
    turn.readAt = airtime;
    turn.fresh = false;
    if (this.keeps(turn) && !this.called(turn)) {
      this.open(turn, 0, airtime);
    } else {
      this.leave(airtime);
      this.choose(airtime, turn);
    }
  }

  /**
   * It goes. What it had beyond its turn is a debt: time that a person gave it, and that of a page which was cut
   * short and will be read again. What it had less, it goes on with next time.
   * @param {number} airtime
   */
  leave(airtime) {
    const turn = this.turn;
    this.turn = null;
    this.skip = false;
    const one = turn === null ? undefined : this.standings.get(turn.id);
    if (turn === null || one === undefined) return;
    if (turn.readAt === null) one.page = turn.page;
    if (turn.words.length > 0) one.owes += airtime - (turn.readAt === null ? turn.since : turn.readAt);
  }

  /**
   * @param {number} airtime
   * @param {Turn | null} [before]
   * @param {string | null} [besides]
   */
  choose(airtime, before = null, besides = null) {
    while (this.standings.size > 0) {
      let best = this.first(besides) || this.first(null);
      if (best === null) return;
      const kept = this.kept === null ? undefined : this.standings.get(this.kept.id);
      if (kept !== undefined && !best.fresh) best = kept;
      else if (this.rests(best)) continue;
      this.turn = { id: best.id, page: best.page, fresh: best.fresh, words: [], since: 0, until: 0, readAt: null };
      best.fresh = false;
      this.after = null;
      if (before !== null && before.id === best.id) {
        this.turn.words = before.words; // it hangs already: nothing to measure
        this.open(this.turn, best.page, airtime);
      }
      return;
    }
  }

  /** @param {string | null} besides */
  first(besides) {
    /** @type {Standing | null} */
    let best = null;
    for (const one of this.standings.values()) {
      if (one.id !== besides && (best === null || before(one, best))) best = one;
    }
    return best;
  }

  /** A debtor lets every other turn pass, until it owes less than one. @param {Standing} one */
  rests(one) {
    const owing = one.whole > 0 && one.whole <= one.owes;
    if (one.fresh || one.rested || this.standings.size === 1 || !owing) return false;
    this.count += 1;
    one.turns += 1;
    one.last = this.count;
    one.owes -= one.whole;
    one.rested = true;
    return true;
  }

  /**
   * @param {string | null} id
   * @param {number} until
   * @param {number} now
   * @param {"pin" | "hold"} by
   */
  keep(id, until, now, by) {
    if (id !== null) this.kept = { id, until: Math.min(until, now + KEPT_AT_MOST), by };
    else if (this.kept !== null && this.kept.by === by) this.kept = null;
  }

  /** In order of approval, beginning after what this screen showed last; a new screen, with the latest. */
  beginRound() {
    const all = Array.from(this.standings.values()).sort((a, b) => a.order - b.order);
    const at = all.findIndex((one) => one.id === this.after);
    const start = at >= 0 ? at + 1 : Math.max(0, all.length - 1);
    const round = [...all.slice(start), ...all.slice(0, start)];
    round.forEach((one, place) => {
      one.last = place - all.length;
      one.owes = this.debts.get(one.id) || 0;
    });
    this.debts = new Map();
  }
}

/**
 * New ones in order of approval; then what nobody sent away; the fewest turns; who waited longest.
 * @param {Standing} a
 * @param {Standing} b
 */
function before(a, b) {
  if (a.fresh !== b.fresh) return a.fresh;
  if (a.fresh) return a.order < b.order;
  if (a.passed !== b.passed) return a.passed < b.passed;
  if (a.turns !== b.turns) return a.turns < b.turns;
  if (a.last !== b.last) return a.last < b.last;
  return a.order < b.order;
}

/** @param {ReadonlyMap<string, Standing>} standings */
function fewest(standings) {
  let least = Infinity;
  for (const one of standings.values()) least = Math.min(least, one.turns);
  return least;
}
