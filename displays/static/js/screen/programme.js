// Which card is next. Every card gets its turns by one rule (P2): first what has not been shown yet, in order
// of approval, then whoever had the fewest turns, then whoever waited longest. Stars, kind and tone are not
// among the arguments. Pure: ids and counts in, an id out.

/**
 * @typedef {{id: string, order: number}} Entry `order` grows with each approval
 * @typedef {{id: string, order: number, turns: number, last: number, fresh: boolean}} Place
 */

export class Programme {
  constructor() {
    /** @type {Map<string, Place>} */
    this.places = new Map();
    this.count = 0; // of turns given, to know who waited longest
  }

  /**
   * The wall as it is now. Who joins has had as many turns as the least shown, so that nobody has to make up
   * for the weeks before it came.
   * @param {Iterable<Entry>} entries
   * @param {ReadonlySet<string>} fresh ids that came, or were answered, just now
   */
  sync(entries, fresh) {
    const before = this.places;
    const least = fewest(before.values());
    this.places = new Map();
    for (const { id, order } of entries) {
      const known = before.get(id);
      const place = known || { id, order, turns: least, last: -1, fresh: false };
      this.places.set(id, { ...place, order, fresh: place.fresh || fresh.has(id) });
    }
  }

  /**
   * @param {string | null} [current] what hangs now: not itself again, unless it is alone
   * @returns {string | null}
   */
  next(current = null) {
    /** @type {Place | null} */
    let best = null;
    for (const place of this.places.values()) {
      if (place.id === current && this.places.size > 1) continue;
      if (best === null || before(place, best)) best = place;
    }
    return best === null ? null : best.id;
  }

  /** The new card, if there is one besides the current. @param {string | null} current */
  news(current) {
    const id = this.next(current);
    const place = id === null ? undefined : this.places.get(id);
    return place !== undefined && place.fresh && id !== current ? id : null;
  }

  /** It hangs: it is no longer news. @param {string} id */
  begun(id) {
    const place = this.places.get(id);
    if (place !== undefined) place.fresh = false;
  }

  /** It had its whole turn; one that was cut short by news has not, and comes again soon. @param {string} id */
  finished(id) {
    const place = this.places.get(id);
    if (place === undefined) return;
    place.turns += 1;
    place.last = this.count;
    this.count += 1;
  }
}

/**
 * @param {Place} a
 * @param {Place} b
 */
function before(a, b) {
  if (a.fresh !== b.fresh) return a.fresh;
  if (a.fresh) return a.order < b.order;
  if (a.turns !== b.turns) return a.turns < b.turns;
  if (a.last !== b.last) return a.last < b.last;
  return a.order > b.order; // a screen that has just started begins with the latest
}

/** @param {Iterable<Place>} places */
function fewest(places) {
  let least = Infinity;
  for (const place of places) least = Math.min(least, place.turns);
  return least === Infinity ? 0 : least;
}
