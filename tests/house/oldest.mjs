// Whether the oldest browsers that may show a wall can read it: Chromium 87 and Safari 14, the televisions of 2021.
// Parses the screen's modules as those two do, and asks MDN's tables for every global, method, property, selector,
// function and at-rule that they use. First it proves its own net on things that are too new.
//
// What a value's type is, is not known here: a method is told only if nothing that has a method of that name is old
// enough. tsconfig.screen.json knows types; it holds the same modules to the language's library of 2021.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import * as csstree from "css-tree";

const tables = createRequire(import.meta.url)("@mdn/browser-compat-data");
const OLDEST = { chrome: 87, safari: 14 };
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MODULES = ["displays/static/js/screen", "displays/static/js/shared"];
const SHEETS = ["tokens", "fonts", "base", "wall", "screen", "testcard"].map((name) => `displays/static/css/${name}.css`);

// Too new for one of the two, and no loss there.
const HARMLESS = new Map([
  ["text-wrap", "lines end where they are full"],
  ["text-wrap: balance", "the same"],
  ["accent-color", "boxes to tick are on no screen"],
  ["text-size-adjust", "concerns telephones; Safari has the one with -webkit-"],
  ["outline", "Safari draws it with square corners; nothing has the focus on a wall"],
  [":focus-visible", "the rule is left out, and focus is seen always"],
  ["user-select", "nobody selects on a wall; Safari has the one with -webkit-"],
  ["@media prefers-contrast", "an unknown condition is false: the colours stay as they are, and they are 7:1"],
]);

const NET = {
  js: [
    "structuredClone(a)", "a.findLast(b)", "Object.hasOwn(a, b)", "AbortSignal.timeout(1)", "a.toSorted()",
    "a ||= await b",
    "class A { b = 1 }", "class A { #b() {} }", "/(?<=a)b/.test(c)", "new Intl.Segmenter('fr')", "await 1",
    "a.at(-1)", "requestIdleCallback(a)", "crypto.randomUUID()", "navigator.wakeLock.request('screen')",
  ],
  css: [
    "a { inset: 0 }", "a { aspect-ratio: 1 }", "a:has(b) { top: 0 }", "a:is(b) { top: 0 }", "a { b { top: 0 } }",
    "a { height: 1dvh }",
    "a { color: color-mix(in srgb, red, blue) }", "@layer a { b { top: 0 } }",
    "@container (width > 1px) { a { top: 0 } }", "a { display: flex; gap: 1px }", "a { translate: 1px }", "a { overflow: clip }",
    "a { color: oklch(1 0 0) }",
    "a:where(c) { top: 0 }", "a { text-wrap: pretty }", "@media (width > 1px) { a { top: 0 } }",
  ],
}; // prettier-ignore

/** Whether both have it, as it stands. */
function old(compat) {
  return Object.entries(OLDEST).every(([browser, newest]) => {
    const said = compat.support[browser];
    return (Array.isArray(said) ? said : [said]).some((one) =>
      one && !one.flags && !one.prefix && !one.alternative_name && !one.version_removed &&
      (one.version_added === true || parseFloat(String(one.version_added).replace("≤", "")) <= newest));
  });
}

/** All that has a name, over all of a table: a name is too new if nothing of it is old. */
function index(...tables_) {
  const found = new Map();
  const add = (name, compat) => found.set(name, [...(found.get(name) || []), compat]);
  const walk = (table) => {
    for (const [name, entry] of Object.entries(table)) {
      if (name === "__compat") continue;
      if (entry.__compat) add(name.replace(/_(static|event)$/, ""), entry.__compat);
      walk(entry);
    }
  };
  tables_.forEach(walk);
  return found;
}

const { api, javascript, css } = tables;
const members = index(api, javascript.builtins);
const functions = index(css.types);
const globals = { ...api.Window, ...api._globals, ...api, ...javascript.builtins };
const tooNew = (found) => found.length > 0 && !found.some(old);

function* scriptFindings(text, own) {
  let tree;
  try {
    tree = parse(text, { ecmaVersion: 2021, sourceType: "module", locations: true });
  } catch (error) {
    yield [error.loc ? error.loc.line : 0, `syntax: ${error.message}`];
    return;
  }
  const called = new Set();
  for (const node of nodes(tree)) {
    const line = node.loc.start.line;
    if (node.type === "CallExpression") called.add(node.callee);
    if (node.type === "Literal" && node.regex && /\(\?<[=!]/.test(node.regex.pattern)) yield [line, "lookbehind"];
    if (node.type === "MemberExpression" && !node.computed) {
      const { name } = node.property;
      const ours = called.has(node) ? own.methods : own.names;
      if (!ours.has(name) && tooNew(meanings(node.object, name))) yield [line, `.${name}`];
    }
    const global = node.type === "MemberExpression" ? node.object : node.callee;
    if (global && global.type === "Identifier" && !own.names.has(global.name) && tooNew(meanings(null, global.name))) {
      yield [line, global.name];
    }
  }
}

/** What a name may be: of this very object, of any, or a property of a style; or a global's, without an object. */
function meanings(object, name) {
  const compats = (...entries) => entries.filter((one) => one && one.__compat).map((one) => one.__compat);
  if (object === null) return compats(globals[name]);
  const home = (object.type === "Identifier" && globals[object.name]) || {};
  const exact = compats(home[`${name}_static`], home[name]);
  const style = css.properties[name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)];
  return exact.length > 0 ? exact : [...(members.get(name) || []), ...compats(style)];
}

