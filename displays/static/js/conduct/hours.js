/**
 * The hours of the day that have a pace of their own: the rows as a person edits them, kept until they are saved.
 */

import { el, fill, one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { PACES } from "./wall.js";

/** @typedef {import("./wall.js").Hours} Row */

const MOST = 12;

export class Hours {
  /** @param {import("./wall.js").Wall} wall */
  constructor(wall) {
    this.wall = wall;
    this.place = wall.place;
    /** @type {Row[] | null} what is being edited; null: as saved */
    this.rows = null;
    this.drawn = "";
    one("#hours-add").addEventListener("click", () => {
      this.rows = [...this.shown, { from: "12:00", to: "14:00", pace: "lively" }];
      this.paint();
      const rows = one("#hours-rows").querySelectorAll("input[type=time]");
      const first = rows[rows.length - 2];
      if (first instanceof HTMLElement) first.focus();
    });
    one("#hours-save").addEventListener("click", async () => {
      const usual = wall.conduct?.pace.usual ?? "normal";
      if (await wall.act("pace", { pace: usual, hours: this.shown })) this.rows = null;
      wall.paint();
    });
  }

  get shown() {
    return this.rows ?? this.wall.conduct?.pace.hours ?? [];
  }

  paint() {
    if (this.place !== this.wall.place) this.rows = null; // what was begun for another place is not saved here
    this.place = this.wall.place;
    const shown = this.shown;
    one("#hours-save").hidden = this.rows === null;
    one("#hours-add").hidden = shown.length >= MOST;
    const drawn = JSON.stringify([this.wall.place, shown.length, this.rows === null ? shown : null]);
    if (drawn === this.drawn) return; // a person may be typing in it
    this.drawn = drawn;
    fill(one("#hours-rows"), ...shown.map((row, at) => this.row(row, at)));
  }

  /** @param {Row} row @param {number} at */
  row(row, at) {
    const pace = document.createElement("select");
    pace.append(...PACES.map((each) => el("option", { value: each, selected: each === row.pace }, t(`conduct.pace.${each}`))));
    pace.setAttribute("aria-label", t("conduct.pace"));
    pace.addEventListener("change", () => this.change(at, { pace: /** @type {Row["pace"]} */ (pace.value) }));
    const away = el("button", { type: "button", class: "plain" }, t("conduct.hours.remove"));
    away.addEventListener("click", () => {
      this.rows = this.shown.filter((_, index) => index !== at);
      this.paint();
    });
    return el("li", {}, el("span", {}, t("conduct.hours.from")), this.time(row.from, at, "from"),
      el("span", {}, t("conduct.hours.to")), this.time(row.to, at, "to"), pace, away);
  }

  /** @param {string} value @param {number} at @param {"from" | "to"} name */
  time(value, at, name) {
    const input = document.createElement("input");
    input.type = "time";
    input.required = true;
    input.value = value;
    input.setAttribute("aria-label", t(`conduct.hours.${name}`));
    input.addEventListener("change", () => this.change(at, { [name]: input.value }));
    return input;
  }

  /** @param {number} at @param {Partial<Row>} part */
  change(at, part) {
    this.rows = this.shown.map((row, index) => (index === at ? { ...row, ...part } : row));
    one("#hours-save").hidden = false;
    this.drawn = JSON.stringify([this.wall.place, this.rows.length, null]);
  }
}
