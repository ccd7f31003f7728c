/**
 * How much room is left, said only when it gets short. The page works the same without this module.
 */

const text = document.getElementById("text");
const count = document.getElementById("count");

if (text instanceof HTMLTextAreaElement && count) {
  const limit = Number(text.dataset.limit);
  const segments = "Segmenter" in Intl ? new Intl.Segmenter() : null;
  const tell = () => {
    const used = segments ? [...segments.segment(text.value)].length : [...text.value].length;
    const left = limit - used;
    const said = left < 0 ? count.dataset.over : left <= 200 ? count.dataset.left : "";
    count.textContent = (said ?? "").replace("{n}", String(Math.abs(left)));
  };
  text.addEventListener("input", tell);
  tell(); // a page that comes back refused has its text already
}
