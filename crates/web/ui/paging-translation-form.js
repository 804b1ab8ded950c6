// The problems at the left of the tab: a page table with its mappings and accesses, or a TLB with its accesses.

import { html } from "./html.js";
import { Script } from "./lab-script.js";
import * as tlb from "./paging-tlb.js";
import { MAX_TEXT, NAMED as TLBS, nameOf as tlbName, timesOf } from "./paging-tlb-problem.js";
import { MAX_SCRIPT, NAMED, nameOf, PRESETS } from "./paging-translation-problem.js";
import * as walks from "./paging-translation-walks.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./paging-translation-problem.js").Table} Table */

/** Whether a refusal is of this member of the question. @param {string | null} refusal @param {string} member */
const isOf = (refusal, member) => refusal?.startsWith(`\`${member}\``) ?? false;
/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;
/** @param {Event} event */
const stay = (event) => event.preventDefault();

/** Every named problem of both parts. @param {{now: string}} props `now` is the name of the one on show */
function Names({ now }) {
  /** @param {Event} event */
  const choose = (event) => {
    const id = valueOf(event);
    const walk = NAMED.find((named) => `walk-${named.id}` === id);
    const cached = TLBS.find((named) => `tlb-${named.id}` === id);
    if (walk !== undefined) walks.change({ table: walk.table, script: walk.script });
    if (cached !== undefined) tlb.change(cached.problem);
  };
  return html`<label class="field"><span>Problem</span><select value=${now} onChange=${choose}>
    ${now === "" && html`<option value="">Your own</option>`}
    <optgroup label="Translation">${NAMED.map(({ id, label }) => html`<option key=${id} value=${`walk-${id}`}>${label}</option>`)}</optgroup>
    <optgroup label="TLB">${TLBS.map(({ id, label }) => html`<option key=${id} value=${`tlb-${id}`}>${label}</option>`)}</optgroup>
  </select></label>`;
}

/** A page table, and what is done with it. */
export function WalksForm() {
  const now = walks.problem.value;
  const name = nameOf(now);
  const shared = now.table.kind === "inverted" || now.table.kind === "hashed";
  const note = shared
    ? "map PAGE FRAME, unmap, space NUMBER; read, write, fetch ADDRESS."
    : "map PAGE FRAME|any rwxk, share, swap, huge, unmap, fork, space; read, write, fetch ADDRESS.";
  return html`<form class="problem-form" onSubmit=${stay}>
    <${Names} now=${name === undefined ? "" : `walk-${name.id}`} />
    <${TableChoice} table=${now.table} />
    <${Script} id="events" label="Mappings and accesses" rows=${12} text=${now.script} most=${MAX_SCRIPT} refusal=${walks.refusal.value}
      placeholder=${"map 0x12 5 rw\nread 0x12004"} note=${note} onText=${(/** @type {string} */ script) => walks.change({ script }, "adjust")} />
  </form>`;
}

/** @param {{table: Table}} props */
function TableChoice({ table }) {
  /** @param {Event} event */
  const choose = (event) => {
    const kind = valueOf(event);
    const ready = NAMED.find((named) => (named.table.kind === "preset" ? named.table.preset : named.table.kind) === kind);
    // a named problem gives way to one of the new table: its pages would not exist there
    if (ready !== undefined && nameOf(walks.problem.peek()) !== undefined) {
      walks.change({ table: ready.table, script: ready.script });
      return;
    }
    const offset = table.kind === "preset" ? 12 : table.offset;
    if (kind === "levels") walks.change({ table: { kind, levels: [10, 10], offset } });
    else if (kind === "inverted" || kind === "hashed") walks.change({ table: { kind, size: 8, offset } });
    else walks.change({ table: { kind: "preset", preset: kind } });
  };
  return html`<label class="field"><span>Page table</span>
      <select value=${table.kind === "preset" ? table.preset : table.kind} onChange=${choose}>
      ${PRESETS.map(([name, words]) => html`<option key=${name} value=${name}>${words}</option>`)}
      <option value="levels">A split of your own</option>
      <option value="inverted">Inverted</option><option value="hashed">Hashed</option>
    </select></label>
    ${
      table.kind === "levels" &&
      html`<${Levels} table=${table} />
      <${Whole} label="Offset, bits" wrong=${isOf(walks.refusal.value, "offset_bits")} value=${table.offset} least=${1} onValue=${(/** @type {number} */ offset) => walks.change({ table: { ...table, offset } }, "adjust")} />
      <p class="field-note" data-sum>${[...table.levels, table.offset].join(" + ")} = ${[...table.levels, table.offset].reduce((sum, bits) => sum + bits, 0)} bits</p>`
    }
    ${
      (table.kind === "inverted" || table.kind === "hashed") &&
      html`<${Whole} label=${table.kind === "inverted" ? "Frames" : "Buckets"} wrong=${isOf(walks.refusal.value, table.kind === "inverted" ? "frames" : "buckets")} value=${table.size} least=${1} onValue=${(/** @type {number} */ size) => walks.change({ table: { ...table, size } }, "adjust")} />
      <${Whole} label="Offset, bits" wrong=${isOf(walks.refusal.value, "offset_bits")} value=${table.offset} least=${1} onValue=${(/** @type {number} */ offset) => walks.change({ table: { ...table, offset } }, "adjust")} />`
    }`;
}

