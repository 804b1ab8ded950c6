// How a process went: its RSS by what it is made of, stacked, and its swap over it.

import { Chart } from "./chart.js";
import { duration, iec, iecShort, moment } from "./format.js";
import { lastMs } from "./history.js";
import { html } from "./html.js";
import { columns } from "./panels.js";
import { presenting, printing, tableShown } from "./state.js";
import { dark } from "./theme.js";
import { useEffect, useRef } from "./vendor/preact-hooks.js";

/** @typedef {import("./processes-answer.js").Past} Past */

const same = (/** @type {number} */ value) => value;
const TWIN_ROWS = 30;

/** @type {import("./panels.js").Panel} */
const PANEL = {
  id: "past",
  title: "RSS and swap",
  note: "",
  stacked: true,
  unit: "binary",
  floor: 65_536,
  top: null,
  format: iec,
  axis: iecShort,
  lines: [
    { label: "anonymous", term: "anonymous", color: "--used", paint: "solid", series: ["anon_bytes"], mix: same },
    { label: "file and shared", term: "", color: "--reclaimable", paint: "hatch", series: ["file_bytes", "shared_bytes"], mix: (file, shared) => file + shared },
    { label: "swap", term: "", color: "--swap", paint: "hatch", series: ["swap_bytes"], mix: same },
  ],
};

/** @param {Past} past @returns {import("./frame.js").Frame} */
function frameOf({ time_ms: time, ...series }) {
  const columnsOf = Object.entries(series).map(([name, values]) => [name, { min: values, max: values, mean: values }]);
  return { time, series: Object.fromEntries(columnsOf), stepMs: longestStep(time) };
}

/** Tables are kept further apart the older they are: the widest step is no gap. @param {number[]} time */
function longestStep(time) {
  const steps = time.slice(1).map((at, index) => at - time[index]).sort((one, other) => one - other);
  return steps[Math.floor(steps.length * 0.9)] ?? 1000;
}

/** @param {{past: Past | null}} props */
export function PastChart({ past }) {
  const time = past?.time_ms ?? [];
  const span = time.length > 1 ? time[time.length - 1] - time[0] : 0;
  return html`<section class="side-past" aria-label="How it went"><h3>How it went <span class="note">${span > 0 && `the last ${duration(span)}`}</span></h3>
    ${past === null || time.length < 2 ? html`<p class="note">Nothing was kept of it yet.</p>` : tableShown.value ? html`<${Twin} past=${past} />` : html`<${Plot} past=${past} />`}
    <p class="legend"><span><i class="swatch tone-used"></i>anonymous</span> <span><i class="swatch tone-reclaimable"></i>file and shared</span> <span><i class="swatch tone-swap"></i>swap</span></p>
  </section>`;
}

/** @param {{past: Past}} props */
function Plot({ past }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const chart = useRef(/** @type {Chart | null} */ (null));
  useEffect(() => {
    if (host.current === null) return undefined;
    const made = new Chart(host.current, PANEL, { timeAxis: true, gutter: 56, synced: false }, { onCursor: () => {}, onZoom: () => {}, onReset: () => {} });
    chart.current = made;
    return () => made.destroy();
  }, [dark.value, presenting.value, printing.value]);
  useEffect(() => {
    const { time_ms: time } = past;
    chart.current?.update(columns(PANEL, frameOf(past), 1000), time[0], time[time.length - 1]);
  }, [past, dark.value, presenting.value, printing.value]);
  const last = past.anon_bytes.length - 1;
  return html`<div class="plot" ref=${host} role="img" aria-label=${`From ${iec(past.rss_bytes[0])} to ${iec(past.rss_bytes[last])} of RSS`}></div>`;
}

/** @param {{past: Past}} props */
function Twin({ past }) {
  const { anon_bytes: anon, file_bytes: file, rss_bytes: rss, swap_bytes: swap, time_ms: time } = past;
  const every = Math.max(1, Math.ceil(time.length / TWIN_ROWS));
  const rows = time.map((_, index) => index).filter((index) => (time.length - 1 - index) % every === 0).reverse();
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="How it went as a table"><table class="twin">
    <thead><tr><th scope="col">Time</th><th scope="col">RSS</th><th scope="col">Anon</th><th scope="col">File</th><th scope="col">Swap</th></tr></thead>
    <tbody>${rows.map((index) => html`<tr key=${time[index]}><th scope="row" class="number">${moment(time[index], lastMs.peek())}</th>${[rss, anon, file, swap].map((values, place) => html`<td class="number" key=${place}>${iec(values[index])}</td>`)}</tr>`)}</tbody></table></div>`;
}