function* nodes(node) {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === "string") yield* nodes(child);
    }
  }
}

/** Names that modules give themselves: their classes' parts, their objects' keys, what they declare. */
function ownNames(texts) {
  const own = { names: new Set(), methods: new Set() };
  for (const text of texts) {
    for (const type of text.match(/@typedef [^]*?\*\//g) || []) {
      for (const name of type.match(/\w+(?=\??: )/g) || []) own.names.add(name);
    }
    const tree = parse(text, { ecmaVersion: "latest", sourceType: "module" });
    for (const { type, key, value, id, local, left } of nodes(tree)) {
      if (type === "FunctionDeclaration") own.methods.add(id.name);
      if (type === "MethodDefinition" || (type === "Property" && /Function/.test(value.type))) own.methods.add(key.name);
      if (type === "MethodDefinition" || type === "Property") own.names.add(key.name);
      if (/^(VariableDeclarator|FunctionDeclaration|ClassDeclaration)$/.test(type)) own.names.add(id.name);
      if (/^Import.*Specifier$/.test(type)) own.names.add(local.name);
      if (type === "AssignmentExpression" && left.type === "MemberExpression") own.names.add(left.property.name);
    }
  }
  return own;
}

function sheetFindings(text) {
  const found = [];
  const tell = (node, name, entry) => {
    if (!HARMLESS.has(name) && entry && entry.__compat && !old(entry.__compat)) found.push([node.loc.start.line, name]);
  };
  const onParseError = (error) => found.push([error.line, error.message]);
  const tree = csstree.parse(text, { positions: true, onParseError });
  csstree.walk(tree, {
    visit: "Rule",
    enter(node) {
      if (this.rule && this.rule !== node) found.push([node.loc.start.line, "a rule in a rule"]);
      const said = new Map();
      for (const each of node.block.children) {
        if (each.type === "Declaration") said.set(each.property, csstree.generate(each.value));
      }
      if (/flex/.test(said.get("display")) && ["gap", "row-gap", "column-gap"].some((name) => said.has(name))) {
        found.push([node.loc.start.line, "gap in a flex box"]);
      }
    },
  });
  csstree.walk(tree, function (node) {
    const { type, name, loc } = node;
    if (type === "Declaration" && !node.property.startsWith("-")) tell(node, node.property, css.properties[node.property]);
    if (/^Pseudo(Class|Element)Selector$/.test(type)) tell(node, `:${name}`, css.selectors[name]);
    if (type === "Atrule") tell(node, `@${name}`, css["at-rules"][name]);
    if (type === "Feature" && this.atrule) tell(node, `@media ${name}`, css["at-rules"].media[name]);
    if (type === "FeatureRange") found.push([loc.start.line, "a range in a condition"]);
    if (type === "Dimension" && /^[dsl]v/.test(node.unit)) found.push([loc.start.line, node.unit]);
    const declaration = this.declaration;
    if (!declaration || declaration.property.startsWith("--") || follows(declaration, this.block)) return;
    if (type === "Identifier") {
      const property = css.properties[declaration.property];
      tell(node, `${declaration.property}: ${name}`, property && property[name]);
    }
    if (type === "Function" && tooNew(functions.get(name) || [])) found.push([loc.start.line, `${name}()`]);
  });
  return found;
}

/** Whether an older way of saying it stands before it: what a browser can't read, it leaves out. */
function follows(declaration, block) {
  const same = block.children.toArray().filter((each) => each.property === declaration.property);
  return same.indexOf(declaration) > 0;
}

const holes = [
  ...NET.js.filter((text) => [...scriptFindings(text, ownNames([]))].length === 0),
  ...NET.css.filter((text) => sheetFindings(text).length === 0),
];
for (const hole of holes) console.error(`the net has a hole: ${hole}`);

const modules = MODULES.flatMap((folder) =>
  readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".js")).map((name) => join(ROOT, folder, name)));
const own = ownNames(modules.map((file) => readFileSync(file, "utf8")));
let wrong = holes.length;
const report = (file, findings) => {
  for (const [line, what] of findings) {
    wrong += 1;
    const where = `${relative(ROOT, file)}:${line}`;
    console.error(`${where}: too new for Chromium ${OLDEST.chrome} or Safari ${OLDEST.safari}: ${what}`);
  }
};
for (const file of modules) report(file, scriptFindings(readFileSync(file, "utf8"), own));
for (const file of SHEETS) report(file, sheetFindings(readFileSync(join(ROOT, file), "utf8")));
process.exit(wrong === 0 ? 0 : 1);
