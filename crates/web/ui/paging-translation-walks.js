// Translation: a walk through page tables level by level, or a search of a table that all processes share.

import { postJson } from "./api.js";
import { exact } from "./format.js";
import { html } from "./html.js";
import { Sentence } from "./lab.js";
import { settled } from "./paging-ask.js";
import { Refusal } from "./paging-form.js";
import { Drawn, drawingOf } from "./figure-draw.js";
import { figureOf } from "./paging-translation-figure.js";
import { bodyOf, endsOf, hexOf, NAMED, nameOf, PATH, problemOf, stateOf, stepsOf, textOfTable } from "./paging-translation-problem.js";
import { searchFigure } from "./paging-translation-search.js";
import { faultName, LETTERS, lettersOf } from "./paging-translation-table.js";
import { adjust, navigate, state, tableShown } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./paging-translation-problem.js").Problem} Problem */
/** @typedef {import("./paging-translation-problem.js").Walks} Walks */
/** @typedef {import("./paging-translation-problem.js").Searches} Searches */
/** @typedef {import("./paging-translation-problem.js").Step} Step */
/** @typedef {import("./paging-translation-table.js").Scene} Scene */
/** @typedef {import("./paging-translation-search.js").SearchScene} SearchScene */

const PICTURE_WIDTH = 960;
/** Rows of the list of accesses. */
const MOST_ACCESSES = 60;

/** The problem that the address holds. */
export const problem = settled(() => problemOf(state.value));
/** The last answer; it stays while another is on its way. */
const answer = signal(/** @type {Walks | Searches | null} */ (null));
/** Why there is no answer. */
export const refusal = signal(/** @type {string | null} */ (null));

const steps = computed(() => (answer.value === null ? [] : stepsOf(answer.value)));
const ends = computed(() => endsOf(steps.value));
const longest = computed(() => steps.value.reduce((most, { explain }) => Math.max(most, explain.length), 0));

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
    postJson(PATH, bodyOf(problem.value), left.signal).then(stand, (error) => {
      if (!left.signal.aborted) refusal.value = String(error.message ?? error);
    });
    return () => left.abort();
  });
}

/** Stands at the end of the first access, if the address says nothing. @param {Walks | Searches} given */
function stand(given) {
  refusal.value = given.steps.length === 0 ? "`script`: there is no access yet: add a line such as read 0x12004" : null;
  if (given.steps.length === 0) return;
  answer.value = given;
  walk.begin(steps.peek().length, ends.peek()[0] ?? 0);
}

/**
 * Puts another problem into the address.
 * @param {Partial<Problem>} changes
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
export function change(changes, how = "navigate") {
  const next = { ...problem.peek(), ...changes };
  (how === "navigate" ? navigate : adjust)({ ...stateOf(next), tab: "translation", part: undefined });
}

/** The part's questions to the server. */
export function endpoints() {
  return [{ name: "These accesses, level by level", path: PATH, body: bodyOf(problem.peek()) }];
}

/** What the palette offers. */
export function offers() {
  return NAMED.map(({ label, script, table }) => ({ group: "Lab", label, act: () => change({ table, script }) }));
}

/** The problem in a few words. */
export function summary() {
  return nameOf(problem.value)?.label ?? textOfTable(problem.value.table);
}

/** The steps that are marked on the scrubber: the faults. */
export const marks = computed(() => steps.value.flatMap(({ deed }, index) => (deed === "fault" ? [index + 1] : [])));

/** The step on show; before the first one, the first with nothing read. */
function stepAt() {
  const at = walk.at.value;
  const step = steps.value[Math.max(0, at - 1)];
  return at === 0 ? { ...step, shown: 0, deed: /** @type {const} */ ("level"), explain: "" } : step;
}

/** What the levels are called, wherever a walk or a table says it. @param {Walks} given @returns {string[]} */
function namesOf(given) {
  const said = [...given.steps.flatMap(({ walks }) => walks.flatMap(({ levels }) => levels)), ...given.tables];
  return given.levels.map((_, index) => said.find(({ level }) => level === index + 1)?.name ?? `level ${index + 1}`);
}

/** How many bits of a physical address are shown: all that any address has, in whole digits. @param {Walks} given */
function physicalBitsOf(given) {
  const addresses = given.steps.flatMap(({ walks }) => walks.map(({ physical_address }) => physical_address ?? "0x0"));
  const most = Math.max(...addresses.map((address) => address.length - 2)) * 4;
  const pages = given.steps.flatMap(({ walks }) => walks.map(({ page_bytes }) => page_bytes ?? 0));
  return Math.max(most, Math.round(Math.log2(Math.max(given.page_bytes, ...pages))) + 4);
}

