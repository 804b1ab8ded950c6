// The moment on show: memory over time as a strip on which a click goes to a moment and a drag compares two, the time to
// the second, and the way back to now.

import { Chart } from "./chart.js";
import { events, EventLane } from "./events.js";
import { age, duration, iec, moment } from "./format.js";
import { changes, charted, frame, historyError, lastMs, loaded, setPixels, shown } from "./history.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { memory } from "./live.js";
import { columns, PANELS } from "./panels.js";
import { goTo, live, list, wish } from "./processes-ask.js";
import { RANGES } from "./ranges.js";
import { cursorMs, navigate, presenting, printing, tableShown } from "./state.js";
import { dark } from "./theme.js";
import { useEffect, useRef } from "./vendor/preact-hooks.js";
import { computed, effect } from "./vendor/signals.js";

/** Width of the value axis, CSS pixels. */
const GUTTER = 60;
const TWIN_ROWS = 40;
/** What is compared with first, before the moment on show. */
const USUAL_COMPARE_MS = 600_000;

/** @type {import("./panels.js").Panel} */
const PANEL = {
  ...PANELS[0],
  id: "strip",
  title: "Used memory",
  stacked: false,
  top: null,
  floor: 2 ** 20,
  lines: [{ ...PANELS[0].lines[0], paint: "solid" }],
};

/** How far apart the tables of the moment on show are kept. */
const stepMs = computed(() => Math.max(1000, list.answer.value?.value.step_ms ?? 1000));

/** The strip and its controls. */
export function Moment() {
  return html`<section class="moment" aria-label="The moment on show" data-live=${live.value && wish.value.compareMs === null}>
    <${Controls} />
    ${tableShown.value ? html`<${Twin} />` : html`<${Strip} />`}
  </section>`;
}

function Controls() {
  const { atMs, compareMs } = wish.value;
  const end = atMs ?? lastMs.value;
  return html`<div class="moment-controls">
    ${atMs === null
      ? html`<p class="moment-now"><i class="pulse" data-tone="live"></i><b>Live</b> <span class="number">${moment(lastMs.value, lastMs.value)}</span></p>`
      : html`<button type="button" class="moment-live" onClick=${() => goTo({ at: null, compare: compareMs === null ? undefined : null })}><${Icon} name="play" />Live</button>`}
    ${compareMs !== null && html`<label class="moment-at"><span>From</span><${Time} name="compare" ms=${compareMs} onChoose=${(/** @type {number | null} */ ms) => goTo({ compare: ms })} /></label>`}
    <label class="moment-at"><span>${compareMs === null ? "At" : "to"}</span>
      <${Time} name="at" ms=${atMs} onChoose=${(/** @type {number | null} */ ms) => goTo({ at: ms })} /></label>
    ${atMs !== null && html`<span class="moment-steps">
      <button type="button" class="quiet" aria-label="One step earlier" data-tip="One step earlier" onClick=${() => goTo({ at: atMs - stepMs.value })}><${Icon} name="back" /></button>
      <button type="button" class="quiet" aria-label="One step later" data-tip="One step later" onClick=${() => goTo({ at: later(atMs) })}><${Icon} name="forward" /></button>
    </span>`}
    ${compareMs === null
      ? html`<button type="button" class="quiet" data-tip="Compare\nwhat grew between two moments" onClick=${() => goTo({ compare: end - USUAL_COMPARE_MS })}>Compare…</button>
        ${atMs !== null && html`<button type="button" class="quiet" onClick=${() => goTo({ at: null, compare: atMs })}>Compare with now</button>`}`
      : html`<button type="button" class="quiet" onClick=${() => goTo({ compare: null })}>End comparison</button>`}
    <span class="note moment-said">${saidOf(atMs, compareMs)}</span>
    <select class="moment-range" aria-label="Range of the strip" value=${shown.value.rangeId ?? ""} onChange=${chooseRange}>
      ${shown.value.rangeId === null && html`<option value="">Chosen</option>`}
      ${RANGES.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}
    </select>
  </div>`;
}

/** @param {number} atMs */
function later(atMs) {
  const next = atMs + stepMs.peek();
  return next >= lastMs.peek() ? null : next;
}

/** @param {number | null} atMs @param {number | null} compareMs */
function saidOf(atMs, compareMs) {
  const end = atMs ?? lastMs.value;
  if (compareMs !== null) return `over ${duration(Math.abs(end - compareMs))}`;
  if (atMs === null) return "click the strip for a moment, drag to compare two";
  return `${age(Math.max(0, lastMs.value - atMs))} ago`;
}

/** @param {Event} event */
function chooseRange(event) {
  const id = /** @type {HTMLSelectElement} */ (event.target).value;
  navigate({ range: id, from: undefined, to: undefined });
}

/**
 * A time of this reader's clock to the second.
 * @param {{name: string, ms: number | null, onChoose: (ms: number | null) => void}} props
 */
