// What foreign text must not do to a page, looked at from outside the page's own code. Each walk is given what
// the API says of each message, paints it with the page's own modules, and answers with all that is wrong.

const empty = /^[\s\u115f\u1160\u2800\u3164\uffa0]+$/; // no word of anybody's is hidden

// Nothing inside but our own marks, and the empty lines that are not painted.
const plain = (element) => [...element.querySelectorAll("*")].every(
  (made) => made.tagName === "SPAN" && [...made.attributes].every(
    ({ name }) => ["class", "aria-label"].includes(name) || (name === "hidden" && empty.test(made.textContent)),
  ),
);

const wide = (element) => element.scrollWidth > element.clientWidth + 1;

const whole = () => {
  const { scrollWidth, scrollHeight } = document.documentElement;
  return scrollWidth <= innerWidth && scrollHeight <= innerHeight;
};

// The parts of the running page: each is caught at its next call, whoever made it.
async function hold() {
  const parts = [["replica", "take"], ["stage", "tick"]];
  globalThis.held = {};
  for (const [name, method] of parts) {
    // At the address of the page's own script: at another it would be another module.
    const module = await import(new URL(`${name}.js`, document.querySelector('script[src*="screen/main.js"]').src).href);
    const kind = module[name[0].toUpperCase() + name.slice(1)];
    const own = kind.prototype[method];
    kind.prototype[method] = function (...given) {
      globalThis.held[name] = this;
      return own.apply(this, given);
    };
  }
}

const arrived = (ids) => Boolean(held.replica && held.stage) && ids.every((id) => held.replica.cards.has(id));

function walkScreen(messages) {
  const wrong = [];
  for (const { id, text, author } of messages) {
    held.stage.show(held.replica.cards.get(id));
    const article = document.querySelector(`article[data-message="${id}"]`);
    const words = article.querySelector(".said .words");
    const name = article.querySelector(".said .name");
    if (text !== "" && words.textContent !== text) wrong.push([id, "another text"]);
    if (author !== null && name.textContent !== author) wrong.push([id, "another name"]);
    if (!plain(words) || !plain(name)) wrong.push([id, "an element"]);
    if (!whole()) wrong.push([id, "the page scrolls"]);
    if ([...article.querySelectorAll(".window")].some(wide)) wrong.push([id, "words leave their column"]);
    for (const part of document.querySelectorAll("#stage *")) {
      if (part.closest(".flow") || part.closest(".leaving")) continue;
      const { width, left, top, right, bottom } = part.getBoundingClientRect();
      if (width && (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1)) {
        wrong.push([id, `${part.tagName}.${part.className} leaves the screen`]);
      }
    }
  }
  return wrong;
}

// A line shows how a text begins, its blanks as one each; of a long one not all.
const opens = (shown, text) => {
  const whole = text.replace(/\s+/g, " ");
  return shown === whole || (shown.length > 400 && shown.endsWith("…") && whole.startsWith(shown.slice(0, -1)));
};

// The queue's lines are the page's own; the message beside them is painted one after the other.
async function walkDesk(messages) {
  const { paintStage } = await import("/static/js/desk/stage.js");
  const { Draft } = await import("/static/js/desk/draft.js");
  const { list } = await import("/static/js/staff/commands.js");
  const wrong = [];
  const read = await list({ state: "pending" }, 1000);
  const found = new Map(read.messages.map((message) => [message.id, message]));
  const nothing = new Proxy({}, { get: () => () => {} });
  for (const { id, text, author } of messages) {
    const line = document.querySelector(`.line[data-id="${id}"]`);
    if (text !== "" && !opens(line.querySelector(".line-words").textContent, text)) wrong.push([id, "another text in its line"]);
    if (author !== null && line.querySelector(".line-who").textContent !== author) wrong.push([id, "another name in its line"]);
    if (!plain(line.querySelector(".line-words")) || line.querySelector(".line-who").childElementCount) wrong.push([id, "an element in its line"]);
    const message = found.get(id);
    const view = { tab: "pending", message, thread: [message], draft: new Draft(message), settled: false, busy: false, changed: false, trouble: null };
    paintStage({ view, tab: "pending", loaded: true }, nothing);
    const words = document.querySelector("#words");
    const name = document.querySelector('#stage [data-author="current"]');
    if (text !== "" && words.textContent !== text) wrong.push([id, "another text"]);
    if (author !== null && name.textContent !== author) wrong.push([id, "another name"]);
    if (!plain(words) || name.childElementCount) wrong.push([id, "an element"]);
    if (wide(words) || wide(document.querySelector("#stage .room"))) wrong.push([id, "words leave their column"]);
  }
  if (wide(document.querySelector("#list"))) wrong.push(["list", "it is wider than its column"]);
  if (!whole()) wrong.push(["desk", "the page scrolls"]);
  return wrong;
}

// All lines, as somebody gets them who goes on pressing "more".
async function unroll(count) {
  for (;;) {
    const lines = document.querySelectorAll(".line").length;
    if (lines >= count) return lines;
    document.querySelector("#list > button")?.click();
    await new Promise((done) => setTimeout(done, 50)); // between two looks
  }
}
