// How this browser becomes one of ours: it shows a code, a person types it on the tablet, and the page loads
// itself again with the device cookie that came with the answer. The code is bound to this browser.

import { data, one } from "../shared/dom.js";
import { language, t } from "../shared/i18n.js";

const ASK_EVERY = 2; // seconds
const AGAIN_AFTER = 15; // seconds, where the server did not give a code

export class Pairing {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.code = one("[data-code]", section);
    this.note = one("[data-note]", section);
    this.ends = 0;
    this.begun = false;
  }

  start() {
    if (this.begun) return;
    this.begun = true;
    void this.begin();
  }

  async begin() {
    const answer = await ask("POST");
    if (answer !== null && answer.state === "paired") {
      location.reload(); // it is one of ours already: this page was kept from before, or the server had lost its data
      return;
    }
    const elsewhere = answer !== null && answer.status === 403; // by its number, say, and not by its name
    if (answer === null || elsewhere || typeof answer.code !== "string") {
      const address = `${data("boot").base_url}/screen`;
      this.say("", elsewhere ? t("screen.pairing_elsewhere", { address }) : t("screen.pairing_unreachable"));
      setTimeout(() => void this.begin(), AGAIN_AFTER * 1000);
      return;
    }
    this.ends = performance.now() / 1000 + Number(answer.expires_in);
    this.say(answer.code, "");
    this.count();
    setTimeout(() => void this.collect(), ASK_EVERY * 1000);
  }

  async collect() {
    const answer = await ask("GET");
    const state = answer === null ? "unreachable" : answer.state;
    if (state === "paired") {
      if (answer.test) location.hash = "new"; // who hung it said how large it is: the test card comes first
      location.reload();
      return;
    }
    const over = performance.now() / 1000 > this.ends;
    if (state === "forgotten" && !over) {
      this.say("", t("screen.pairing_forgotten")); // no code of this browser's can ever be answered
      setTimeout(() => void this.begin(), AGAIN_AFTER * 1000);
      return;
    }
    if (over || state === "expired") {
      void this.begin();
      return;
    }
    this.count();
    setTimeout(() => void this.collect(), ASK_EVERY * 1000);
  }

  count() {
    const minutes = Math.max(1, Math.ceil((this.ends - performance.now() / 1000) / 60));
    this.note.textContent = t("screen.pairing_valid", { n: minutes });
  }

  /**
   * @param {string} code
   * @param {string} note
   */
  say(code, note) {
    // In two halves: eight signs are read out over a shop floor.
    const half = Math.ceil(code.length / 2);
    this.code.textContent = code === "" ? "" : `${code.slice(0, half)}\u2009\u2009${code.slice(half)}`;
    this.code.dataset.code = code;
    this.note.textContent = note;
  }
}

/**
 * @param {"GET" | "POST"} method
 * @returns {Promise<any>} null when nothing useful came
 */
async function ask(method) {
  try {
    const answer = await fetch("/screen/pairing", {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "application/json", "Accept-Language": language },
    });
    const said = await answer.json();
    return answer.ok || said.status === 403 ? said : null;
  } catch (_error) {
    return null;
  }
}
