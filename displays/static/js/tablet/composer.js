/**
 * Where an answer is written: the words, where it stands, and how it will look beside the message.
 *
 * Owns the fields and the preview. Fields are made once for a message and never painted over while a person
 * writes in them; only the preview and the count follow each keystroke.
 */

import { el, fill } from "../shared/dom.js";
import { knows, language, t } from "../shared/i18n.js";
import { Hanging } from "../staff/card.js";
import { boot, place as placeOf } from "../staff/message.js";
import { keep } from "./drafts.js";

/**
 * @typedef {import("./threads.js").Thread} Thread
 * @typedef {import("./drafts.js").Draft} Draft
 * @typedef {import("../staff/message.js").Reply} Reply
 */

const PAUSE = 400; // ms without a key: the draft is kept
const ONE_PAGE = 200; // characters that one page of the wall holds well beside a message

const segments = "Segmenter" in Intl ? new Intl.Segmenter() : null;

/** @param {string} text @returns {number} characters as a reader counts them */
function count(text) {
  return segments ? [...segments.segment(text)].length : [...text].length;
}

/** @param {Draft} draft @param {string} slug @returns {Reply} the draft as a reply that is not posted yet */
function pretended(draft, slug) {
  return {
    id: "draft", place: slug, text: draft.text || "…", stance: draft.stance || null,
    due: draft.stance === "planned" && draft.due ? draft.due : null, owner: null,
    because: draft.stance === "declined" && draft.because ? draft.because : null,
    signed: boot.me.signed, posted_at: "", retracted_at: null,
    delivery: { state: "none", url: null, error: null },
  };
}

/** In one column it stands above what is written, and leaves it the room. */
const upright = matchMedia("(orientation: portrait), (max-width: 56rem)"); // as in tablet.css
const most = () => (upright.matches ? window.innerHeight * 0.26 : Infinity);

/**
 * The thread on the wall, turned to the page on which the latest answer begins.
 * @param {Hanging} wall @param {Thread} thread @param {Reply | null} added @returns {number} its pages
 */
export function hang(wall, thread, added) {
  /** @param {import("../staff/message.js").Message | Reply} turn */
  const time = (turn) => ("delivery" in turn ? turn.posted_at : (turn.published_at ?? turn.received_at));
  const turns = [...thread.turns, ...thread.replies].sort((a, b) => (time(a) < time(b) ? -1 : 1));
  const pages = wall.show(thread.root, added ? [...turns, added] : turns, (message) => ({ masks: message.masks, maskAuthor: message.mask_author }));
  wall.glass.stage.turn(wall.glass.stage.newest());
  return pages;
}

/** @param {string} name @param {string} label @param {HTMLElement} input */
function field(name, label, input) {
  input.id = name;
  return el("div", { class: "field" }, el("label", { for: name }, label), input);
}

/** Says beside a field what it lacks, nothing once it lacks nothing. @param {HTMLElement} input @param {string} text */
function blame(input, text) {
  const id = `${input.id}-lacks`;
  document.getElementById(id)?.remove();
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== id);
  if (text) input.after(el("p", { class: "error", id, role: "alert" }, text));
  input.setAttribute("aria-describedby", [...described, ...(text ? [id] : [])].join(" "));
  input.setAttribute("aria-invalid", String(text !== ""));
}

/** @param {number[]} distances @returns {string} nothing of screens that are not there */
function legible(distances) {
  if (!distances.length) return "";
  const [least, most] = [Math.min(...distances), Math.max(...distances)].map((metres) => metres.toLocaleString(language));
  return t(least === most ? "tablet.legible" : "tablet.legible_between", { least, most });
}

