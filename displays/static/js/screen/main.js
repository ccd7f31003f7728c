// A screen: what came over the line, what may be shown of it, what hangs, and what is told back. Everything is
// driven by two callers: a frame that arrives, and a tick four times a second.

import { data, one } from "../shared/dom.js";
import { Airtime } from "./airtime.js";
import { Clock } from "./clock.js";
import { Conduct } from "./conduct.js";
import { Connection } from "./connection.js";
import { keepDebts, recall } from "./debts.js";
import { Device } from "./device.js";
import { Mounting } from "./mounting.js";
import { keep } from "./offline.js";
import { Pairing } from "./pairing.js";
import { Programme } from "./programme.js";
import { pulse } from "./pulse.js";
import { Replica } from "./replica.js";
import { Report } from "./report.js";
import { Stage } from "./stage.js";
import { Surround } from "./surround.js";
import { known } from "./zone.js";

/** @typedef {import("./replica.js").Card} Card */

const TICK = 250; // milliseconds
const ASLEEP = 10; // seconds in which nothing of ours ran: the machine or the tab was frozen
const ANSWER = 5; // seconds that a hello may wait for its welcome
const REMOVALS_APART = 0.1; // seconds
const ACKNOWLEDGE_AFTER = 50; // milliseconds after the paint: what arrives together is told together
const WAIT_HOURS = 48; // before an answer that is missing is said
const STARTING = 8; // seconds in which a screen that was just switched on does not say that it is cut
/** @type {ReadonlyMap<string, Card>} */
const NOTHING = new Map();

class Screen {
  /** @param {any} boot */
  constructor(boot) {
    const zone = known(boot.place.timezone);
    this.clock = new Clock();
    this.replica = new Replica();
    this.programme = new Programme();
    this.programme.debts = recall();
    this.conduct = new Conduct(zone);
    this.airtime = new Airtime();
    const setting = { zone, now: () => this.clock.date(), waitHours: boot.place.answer_hours || WAIT_HOURS };
    this.stage = new Stage(one("#wall"), setting);
    this.surround = new Surround(zone);
    this.device = new Device(boot, one("#stage"), () => this.report());
    this.line = new Connection("/ws/screen", this, () => this.clock.mono());
    this.health = new Report(() => this.look(), (frame) => this.line.send(frame), () => this.clock.mono());
    /** @type {{id: string, version: number} | null} */
    this.current = null;
    /** @type {Map<string, {order: number, turns: number}>} */
    this.known = new Map();
    this.arrivals = 0;
    /** @type {object | null} */
    this.compared = null; // the cursor at which `known` was taken; null while nothing may be shown
    /** @type {number | null} */
    this.helloAt = null;
    /** @type {import("./replica.js").Now | null} */
    this.cut = null; // since when nobody was heard
    this.elsewhere = false; // another window of this device took the line
    this.acknowledgedAt = 0;
    this.owed = false; // an acknowledgement, after the next paint
  }

