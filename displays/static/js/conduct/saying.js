/**
 * What is in force on the wall of a place, in sentences. Pure: a conduct and its place in.
 */

import * as dates from "../shared/dates.js";
import { t } from "../shared/i18n.js";
import { now, place as placeOf } from "../staff/message.js";
import { idle } from "./wall.js";

/** @typedef {import("./wall.js").Conduct} Conduct */

/** @param {string} place */
function zone(place) {
  return placeOf(place)?.timezone ?? "UTC";
}

/** « encore 4 min » @param {string} until */
function left(until) {
  return t("conduct.left", { n: Math.max(1, Math.round((Date.parse(until) - now().getTime()) / 60000)) });
}

/** @param {Conduct | null} conduct @param {string} place @returns {string} */
export function said(conduct, place) {
  if (!conduct) return t("conduct.loading");
  const { blank, pin, hold } = conduct;
  const kept = pin ?? hold;
  const until = kept && { by: kept.by, until: dates.time(new Date(kept.until), zone(place)), left: left(kept.until) };
  const keeping = until && !blank ? t(`conduct.now.${pin ? "pin" : "hold"}`, until) : "";
  return [why(conduct, place), keeping].filter(Boolean).join(" ") || t(`conduct.now.${conduct.pace.now}`);
}

/** Why no message is on the screens; nothing where one can be. @param {Conduct} conduct @param {string} place @returns {string} */
export function why(conduct, place) {
  /** @param {string} at */
  const time = (at) => dates.time(new Date(at), zone(place));
  const { blank, opens_at } = conduct;
  if (blank && blank.until) return t("conduct.now.blank", { by: blank.by, since: time(blank.since), until: time(blank.until) });
  if (blank) return t("conduct.now.kept", { by: blank.by, since: time(blank.since) });
  const nothing = idle(conduct);
  if (!nothing) return "";
  if (nothing !== "closed" || !opens_at) return t(`conduct.idle.${nothing}`);
  return t("conduct.idle.closed_until", { until: dates.coming(new Date(opens_at), zone(place), now()) });
}