function Time({ ms, name, onChoose }) {
  const onChange = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    const chosen = value === "" ? null : new Date(value).getTime();
    if (chosen === null || Number.isFinite(chosen)) onChoose(chosen);
  };
  return html`<input type="datetime-local" step="1" name=${name} value=${ms === null ? "" : localText(ms)} onChange=${onChange} />`;
}

/** @param {number} ms as such an input has it */
export function localText(ms) {
  const time = new Date(Math.floor(ms / 1000) * 1000);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** Memory over time, with what happened under it. */
function Strip() {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => (host.current === null ? undefined : draw(host.current)), []);
  return html`<div class="moment-strip">
    <div class="plot" ref=${host} tabindex="0" role="slider" aria-label="Used memory: the moment on show" aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round(partOf(wish.value.atMs ?? lastMs.value) * 100)} aria-valuetext=${wish.value.atMs === null ? "now" : moment(wish.value.atMs, lastMs.peek())}></div>
    <div class="lane-space"><${EventLane} /></div>
    <${Marks} />
  </div>`;
}

/** Where a time is on the strip, 0..1 inside. @param {number} ms */
function partOf(ms) {
  const { fromMs, toMs } = charted.value;
  return (ms - fromMs) / (toMs - fromMs);
}

/** Lines at the moments on show, and the stretch between them. */
export function Marks() {
  const { atMs, compareMs } = wish.value;
  const b = partOf(atMs ?? charted.value.toMs);
  const a = compareMs === null ? null : partOf(compareMs);
  const at = (/** @type {number} */ part, /** @type {string} */ name) => part >= 0 && part <= 1 && html`<i class="moment-mark" data-mark=${name} data-end=${part > 0.97} style=${{ translate: `${part * 100}%` }}></i>`;
  const clamped = (/** @type {number} */ part) => Math.min(1, Math.max(0, part));
  return html`<div class="moment-marks" aria-hidden="true">
    ${a !== null && html`<i class="moment-stretch" style=${{ left: `${clamped(Math.min(a, b)) * 100}%`, width: `${(clamped(Math.max(a, b)) - clamped(Math.min(a, b))) * 100}%` }}></i>${at(a, "A")}`}
    ${atMs !== null && at(b, a === null ? "" : "B")}
    ${cursorMs.value !== null && html`<span class="cursor-time number" style=${{ left: `clamp(2.5rem, ${clamped(partOf(cursorMs.value)) * 100}%, 100% - 2.5rem)` }}>${moment(cursorMs.value, lastMs.peek())}</span>`}
  </div>`;
}

/** @param {HTMLDivElement} host */
function draw(host) {
  const chart = new Chart(
    host,
    PANEL,
    { timeAxis: true, gutter: GUTTER, synced: false },
    {
      onCursor: (timeMs) => {
        cursorMs.value = timeMs;
      },
      onZoom: (fromMs, toMs) => goTo({ compare: fromMs, at: toMs >= lastMs.peek() - 1000 ? null : toMs }),
      onReset: () => goTo({ at: null, compare: null }),
      onPick: (timeMs) => goTo({ at: timeMs >= lastMs.peek() ? null : timeMs }),
    },
  );
  let styled = false;
  const ends = [
    effect(() => {
      void changes.value;
      const { fromMs, toMs } = charted.value;
      chart.update(columns(PANEL, frame.value, memory.peek()?.recorder.interval_ms ?? 1000), fromMs, toMs);
      setPixels(host.clientWidth - GUTTER);
    }),
    effect(() => {
      void dark.value;
      void presenting.value;
      void printing.value;
      if (styled) chart.restyle();
      styled = true;
    }),
  ];
  return () => {
    for (const end of ends) end();
    chart.destroy();
    cursorMs.value = null;
  };
}

/** The strip as a table: times to go to, with what was used then and what happened since the one before. */
function Twin() {
  const { series, time } = frame.value;
  const every = Math.max(1, Math.ceil(time.length / TWIN_ROWS));
  const rows = time.map((_, row) => row).filter((row) => (time.length - 1 - row) % every === 0).reverse();
  const since = (/** @type {number} */ row) => events.value.filter(({ time_ms: at }) => at <= time[row] && at > (time[row - every] ?? 0)).length;
  return html`<div class="table-scroll moment-twin" tabindex="0" role="region" aria-label="Used memory as a table"><table class="twin">
    <thead><tr><th scope="col">Time</th><th scope="col">Used</th><th scope="col">Events</th><th scope="col"><span class="sr-only">Go there</span></th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${time[row]}><th scope="row" class="number">${moment(time[row], lastMs.peek())}</th>
      <td class="number">${iec(series["memory.used"]?.mean[row])}</td><td class="number">${since(row)}</td>
      <td><button type="button" class="row-button" onClick=${() => goTo({ at: time[row] })}>Show</button></td></tr>`)}</tbody></table>
    ${time.length === 0 && html`<p class="note">${loaded.value ? historyError.value ?? "Nothing was recorded in this window." : "Reading…"}</p>`}
  </div>`;
}

