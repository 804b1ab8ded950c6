// The columns of the list: what each says of a process, and of a group of them.

import { exact, grouped, iec, NONE } from "./format.js";
import { html } from "./html.js";
import { cgroupName, growthOf, pssOf, SPLIT, stateInWords } from "./processes-answer.js";
import { Trend } from "./processes-trend.js";

/** @typedef {import("./processes-answer.js").Process} Process */
/** @typedef {import("./processes-answer.js").Group} Group */
/**
 * What a cell needs to know beside its row. `scale` and `growthScale` are the bytes of a full bar, `windowMs` the stretch of
 * the growth.
 * @typedef {{name: string, windowMs: number, scale: number, growthScale: number, tree: boolean}} Look
 * @typedef {{id: string, sort: string | null, label: string, tip: string, words?: boolean,
 *   cell: (row: Process, look: Look) => any, sum?: (row: Group, look: Look) => any}} Column
 */

/** @param {number | null} bytes @param {string} what */
const amount = (bytes, what) => html`<span data-tip=${bytes === null ? undefined : `${what}\n${exact(bytes)}`}>${iec(bytes)}</span>`;

/** @type {Column} */
const NAME = {
  id: "name",
  sort: "command",
  label: "Process",
  tip: "Process\nits name, then its command line",
  words: true,
  cell: (row, { tree }) => html`<button type="button" class="row-button">${row.command}</button>${tree ? "" : html` <span class="note line">${row.command_line ?? (row.masked ? "· · ·" : "")}</span>`}
    ${row.started && html`<i class="mark">new</i>`}${row.ended && html`<i class="mark">ended</i>`}`,
  sum: (row, { tree }) => html`<span class="indent" style=${{ "--depth": Math.min(row.depth ?? 0, 24) }}></span><button type="button" class="row-button">${row.name}</button>
    ${(!tree || row.processes > 1) && html` <span class="note line">${tree ? `and ${grouped(row.processes - 1)} below` : grouped(row.processes)}</span>`}`,
};

/** @type {Column[]} */
const ALL = [
  NAME,
  { id: "pid", sort: "pid", label: "PID", tip: "PID\nthe kernel’s number of the process", cell: ({ pid }) => html`<code>${pid}</code>`, sum: ({ pid }) => (pid === null ? "" : html`<code>${pid}</code>`) },
  { id: "user", sort: "user", label: "User", tip: "User\nwhose process it is", words: true, cell: ({ user }) => user },
  { id: "memory", sort: "memory", label: "Memory", tip: "Memory\nRSS + swap, as one number", cell: ({ memory_bytes: bytes }) => amount(bytes, "RSS + swap"), sum: ({ memory_bytes: bytes }) => amount(bytes, "RSS + swap of all") },
  { id: "split", sort: null, label: "Made of", tip: "Made of\nanonymous, shared, file; then swap", words: true, cell: (row, look) => html`<${Split} row=${row} scale=${look.scale} />`, sum: (row, look) => html`<${Split} row=${row} scale=${look.scale} />` },
  { id: "growth", sort: "growth", label: "Growth", tip: "Growth\nof RSS + swap over the window", cell: growthCell, sum: growthCell },
  { id: "trend", sort: null, label: "Last minute", tip: "Last minute\nRSS + swap as this page saw it", words: true, cell: (_, { name }) => html`<${Trend} name=${name} />`, sum: (_, { name }) => html`<${Trend} name=${name} />` },
  { id: "rss", sort: "rss", label: "RSS", tip: "RSS\nresident in memory; pages that are shared count in each process", cell: ({ rss_bytes: bytes }) => amount(bytes, "RSS"), sum: ({ rss_bytes: bytes }) => amount(bytes, "RSS of all: shared pages count many times") },
  { id: "anon", sort: "anon", label: "Anon", tip: "Anonymous\nheap and stacks: what only the process has", cell: ({ anon_bytes: bytes }) => amount(bytes, "Anonymous"), sum: ({ anon_bytes: bytes }) => amount(bytes, "Anonymous") },
  { id: "shared", sort: "shared", label: "Shared", tip: "Shared\nshared memory and tmpfs", cell: ({ shared_bytes: bytes }) => amount(bytes, "Shared memory"), sum: ({ shared_bytes: bytes }) => amount(bytes, "Shared memory") },
  { id: "file", sort: "file", label: "File", tip: "File\npages of files that are mapped", cell: ({ file_bytes: bytes }) => amount(bytes, "File"), sum: ({ file_bytes: bytes }) => amount(bytes, "File") },
  { id: "swap", sort: "swap", label: "Swap", tip: "Swap\nwritten out; shared memory is not in it", cell: ({ swap_bytes: bytes }) => amount(bytes, "Swap"), sum: ({ swap_bytes: bytes }) => amount(bytes, "Swap") },
  { id: "pss", sort: "pss", label: "PSS", tip: "PSS and its age\nshared pages divided among those who share them: adds up to the truth", cell: pssCell, sum: pssCell },
  { id: "uss", sort: "uss", label: "USS", tip: "USS\nwhat would be free if the process ended", cell: ({ uss_bytes: bytes }) => amount(bytes, "USS"), sum: ({ uss_bytes: bytes }) => amount(bytes, "USS") },
  { id: "peak", sort: "peak", label: "Peak", tip: "Peak\nthe kernel’s high-water mark of RSS, also between samples", cell: ({ peak_bytes: bytes }) => amount(bytes, "Highest RSS ever") },
  { id: "faults", sort: "faults", label: "Major", tip: "Major faults\nsince it started", cell: ({ major_faults: count }) => grouped(count) },
  { id: "threads", sort: "threads", label: "Thr.", tip: "Threads", cell: ({ threads }) => grouped(threads), sum: ({ threads }) => grouped(threads) },
  { id: "state", sort: null, label: "S", tip: "State", cell: ({ state }) => html`<span data-tip=${stateInWords(state)}>${state}</span>` },
  { id: "cgroup", sort: "cgroup", label: "Cgroup", tip: "Cgroup", words: true, cell: ({ cgroup }) => html`<span data-tip=${`Cgroup\n${cgroup}`}>${cgroupName(cgroup)}</span>` },
];

