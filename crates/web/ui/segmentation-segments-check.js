// "Check my table" in the tab "Segments": where each segment goes, and which physical address each address is.

import { postJson } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { Check } from "./segmentation-check.js";
import { firstWrongAddress } from "./segmentation-checked.js";
import { bodyOfLives, FITS, PATH } from "./segmentation-segments-problem.js";
import { useMemo } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-segments-problem.js").Life} Life */
/** @typedef {import("./segmentation-segments-problem.js").Lives} Lives */
/** @typedef {import("./segmentation-segments-problem.js").Report} Report */
/** @typedef {import("./segmentation-check.js").Item} Item */

/** What decides where a segment goes. @type {Record<string, string>} */
const RULES = {
  first: "a segment goes into the first hole that is large enough, at its low end; a process that does not fit whole is refused.",
  next: "the search goes on where the last one ended; a process that does not fit whole is refused.",
  best: "a segment goes into the smallest hole that is large enough, at its low end; a process that does not fit whole is refused.",
  worst: "a segment goes into the largest hole, at its low end; a process that does not fit whole is refused.",
};
const TRANSLATING = "the number must be in the table, the segment present, the offset within the limit, the access allowed; then the base is added.";

/** Each search for a hole; of a process that is refused every segment gets nothing. @param {Life} given @returns {Item[]} */
export function placesOf(given) {
  return given.steps.flatMap(({ event, explain, index, outcome, process, searches }) =>
    searches.map(({ chosen, kind, size_bytes: bytes }, place) => ({
      key: `${index}-${place}`,
      what: html`<span class="note number">${index}</span> <b>${process}</b> ${kind}, ${grouped(bytes)}`,
      name: `First byte of the ${kind} of ${process}, event ${index}`,
      place: `Event ${index}, ${event.split(" ")[0]} ${process}, its ${kind}`,
      address: outcome === "refused" ? null : (chosen?.base ?? null),
      explain,
    })),
  );
}

/** @param {{given: Life, problem: Lives}} props */
export function LifeCheck({ given, problem }) {
  const items = useMemo(() => placesOf(given), [given]);
  const title = FITS.find(([name]) => name === given.fit)?.[1] ?? given.fit;
  return html`<${Check} of=${given} items=${items} title=${title} rule=${RULES[given.fit] ?? ""} note="The first byte in memory of each segment for which a hole is searched."
    explaining=${(/** @type {string[]} */ filled) => otherFits(filled, problem, given.fit)} />`;
}

/**
 * Which other fits put every segment where it was filled in.
 * @param {string[]} filled
 * @param {Lives} problem
 * @param {string} mine
 */
async function otherFits(filled, problem, mine) {
  const others = FITS.filter(([name]) => name !== mine);
  const answers = await Promise.all(others.map(([fit]) => postJson(PATH, bodyOfLives({ ...problem, fit })).catch(() => null)));
  return others.filter((_, place) => answers[place] !== null && firstWrongAddress(filled, placesOf(answers[place])) === null).map(([, title]) => title);
}

/** @param {{given: Report, wordsOf: (found: Report["translations"][number]) => string}} props */
export function TranslationCheck({ given, wordsOf }) {
  const items = useMemo(
    () => given.translations.map((found) => ({ key: found.index, what: html`<code>${wordsOf(found)}</code>`, name: `Physical address of ${wordsOf(found)}`, place: `Address ${found.index}, ${wordsOf(found)}`, address: found.physical, explain: found.explain })),
    [given],
  );
  const relocated = given.table.length === 1 ? given.table[0] : null;
  return html`<${Check} of=${given} items=${items} title="this table" rule=${TRANSLATING} note="The physical address, or “trap”."
    explaining=${async (/** @type {string[]} */ filled) => mistakesIn(filled, given, relocated !== null)} />`;
}

/**
 * What people do wrong that would give exactly these addresses.
 * @param {string[]} filled
 * @param {Report} given
 * @param {boolean} relocated
 */
export function mistakesIn(filled, given, relocated) {
  const base = (/** @type {number | null} */ row) => (row === null ? null : (given.table[row]?.base ?? null));
  const ways = /** @type {[string, (found: Report["translations"][number]) => number | null][]} */ ([
    [relocated ? "the base added without a look at the limit" : "bases added without a look at the limits", ({ offset, physical, row }) => physical ?? (base(row) === null ? null : Number(base(row)) + offset)],
    ["the offset itself, without a base", ({ offset, trap }) => (trap === null ? offset : null)],
    ["limits added in place of bases", ({ offset, row, trap }) => (trap === null && row !== null ? given.table[row].limit + offset : null)],
  ]);
  return ways.filter(([, way]) => firstWrongAddress(filled, given.translations.map((found) => ({ address: way(found) }))) === null).map(([words]) => words);
}