/** @param {{table: Extract<Table, {kind: "levels"}>}} props */
function Levels({ table }) {
  return html`<${Words} label="Levels, bits" value=${table.levels.join(",")} valid=${(/** @type {string} */ text) => /^\d{1,2}(\s*[,/ ]\s*\d{1,2}){0,7}\s*$/.test(text)}
    refused=${isOf(walks.refusal.value, "levels")} why="Bits from the top, as in 9,9,9" onValue=${(/** @type {string} */ text) => walks.change({ table: { ...table, levels: text.trim().split(/[^\d]+/).map(Number) } }, "adjust")} />`;
}

const REPLACEMENTS = [
  ["lru", "LRU"],
  ["fifo", "FIFO"],
  ["random", "RANDOM"],
  ["plru", "tree-PLRU"],
];

/** A TLB, and what it is asked. */
export function TlbForm() {
  const now = tlb.problem.value;
  const name = tlbName(now);
  const change = (/** @type {Partial<typeof now>} */ changes) => tlb.change(changes, "adjust");
  return html`<form class="problem-form tlb-form" onSubmit=${stay}>
    <${Names} now=${name === undefined ? "" : `tlb-${name.id}`} />
    <${Whole} label="Entries" wrong=${isOf(tlb.refusal.value, "entries")} value=${now.entries} least=${1} onValue=${(/** @type {number} */ entries) => change({ entries })} />
    <${Whole} label="Ways" wrong=${isOf(tlb.refusal.value, "ways")} value=${now.ways} least=${1} onValue=${(/** @type {number} */ ways) => change({ ways })} />
    <label class="field field-row"><span>Full set</span><select value=${now.replacement} onChange=${(/** @type {Event} */ event) => change({ replacement: valueOf(event) })}>
      ${REPLACEMENTS.map(([id, words]) => html`<option key=${id} value=${id}>${words}</option>`)}</select></label>
    <label class="field field-row"><span>Switch</span><select value=${now.flush ? "flush" : "tagged"} onChange=${(/** @type {Event} */ event) => change({ flush: valueOf(event) === "flush" })}>
      <option value="tagged">ASIDs</option><option value="flush">flush</option></select></label>
    <${Whole} label="Page, bytes" wrong=${isOf(tlb.refusal.value, "page_bytes")} value=${now.page} least=${1} onValue=${(/** @type {number} */ page) => change({ page })} />
    <${Whole} label="Second level, entries" wrong=${isOf(tlb.refusal.value, "second_entries")} value=${now.second} least=${0} onValue=${(/** @type {number} */ second) => change({ second })} />
    ${now.second > 0 && html`<${Whole} label="Its ways" wrong=${isOf(tlb.refusal.value, "second_ways")} value=${now.secondWays} least=${1} onValue=${(/** @type {number} */ secondWays) => change({ secondWays })} />`}
    <label class="field tick"><input type="checkbox" checked=${now.split} onChange=${() => change({ split: !now.split })} /> <span>One level for code, one for data</span></label>
    <${Script} id="accesses" label="Accesses" rows=${6} text=${now.accesses} most=${MAX_TEXT} refusal=${tlb.refusal.value} placeholder="0x1000 0x2000 w 1:0x1000"
      note=${now.lackey ? "As valgrind’s lackey prints them: I, L, S or M, address, size." : "2:0x1000 is of address space 2; w after it writes, x fetches."}
      onText=${(/** @type {string} */ accesses) => change({ accesses })} />
    <label class="field tick"><input type="checkbox" checked=${now.lackey} onChange=${() => change({ lackey: !now.lackey })} /> <span>The text is lackey’s</span></label>
    <${Words} label=${now.second > 0 ? "Times: TLB, memory, second" : "Times: TLB, memory"} value=${now.times} valid=${(/** @type {string} */ text) => timesOf(text) !== null}
      why="Two or three numbers of one unit, as in 1, 100" onValue=${(/** @type {string} */ times) => change({ times })} />
    <${Whole} label="Levels of a walk" wrong=${isOf(tlb.refusal.value, "levels")} value=${now.walk} least=${1} onValue=${(/** @type {number} */ walk) => change({ walk })} />
  </form>`;
}

/** @param {{label: string, value: number, least: number, wrong: boolean, onValue: (value: number) => void}} props */
function Whole({ label, least, onValue, value, wrong }) {
  /** @param {Event} event */
  const take = (event) => {
    const text = valueOf(event);
    const next = Number(text);
    if (text !== "" && Number.isSafeInteger(next) && next >= least) onValue(next);
  };
  return html`<label class="field field-row"><span>${label}</span>
    <input type="number" min=${least} step="1" inputmode="numeric" value=${value} aria-invalid=${wrong} onInput=${take} /></label>`;
}

/**
 * A short text that is taken over once it can be read; what is wrong with it stands under it.
 * @param {{label: string, value: string, why: string, refused?: boolean, valid: (text: string) => boolean, onValue: (value: string) => void}} props
 */
function Words({ label, onValue, refused = false, valid, value, why }) {
  const [draft, setDraft] = useState(value);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (document.activeElement !== field.current) setDraft(value);
  }, [value]);
  const wrong = !valid(draft);
  /** @param {Event} event */
  const take = (event) => {
    const text = valueOf(event);
    setDraft(text);
    if (valid(text)) onValue(text);
  };
  return html`<label class="field"><span>${label}</span>
    <input type="text" ref=${field} value=${draft} maxlength="60" autocomplete="off" spellcheck=${false} aria-invalid=${wrong || refused} onInput=${take} />
    ${wrong && html`<span class="field-note"><span class="fault">✕ ${why}</span></span>`}</label>`;
}
