// Translation by segments: the question, its answer at an address, the picture, and the table to be edited.

import { postJson } from "./api.js";
import { exact, grouped } from "./format.js";
import { html } from "./html.js";
import { PanelButton, Sentence } from "./lab.js";
import { Refusal, settled } from "./lab-question.js";
import { Drawn, drawingOf } from "./figure-draw.js";
import { gatesOf, toneOf, translationFigure } from "./segmentation-segments-figure.js";
import { TableForm } from "./segmentation-segments-form.js";
import { askedOf, bodyOfAsked, KINDS, namedAs, PATH, rowsOf, stateOfAsked, TABLES, textOfRows, trapName } from "./segmentation-segments-problem.js";
import { adjust, navigate, offline, state, tableShown } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-segments-problem.js").Asked} Asked */
/** @typedef {import("./segmentation-segments-problem.js").Report} Report */
/** @typedef {import("./segmentation-segments-problem.js").Found} Found */
/** @typedef {import("./segmentation-segments-problem.js").Row} Row */

const PICTURE_WIDTH = 900;
/** Rows of the list of addresses. */
const MOST_ADDRESSES = 60;

/** The problem that the address holds. */
const problem = settled(() => askedOf(state.value));
/** The last answer; it stays while another is on its way. */
const answer = signal(/** @type {Report | null} */ (null));
const refusal = signal(/** @type {string | null} */ (null));
const longest = computed(() => (answer.value?.translations ?? []).reduce((most, { explain }) => Math.max(most, explain.length), 0));

const checking = computed(() => state.value.mode === "check");
/** What checks a table, once somebody has theirs checked. */
const checker = signal(/** @type {typeof import("./segmentation-segments-check.js").TranslationCheck | null} */ (null));

/** The walk of the tab, once it began. @type {import("./lab-walk.js").Walk} */
let walk;

/**
 * Begins to ask while the part is on show.
 * @param {import("./lab-walk.js").Walk} given
 * @param {() => boolean} active
 */
export function begin(given, active) {
  walk = given;
  effect(() => {
    if (!active()) return undefined;
    const left = new AbortController();
    postJson(PATH, bodyOfAsked(problem.value), left.signal).then(stand, (error) => {
      if (!left.signal.aborted) refusal.value = String(error.message ?? error);
    });
    return () => left.abort();
  });
  effect(() => {
    if (active() && checking.value) void import("./segmentation-segments-check.js").then(({ TranslationCheck }) => (checker.value = TranslationCheck));
  });
}

/** Stands at the first address, if the page's says nothing. @param {Report} given */
function stand(given) {
  refusal.value = null;
  answer.value = given;
  walk.begin(given.translations.length, 1);
}

/**
 * Puts another problem into the address.
 * @param {Partial<Asked>} changes
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
function change(changes, how = "navigate") {
  const next = { ...problem.peek(), ...changes };
  (how === "navigate" ? navigate : adjust)({ ...stateOfAsked(next), part: "translation", tab: undefined });
}

/** The part's questions to the server. */
export function endpoints() {
  return [{ name: "These addresses through this table", path: PATH, body: bodyOfAsked(problem.peek()) }];
}

/** What the palette offers. */
export function offers() {
  return TABLES.map((example) => ({ group: "Lab", label: example.label, act: () => change(example) }));
}

/** The problem in a few words. */
export function summary() {
  return namedAs(TABLES, problem.value)?.label ?? "A segment table of your own";
}

/** The steps that are marked on the scrubber: traps. */
export const marks = computed(() => (answer.value?.translations ?? []).filter(({ trap }) => trap !== null).map(({ index }) => index));

/** The problem, to be changed. */
export function Form() {
  return html`<${TableForm} now=${problem.value} refusal=${refusal.value} onChange=${change} />`;
}

/** How an address is written. @param {Found} found */
function wordsOf({ access, kind, offset, segment, virtual_address }) {
  const address = virtual_address !== null && kind === null ? String(virtual_address) : `${kind ?? segment}:${offset}`;
  return `${access} ${address}`;
}