/**
 * The columns on show.
 * @param {import("./processes-wish.js").Group} group what rows are
 * @param {boolean} numbers whether pictures are shown as their numbers
 */
export function columnsOf(group, numbers) {
  const without = [...(numbers ? ["split", "trend"] : ["anon", "shared", "file"]), ...(group === "none" || group === "tree" ? [] : ["pid"])];
  return ALL.filter(({ id, sum }) => (group === "none" || sum !== undefined) && !without.includes(id));
}

/** @param {Process | Group} row @param {Look} look */
function growthCell(row, { growthScale, windowMs }) {
  const { bytes, text, tip } = growthOf(row, windowMs);
  const part = bytes === null || bytes === 0 ? 0 : Math.max(0.02, Math.min(1, Math.abs(bytes) / growthScale));
  return html`<span class="growth" data-tip=${tip} data-known=${bytes !== null} data-sign=${Math.sign(bytes ?? 0)}>
    <i style=${{ "--part": part }}></i>${text}</span>`;
}

/** @param {any} row */
function pssCell(row) {
  const { age, text, tip } = pssOf(row);
  return html`<span data-tip=${tip}>${text}${age !== "" && html` <small>${age}</small>`}</span>`;
}

/** What the memory of a row is made of, on a scale that all rows share. @param {{row: Process | Group, scale: number}} props */
export function Split({ row, scale }) {
  const words = SPLIT.map(({ key, label }) => `${label} ${iec(row[key])}`);
  // each part reaches from the left over those before it, the last below: a part that grows moves no other
  let sum = 0;
  const parts = SPLIT.map(({ key, tone }) => ({ tone, own: row[key], end: (sum += row[key]) })).reverse();
  return html`<span class="split" data-tip=${["Made of", ...words].join("\n")} role="img" aria-label=${words.join(", ")}>
    ${parts.map(({ end, own, tone }) => html`<i key=${tone} class=${`tone-${tone}`} style=${{ width: `${own > 0 ? Math.min(100, (end / scale) * 100) : 0}%` }}></i>`)}
  </span>`;
}

/** Where a sum stands below the rows. @type {Record<string, string>} */
const SUMS = {
  memory: "memory_bytes",
  growth: "growth_bytes",
  rss: "rss_bytes",
  anon: "anon_bytes",
  shared: "shared_bytes",
  file: "file_bytes",
  swap: "swap_bytes",
  pss: "pss_bytes",
};

/**
 * What a column sums up to, where a sum of it means something.
 * @param {string} id
 * @param {Record<string, number | null>} sums
 */
export function sumOf(id, sums) {
  const bytes = sums[SUMS[id]];
  if (bytes === undefined) return "";
  return bytes === null ? NONE : html`<span data-tip=${exact(bytes)}>${iec(bytes)}</span>`;
}
