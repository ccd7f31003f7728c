/**
 * A button that prints the page. Without this module the browser's own way does.
 */

const button = document.querySelector("[data-print]");

if (button instanceof HTMLElement) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
