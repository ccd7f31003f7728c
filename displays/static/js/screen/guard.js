// Loads this page again where its work did not begin, or has stopped: a module that a bad line cut off is fetched again by
// no browser, and a television has no kit that would see it. Imports nothing, so that it needs none of the others.

const EVERY = 60; // seconds between two looks at the pulse
const STILL = 3; // looks that found no beat
const ANSWER = 10; // seconds that the server may take

/** @type {string | undefined} */
let beat;
let still = 0;

setInterval(() => {
  const { tick } = document.documentElement.dataset;
  still = tick === beat ? still + 1 : 0;
  beat = tick;
  if (still >= STILL) void again();
}, EVERY * 1000);

async function again() {
  if (await answers()) location.reload();
}

/** Whether our own server, not some proxy's notice, would give this page now. */
export async function answers() {
  const patience = new AbortController();
  const late = setTimeout(() => patience.abort(), ANSWER * 1000);
  try {
    const answer = await fetch("/screen?alive", { cache: "no-store", signal: patience.signal });
    return answer.ok && answer.headers.get("X-Complicity-Release") !== null;
  } catch (_error) {
    return false;
  } finally {
    clearTimeout(late);
  }
}