/** The picture, and what is told of it. @param {{choice: any}} props `choice` of the tab's parts */
export function Stage({ choice }) {
  const given = answer.value;
  if (given === null) {
    return html`<header class="lab-head"><h1>Translation by segments</h1>${choice}</header>
      ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}`;
  }
  const at = walk.at.value;
  const found = given.translations[Math.max(0, at - 1)];
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <${Head} given=${given} found=${found} choice=${choice} />
    ${checking.value ? checker.value !== null && html`<${checker.value} given=${given} wordsOf=${wordsOf} />` : html`<${Solved} given=${given} found=${found} />`}`;
}

/** The panel of exercises on addresses. */
async function loadExercise() {
  const show = (/** @type {string} */ table, /** @type {string} */ addresses) => change({ table: table.replaceAll(",", "\n"), addresses: addresses.replaceAll(",", "\n"), bits: "", page: "", physical: "" });
  return (await import("./segmentation-exercise.js")).translationExercise(show);
}

/** @param {{given: Report, found: Found}} props */
function Solved({ found, given }) {
  return html`<div class="segments-body">
      <section class="lab-picture" aria-label="Translation">${tableShown.value ? html`<${Twin} given=${given} found=${found} />` : html`<${Picture} given=${given} found=${found} />`}</section>
      <div class="segments-told">
        <div class="told"><${Sentence} explain=${found.explain} longest=${longest.value} /></div>
        <${Addresses} given=${given} found=${found} />
        <${Editor} found=${found} />
      </div>
    </div>`;
}

/** @param {{given: Report, found: Found, choice: any}} props */
function Head({ choice, found, given }) {
  const past = found.excess_bytes === null ? "" : ` by ${grouped(found.excess_bytes)}`;
  return html`<header class="lab-head">
    <h1>${!checking.value && html`<code>${wordsOf(found)}</code>`} ${
      checking.value ? "Which physical address, or a trap?" : found.trap === null ? html`<b class="outcome" data-outcome="done">→ ${found.physical}</b>` : html`<b class="outcome" data-outcome="trap">✕ ${trapName(found.trap)}${past}</b>`
    }</h1>
    ${choice}
    <p class="convention">${given.segment_bits !== undefined && html`<code>bits <b>${given.segment_bits} + ${given.offset_bits}</b></code>`}
      <code>segment number <b>${given.segment_bits === undefined ? "beside the offset" : "top bits, or by kind"}</b></code>
      ${given.page_bytes !== null && html`<code>page <b>${exact(given.page_bytes)}</b></code>`}
      <code>checks <b>number, presence, limit, protection${given.page_bytes === null ? "" : ", page"}</b></code></p>
    <button type="button" class="quiet" aria-pressed=${checking.value} onClick=${() => adjust({ mode: checking.value ? undefined : "check" })}>
      ${checking.value ? "Back to the solution" : "Check my table"}</button>
    <${PanelButton} label="Exercise" load=${loadExercise} />
  </header>`;
}

/** @param {{given: Report, found: Found}} props */
function Picture({ found, given }) {
  const make = (/** @type {number} */ width) => translationFigure(given, found, width);
  const gates = gatesOf(given, found).map(({ numbers, state: came, words }) => `${words}: ${came === "unreached" ? "not reached" : `${numbers}, ${came}`}`);
  return html`<${Drawn} name="translation" spoken=${`${wordsOf(found)}. ${gates.join(". ")}. ${found.explain}`} make=${make} />`;
}

/** The same as a table. @param {{given: Report, found: Found}} props */
function Twin({ found, given }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="The checks"><table class="twin">
    <thead><tr>${["Check", "Compared", "Holds"].map((name) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
    <tbody>${gatesOf(given, found).map(
      ({ numbers, state: came, words }) => html`<tr key=${words}><th scope="row">${words}</th><td>${numbers}</td><td>${{ holds: "✓ yes", fails: "✕ no", unreached: "not reached" }[came]}</td></tr>`,
    )}</tbody></table></div>`;
}

/** Every address with what it came to; a click goes there. @param {{given: Report, found: Found}} props */
function Addresses({ found, given }) {
  return html`<section class="accesses" aria-label="Addresses"><h2>Addresses</h2>
    <ol>${given.translations.slice(0, MOST_ADDRESSES).map(
      (each) => html`<li key=${each.index}><button type="button" aria-current=${each.index === found.index ? "step" : undefined} onClick=${() => walk.go(each.index)}>
        <code>${wordsOf(each)}</code>
        ${
          each.trap === null
            ? html`<code class="access-found">${each.physical}</code>`
            : html`<span class="fault">✕ ${trapName(each.trap)}${each.excess_bytes === null ? "" : ` by ${grouped(each.excess_bytes)}`}</span>`
        }</button></li>`,
    )}</ol>
    ${given.translations.length > MOST_ADDRESSES && html`<p class="note">${given.translations.length - MOST_ADDRESSES} more are stepped, and not listed.</p>`}
  </section>`;
}

