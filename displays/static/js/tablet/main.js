/**
 * The tablet's page: puts the floor, the drawing and the line together.
 */

import { pin, prepareConduct } from "../conduct/panel.js";
import { resume } from "../health/taken_down.js";
import { one } from "../shared/dom.js";
import { Line } from "../staff/line.js";
import { refreshAges } from "../staff/message.js";
import { asked, lastPlace, rememberPlace } from "../staff/where.js";
import { banner } from "../staff/toasts.js";
import { sentence } from "../staff/commands.js";
import { Floor } from "./floor.js";
import { paintList } from "./list.js";
import { preparePairing } from "./pairing.js";
import { paintStage, saveDraft } from "./stage.js";

const floor = new Floor();
const chosen = document.getElementById("place");
if (chosen instanceof HTMLSelectElement) {
  chosen.value = asked.place ?? lastPlace() ?? chosen.value;
  floor.place = chosen.value;
}
const line = new Line({
  refresh: async () => void (await Promise.all([floor.refresh(), conducted.load()])),
  heard: async (ids) => void (await Promise.all([floor.heard(ids), conducted.touched(ids)])),
  place: (slug) => conducted.heard(slug),
});
const conducted = prepareConduct((error) => line.lost(error));
floor.conduct = () => (conducted.place === floor.place ? conducted.conduct : null);

/** The screens, for what is said beside an answer: from where they are read, whether it can be seen on them now. */
async function look() {
  await conducted.load();
  floor.paint();
}

/** @param {string | null} id */
function open(id) {
  floor.arrange();
  floor.open(id);
  // The address says which thread is open: the machine's own back gesture leads to the list.
  if (id) history.pushState(null, "", `#${id}`);
  else history.replaceState(null, "", location.pathname);
  if (id === null) return;
  void line.guard(look);
  rememberPlace(floor.place);
  const heading = document.querySelector("#stage textarea");
  if (heading instanceof HTMLElement && matchMedia("(pointer: fine)").matches) heading.focus();
}

floor.lost = (error) => line.lost(error);
floor.paint = () => {
  one("#main").dataset.view = floor.opened ? "thread" : "list";
  paintList(floor, { open });
  paintStage(floor, {
    open,
    publish: () => void line.guard(async () => {
      await floor.publish();
      await look();
    }),
    again: () => open(floor.opened),
    pin: (id) => void pin(conducted, id),
  });
};

window.addEventListener("popstate", () => floor.open(location.hash.slice(1) || null));
window.addEventListener("pagehide", saveDraft);
document.addEventListener("visibilitychange", () => document.hidden && saveDraft());
one("#fresh").addEventListener("click", () => {
  floor.arrange();
  floor.paint();
});
chosen?.addEventListener("change", () => {
  if (chosen instanceof HTMLSelectElement) floor.place = chosen.value;
  rememberPlace(floor.place);
  floor.open(null);
  void line.guard(() => floor.load());
});

resume();
preparePairing((error) => banner(sentence(error)));
floor.paint();
void line.guard(async () => {
  await floor.load();
  if (location.hash) floor.open(location.hash.slice(1));
});
line.start();
setInterval(refreshAges, 30_000);
