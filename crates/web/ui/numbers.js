// The numbers everyone quotes, what share of the total each is, and how far each has moved over the window.

import { Term } from "./definitions.js";
import { duration, exact, iec, NONE, percent, signedIec } from "./format.js";
import { changes, frame, oldestMs, shown } from "./history.js";
import { html } from "./html.js";
import { RANGES, watchedMs } from "./ranges.js";

/** @typedef {import("./api.js").Memory} Memory */

/** @type {{key: string, label: string, formula: string, series: string, read: (now: Memory) => number}[]} */
const ROWS = [
  {
    key: "used",
    label: "Used",
    formula: "MemTotal − MemAvailable",
    series: "memory.used",
    read: (now) => now.used_bytes,
  },
  {
    key: "available",
    label: "Available",
    formula: "MemAvailable",
    series: "memory.available",
    read: (now) => now.available_bytes,
  },
  { key: "free", label: "Free", formula: "MemFree", series: "memory.free", read: (now) => now.free_bytes },
  { key: "cached", label: "Cached", formula: "Cached", series: "memory.cached", read: (now) => now.cached_bytes },
  { key: "buffers", label: "Buffers", formula: "Buffers", series: "memory.buffers", read: (now) => now.buffers_bytes },
  { key: "shared_memory", label: "Shared", formula: "Shmem", series: "memory.shared", read: (now) => now.shared_bytes },
  { key: "total", label: "Total", formula: "MemTotal", series: "memory.total", read: (now) => now.total_bytes },
];

/** @param {{now: Memory | null}} props */
export function Numbers({ now }) {
  const watched = now === null ? null : watchedMs(shown.value, oldestMs.value);
  return html`<table class="numbers">
    <caption class="sr-only">Memory in numbers</caption>
    <${Columns} />
    <thead><tr>
      <th scope="col" class="note">used = total − available</th>
      <th scope="colgroup" colspan="3" class="note" data-watched=${watched !== null}>
        ${windowName()}${watched !== null && ` ${NONE} (watched ${duration(watched)})`}
      </th>
    </tr></thead>
    <tbody>${ROWS.map(
      (row) => html`<tr key=${row.key}>
      <th scope="row"><${Term} term=${row.key}>${row.label}<//></th>
      <td class="number" data-number=${row.key} data-bytes=${now && row.read(now)}
        data-tip=${now ? `${row.label} = ${row.formula}\n${exact(row.read(now))}` : undefined}>${iec(now && row.read(now))}</td>
      <td class="number share">${now === null ? NONE : percent(row.read(now) / now.total_bytes)}</td>
      <td class="number delta">${deltaOf(row, now, watched)}</td>
    </tr>`,
    )}</tbody>
  </table>`;
}

/** Fixed widths: no column moves when a number gains a digit. */
function Columns() {
  return html`<colgroup><col /><col class="amount-column" /><col class="share-column" /><col class="delta-column" /></colgroup>`;
}

/** The window on show in words: what the changes refer to. */
function windowName() {
  const { fromMs, rangeId, toMs } = shown.value;
  const range = RANGES.find(({ id }) => id === rangeId);
  if (range === undefined || range.ms === Infinity) return `in ${duration(toMs - fromMs)}`;
  return `in ${range.label}`;
}

/**
 * @param {typeof ROWS[number]} row
 * @param {Memory | null} now
 * @param {number | null} watched
 */
function deltaOf(row, now, watched) {
  void changes.value;
  if (now === null || row.key === "total") return "";
  if (watched !== null) return NONE;
  const { fromMs, toMs } = shown.value;
  const { series, time } = frame.value;
  const first = time.findIndex((at) => at >= fromMs);
  let last = time.length - 1;
  while (last > 0 && time[last] > toMs) last -= 1;
  const before = first < 0 ? null : series[row.series].mean[first];
  const after = last < 0 ? null : series[row.series].mean[last];
  if (before === null || after === null) return NONE;
  const change = after - before;
  const tip = `${row.label}: change over the window\n${exact(change)}`;
  return html`<span data-tip=${tip}>${signedIec(Math.abs(change) < 1024 ? 0 : change)}</span>`;
}

/** @param {{now: Memory | null}} props */
export function SwapBar({ now }) {
  const total = now?.swap_total_bytes ?? 0;
  const used = now?.swap_used_bytes ?? 0;
  const share = total > 0 ? used / total : 0;
  const tip = total > 0 ? `Swap used = SwapTotal − SwapFree\n${exact(used)} of ${exact(total)}` : undefined;
  return html`<section class="swap" aria-label="Swap">
    <p class="swap-line">
      <${Term} term="swap">Swap<//>
      ${
        now !== null && total === 0
          ? html`<span class="note">no swap</span>`
          : html`<span class="number" data-number="swap_used" data-bytes=${used} data-tip=${tip}>
            ${iec(now && used)} <span class="share">of ${iec(now && total)}</span>
          </span>`
      }
    </p>
    <div class="swap-bar" data-none=${total === 0} data-tip=${tip}>
      <div class="swap-used" style=${{ width: `${share * 100}%` }}></div>
    </div>
  </section>`;
}

/** The kernel's own averages of pressure. @param {{now: Memory | null}} props */
export function StallAverages({ now }) {
  const pressure = now?.pressure;
  if (now !== null && !pressure) {
    return html`<p class="note">This kernel does not measure pressure.</p>`;
  }
  const rows = /** @type {const} */ (["some", "full"]);
  return html`<table class="numbers stalls">
    <caption class="sr-only">Pressure: share of time in which work waited for memory</caption>
    <${Columns} />
    <thead><tr>
      <th scope="col"><${Term} term="stall">Pressure<//></th>
      <th scope="col" class="note">10 s</th>
      <th scope="col" class="note">1 min</th>
      <th scope="col" class="note">5 min</th>
    </tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr key=${row}>
      <th scope="row"><${Term} term=${`pressure_${row}`}>${row}<//></th>
      <td class="number">${percent(pressure?.[row]?.avg10)}</td>
      <td class="number">${percent(pressure?.[row]?.avg60)}</td>
      <td class="number">${percent(pressure?.[row]?.avg300)}</td>
    </tr>`,
    )}</tbody>
  </table>`;
}
