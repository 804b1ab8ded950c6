// The list of processes, or of groups of them: as many rows as there are, of which those on the screen are there.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { Refusal } from "./lab-question.js";
import { memo } from "./memo.js";
import { growthOf, scaleOf } from "./processes-answer.js";
import { change, firstRow, followed, list, namedRows, nameOf, offsetOf, wish } from "./processes-ask.js";
import { columnsOf, sumOf } from "./processes-columns.js";
import { filteredBy, sortedBy, SORTS, textOf, WINDOWS } from "./processes-wish.js";
import { navigate, tableShown } from "./state.js";
import { useEffect, useLayoutEffect, useRef } from "./vendor/preact-hooks.js";
import { computed, signal } from "./vendor/signals.js";

/** @typedef {import("./processes-columns.js").Column} Column */
/** @typedef {import("./processes-columns.js").Look} Look */

/** Height of a row before it was measured, CSS pixels. */
const USUAL_ROW_PX = 28;
/** Rows that are drawn beyond each edge of the screen. */
const BEYOND = 12;

const rowPx = signal(USUAL_ROW_PX);
const screenRows = signal(30);
/** Bytes of a full bar: they grow with the largest row seen in this order, and do not shrink while one scrolls. */
const scales = { question: "", memory: 0, growth: 0 };

/** The rows that are there, with what their cells need. */
const drawn = computed(() => {
  const answered = list.answer.value;
  if (answered === null) return null;
  const { path, value } = answered;
  const rows = namedRows(value);
  const { growthScale, scale } = scalesOf(path, value, rows);
  const windowMs = value.compare_ms == null ? value.window_ms : value.time_ms - value.compare_ms;
  return { value, rows, from: offsetOf(path), scale, growthScale, windowMs, groups: value.groups !== undefined, tree: wish.peek().group === "tree" };
});

/**
 * @param {string} path
 * @param {import("./processes-answer.js").List} value
 * @param {{bytes: number, row: any}[]} rows
 */
function scalesOf(path, value, rows) {
  const question = path.replace(/&offset=\d+/, "");
  const most = rows.reduce((largest, { bytes }) => Math.max(largest, bytes), 0);
  const growth = rows.reduce((largest, { row }) => Math.max(largest, Math.abs(growthOf(row, value.window_ms).bytes ?? 0)), 0);
  if (scales.question !== question) Object.assign(scales, { question, memory: 0, growth: 0 });
  scales.memory = Math.max(scales.memory, most);
  scales.growth = Math.max(scales.growth, growth);
  return { scale: scaleOf(scales.memory), growthScale: scaleOf(scales.growth) };
}

/** The list with its heading and its sums. */
export function Table() {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => measured(scroller.current), []);
  const order = `${wish.value.sort} ${wish.value.ascending} ${wish.value.group} ${wish.value.filter} ${wish.value.atMs} ${wish.value.compareMs}`;
  useLayoutEffect(() => void scroller.current?.scrollTo({ top: 0 }), [order]);
  const columns = columnsOf(wish.value.group, tableShown.value);
  const matched = list.answer.value?.value.matched ?? 0;
  const onScroll = (/** @type {Event} */ event) => {
    firstRow.value = Math.floor(/** @type {HTMLElement} */ (event.currentTarget).scrollTop / rowPx.value);
  };
  return html`<div class="rows" ref=${scroller} onScroll=${onScroll} onKeyDown=${onKey} tabindex="0" role="region" aria-label="Processes">
    <table class="rows-table" aria-rowcount=${matched + 1}>
      <caption class="sr-only">Processes, sorted by ${SORTS.find(({ id }) => id === wish.value.sort)?.label}</caption>
      <thead><tr>${columns.map((column) => html`<${Heading} key=${column.id} column=${column} sort=${wish.value.sort} ascending=${wish.value.ascending} />`)}</tr></thead>
      <${Body} columns=${columns} />
      <${Sums} columns=${columns} />
    </table>
    ${list.answer.value === null && list.refusal.value === null && html`<p class="note rows-none">Reading…</p>`}
    ${list.refusal.value !== null && html`<${Refusal} message=${list.refusal.value} kept=${false} />`}
    ${list.refusal.value === null && list.answer.value !== null && matched === 0 && html`<p class="note rows-none">Nothing matches. <button type="button" class="quiet" onClick=${() => change({ filter: undefined })}>Clear the filter</button></p>`}
  </div>`;
}

/** @param {{column: Column, sort: string, ascending: boolean}} props */
function Heading({ ascending, column, sort }) {
  const on = column.sort !== null && column.sort === sort;
  const direction = on ? (ascending ? "ascending" : "descending") : undefined;
  const press = () => change({ sort: sortedBy(wish.peek(), column.sort ?? "") });
  return html`<th scope="col" class=${`c-${column.id} ${column.words ? "words" : ""}`} aria-sort=${direction} data-on=${on}>
    ${column.sort === null ? html`<span data-tip=${column.tip}>${column.label}</span>` : html`<button type="button" data-tip=${column.tip} onClick=${press}>${column.label}<i aria-hidden="true">${on ? (ascending ? "↑" : "↓") : ""}</i></button>`}
  </th>`;
}