  start() {
    document.addEventListener("visibilitychange", () => {
      this.see();
      if (!document.hidden) this.wake();
    });
    document.addEventListener("resume", () => this.wake());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.wake();
    });
    window.addEventListener("online", () => this.line.hurry());
    window.addEventListener("pagehide", () => this.report());
    window.addEventListener("resize", () => this.fit());
    document.fonts.addEventListener("loadingdone", () => this.measure());
    // All now, not each with its first letter: an updated server has no file of this page's release any more.
    document.fonts.forEach((face) => void face.load().catch(() => {}));
    setInterval(() => this.tick(), TICK);
    this.health.start();
    this.line.open();
    this.tick();
  }

  // What the line says --------------------------------------------------------------------------

  opened() {
    this.say(this.replica.hello(this.clock.now()));
  }

  /** @param {any} frame */
  frame(frame) {
    this.notice();
    const offset = this.replica.cursor;
    const hello = this.replica.take(frame, this.clock.now());
    if (hello !== null) this.say(hello);
    if (typeof frame.at === "number") this.clock.told(frame.at);
    if (frame.t === "conduct") this.conduct.take(frame);
    if (frame.t === "do" && frame.what === "next") this.programme.next();
    if (frame.t === "welcome" || frame.t === "aired") this.aired(frame);
    if (frame.t === "welcome") this.health.renew();
    if (frame.t === "screen") {
      this.device.take(frame, this.clock.mono());
      this.fit();
    }
    if (frame.t === "do") this.device.order(frame.what, this.clock.mono());
    if (this.replica.joined) this.helloAt = null;
    this.reconcile();
    if (frame.t === "conduct") this.owe();
    if (this.replica.cursor === offset) return;
    if (frame.t === "ev" && frame.op !== "put") this.removed();
    else this.owe();
  }

  /** @param {boolean} elsewhere */
  lost(elsewhere) {
    this.elsewhere = elsewhere;
    this.helloAt = null;
    this.reconcile();
  }

  /** @param {"unpaired" | "protocol"} why */
  refused(why) {
    this.replica = new Replica();
    this.clear();
    if (why === "unpaired") pair(true);
    else state("house");
  }

  /** @param {object} hello */
  say(hello) {
    this.helloAt = this.clock.mono();
    this.line.send(hello);
  }

  // Sleep ---------------------------------------------------------------------------------------

  /** Frames that were waiting for a frozen page are old news: the sleep is noticed before they are read. */
  notice() {
    // A hidden page is slowed to one tick a minute by the browser; it wakes when it becomes visible.
    const most = document.hidden ? Math.max(ASLEEP, this.replica.lease) : ASLEEP;
    if (this.clock.slept(most)) this.wake();
  }

  wake() {
    this.clock.slept(0);
    this.say(this.replica.woke(this.clock.now()));
    this.line.hurry();
    this.reconcile();
  }

  // What hangs ----------------------------------------------------------------------------------

  tick() {
    this.notice();
    this.line.watch();
    const now = this.clock.mono();
    this.device.tick(this.clock.date(), now, this.connected);
    if (this.helloAt !== null && now - this.helloAt > ANSWER && this.line.socket !== null) {
      this.helloAt = null;
      this.line.drop();
    }
    this.see();
    this.reconcile();
    if (this.connected && this.airtime.due(now)) this.acknowledge();
    this.surround.tick(this.clock.date(), now, this.cutSince(), this.elsewhere, this.device.mounting.languages);
    this.device.speak(() => this.stage.tick());
    pulse(this.device.bar !== null);
  }

  /** Makes what hangs agree with what may be shown and whose turn it is. Cheap when nothing changed. */
  reconcile() {
    const closed = this.device.bar || (this.device.mounting.visible ? null : "house");
    const bar = this.conduct.dark(this.clock.date()) ? "dark" : closed;
    const held = bar !== null ? NOTHING : this.replica.shown(this.clock.now());
    const fresh = this.compare(held, bar !== null);
    if (fresh.size > 0) this.device.uncover(); // P6 comes before the test card
    const shown = this.device.covered(this.clock.mono()) ? NOTHING : held;
    this.lead();
    if (this.current !== null && !shown.has(this.current.id)) this.clear(); // before anything else is drawn
    const show = shown.size === 0 ? null : this.programme.look(this.clock.mono(), this.airtime.total);
    const card = show === null ? undefined : shown.get(show.id);
    if (show !== null && card !== undefined) {
      if (this.current === null || this.current.id !== card.id || this.current.version !== card.version) {
        this.hang(card, show.page, fresh.has(card.id));
      } else if (this.stage.page !== show.page) {
        this.stage.turn(show.page);
        this.owe();
      }
    }
    if (document.documentElement.dataset.state === "pairing") return;
    if (bar !== null) state(bar);
    else if (this.current === null) state("house");
    else state(this.connected ? "live" : "stale");
    this.see();
  }

  /** What a person told this wall to do, for as long as it holds; said again, it is the same. */
  lead() {
    const at = this.clock.date();
    const now = this.clock.mono();
    const since = now - at.getTime() / 1000; // from the server's clock to ours
    const pin = this.conduct.pinned(at);
    const held = this.conduct.held(at);
    this.programme.pace = this.conduct.pace(at);
    this.programme.pin(pin === null ? null : pin.id, pin === null ? now : pin.until + since, now);
    this.programme.hold(held === null ? null : held + since, now);
  }

  /**
   * Tells the programme what is on the wall, and which of it is news: what this screen, already welcomed,
   * had not held before, and what was answered since.
   * @param {ReadonlyMap<string, Card>} shown
   * @param {boolean} barred something else hangs now
   * @returns {Set<string>}
   */
  compare(shown, barred) {
    /** @type {Set<string>} */
    const fresh = new Set();
    const at = this.replica.fresh(this.clock.now()) && !barred ? this.replica.cursor : null;
    if (at === this.compared) return fresh;
    const cold = this.compared === null; // all of it is new to this screen, so none of it is news
    this.compared = at;
    if (at === null) {
      this.programme.off(this.airtime.total);
      this.known = new Map();
      return fresh;
    }
    const before = this.known;
    this.known = new Map();
    for (const card of shown.values()) {
      const held = before.get(card.id);
      const turns = card.turns.length;
      if (held === undefined ? !cold : turns > held.turns) fresh.add(card.id);
      const order = held === undefined || fresh.has(card.id) ? this.arrivals++ : held.order;
      this.known.set(card.id, { order, turns });
    }
    this.programme.sync(Array.from(this.known, ([id, { order }]) => ({ id, order })), fresh);
    return fresh;
  }

  /**
   * @param {Card} card
   * @param {number} page
   * @param {boolean} fresh
   */
  hang(card, page, fresh) {
    const answered = fresh && this.current !== null && this.current.id === card.id;
    this.see();
    this.device.speak(() => this.stage.show(card, page));
    if (answered) this.stage.turn(this.stage.newest());
    this.current = { id: card.id, version: card.version };
    this.programme.begin(this.stage.words(), this.airtime.total, this.stage.page);
    this.owe();
  }

  /** Off, at once. */
  clear() {
    this.see();
    this.stage.remove();
    this.current = null;
  }

  /** Another size of window, or a face that came late: the same card, measured again. */
  measure() {
    if (this.current === null) return;
    this.stage.again();
    this.programme.begin(this.stage.words(), this.airtime.total, this.stage.page);
  }

  // What is told back ---------------------------------------------------------------------------

  /** After the paint, which is two frames away at most. */
  owe() {
    if (this.owed) return;
    this.owed = true;
    // A page that is hidden gets no frames; it has nothing to wait for either.
    if (document.hidden) setTimeout(() => this.acknowledge(), ACKNOWLEDGE_AFTER);
    else requestAnimationFrame(() => setTimeout(() => this.acknowledge(), ACKNOWLEDGE_AFTER));
  }

  /** At once; but a hundred removals in a row are told in a few frames. */
  removed() {
    if (this.clock.mono() - this.acknowledgedAt > REMOVALS_APART) this.acknowledge();
    else this.owe();
  }

  acknowledge() {
    this.owed = false;
    this.acknowledgedAt = this.clock.mono();
    const cursor = this.replica.cursor;
    if (cursor === null || !this.replica.joined) return;
    const shown = this.current === null ? [] : [{ id: this.current.id, version: this.current.version }];
    const now = this.clock.mono();
    const due = this.airtime.due(now);
    const airtime = due ? this.airtime.batch(now) : [];
    // An empty wall owes nothing, and no id of what hung there stays; one that nobody has told us of yet may owe.
    if (due && (this.compared !== null || this.programme.standings.size > 0)) keepDebts(this.programme.owing(this.airtime.total));
    this.line.send(airtime.length === 0 ? { t: "ack", s: cursor.s, shown } : { t: "ack", s: cursor.s, shown, airtime });
  }

  /** Counts what could be seen until now, and what can be from now on. */
  see() {
    const lit = !document.hidden && /^(live|stale)$/.test(document.documentElement.dataset.state || "");
    const painted = this.current !== null && lit ? { ...this.current, page: this.stage.page + 1 } : null;
    this.airtime.see(this.clock.mono(), painted);
  }

  /** All that is not told yet, now: this page ends, or is about to be loaded again. */
  report() {
    this.see();
    this.airtime.batched = -Infinity;
    this.acknowledge();
  }

  /** How this screen is. @returns {import("./report.js").Look | null} */
  look() {
    if (!this.connected) return null;
    const { state: name, theme } = document.documentElement.dataset;
    const { width, height } = this.device.mounting;
    const lit = name === "live" || name === "stale";
    return {
      width: Math.max(1, width), height: Math.max(1, height), ratio: window.devicePixelRatio || 1,
      orientation: width >= height ? "landscape" : "portrait",
      state: name || "house", theme: theme || "day", over: this.over,
      painted: this.current !== null && lit ? { ...this.current, page: this.stage.page + 1, pages: this.stage.pages } : null,
    }; // prettier-ignore
  }

  /** What is seen in place of the wall, where `dataset.state` has no word for it. @returns {"test" | "blank" | null} */
  get over() {
    if (this.conduct.dark(this.clock.date())) return "blank";
    return this.device.bar !== "dark" && this.device.covered(this.clock.mono()) ? "test" : null;
  }

  /** @param {{aired?: number, n?: number, last?: string}} frame a welcome, or what was stored since */
  aired(frame) {
    this.airtime.stored(frame.aired);
    this.airtime.stored(frame.n);
    if (typeof frame.last === "string") this.programme.resume(frame.last);
  }

  /** Welcomed on the line that is open now. */
  get connected() {
    return this.line.isOpen && this.replica.joined;
  }

  /** @returns {Date | null} */
  cutSince() {
    const { heard } = this.replica;
    if (this.connected) this.cut = null;
    else if (this.cut === null) this.cut = heard || this.clock.now();
    if (this.cut === null || (heard === null && this.clock.mono() - this.cut.mono < STARTING)) return null;
    return new Date((this.cut.wall + this.clock.ahead) * 1000);
  }

  /** The picture has another size, or hangs another way. */
  fit() {
    this.device.fit();
    this.reconcile();
    this.measure();
  }
}

/** @param {"pairing" | "live" | "stale" | "house" | "dark"} name */
function state(name) {
  const root = document.documentElement;
  if (root.dataset.state !== name) root.dataset.state = name;
}

/** @param {boolean} [ended] it was one of ours until now */
function pair(ended = false) {
  state("pairing");
  if (ended) one("[data-revoked]").hidden = false;
  new Pairing(one("#pairing")).start();
  if (!ended) setInterval(() => pulse(false), TICK);
}

const boot = data("boot");
if (boot.place) new Screen(boot).start();
else {
  const mounting = new Mounting(null);
  window.addEventListener("resize", () => mounting.fit());
  keep(boot.worker);
  pair();
}
