// The service worker of the screen: keeps one release of the screen's own page and files, so that a player that is
// switched on without a network shows the house loop, never a browser's error. Nothing of a customer is in any of
// these files, and nothing else is ever kept: the wall's words come over the socket, which no worker sees.
//
// A release is kept whole or not at all, under its own name; each page asks for the files of its own release (the
// release is in their addresses), so that an update that was cut off half-way mixes nothing.
//
// The server puts a line before this file that says which RELEASE this is, and the FILES of it.

/** @type {any} */
const worker = self;
/** @type {string} */
const release = worker.RELEASE;
/** @type {string[]} */
const files = worker.FILES;
const PAGE = "/screen";
const KEPT = "screen-";
const HEADER = "X-Complicity-Release";
const PATIENCE = 5000; // milliseconds that a page may wait for a slow server
const shelf = `${KEPT}${release}`;

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(install());
  worker.skipWaiting();
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(activate());
});

worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data === "renew") event.waitUntil(page().catch(() => {}));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === PAGE) event.respondWith(navigate());
  } else if (files.includes(url.pathname) || url.pathname.startsWith("/qr/write/")) {
    event.respondWith(kept(request));
  }
});

async function install() {
  const cache = await caches.open(shelf);
  await cache.addAll(files.map((file) => new Request(file, { cache: "reload" })));
  await page();
  if ((await cache.match(PAGE)) === undefined) throw new Error("the server has moved on to another release");
}

async function activate() {
  for (const other of await caches.keys()) {
    if (other.startsWith(KEPT) && other !== shelf) await caches.delete(other);
  }
  await worker.clients.claim();
}

/** The page as it is now, kept where it is of this release. */
async function page() {
  const answer = await fetch(PAGE, { cache: "no-store", credentials: "same-origin" });
  if (!answer.ok || answer.redirected || answer.headers.get(HEADER) === null) throw new Error("no page");
  // A full disk is no reason to give the page of before: it would never be another again.
  if (answer.headers.get(HEADER) === release) await keep(answer.clone()).catch(() => {});
  return answer;
}

/** @param {Response} answer */
async function keep(answer) {
  const cache = await caches.open(shelf);
  const code = /"write_qr":"([^"]+)"/.exec(await answer.clone().text());
  if (code !== null) await cache.add(new Request(code[1], { cache: "reload" }));
  await cache.put(PAGE, answer);
}

/** From the server, if it answers in time and in its right mind; else as it was kept. */
async function navigate() {
  const asked = page();
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("late")), PATIENCE));
  try {
    return await Promise.race([asked, late]);
  } catch (_error) {
    const found = await (await caches.open(shelf)).match(PAGE);
    return found === undefined ? asked : found;
  }
}

/** @param {Request} request */
async function kept(request) {
  const found = await (await caches.open(shelf)).match(request.url);
  return found === undefined ? fetch(request) : found;
}
