/**
 * A button below what people carry elsewhere: an address, a token. Only where the browser lets a page copy (over HTTPS
 * or on this machine); without it the text stands there all the same.
 *
 * `data-copy` is what the button says, `data-copied` what it says once it is done.
 */

const SAID_MS = 4000;

/** @param {HTMLElement} text */
function copied(text) {
  const button = document.createElement("button");
  const say = (/** @type {string | undefined} */ words) => (button.textContent = words ?? "");
  button.type = "button";
  button.className = "copy";
  button.setAttribute("aria-live", "polite");
  say(text.dataset.copy);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText((text.textContent ?? "").trim());
    say(text.dataset.copied);
    setTimeout(say, SAID_MS, text.dataset.copy);
  });
  return button;
}

if (navigator.clipboard) {
  for (const text of document.querySelectorAll("[data-copy]")) {
    if (text instanceof HTMLElement) (text.closest(".link") ?? text).after(copied(text));
  }
}
