/**
 * A thread as it will hang on the wall, with what only the people of the house may see: hints underlined, masks that can
 * be looked under, the passage that a decision rests on.
 *
 * Owns what is made of messages. Must not know decisions or the network; how a card lies is the wall's (glass.js).
 */

import { el } from "../shared/dom.js";
import { bodySize } from "../screen/mounting.js";
import { pieces, words as plain } from "../screen/card.js";
import { Glass, WAIT_HOURS } from "./glass.js";
import { channelName, place } from "./message.js";

/**
 * @typedef {import("./marks.js").Span} Span
 * @typedef {import("./message.js").Message} Message
 * @typedef {import("./message.js").Reply} Reply
 * @typedef {import("../screen/replica.js").Card} Card
 * @typedef {{hints?: Span[], masks?: readonly Span[], passage?: Span | null, maskAuthor?: boolean, offered?: boolean,
 *   current?: boolean}} Marks
 */

// Where a place's screens differ in size, this one stands for them: the usual one, for which DESIGN.md gives the type.
const SIZE = { width: 1920, height: 1080 };
const HANGS = /** @type {any} */ ({ diagonal: 55, distance: 3, comfort: "normal" });
const MASK = "\u2588".repeat(6);

/**
 * Somebody's words; the element's text is exactly the message's. One mask is one element: it shows as the wall's six
 * blocks, whatever it covers (preview.css). The pieces are the wall's, and a mark only wraps what lies there already.
 * @param {string} text @param {Marks} marks
 */
export function words(text, { hints = [], masks = [], passage = null }) {
  const body = el("p", { class: "words", dir: "auto" });
  const points = [...text];
  let at = 0;
  for (const [start, end] of masks) {
    body.append(...pieces(points.slice(at, start).join("")));
    body.append(el("span", { class: "masked" }, points.slice(start, end).join("")));
    at = end;
  }
  body.append(...pieces(points.slice(at).join("")));
  for (const hint of hints) wrap(body, hint, "hinted");
  if (passage) wrap(body, passage, "passage");
  return body;
}

/** @param {HTMLElement} body @param {Span} span in code points @param {string} name */
function wrap(body, [start, end], name) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  /** @type {Range[]} */
  const found = [];
  for (let at = 0, node = walker.nextNode(); node && at < end; node = walker.nextNode()) {
    const points = [...(node.textContent ?? "")];
    const [from, to] = [Math.max(0, start - at), Math.min(points.length, end - at)];
    at += points.length;
    if (from >= to) continue;
    const range = document.createRange();
    range.setStart(node, points.slice(0, from).join("").length);
    range.setEnd(node, points.slice(0, to).join("").length);
    found.push(range);
  }
  for (const range of found) range.surroundContents(el("span", { class: name }));
}

/** @param {HTMLElement} made @param {Marks} marks */
function pointed(made, { current, offered }) {
  made.classList.toggle("offered", offered === true);
  if (current) made.id = "words";
  if (current) made.tabIndex = 0;
  return made;
}

/** @param {Message} message @param {boolean} covered */
function author({ author: { name } }, covered) {
  return name !== null && covered ? MASK : name;
}

/** What screens would hold, but for the masks, which are drawn. @param {Message | Reply} turn @param {Marks} marks */
function turned(turn, marks) {
  if ("delivery" in turn) {
    return {
      id: turn.id, by: /** @type {const} */ ("place"), name: turn.signed, text: turn.text, masks: [], at: turn.posted_at || null,
      stance: turn.stance ?? undefined, due: turn.due ?? undefined, because: turn.because ?? undefined,
    };
  }
  const { id, by, text, published_at, received_at } = turn;
  return { id, by, name: author(turn, marks.maskAuthor === true), text, masks: [], at: published_at ?? received_at };
}

/** A wall on which one thread hangs, and the way that each of its messages is marked. */
export class Hanging {
  /** @param {string} slug of the place @param {() => number} [most] the height that it may take, in pixels */
  constructor(slug, most) {
    this.room = el("div", { class: "wall-room" });
    /** @type {Map<string, Marks>} */
    this.marks = new Map();
    this.told = "";
    this.glass = new Glass(this.room, place(slug) ?? { slug, name: slug, timezone: "UTC" }, {
      most,
      words: (one) => {
        const marks = this.marks.get(one.id);
        return marks ? pointed(words(one.text, marks), marks) : plain(one.text, one.masks);
      },
    });
    this.glass.look(SIZE, bodySize(HANGS, SIZE.width, SIZE.height));
  }

  /**
   * @param {Message} root
   * @param {readonly (Message | Reply)[]} turns what follows it, in order of time
   * @param {(message: Message) => Marks} marksOf
   * @returns {number} the pages that it has on the wall
   */
  show(root, turns, marksOf) {
    this.marks.clear();
    for (const one of [root, ...turns]) if (!("delivery" in one)) this.marks.set(one.id, marksOf(one));
    const marks = (/** @type {Message | Reply} */ one) => this.marks.get(one.id) ?? {};
    const { id, version, text, declared, published_at, received_at, experience_at } = root;
    const card = {
      id, version, text, masks: [], author: { name: author(root, marks(root).maskAuthor === true) },
      channel: channelName(root.channel),
      declared: { stars: declared.stars ?? undefined, kind: declared.kind ?? undefined },
      published_at: published_at ?? received_at, experience_at,
      approved_at: root.state === "approved" ? root.decided_at : null, turns: turns.map((turn) => turned(turn, marks(turn))),
    };
    const told = JSON.stringify([card, root.state, ...this.marks]);
    // Nobody owes an answer to what is not on the wall.
    this.glass.stage.setting.waitHours = ["pending", "approved"].includes(root.state) ? WAIT_HOURS : Infinity;
    if (told !== this.told) this.hang(card, [root, ...turns]);
    this.told = told;
    this.glass.tick();
    return this.glass.stage.pages;
  }

  /** What stands there already stands still, under whoever is selecting in it. @param {Card} card @param {(Message | Reply)[]} thread */
  hang(card, thread) {
    this.glass.unfolded = false;
    this.glass.stage.remove();
    this.glass.stage.show(card);
    this.label(thread);
  }

  /** Which name a decision may rest on; which words, where stars are all. @param {readonly (Message | Reply)[]} thread */
  label(thread) {
    const names = this.room.querySelectorAll(".head .name");
    thread.forEach((one, n) => this.marks.get(one.id)?.current && names[n]?.setAttribute("data-author", "current"));
    const wordless = this.room.querySelector(".wordless");
    if (!(wordless instanceof HTMLElement) || !thread[0]) return;
    wordless.dataset.empty = "";
    pointed(wordless, this.marks.get(thread[0].id) ?? {});
  }
}
