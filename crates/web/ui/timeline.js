// The stack of time charts: memory, pressure, swap, faults and events under one cursor.

import { Chart } from "./chart.js";
import { Term } from "./definitions.js";
import { EventLane, events, wordsOf } from "./events.js";
import { duration, moment, NONE } from "./format.js";
import { nearest } from "./frame.js";
import { forecast } from "./forecast.js";
import { changes, charted, frame, historyError, lastMs, loaded, oldestMs, setPixels, shown } from "./history.js";
import { html } from "./html.js";
import { memory } from "./live.js";
import { columns, PANELS, valueAt } from "./panels.js";
import { watchedMs } from "./ranges.js";
import { adjust, cursorMs, navigate, presenting, printing, state, tableShown } from "./state.js";
import { dark } from "./theme.js";
import { useEffect, useMemo, useRef } from "./vendor/preact-hooks.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./panels.js").Panel} Panel */

/** Width of the value axis in CSS pixels, the same for each chart: plots stand exactly below each other. */
export const GUTTER = 60;
const TABLE_ROWS = 120;
const unmeasured = computed(() => memory.value !== null && !memory.value.pressure);

/** The charts, or their tables. */
export function Timeline() {
  return html`<section class="timeline" data-tables=${tableShown.value} aria-label="Memory over time">
    <${PanelView} panel=${PANELS[0]} />
    <div class="panel panel-events">
      <h2>Events</h2>
      ${tableShown.value ? html`<${EventTable} />` : html`<div class="lane-space"><${EventLane} /></div>`}
    </div>
    ${PANELS.slice(1).map((panel) => html`<${PanelView} key=${panel.id} panel=${panel} />`)}
    <${PickedLine} />
    <${CursorTime} />
  </section>`;
}

/** @param {{panel: Panel}} props */
function PanelView({ panel }) {
  return html`<div class="panel panel-${panel.id}">
    <header class="panel-head">
      <h2 data-tip=${`${panel.title}\n${panel.note}`}>${panel.title}</h2>
      ${panel === PANELS[0] && html`<${Watched} />`}
      ${panel.id === "pressure" && unmeasured.value && html`<span class="note">not measured by this kernel</span>`}
      <${Readout} panel=${panel} />
    </header>
    ${tableShown.value ? html`<${PanelTable} panel=${panel} />` : html`<${Plot} panel=${panel} />`}
  </div>`;
}

/** What each line says at the cursor, or now. @param {{panel: Panel}} props */
function Readout({ panel }) {
  void changes.value;
  const row = rowOnShow();
  return html`<ul class="readout">
    ${panel.lines.map((line) => {
      const mean = row < 0 ? null : valueAt(line, frame.value, row, "mean");
      const peak = row < 0 || line.series.length > 1 ? mean : valueAt(line, frame.value, row, "max");
      const tip =
        peak !== mean
          ? `${line.label}: mean, and the highest sample\n${panel.format(mean)}, ${panel.format(peak)}`
          : undefined;
      return html`<li key=${line.label} data-tip=${tip}>
        <i class="key key-${line.paint}" style=${{ "--paint": `var(${line.color})` }}></i>
        <${Term} term=${line.term}>${line.label}<//>
        <span class="number">${panel.format(mean)}</span>
      </li>`;
    })}
  </ul>`;
}

/** The row of the frame that the readouts speak of. */
function rowOnShow() {
  const { time } = frame.value;
  const { live, toMs } = shown.value;
  if (cursorMs.value !== null) return nearest(time, cursorMs.value);
  return live ? time.length - 1 : nearest(time, toMs);
}

/** Says how long there was anything to see, where that is less than the window. */
function Watched() {
  const watched = watchedMs(shown.value, oldestMs.value);
  if (historyError.value !== null) return html`<span class="note fault">history: ${historyError.value}</span>`;
  if (watched === null || memory.value === null) return null;
  return html`<span class="note" data-watched>${NONE} (watched ${duration(watched)})</span>`;
}

/** @param {{panel: Panel}} props */
function Plot({ panel }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => (host.current === null ? undefined : follow(host.current, panel)), [panel]);
  return html`<div class="plot" ref=${host} tabindex="0" role="slider" aria-label=${`${panel.title}: time cursor`}
    aria-valuemin="0" aria-valuemax="100" aria-valuenow="100" aria-valuetext="now"></div>`;
}

/**
 * Draws a panel into its element and keeps it current.
 * @param {HTMLDivElement} host
 * @param {Panel} panel
 * @returns {() => void} ends it
 */
