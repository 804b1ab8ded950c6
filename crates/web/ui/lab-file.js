// A lab with its problem as one HTML file that steps without a server: the modules of the page, its sheets, and the
// answers to the questions that the lab asks. Loaded when somebody saves one.

import { getJson, keyOf, postJson } from "./api.js";
import { save } from "./export.js";
import { state } from "./state.js";
import { view } from "./view.js";

const ENTRY = "offline.js";

/** Saves the view on show. */
export async function saveLab() {
  const shown = view.peek();
  const recording = shown?.recording?.() ?? null;
  if (shown === null || recording === null) return;
  const [answers, modules, sheet] = await Promise.all([
    answersTo(recording.questions),
    modulesFrom([ENTRY, recording.module]),
    sheetsInUse(),
  ]);
  const held = { module: specifierOf(recording.module), state: { ...state.peek() }, answers };
  const page = pageOf(`${recording.title} · ramscope`, sheet, modules, held);
  save(new Blob([page], { type: "text/html" }), `${recording.name}.html`);
}

/**
 * @param {import("./view.js").Endpoint[]} questions
 * @returns {Promise<Record<string, any>>}
 */
async function answersTo(questions) {
  const answers = await Promise.all(
    questions.map(async ({ body, path }) => {
      const answer = await (body === undefined ? getJson(path) : postJson(path, body));
      return [keyOf(path, body && JSON.stringify(body)), answer];
    }),
  );
  return Object.fromEntries(answers);
}

/**
 * Every module that these need, by its path from the page's folder.
 * @param {string[]} entries
 * @returns {Promise<Map<string, string>>}
 */
async function modulesFrom(entries) {
  /** @type {Map<string, string>} */
  const modules = new Map();
  let wanted = entries;
  while (wanted.length > 0) {
    const texts = await Promise.all(wanted.map(textOf));
    for (const [index, name] of wanted.entries()) modules.set(name, texts[index]);
    const next = wanted.flatMap((name, index) => importsOf(name, texts[index]));
    wanted = [...new Set(next)].filter((name) => !modules.has(name));
  }
  return modules;
}

/** @param {string} name */
async function textOf(name) {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`${name} is not to be had: the server answered ${answer.status}`);
  return answer.text();
}

/** What follows `import` or `from`; a type in a comment is none, for it goes on with a dot. */
const IMPORT = /(\b(?:from|import)\s*\(?\s*)"(\.[^"]+\.js)"(?!\)\.)/g;

/**
 * @param {string} name
 * @param {string} text
 */
function importsOf(name, text) {
  return [...text.matchAll(IMPORT)].map(([, , target]) => resolved(name, target));
}

/**
 * @param {string} from a module's path from the page's folder
 * @param {string} target as it stands in that module
 */
function resolved(from, target) {
  return new URL(target, `http://page/${from}`).pathname.slice(1);
}

/** How a module is called in the file's import map: there is no folder that relative names could start from. @param {string} name */
function specifierOf(name) {
  return `ramscope/${name}`;
}

/** The sheets on show as one. */
async function sheetsInUse() {
  const links = [...document.querySelectorAll("link[rel=stylesheet]")];
  const texts = await Promise.all(links.map((link) => textOf(/** @type {HTMLLinkElement} */ (link).href)));
  return texts.join("\n");
}

/**
 * The file.
 * @param {string} title
 * @param {string} sheet
 * @param {Map<string, string>} modules
 * @param {import("./offline.js").Recording} recording
 */
export function pageOf(title, sheet, modules, recording) {
  const imports = Object.fromEntries(
    [...modules].map(([name, text]) => {
      const renamed = text.replace(
        IMPORT,
        (_, before, target) => `${before}${JSON.stringify(specifierOf(resolved(name, target)))}`,
      );
      return [specifierOf(name), `data:text/javascript;charset=utf-8,${encodeURIComponent(renamed)}`];
    }),
  );
  return `<!doctype html>
<html lang="en" data-offline>
<head>
<meta charset="utf-8">
<title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<style>
${sheet.replaceAll("</", "<\\/")}
</style>
<script type="application/json" id="recording">${inScript(recording)}</script>
<script type="importmap">${inScript({ imports })}</script>
</head>
<body>
<noscript>This file steps through a problem with JavaScript.</noscript>
<div id="page"></div>
<script type="module">import ${JSON.stringify(specifierOf(ENTRY))};</script>
</body>
</html>
`;
}

/** JSON inside a script element: nothing in it can end the element. @param {object} value */
function inScript(value) {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
