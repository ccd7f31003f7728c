// How long each page of each card was really painted. Counted while it could be seen, told once a minute, kept
// until the server says that it is stored. Pure: clock readings and names in, reports out.

/**
 * @typedef {{id: string, version: number, page: number}} Painted `page` from 1
 * @typedef {Painted & {n: number, seconds: number}} Report
 */

const EVERY = 60; // seconds between two batches
const ASLEEP = 10; // seconds in which nobody looked: what was painted then is not known
const MOST = 500; // reports that the server takes at once

export class Airtime {
  /** @param {number} first when, after the start, the first batch is due: a thousand screens start in one second */
  constructor(first = Math.random() * EVERY) {
    this.total = 0; // seconds that anything was painted
    /** @type {Painted | null} */
    this.painted = null;
    /** @type {number | null} */
    this.seen = null;
    /** @type {Map<string, Painted & {seconds: number}>} */
    this.open = new Map(); // since the last batch
    /** @type {Report[]} */
    this.told = []; // not stored yet, as far as we know
    /** @type {number | null} */
    this.n = null; // the last number used; unknown until the server has said which is stored
    this.batched = first - EVERY;
  }

  /**
   * What can be seen from now on. The time since the last call goes to what could be seen until now.
   * @param {number} mono
   * @param {Painted | null} painted
   */
  see(mono, painted) {
    const passed = this.seen === null ? 0 : mono - this.seen;
    const before = this.painted;
    this.seen = mono;
    this.painted = painted;
    if (before === null || passed <= 0 || passed > ASLEEP) return;
    this.total += passed;
    const key = `${before.id} ${before.version} ${before.page}`;
    const sum = this.open.get(key) || { ...before, seconds: 0 };
    sum.seconds += passed;
    this.open.set(key, sum);
  }

  /** All up to this number is stored. @param {unknown} n */
  stored(n) {
    if (typeof n !== "number") return;
    this.n = Math.max(n, this.n === null ? n : this.n);
    this.told = this.told.filter((report) => report.n > n);
  }

  /** @param {number} mono */
  due(mono) {
    return mono - this.batched >= EVERY;
  }

  /**
   * What is not known to be stored, in order: what was told before under its old number, then what is new.
   * @param {number} mono
   * @returns {Report[]}
   */
  batch(mono) {
    this.batched = mono;
    if (this.n === null) return [];
    for (const sum of this.open.values()) {
      this.n += 1;
      this.told.push({ n: this.n, ...sum, seconds: Math.round(sum.seconds * 1000) / 1000 });
    }
    this.open.clear();
    return this.told.slice(0, MOST);
  }
}
