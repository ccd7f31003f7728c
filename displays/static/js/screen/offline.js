// The screen's service worker, as the page sees it: asked for where the browser allows one (https, or this machine
// itself), looked for anew whenever the server is back. What it keeps is worker.js's business.

const APART = 600; // seconds between two looks

let looked = -APART;

/** @param {string | undefined} worker its address, absent where the server has none */
export function keep(worker) {
  if (worker === undefined || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(worker, { scope: "/screen", updateViaCache: "none" }).catch(() => {
    // Without it this page works; only a start without a server does not.
  });
}

/**
 * The server answered: is there a new release, and is this page still as it was kept?
 * @param {number} mono seconds
 */
export function look(mono) {
  if (!("serviceWorker" in navigator) || mono - looked < APART) return;
  looked = mono;
  navigator.serviceWorker.getRegistration("/screen").then(
    (found) => (found === undefined ? undefined : found.update()),
  ).catch(() => {});
}

/** What the page was made with has changed: it is kept anew. */
export function renew() {
  if (!("serviceWorker" in navigator) || navigator.serviceWorker.controller === null) return;
  navigator.serviceWorker.controller.postMessage("renew");
}