function follow(host, panel) {
  const timeAxis = panel === PANELS.at(-1);
  const chart = new Chart(
    host,
    panel,
    { timeAxis, gutter: GUTTER, synced: true },
    {
      onCursor: (timeMs) => {
        cursorMs.value = timeMs;
        if (document.activeElement === host) speak(host, panel);
      },
      onZoom: (fromMs, toMs) => navigate({ from: String(Math.round(fromMs)), to: String(Math.round(toMs)) }),
      onReset: () => navigate({ from: undefined, to: undefined, at: undefined }),
      onPick: (timeMs) => (state.peek().at === undefined ? navigate : adjust)({ at: timeMs < lastMs.peek() ? String(timeMs) : undefined }),
    },
  );
  let styled = false;
  const ends = [
    ...(panel === PANELS[0] ? [effect(() => drawPlans(chart)), effect(() => foretell(chart))] : []),
    effect(() => {
      void changes.value;
      const { fromMs, toMs } = charted.value;
      chart.update(columns(panel, frame.value, memory.peek()?.recorder.interval_ms ?? 1000), fromMs, toMs);
      if (panel === PANELS[0]) setPixels(host.clientWidth - GUTTER);
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
  };
}

/** The module that draws what is foretold, once there is a trend. */
const foretelling = signal(/** @type {typeof import("./now-forecast.js") | null} */ (null));

/** Draws what is foretold ahead of now. @param {Chart} chart */
function foretell(chart) {
  if (foretelling.value !== null) {
    chart.host.dataset.foretold = String(forecast.value !== null);
    chart.drawOver(foretelling.value.drawForecast);
  } else if (forecast.value !== null) {
    void import("./now-forecast.js").then((module) => {
      if (foretelling.peek() === null) module.follow(forecast);
      foretelling.value = module;
    });
  }
}

/** The module that draws the plans of loads on memory, once there is one. */
const plans = signal(/** @type {typeof import("./stress-line.js") | null} */ (null));
/** Whether there is a load on memory to draw. */
const pressed = computed(() => Object.keys(memory.value?.stress ?? {}).length > 0 || events.value.some(({ kind }) => kind === "stress.run"));

/** Draws the plans of loads over the memory, as soon as there are any. @param {Chart} chart */
function drawPlans(chart) {
  if (plans.value !== null) {
    chart.host.dataset.plans = String(plans.value.lines.value.length);
    chart.drawOver(plans.value.drawPlans);
  } else if (pressed.value) {
    void import("./stress-line.js").then((module) => {
      if (plans.peek() === null) module.followPlans();
      plans.value = module;
    });
  }
}

/**
 * Puts the cursor's values where a screen reader finds them.
 * @param {HTMLElement} host
 * @param {Panel} panel
 */
function speak(host, panel) {
  const at = cursorMs.peek();
  const row = nearest(frame.peek().time, at ?? lastMs.peek());
  const said = panel.lines.map(
    (line) => `${line.label} ${panel.format(row < 0 ? null : valueAt(line, frame.peek(), row, "mean"))}`,
  );
  const { fromMs, toMs } = shown.peek();
  const part = at === null ? 100 : ((at - fromMs) / (toMs - fromMs)) * 100;
  host.setAttribute("aria-valuenow", part.toFixed(1));
  host.setAttribute("aria-valuetext", `${moment(at ?? lastMs.peek(), lastMs.peek())}: ${said.join(", ")}`);
}

/** The moment that was picked, through all charts. */
function PickedLine() {
  const at = Number(state.value.at ?? Number.NaN);
  const { fromMs, toMs } = charted.value;
  if (!(at >= fromMs && at <= toMs) || tableShown.value) return null;
  return html`<div class="picked-space" aria-hidden="true"><i style=${{ left: `${((at - fromMs) / (toMs - fromMs)) * 100}%` }}></i></div>`;
}

/** The time at the cursor, on the axis below the charts. */
function CursorTime() {
  const at = cursorMs.value;
  if (at === null || tableShown.value) return null;
  const { fromMs, toMs } = charted.value;
  const part = Math.min(1, Math.max(0, (at - fromMs) / (toMs - fromMs)));
  return html`<div class="cursor-space" aria-hidden="true">
    <span class="cursor-time number" style=${{ left: `${part * 100}%` }}>${moment(at, lastMs.peek())}</span>
  </div>`;
}

/**
 * A panel's twin: the same numbers as a table, thinned to what one can read. It stays as it was when it was
 * opened: rows that move away while they are read help nobody.
 * @param {{panel: Panel}} props
 */
function PanelTable({ panel }) {
  const { series, stepMs, time } = frame.value;
  const count = useMemo(() => time.length, [frame.value]);
  const every = Math.max(1, Math.ceil(count / TABLE_ROWS));
  const rows = time
    .slice(0, count)
    .map((_, row) => row)
    .filter((row) => (count - 1 - row) % every === 0)
    .reverse();
  const valueOf = (/** @type {import("./panels.js").Line} */ line, /** @type {number} */ row) =>
    panel.format(valueAt(line, { series, stepMs, time }, row, "mean"));
  const rowOf = (/** @type {number} */ row) => html`<tr key=${time[row]}>
    <th scope="row" class="number">${moment(time[row], lastMs.peek())}</th>
    ${panel.lines.map((line) => html`<td class="number" key=${line.label}>${valueOf(line, row)}</td>`)}
  </tr>`;
  const spacing = every === 1 ? "sample" : `${every}th row`;
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${`${panel.title} as a table`}>
    <table class="twin">
      <caption class="sr-only">${panel.title}, newest first, every ${spacing}</caption>
      <thead><tr>
        <th scope="col">Time</th>
        ${panel.lines.map((line) => html`<th scope="col" key=${line.label}>${line.label}</th>`)}
      </tr></thead>
      <tbody>${rows.map(rowOf)}</tbody>
    </table>
    ${time.length === 0 && html`<p class="note">${loaded.value ? "Nothing was recorded in this window." : "Reading…"}</p>`}
  </div>`;
}

function EventTable() {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Events as a table"><table class="twin">
    <caption class="sr-only">Events</caption>
    <thead><tr><th scope="col">Time</th><th scope="col" class="words">Event</th></tr></thead>
    <tbody>${events.value.map(
      (event) => html`<tr key=${`${event.time_ms} ${event.kind}`}>
      <th scope="row" class="number">${moment(event.time_ms, lastMs.peek())}</th><td class="words">${wordsOf(event)}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}
