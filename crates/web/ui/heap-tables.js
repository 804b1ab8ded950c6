// Under the picture of a heap: its functions, sizes, lifetimes, threads, and what was lost. One of them is open.

import { duration, grouped, iec, percent } from "./format.js";
import { html } from "./html.js";
import { functionsOf, placeOf } from "./heap-tree.js";
import { adjust, state } from "./state.js";
import { useMemo, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./heap-source.js").Detail} Detail */
/** @typedef {import("./heap-tree.js").Node} Node */
/** @typedef {import("./heap-tree.js").Entry} Entry */

const TABS = /** @type {const} */ ([
  { id: "functions", label: "Functions" },
  { id: "sizes", label: "Sizes" },
  { id: "lifetimes", label: "Lifetimes" },
  { id: "threads", label: "Threads" },
  { id: "losses", label: "Losses and cost" },
]);

/** Rows of a table at first, and at each wish for more. */
const ROWS = 40;

/** @param {{detail: Detail, root: Node, unit: "bytes" | "count", picked: string | null, onPick: (entry: Entry) => void, onAround: (entry: Entry) => void}} props */
export function Tables(props) {
  const { detail } = props;
  const open = TABS.find(({ id }) => id === state.value.table)?.id ?? "functions";
  return html`<section class="heap-tables" aria-label="Tables">
    <div class="lab-tabs" role="tablist" aria-label="Tables">${TABS.map(({ id, label }) => html`<button type="button" role="tab" key=${id} id=${`heap-tab-${id}`} aria-controls="heap-table" aria-selected=${id === open}
      onClick=${() => adjust({ table: id === "functions" ? undefined : id })}>${label}${id === "losses" && detail.session.lost_events > 0 && html` <b class="fault">✕</b>`}</button>`)}</div>
    <div id="heap-table" role="tabpanel" aria-labelledby=${`heap-tab-${open}`}>
      ${open === "functions" && html`<${Functions} ...${props} />`}
      ${open === "sizes" && html`<${Sizes} detail=${detail} />`}
      ${open === "lifetimes" && html`<${Lifetimes} detail=${detail} />`}
      ${open === "threads" && html`<${Threads} detail=${detail} />`}
      ${open === "losses" && html`<${Losses} detail=${detail} />`}
    </div>
  </section>`;
}

/** An amount in the tree's unit. @param {number} value @param {"bytes" | "count"} unit */
export function amount(value, unit) {
  return unit === "bytes" ? iec(value) : grouped(value);
}

/** @param {{root: Node, unit: "bytes" | "count", picked: string | null, onPick: (entry: Entry) => void, onAround: (entry: Entry) => void}} props */
function Functions({ onAround, onPick, picked, root, unit }) {
  const [most, setMost] = useState(ROWS);
  const [by, setBy] = useState(/** @type {"total" | "self" | "blocks"} */ ("self"));
  const all = useMemo(() => functionsOf(root), [root]);
  const sorted = useMemo(() => [...all].sort((a, b) => b[by] - a[by] || b.total - a.total), [all, by]);
  const whole = Math.max(1, root.value);
  const heading = (/** @type {typeof by} */ id, /** @type {string} */ label, /** @type {string} */ tip) => html`<th scope="col" class=${`heap-${id}`} aria-sort=${id === by ? "descending" : "none"}>
    <button type="button" onClick=${() => setBy(id)} data-tip=${`${label}\n${tip}`}>${label}${id === by ? " ▾" : ""}</button></th>`;
  return html`<div class="table-scroll heap-functions" tabindex="0" role="region" aria-label="Functions"><table class="twin">
    <thead><tr><th scope="col" class="words">Function</th>
      ${heading("self", "Self", "asked for by the function itself")}
      ${heading("total", "Total", "asked for by it and by all that it called")}
      ${unit === "bytes" && heading("blocks", "Blocks", "how many blocks that is")}
      <th scope="col" class="heap-share"><span class="sr-only">Share</span></th></tr></thead>
    <tbody>${sorted.slice(0, most).map((entry) => html`<tr key=${entry.name} data-picked=${entry.name === picked} data-internal=${entry.frame.internal}>
      <th scope="row" class="words"><button type="button" class="heap-function" onClick=${() => onPick(entry)} onDblClick=${() => onAround(entry)} data-tip=${`${entry.frame.function}\n${entry.frame.file ?? entry.frame.module}${entry.frame.line === null ? "" : `:${entry.frame.line}`}\ndouble click: callers and callees`}>${entry.frame.function}</button> <span class="note">${placeOf(entry.frame)}</span></th>
      <td class="number">${amount(entry.self, unit)}</td><td class="number">${amount(entry.total, unit)}</td>
      ${unit === "bytes" && html`<td class="number heap-blocks">${grouped(entry.blocks)}</td>`}
      <td class="heap-share"><span class="heap-bar" style=${{ width: `${(entry.total / whole) * 100}%` }}></span><span class="heap-bar heap-bar-self" style=${{ width: `${(entry.self / whole) * 100}%` }}></span></td></tr>`)}</tbody></table>
    ${sorted.length === 0 && html`<p class="note heap-none">Nothing of this kind yet.</p>`}
    ${sorted.length > most && html`<button type="button" class="quiet" onClick=${() => setMost(most + 4 * ROWS)}>${grouped(sorted.length - most)} more</button>`}
  </div>`;
}

/** A size on the scale of powers of two. @param {number} bytes */
function short(bytes) {
  return iec(bytes).replace(/\.0+(?=\u00a0)|(\.\d*?)0+(?=\u00a0)/, "$1");
}

/** @param {{value: number, most: number, tone?: string}} props */
function Bar({ most, tone = "", value }) {
  return html`<span class=${`heap-bar ${tone}`} style=${{ width: `${most === 0 ? 0 : (value / most) * 100}%` }}></span>`;
}

/** @param {{detail: Detail}} props */
function Sizes({ detail: { sizes } }) {
  const most = Math.max(0, ...sizes.map(({ allocations }) => allocations));
  const mostLive = Math.max(0, ...sizes.map(({ live_bytes: bytes }) => bytes));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Sizes"><table class="twin heap-histogram">
    <thead><tr><th scope="col" class="words">Size</th><th scope="col">Allocations</th><th scope="col" class="heap-share"><span class="sr-only">Share</span></th><th scope="col">Live blocks</th><th scope="col">Live bytes</th><th scope="col" class="heap-share"><span class="sr-only">Share</span></th></tr></thead>
    <tbody>${sizes.filter(({ allocations, live_blocks: live }) => allocations > 0 || live > 0).map((row) => html`<tr key=${row.from_bytes}><th scope="row" class="words number">${short(row.from_bytes)} to ${short(row.to_bytes)}</th>
      <td class="number">${grouped(row.allocations)}</td><td class="heap-share"><${Bar} value=${row.allocations} most=${most} /></td>
      <td class="number">${grouped(row.live_blocks)}</td><td class="number">${iec(row.live_bytes)}</td><td class="heap-share"><${Bar} value=${row.live_bytes} most=${mostLive} tone="heap-bar-self" /></td></tr>`)}</tbody></table></div>`;
}

/** A time in its unit. @param {number} us */
function timeIn(us) {
  if (us < 1000) return `${us}\u00a0µs`;
  return us < 1_000_000 ? `${Math.round(us / 1000)}\u00a0ms` : duration(us / 1000);
}

/** @param {{detail: Detail}} props */
function Lifetimes({ detail: { lifetimes } }) {
  const rows = lifetimes.filter(({ blocks }) => blocks > 0);
  const most = Math.max(0, ...rows.map(({ blocks }) => blocks));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Lifetimes"><table class="twin heap-histogram">
    <thead><tr><th scope="col" class="words">Lived</th><th scope="col">Blocks given back</th><th scope="col" class="heap-share"><span class="sr-only">Share</span></th><th scope="col">Bytes</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.from_us}><th scope="row" class="words number">${timeIn(row.from_us)} to ${timeIn(row.to_us)}</th>
      <td class="number">${grouped(row.blocks)}</td><td class="heap-share"><${Bar} value=${row.blocks} most=${most} /></td><td class="number">${iec(row.bytes)}</td></tr>`)}</tbody></table>
    ${rows.length === 0 && html`<p class="note heap-none">No block was given back yet.</p>`}</div>`;
}

/** @param {{detail: Detail}} props */
function Threads({ detail: { thread_list: threads } }) {
  const rows = [...threads].sort((a, b) => b.live_bytes - a.live_bytes || b.allocations - a.allocations).slice(0, 400);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Threads"><table class="twin">
    <thead><tr><th scope="col" class="words">Thread</th><th scope="col">TID</th><th scope="col">Allocations</th><th scope="col">Allocated</th><th scope="col">Live</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.thread}><th scope="row" class="words">${row.name === "" ? `thread ${row.thread}` : row.name} ${row.ended && html`<span class="note">ended</span>`}</th>
      <td class="number">${row.tid}</td><td class="number">${grouped(row.allocations)}</td><td class="number">${iec(row.bytes_allocated)}</td><td class="number">${iec(row.live_bytes)}</td></tr>`)}</tbody></table>
    ${threads.length > rows.length && html`<p class="note heap-none">${grouped(threads.length - rows.length)} more threads, each with less.</p>`}</div>`;
}

/** What tracking cost, and what it could not see. @param {{detail: Detail}} props */
function Losses({ detail: { losses, modules, session } }) {
  const events = session.allocations + session.frees;
  const bare = modules.filter(({ has_symbols: has }) => !has);
  const rows = [
    ["Events", grouped(events), "allocations and frees that were told"],
    ["Lost", grouped(session.lost_events),  session.lost_events === 0 ? (session.sample_bytes === 0 ? "nothing: every number is exact" : "nothing of what was to be told") : "counted, and in no other number: leaks are “at least”"],
    ...losses.map(({ events: count, why }) => ["", grouped(count), why]),
    ["Unmatched frees", grouped(session.unmatched_frees), "of blocks from before tracking began, or whose allocation was lost"],
    ["Sampling", session.sample_bytes === 0 ? "off" : iec(session.sample_bytes), session.sample_bytes === 0 ? "every allocation is told" : `bytes between two samples on average; every number is an estimate, live bytes to about ± ${iec(2 * session.live_error_bytes)}`],
    ["Tracking cost", session.host_cpu_ms === null ? "—" : timeIn(session.host_cpu_ms * 1000), session.host_cpu_ms === null ? "not told by this recording" : `processor time beside the program, ${percent(session.host_cpu_ms / Math.max(1, session.duration_ms))} of a core while it ran`],
    ["The program waited", session.waited_ms === null ? "—" : timeIn(session.waited_ms * 1000), session.waited_ms === 0 ? "never: there was always room for what it had to tell" : "for room to tell its events, all its threads together"],
    ["Allocator", session.allocator, "what answers the requests"],
    ["Without symbols", String(bare.length), bare.length === 0 ? "every module has names" : bare.slice(0, 8).map(({ path }) => path).join(", ")],
  ];
  return html`<table class="twin heap-losses"><tbody>${rows.map(([name, value, note], index) => html`<tr key=${index}><th scope="row" class="words">${name}</th><td class="number">${value}</td><td class="words note">${note}</td></tr>`)}</tbody></table>`;
}