/** The segment table, to be edited cell by cell. @param {{found: Found}} props */
function Editor({ found }) {
  const rows = rowsOf(problem.value.table);
  if (rows === null || offline) return null;
  const paged = problem.value.page !== "";
  const put = (/** @type {number} */ at, /** @type {Partial<Row>} */ changes) =>
    change({ table: textOfRows(rows.map((row, index) => (index === at ? { ...row, ...changes } : row))) }, "adjust");
  const add = () => {
    const number = Math.max(-1, ...rows.map((row) => Number(row.number) || 0)) + 1;
    const row = { number: String(number), place: paged ? "" : "0", limit: "0", kind: "", growth: "up", protection: "rwx", shared: false, present: true };
    change({ table: textOfRows([...rows, row]) }, "adjust");
  };
  const drop = (/** @type {number} */ at) => change({ table: textOfRows(rows.filter((_, index) => index !== at)) }, "adjust");
  return html`<section class="editor" aria-label="Segment table, to be edited"><h2>Segment table</h2>
    <div class="table-scroll" tabindex="0" role="region" aria-label="Rows of the table"><table>
      <thead><tr>${["No.", paged ? "Frames" : "Base", "Limit", "Holds", "Grows", "May", "Shared", "Present"].map((name) => html`<th scope="col" key=${name}>${name}</th>`)}<th scope="col"><span class="sr-only">Remove</span></th></tr></thead>
      <tbody>${rows.map((row, index) => html`<${EditedRow} key=${index} row=${row} index=${index} mine=${index === found.row} put=${put} drop=${rows.length > 1 ? drop : null} />`)}</tbody>
    </table></div>
    <button type="button" class="chip" onClick=${add}>Add a segment</button>
  </section>`;
}

/**
 * @param {{row: Row, index: number, mine: boolean, put: (at: number, changes: Partial<Row>) => void,
 *   drop: ((at: number) => void) | null}} props
 */
function EditedRow({ drop, index, mine, put, row }) {
  const value = (/** @type {Event} */ { target }) => /** @type {HTMLInputElement} */ (target).value.trim();
  const cell = (/** @type {"number" | "place" | "limit" | "protection"} */ member, /** @type {string} */ label) =>
    html`<td><input type="text" aria-label=${`${label}, row ${index + 1}`} value=${row[member]} autocomplete="off" spellcheck=${false}
      onChange=${(/** @type {Event} */ event) => value(event) !== "" && put(index, { [member]: value(event) })} /></td>`;
  const tick = (/** @type {"shared" | "present"} */ member) =>
    html`<td><input type="checkbox" aria-label=${`${member}, row ${index + 1}`} checked=${row[member]} onChange=${() => put(index, { [member]: !row[member] })} /></td>`;
  return html`<tr data-now=${mine} style=${{ "--owner": `var(--${toneOf(index)})` }}>
    ${cell("number", "Number")}${cell("place", "Base")}${cell("limit", "Limit")}
    <td><select aria-label=${`Holds, row ${index + 1}`} value=${row.kind} onChange=${(/** @type {Event} */ event) => put(index, { kind: value(event) })}>
      <option value="">–</option>${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${kind}</option>`)}</select></td>
    <td><select aria-label=${`Grows, row ${index + 1}`} value=${row.growth} onChange=${(/** @type {Event} */ event) => put(index, { growth: value(event) })}>
      ${["up", "down", "expand-down"].map((growth) => html`<option key=${growth} value=${growth}>${growth}</option>`)}</select></td>
    ${cell("protection", "May")}${tick("shared")}${tick("present")}
    <td>${drop !== null && html`<button type="button" aria-label=${`Remove row ${index + 1}`} onClick=${() => drop(index)}>✕</button>`}</td>
  </tr>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const given = answer.peek();
  if (given === null) return null;
  const found = given.translations[Math.max(0, walk.at.peek() - 1)];
  return {
    name: "ramscope-segment-translation",
    picture: () => drawingOf(translationFigure(given, found, PICTURE_WIDTH), wordsOf(found), found.explain.slice(0, 120)),
    csv: () => csvOf(given),
    json: () => given,
    notes: { csv: "a row an address", json: "the table, and every check" },
  };
}

/** @param {Report} given */
function csvOf({ translations }) {
  const rows = translations.map(({ access, excess_bytes, index, offset, physical, segment, trap }) => [index, segment, offset, access, physical ?? "", trap ?? "", excess_bytes ?? ""]);
  return `${[["index", "segment", "offset", "access", "physical", "trap", "excess_bytes"], ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}