/** @param {Walks} given @param {Step} step @returns {Scene} */
function sceneOf(given, step) {
  const { table } = problem.peek();
  const walked = given.steps.flatMap(({ walks }) => walks);
  const read = walked.flatMap(({ levels }) => levels);
  return {
    answer: given,
    mostChecks: Math.max(0, ...read.map(({ checked }) => checked.length)),
    faults: walked.some(({ fault }) => fault !== null),
    names: namesOf(given),
    physicalBits: physicalBitsOf(given),
    walk: given.steps[step.access].walks[step.walk],
    step,
    signed: table.kind === "preset" && /^(x86-64|sv39)/.test(table.preset),
  };
}

/** @param {Searches} given @param {Step} step @returns {SearchScene} */
function searchOf(given, step) {
  const most = Math.max(...given.steps.map(({ virtual_address }) => virtual_address.length - 2)) * 4;
  return {
    answer: given,
    search: given.steps[step.access],
    step,
    addressBits: Math.max(most, given.offset_bits + 8),
    chain: Math.max(...given.steps.map(({ probes, rest }) => probes.length + rest.length)),
  };
}

/** The picture, and what is told of it. @param {{choice: any}} props `choice` of the tab's parts */
export function Stage({ choice }) {
  const given = answer.value;
  if (given === null) {
    return html`<header class="lab-head"><h1>Translation</h1>${choice}</header>
      ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}`;
  }
  const step = stepAt();
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <${Head} given=${given} step=${step} choice=${choice} />
    <section class="lab-picture" aria-label="Translation">${tableShown.value ? html`<${Twin} given=${given} step=${step} />` : html`<${Picture} given=${given} step=${step} />`}</section>
    <div class="told"><${Sentence} explain=${step.explain || "Nothing has been translated yet. The right arrow key reads the first entry."} longest=${longest.value} /></div>
    <${Accesses} given=${given} step=${step} />`;
}

/** @param {{given: Walks | Searches, step: Step, choice: any}} props */
function Head({ choice, given, step }) {
  const { words, where } = accessOf(given, step);
  return html`<header class="lab-head">
    <h1><code>${words}</code> <span>${where}</span></h1>
    ${choice}
    <p class="convention">${conventionOf(given).map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
  </header>`;
}

/** An access as the script calls it. @param {string} access */
function verbOf(access) {
  return access === "execute" ? "fetch" : access;
}

/** @param {Walks | Searches} given @param {Step} step */
function accessOf(given, { access, walk: number }) {
  if ("table" in given) {
    const { access: verb, process, virtual_address } = given.steps[access];
    return { words: `${verbOf(verb)} ${virtual_address}`, where: `of process ${process}` };
  }
  const { space, walks } = given.steps[access];
  const { access: verb, virtual_address } = walks[number];
  return { words: `${verbOf(verb)} ${virtual_address}`, where: `in ${space}${number > 0 ? ", again" : ""}` };
}

/** What the table is made of, and which letter is which bit. @param {Walks | Searches} given @returns {[string, string][]} */
function conventionOf(given) {
  if ("table" in given) {
    /** @type {[string, string]} */
    const found = given.table === "inverted" ? ["searched", "from frame 0"] : ["hash", `(page + process) mod ${given.size}`];
    return [["table", given.table], found, ["entry", `${given.entry_bytes} bytes`], ["page", exact(given.page_bytes)]];
  }
  const { flags } = given.entry_layout;
  const bits = LETTERS.flatMap(([name, letter]) => {
    const own = flags.find((flag) => flag.name === name);
    if (own === undefined) return [];
    const only = name === "present" && !flags.some((flag) => flag.name === "valid");
    const words = name === "no_execute" ? "execute, when 0" : only ? "valid" : name.replaceAll("_", " ");
    return [/** @type {[string, string]} */ ([`${only ? "V" : letter}`, `${words}, bit ${own.bit}`])];
  });
  return [
    ["bits", `${given.levels.join(" + ")} + ${given.offset_bits} = ${given.address_bits}`],
    ["entry", `${given.entry_bytes} ${given.entry_bytes === 1 ? "byte" : "bytes"}, ${given.entry_format}`],
    ...bits,
  ];
}

/** @param {{given: Walks | Searches, step: Step}} props */
function Picture({ given, step }) {
  const make = (/** @type {number} */ width) => pictureAt(given, step, width);
  return html`<${Drawn} name=${"table" in given ? given.table : "walk"} spoken=${spokenOf(given, step)} make=${make} />`;
}

/** @param {Walks | Searches} given @param {Step} step @param {number} width */
function pictureAt(given, step, width) {
  return "table" in given ? searchFigure(searchOf(given, step), width) : figureOf(sceneOf(given, step), width);
}

/** @param {Walks | Searches} given @param {Step} step */
function spokenOf(given, step) {
  const { where, words } = accessOf(given, step);
  const read = "table" in given ? [] : given.steps[step.access].walks[step.walk].levels.slice(0, step.shown);
  return `${words} ${where}. ${read.map(({ frame, index, name }) => `${name}: entry ${index}, frame ${hexOf(frame)}`).join(". ")}. ${step.explain}`;
}

/** The same as a table. @param {{given: Walks | Searches, step: Step}} props */
function Twin({ given, step }) {
  if ("table" in given) {
    const { probes } = given.steps[step.access];
    return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Entries that were looked at"><table class="twin">
      <thead><tr>${["Entry", "Process", "Page", "Frame", "Bytes"].map((head) => html`<th scope="col" key=${head}>${head}</th>`)}</tr></thead>
      <tbody>${probes.slice(0, step.shown).map(
        ({ bytes, entry, frame, page, process }) => html`<tr key=${entry}><th scope="row">${entry}</th><td>${process ?? "–"}</td>
        <td>${page === null ? "–" : hexOf(page)}</td><td>${frame === null ? "–" : hexOf(frame)}</td><td><code>${bytes}</code></td></tr>`,
      )}</tbody></table></div>`;
  }
  const { levels } = given.steps[step.access].walks[step.walk];
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="The walk"><table class="twin">
    <thead><tr>${["Table", "Bits", "Index", "Entry at", "Bytes", "Frame", "Says", "Checked"].map((head) => html`<th scope="col" key=${head}>${head}</th>`)}</tr></thead>
    <tbody>${levels.slice(0, step.shown).map(
      (level) => html`<tr key=${level.level}><th scope="row">${level.name}</th><td><code>${level.bits}</code></td><td>${level.index}</td>
      <td>${level.entry_address}</td><td><code>${level.bytes}</code></td><td>${hexOf(level.frame)}</td><td><code>${lettersOf(level, given.entry_layout)}</code></td>
      <td>${level.checked.map(({ holds, what }) => `${holds ? "✓" : "✕"} ${what}`).join(", ")}</td></tr>`,
    )}</tbody></table></div>`;
}

/** Every access with what it came to; a click goes to its end. @param {{given: Walks | Searches, step: Step}} props */
function Accesses({ given, step }) {
  const rows = "table" in given ? given.steps.map(searchRow) : given.steps.map(walkRow);
  return html`<section class="accesses" aria-label="Accesses"><h2>Accesses</h2>
    <ol>${rows.slice(0, MOST_ACCESSES).map(
      ({ fault, found, more, space, words }, index) => html`<li key=${index}><button type="button" aria-current=${index === step.access ? "step" : undefined} onClick=${() => walk.go(ends.peek()[index])}>
        <code>${words}</code><span class="note">${space}</span>
        ${fault === null ? html`<code class="access-found">${found}</code>` : html`<span class="fault">✕ ${fault}</span>`}<span class="note">${more}</span></button></li>`,
    )}</ol>
    ${rows.length > MOST_ACCESSES && html`<p class="note">${rows.length - MOST_ACCESSES} more are stepped, and not listed.</p>`}
  </section>`;
}

/** @param {import("./paging-translation-problem.js").Access} access */
function walkRow({ copied, space, walks }) {
  const last = walks[walks.length - 1];
  const level = last.fault?.level ?? null;
  return {
    words: `${verbOf(last.access)} ${last.virtual_address}`,
    space,
    found: last.physical_address ?? "",
    fault: last.fault === null ? null : faultName(last.fault) + (level === null ? "" : `, level ${level}`),
    more: copied === null ? "" : copied.from_frame === copied.to_frame ? "made writable" : `copied to frame ${hexOf(copied.to_frame)}`,
  };
}

/** @param {import("./paging-translation-problem.js").Search} search */
function searchRow({ access, physical_address, probes, process, virtual_address }) {
  return {
    words: `${verbOf(access)} ${virtual_address}`,
    space: `process ${process}`,
    found: physical_address ?? "",
    fault: physical_address === null ? "Page fault" : null,
    more: `${probes.length} looked at`,
  };
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const given = answer.peek();
  if (given === null) return null;
  const step = steps.peek()[Math.max(0, walk.at.peek() - 1)];
  const { where, words } = accessOf(given, step);
  return {
    name: `ramscope-translate-${textOfTable(problem.peek().table).replace(/[^a-z0-9-]+/g, "-")}`,
    picture: () =>
      drawingOf(
        pictureAt(given, step, PICTURE_WIDTH),
        `${words} ${where}`,
        conventionOf(given)
          .map(([name, value]) => `${name} ${value}`)
          .join(" · "),
      ),
    csv: () => csvOf(given),
    json: () => given,
    notes: { csv: "a row an entry that was read", json: "every walk with its tables" },
  };
}

/** @param {Walks | Searches} given */
function csvOf(given) {
  const rows =
    "table" in given
      ? given.steps.flatMap(({ index, physical_address, probes, process, virtual_address }) =>
          probes.map(({ bytes, entry, frame }) => [index, process, virtual_address, entry, "", bytes, frame ?? "", physical_address ?? ""]),
        )
      : given.steps.flatMap(({ index, space, walks }) =>
          walks.flatMap(({ levels, physical_address, virtual_address }) =>
            levels.map(({ bytes, frame, index: entry, name }) => [index, space, virtual_address, entry, name, bytes, frame, physical_address ?? ""]),
          ),
        );
  return `${[["access", "space", "virtual_address", "entry", "table", "bytes", "frame", "physical_address"], ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}
