// What a kiosk shows, measured from outside its own code.

// Every text with its ink and paper, every box that leaves its room, and the size of the words.
function measure() {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const seen = (element) => element.getClientRects().length && getComputedStyle(element).visibility === "visible";
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(element)) continue;
    if (element.closest("script, .ruler, .mask, .unseen")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgb(style.color)), light(paper(element))].sort((x, y) => y - x);
    texts.push({ text: walker.currentNode.data.slice(0, 30), contrast: (a + 0.05) / (b + 0.05),
                 size: parseFloat(style.fontSize) });
  }
  const over = [];
  const whole = document.documentElement;
  if (whole.scrollWidth > innerWidth || whole.scrollHeight > innerHeight) over.push("the page scrolls");
  for (const element of document.querySelectorAll("#stage *")) {
    if (!seen(element) || element.closest(".flow")) continue;
    const box = element.getBoundingClientRect();
    if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) {
      over.push(`${element.tagName}.${element.className} leaves the screen`);
    }
  }
  const room = (one, other) => {
    const [a, b] = [document.querySelector(one), document.querySelector(other)];
    if (!a || !b || !seen(a) || !seen(b)) return;
    const [p, q] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
    const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (across > 1 && down > 1) over.push(`${one} lies over ${other}`);
  };
  room(".said", ".answer"); room(".said", ".foot"); room(".answer", ".foot"); room(".said", ".masthead");
  room(".answer", ".masthead"); room(".pager", ".answer .window"); room(".pager", ".said .window");
  room(".house .invitation", ".house .code"); room(".house .invitation", ".masthead"); room(".house .code", ".foot");
  room(".house .code", ".masthead");
  for (const window of document.querySelectorAll(".window")) {
    if (window.scrollWidth > window.clientWidth + 1) over.push("words are wider than their column");
    const line = parseFloat(getComputedStyle(window.querySelector(".words")).lineHeight);
    if (window.clientHeight + 1 < line) over.push("a window shows less than a line");
  }
  const body = [...document.querySelectorAll("article .words")].map((e) => parseFloat(getComputedStyle(e).fontSize));
  const ruler = document.querySelector(".ruler"); // the least size of words, where there may be any
  const legible = ruler === null ? null : parseFloat(getComputedStyle(ruler).fontSize);
  return { texts, over, body, legible, short: Math.min(innerWidth, innerHeight) };
}

// The lines of each window, and those that can be read now: over all pages, each must have been seen whole.
const lines = () => [...document.querySelectorAll("article .window")].map((window) => {
  const box = window.getBoundingClientRect();
  const flow = window.querySelector(".flow");
  const line = parseFloat(getComputedStyle(flow.querySelector(".words")).lineHeight);
  const all = [], seen = [];
  flow.querySelectorAll(".words").forEach((words, block) => {
    const from = words.getBoundingClientRect();
    const count = Math.round(from.height / line);
    for (let i = 0; i < count; i += 1) {
      const y = from.top + i * line;
      all.push(`${block}:${i}`);
      if (y >= box.top - 1 && y + line <= box.bottom + 1) seen.push(`${block}:${i}`);
    }
  });
  return { all, seen };
});
