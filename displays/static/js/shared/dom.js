// Elements and the data of the page. Text enters the page through textContent only: nothing here, or
// anywhere else in these modules, turns a string into markup.

/**
 * @param {string} name
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes] true is present, false,
 *   null and undefined are absent
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}

/**
 * The element that must be there: a template that lost it is a mistake, told at once.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
export function one(selector, within = document) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`no element ${selector}`);
  return found;
}

/**
 * @param {Element} parent
 * @param {...(Node | string)} children
 */
export function fill(parent, ...children) {
  parent.textContent = "";
  parent.append(...children);
}

/**
 * Writes only what changed: a wall at rest costs no layout, and who listens to a page hears nothing twice.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes these the children, in this order; what stands right already is not touched.
 * @param {Element} parent
 * @param {readonly Element[]} children
 */
export function keep(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

/**
 * What the server put into `<script type="application/json" id="…">`.
 * @param {string} id
 * @returns {any}
 */
export function data(id) {
  const found = document.getElementById(id);
  return found === null ? {} : JSON.parse(found.textContent || "{}");
}
