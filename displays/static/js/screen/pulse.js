// What the kiosk kit reads of this page from outside the browser (displays/kiosk): that it lives, and whether the place
// is closed, so that a player may put its panel out and start its browser anew while nobody looks.

/**
 * Said at the end of each round of the page's own work: a round that fails says nothing.
 * @param {boolean} closed by the hours of the place
 */
export function pulse(closed) {
  const said = document.documentElement.dataset;
  said.tick = String(Math.floor(performance.now() / 1000));
  if (closed) said.closed = "yes";
  else delete said.closed;
}