/** The rows about the screen between two spaces that stand for the others. @param {{columns: Column[]}} props */
function Body({ columns }) {
  const now = drawn.value;
  if (now === null) return html`<tbody></tbody>`;
  const { from, groups, growthScale, rows, scale, tree, value, windowMs } = now;
  const first = Math.max(from, firstRow.value - BEYOND);
  const last = Math.min(from + rows.length, firstRow.value + screenRows.value + BEYOND);
  const chosen = wish.value.chosen === null ? "" : textOf(wish.value.chosen);
  const space = (/** @type {number} */ count) => count > 0 && html`<tr class="rows-space" aria-hidden="true"><td style=${{ height: `${count * rowPx.value}px` }}></td></tr>`;
  const shown = rows.slice(Math.max(0, first - from), Math.max(0, last - from));
  const before = Math.min(first, value.matched);
  // rows are told apart by their place: what another order brings stands in the same row, and nothing moves
  return html`<tbody>
    <${FollowedRow} columns=${columns} scale=${scale} growthScale=${growthScale} />
    ${space(before)}
    ${shown.map(({ name, row }, index) => html`<${Row} key=${before + index} name=${name} row=${row} columns=${columns} index=${before + index}
      chosen=${name === chosen} groups=${groups} scale=${scale} growthScale=${growthScale} windowMs=${windowMs} tree=${tree} />`)}
    ${space(value.matched - before - shown.length)}
  </tbody>`;
}

/** @type {(props: {name: string, row: any, columns: Column[], index: number, chosen: boolean, groups: boolean, scale: number, growthScale: number, windowMs: number, tree: boolean}) => any} */
const Row = memo(({ chosen, columns, groups, growthScale, index, name, row, scale, tree, windowMs }) => {
  const look = { name, windowMs, scale, growthScale, tree };
  const press = () => (groups ? openGroup(row) : choose(row, chosen));
  return html`<tr aria-rowindex=${index + 2} aria-selected=${chosen} class=${chosen ? "chosen" : ""} data-row=${name} data-ended=${row.ended === true} onClick=${press}>
    ${columns.map((column) => html`<td key=${column.id} class=${`c-${column.id} ${column.words ? "words" : "number"}`}>${groups ? column.sum?.(row, look) : column.cell(row, look)}</td>`)}
  </tr>`;
});

/** The process that is followed stands under the heading, wherever it is in the order. @param {{columns: Column[], scale: number, growthScale: number}} props */
function FollowedRow({ columns, growthScale, scale }) {
  const key = wish.value.followed;
  if (key === null) return null;
  const answer = followed.answer.value?.value;
  const process = answer?.process.pid === key.pid ? answer.process : null;
  const windowMs = WINDOWS.find(({ id }) => id === wish.value.window)?.ms ?? 60_000;
  const growth = answer?.growth.find((each) => each.window_ms === windowMs);
  const row = /** @type {any} */ ({ ...process, growth_bytes: growth?.growth_bytes ?? null, growth_window_ms: growth?.growth_window_ms ?? null });
  const look = { name: textOf(key), windowMs, scale, growthScale, tree: false };
  const gone = followed.refusal.value;
  return html`<tr class="rows-followed" data-followed=${textOf(key)}>
    ${process === null || gone !== null
      ? html`<td class="words followed-said">${gone === null ? "Reading…" : `Followed: ${gone}`} <button type="button" class="quiet" onClick=${() => change({ follow: undefined })}>Let go</button></td>`
      : columns.map((column) => html`<td key=${column.id} class=${`c-${column.id} ${column.words ? "words" : "number"}`}>${column.id === "name" && html`<i class="mark">followed</i> `}${column.cell(row, look)}</td>`)}
  </tr>`;
}

/** @param {{columns: Column[]}} props */
function Sums({ columns }) {
  const value = list.answer.value?.value;
  if (value === undefined) return null;
  const what = wish.value.group === "none" || wish.value.group === "tree" ? "processes" : "groups";
  return html`<tfoot><tr>${columns.map((column) => html`<td key=${column.id} class=${`c-${column.id} ${column.words ? "words" : "number"}`}>
    ${column.id === "name" ? html`<span data-matched=${value.matched}>${grouped(value.matched)} ${what}</span>` : sumOf(column.id, value.sums)}</td>`)}</tr></tfoot>`;
}

/** @param {import("./processes-answer.js").Process} row @param {boolean} chosen */
function choose(row, chosen) {
  change({ process: chosen ? undefined : nameOf(row) });
}

/** A group opens as the list of its processes; in the tree a row is a process. @param {import("./processes-answer.js").Group} row */
function openGroup(row) {
  const { filter, group } = wish.peek();
  if (group === "tree") return void (row.pid !== null && navigate({ group: undefined, filter: filteredBy(filter, "tree", String(row.pid)) }));
  navigate({ group: undefined, filter: filteredBy(filter, group, row.key) });
}

/** Arrows choose the row above or below; Escape lets go. @param {KeyboardEvent} event */
function onKey(event) {
  const now = drawn.peek();
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.key === "Escape" && wish.peek().chosen !== null) change({ process: undefined });
  else if (step !== undefined && now !== null && !now.groups && wish.peek().chosen !== null) {
    const chosen = textOf(/** @type {import("./processes-wish.js").Key} */ (wish.peek().chosen));
    const next = now.rows[now.rows.findIndex(({ name }) => name === chosen) + step];
    if (next === undefined) return;
    change({ process: next.name });
    requestAnimationFrame(() => document.querySelector(`[data-row="${next.name}"]`)?.scrollIntoView({ block: "nearest" }));
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Learns how high a row is, and how many are on the screen. @param {HTMLElement | null} scroller */
function measured(scroller) {
  if (scroller === null) return undefined;
  const measure = () => {
    const height = scroller.querySelector("[data-row]")?.getBoundingClientRect().height ?? 0;
    if (height > 0) rowPx.value = height;
    screenRows.value = Math.ceil(scroller.clientHeight / rowPx.value);
  };
  const observer = new ResizeObserver(measure);
  observer.observe(scroller);
  const table = scroller.querySelector("table");
  if (table !== null) observer.observe(table);
  return () => observer.disconnect();
}
