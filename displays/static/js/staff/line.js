/**
 * The line to the server, as a person should know it: live, cut, the engine lost, signed out.
 *
 * Owns the banner. Must not know what the page shows: it says when to look again and what was heard of.
 */

import { Lost } from "../health/lost.js";
import { call } from "../shared/api.js";
import { one } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { Live } from "../shared/live.js";
import { isSilence, sentence } from "./commands.js";
import { banner } from "./toasts.js";

const GATHER = 120; // ms: a burst of events is one look
const RETRY = 3000; // ms between looks at a lost engine

export class Line {
  /**
   * @param {{refresh: () => Promise<void>, heard: (ids: Set<string>) => Promise<void>,
   *   place?: (slug: string) => Promise<void>}} page `heard` of messages, `place` of what is done to a wall
   */
  constructor(page) {
    this.page = page;
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.gathering = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retrying = undefined;
    this.live = new Live({
      refresh: () => void this.guard(() => page.refresh()),
      event: (event) => {
        if (event.what.startsWith("message.")) this.gather(event.id);
        else if (event.what.startsWith("place.")) void this.guard(async () => page.place?.(event.place ?? ""));
      },
      state: (state) => this.tell(state),
      beat: (frame) => this.lostScreens.hear(frame),
    });
    this.lostScreens = new Lost(one("#lost"));
  }

  start() {
    this.live.start();
  }

  /** @param {"live" | "cut" | "signed-out"} state */
  tell(state) {
    document.documentElement.dataset.line = state;
    if (state === "live") banner(null);
    else banner(state === "cut" ? t("shared.offline") : t("staff.signed_out"));
  }

  /** @param {string} id */
  gather(id) {
    this.ids.add(id);
    if (this.gathering !== undefined) return; // else a steady stream would put the look off for ever
    this.gathering = setTimeout(() => {
      const ids = this.ids;
      this.ids = new Set();
      this.gathering = undefined;
      void this.guard(() => this.page.heard(ids));
    }, GATHER);
  }

  /**
   * Runs a look at the server; when nothing answers it says so and looks again until something does.
   * @param {() => Promise<void>} look
   */
  async guard(look) {
    try {
      await look();
    } catch (error) {
      if (!isSilence(error)) {
        banner(sentence(error));
        return;
      }
      this.lost(error);
    }
  }

  /** @param {unknown} error */
  lost(error) {
    banner(sentence(error));
    clearTimeout(this.retrying);
    this.retrying = setTimeout(async () => {
      try {
        await call("GET", "messages?state=approved&limit=1");
        banner(null);
        await this.guard(() => this.page.refresh());
      } catch (again) {
        if (isSilence(again)) this.lost(again);
      }
    }, RETRY);
  }
}