export class Composer {
  /**
   * @param {Thread} thread @param {string} slug @param {Draft} draft
   * @param {{publish: () => void}} gestures
   */
  constructor(thread, slug, draft, gestures) {
    this.thread = thread;
    this.slug = slug;
    this.draft = draft;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pause = undefined;
    /** From how many metres the screens of this place are read. @type {number[]} */
    this.distances = [];
    this.counted = el("p", { class: "count small", id: "count", "aria-live": "off" });
    this.extra = el("div", { class: "extra" });
    this.error = el("p", { class: "error", role: "alert", id: "answer-error" });
    this.wall = new Hanging(slug, most);
    this.legible = el("p", { class: "small quiet" });
    this.text = document.createElement("textarea");
    this.send = el("button", { type: "submit", class: "first publish" }, t("tablet.publish"));
    this.form = el("form", { class: "composer", novalidate: true }, this.words(), this.stances(), this.extra, this.error,
      el("div", { class: "actions" }, this.send));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
      if (this.complete()) gestures.publish();
    });
    this.fields();
  }

  words() {
    const text = this.text;
    text.rows = 4;
    text.value = this.draft.text;
    text.setAttribute("aria-describedby", "answer-hint count answer-error");
    this.listen(text, "text");
    const made = field("answer", t("tablet.your_answer"), text);
    made.append(el("div", { class: "under" }, el("p", { class: "hint", id: "answer-hint" }, t("tablet.answer_hint", { signed: boot.me.signed })), this.counted));
    return made;
  }

  stances() {
    const group = el("fieldset", { class: "stances" }, el("legend", {}, t("tablet.stance")));
    for (const stance of placeOf(this.slug)?.stances ?? []) {
      const radio = document.createElement("input");
      radio.type = "radio";
      radio.name = "stance";
      radio.value = stance;
      radio.checked = this.draft.stance === stance;
      // A second tap takes the choice back: saying nothing is allowed.
      radio.addEventListener("click", () => {
        if (this.draft.stance === stance) radio.checked = false;
        this.draft.stance = radio.checked ? stance : "";
        this.fields();
        this.changed();
      });
      const key = `tablet.stance.${stance}`;
      group.append(el("label", { class: "stance" }, radio, el("span", {}, knows(key) ? t(key) : stance)));
    }
    return group;
  }

  /** What the chosen stance asks for: a date and perhaps a name, or a reason. */
  fields() {
    fill(this.extra);
    if (this.draft.stance === "planned") {
      this.extra.append(field("due", t("tablet.due"), this.input("due", "date")), field("owner", t("tablet.owner"), this.input("owner", "text")));
    } else if (this.draft.stance === "declined") {
      this.extra.append(field("because", t("tablet.because"), this.input("because", "text")));
    }
  }

  /** @param {"due" | "owner" | "because"} name @param {string} type */
  input(name, type) {
    const input = document.createElement("input");
    input.type = type;
    input.value = this.draft[name];
    input.autocomplete = "off";
    if (type === "text") input.maxLength = 300;
    input.required = name !== "owner";
    this.listen(input, name);
    return input;
  }

  /** @param {HTMLInputElement | HTMLTextAreaElement} input @param {"text" | "due" | "owner" | "because"} name */
  listen(input, name) {
    input.addEventListener("input", () => {
      this.draft[name] = input.value;
      if (input.getAttribute("aria-invalid") === "true") blame(input, "");
      this.changed();
    });
  }

  /** @returns {boolean} whether it can be published; what is missing is told and gets the focus */
  complete() {
    const { text, stance, due, because } = this.draft;
    const lacking = text.trim() === "" ? "answer" : stance === "planned" && !due ? "due" : stance === "declined" && !because.trim() ? "because" : null;
    const input = lacking && this.form.querySelector(`#${lacking}`);
    if (!(input instanceof HTMLElement)) return true;
    blame(input, t(`tablet.missing.${lacking}`));
    input.focus();
    return false;
  }

  changed() {
    this.follow();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.save(), PAUSE);
  }

  save() {
    clearTimeout(this.pause);
    keep(this.thread.target.id, this.draft);
  }

  /** The preview, the count and the button follow what is written. The wall is measured in the document. */
  follow() {
    const used = count(this.draft.text.trim());
    this.counted.textContent = t("tablet.count", { n: used });
    this.send.setAttribute("aria-disabled", String(used === 0));
    hang(this.wall, this.thread, pretended(this.draft, this.slug));
    this.legible.textContent = [legible(this.distances), used > ONE_PAGE ? t("tablet.longer") : ""].filter(Boolean).join(" · ");
  }

  /** @param {{busy: boolean, trouble: string | null}} state */
  tell({ busy, trouble }) {
    this.error.textContent = trouble ?? "";
    this.send.setAttribute("aria-disabled", String(busy || this.draft.text.trim() === ""));
  }
}
