// The view "Stress": a bounded, shaped load on memory; its plan before it starts, planned against measured while it runs,
// and what became of the latest runs.

import { age, duration, exact, grouped, iec, moment } from "./format.js";
import { html } from "./html.js";
import { loadSheets } from "./lab.js";
import { Refusal } from "./lab-question.js";
import { memory } from "./live.js";
import { Drawn, drawingOf } from "./figure-draw.js";
import { session } from "./session.js";
import { state, tableShown } from "./state.js";
import { begin, change, endpoints, follow, keyOf, objection, ordering, picked, plan, refusal, run, samples, stop, stress, wish } from "./stress-ask.js";
import { stressFigure } from "./stress-figure.js";
import { StressForm } from "./stress-form.js";
import { commandOf, CYCLIC, PATTERNS, plannedAt } from "./stress-problem.js";
import { computed } from "./vendor/signals.js";

/** @typedef {import("./stress-ask.js").Finished} Finished */

await loadSheets("./lab.css", "./stress.css");

/** What the shell needs to know about the view. */
export const title = "Stress";
export const timeless = true;
export { endpoints };

const PICTURE_WIDTH = 960;
/** Rows of the table of planned against reached. */
const MOST_ROWS = 200;

/** Begins to read what the view shows. */
export function start() {
  follow();
}

/** The run that is over and shown. */
const ended = computed(() => {
  const all = stress.value?.finished ?? [];
  if (picked.value === "latest") return all[0] ?? null;
  return all.find((each) => keyOf(each) === picked.value) ?? null;
});

/** What stands in the picture: the run that goes on, else the one that was picked, else what the form asks for. */
const shown = computed(() => {
  const going = run.value;
  const limit = stress.value?.limits.headroom_bytes ?? plan.value?.headroom.bytes ?? null;
  if (going !== null) {
    const { curve, plan: what, progress } = going;
    return { how: "runs", what, curve, samples: samples.value, at: /** @type {number | null} */ (progress.elapsed_ms), limit: progress.headroom_bytes + progress.held_bytes };
  }
  if (ended.value !== null) {
    const { curve, plan: what, samples: looks } = ended.value;
    return { how: "ended", what, curve, samples: looks, at: null, limit: null };
  }
  if (plan.value === null) return null;
  return { how: "planned", what: plan.value.plan, curve: plan.value.curve, samples: [], at: null, limit };
});

/** What the palette offers. */
export function commands() {
  const shapes = PATTERNS.map(([name, label, about]) => ({ group: "Stress", label: `${label}: ${about}`, act: () => change({ pattern: name }) }));
  return run.value === null ? shapes : [{ group: "Stress", label: "Stop the load", act: () => void stop() }, ...shapes];
}

/** The lines of Share. */
export function links() {
  return [
    { label: "This plan", text: location.href },
    { label: "The same in a terminal", text: commandOf(wish.value) },
  ];
}

/** The view. */
export function View() {
  const now = shown.value;
  const ready = stress.value !== null && (now !== null || refusal.value !== null);
  return html`<div class="stress" data-runs=${run.value !== null}>
    <div class="stress-side"><${StressForm} /></div>
    <div class="stress-stage">
      ${ready && html`<${Head} />`}
      ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}
      ${objection.value !== null && html`<${Refusal} message=${objection.value} kept=${false} />`}
      ${ready && html`<section class="stress-picture" aria-label="Bytes over time">
        ${now !== null && (tableShown.value ? html`<${Twin} />` : html`<${Drawn} name="stress" spoken=${spoken()} make=${(/** @type {number} */ width) => stressFigure(now, width)} />`)}
        ${now !== null && html`<${Legend} how=${now.how} />`}
      </section>
      <div class="stress-told">
        <${Limits} />
        ${run.value === null ? html`<${Steps} />` : html`<${Going} />`}
      </div>
      <${Before} />`}
    </div>
    <${Bar} />
  </div>`;
}

/** A plan in a few words. @param {Record<string, any>} what */
function wordsOf({ duration_ms, pattern, size_bytes }) {
  const [, label] = PATTERNS.find(([name]) => name === pattern) ?? ["", pattern];
  return { label: `${label} ${pattern === "ramp" || pattern === "leak" ? "to" : "of"} ${iec(size_bytes)}`, lasts: `for ${duration(duration_ms)}` };
}

/** @param {{}} _ */
function Head(_) {
  const now = shown.value;
  if (now === null) return html`<header class="lab-head"><h1>A load on memory</h1></header>`;
  const { what } = now;
  const { label, lasts } = wordsOf(what);
  const values = [
    ["kind", what.kind],
    ["access", what.access === null ? "none" : what.access.order],
    ...(CYCLIC.includes(what.pattern) ? [["cycles", what.cycles]] : []),
    ["stays free", iec(what.reserve_bytes)],
    ...(what.rate_bytes_per_s === null ? [] : [["rate", `${iec(what.rate_bytes_per_s)}/s`]]),
    ...(what.cgroup_limit_bytes === null ? [] : [["cgroup", iec(what.cgroup_limit_bytes)]]),
    ...(what.keeps_marks ? [] : [["marks", "off"]]),
  ];
  return html`<header class="lab-head">
    <h1>${label} <span>${lasts}</span></h1>
    <${Orders} how=${now.how} />
    <p class="convention">${values.map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
  </header>`;
}

/** Start, where this reader may; else how to be one who may. @param {{how: string}} props */
function Orders({ how }) {
  const may = session.value?.may_change === true;
  if (session.value !== null && !may) return html`<p class="note stress-view-only">view only: run <code>ramscope open</code></p>`;
  if (how === "runs") return html`<button type="button" class="stress-start" disabled>Running</button>`;
  if (how === "ended") return html`<button type="button" class="quiet" onClick=${() => (picked.value = null)}>Back to the plan</button>`;
  return html`<button type="button" class="stress-start" disabled=${!may || ordering.value || refusal.value !== null} onClick=${() => void begin("POST")}>Start</button>`;
}

/** What the lines are. @param {{how: string}} props */
function Legend({ how }) {
  return html`<p class="legend stress-legend"><span><i class="line-dashed"></i>planned</span>
    <span data-tip=${"reached\nwhat the kernel counts for the load’s process, less what it had before"} style=${{ visibility: how === "planned" ? "hidden" : "visible" }}><i class="line-solid"></i>reached</span></p>`;
}

/** The picture in words. */
function spoken() {
  const now = shown.value;
  if (now === null) return "";
  const { label, lasts } = wordsOf(now.what);
  const last = now.samples.at(-1);
  return `${label} ${lasts}.${last === undefined ? "" : ` After ${duration(last[0])}: ${iec(last[1])} planned, ${iec(last[2])} reached.`}`;
}

/** What may be taken, and what says so. @param {{}} _ */
function Limits(_) {
  const limits = stress.value?.limits;
  const rows = limits === undefined ? [] : /** @type {[string, number, string][]} */ ([
    ["Available", limits.available_bytes, "MemAvailable"],
    ["Left", limits.left_bytes, limits.cgroup === null ? "the host has the least" : `the cgroup ${limits.cgroup} has the least`],
    ["Stays free", -limits.reserve_bytes, "the larger of 5 % and 512 MiB, unless said"],
    ["For runs under way", -limits.promised_bytes, "announced, and not taken yet"],
  ]);
  return html`<section aria-label="Limits"><h2>What may be taken</h2>
    <table class="numbers stress-numbers"><tbody>
      ${rows.map(([name, bytes, note]) => html`<tr key=${name}><th scope="row">${name} <span class="note">${note}</span></th><td class="number" data-tip=${exact(Math.abs(bytes))}>${bytes < 0 ? "− " : ""}${iec(Math.abs(bytes))}</td></tr>`)}
    </tbody><tfoot><tr><th scope="row">Headroom</th><td class="number" data-headroom=${limits?.headroom_bytes}>${iec(limits?.headroom_bytes ?? null)}</td></tr></tfoot></table>
    <p class="note">It is looked at before each step; the load yields when it shrinks, when work stalls for memory, and when swap comes back. It dies first, and ends by itself.</p>
  </section>`;
}

/** The plan step by step. @param {{}} _ */
function Steps(_) {
  const rows = plan.value?.table ?? [];
  return html`<section aria-label="Plan">${rows.length > 0 && html`<h2>Step by step</h2>`}
    <table class="numbers stress-numbers"><tbody>${rows.slice(0, 12).map(({ at_ms, what }, index) => html`<tr key=${index}><td class="number">${duration(at_ms)}</td><th scope="row">${what}</th></tr>`)}</tbody></table>
    ${rows.length > 12 && html`<p class="note">${grouped(rows.length - 12)} more steps of the same kind.</p>`}
    <p class="note">In a terminal: <code>${commandOf(wish.value)}</code></p>
  </section>`;
}

/** How the run stands. @param {{}} _ */
function Going(_) {
  const progress = run.value?.progress ?? {};
  const rows = [
    ["Planned", iec(progress.planned_bytes)],
    ["Reached", iec(progress.reached_bytes)],
    ["In use of that", iec(progress.live_bytes)],
    ["Accessed", `${iec(progress.access_bytes_per_s)}/s`],
    ["Minor faults", grouped(progress.minor_faults)],
    ["Major faults", grouped(progress.major_faults)],
    ["Stalled", `${grouped(Math.round(progress.stall_us / 1000))} ms`],
    ["Swapped in", iec(progress.swap_in_bytes)],
    ["Headroom left", iec(progress.headroom_bytes)],
    ...(run.value?.plan.verify ? [["Words that differ", grouped(progress.mismatches)]] : []),
  ];
  return html`<section aria-label="The run"><h2>The run <span class="note">pid ${run.value?.pid}, ${String(progress.state).replace("_", " ")}</span></h2>
    <table class="numbers stress-numbers"><tbody>${rows.map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td class="number">${value}</td></tr>`)}</tbody></table>
  </section>`;
}

/** The latest runs. @param {{}} _ */
function Before(_) {
  const all = stress.value?.finished ?? [];
  const nowMs = memory.value?.time_ms ?? all[0]?.ended_ms ?? 0;
  return html`<section class="stress-before" aria-label="Runs of the last ten minutes"><h2>Runs of the last ten minutes</h2>
    ${all.length === 0 && html`<p class="note">None yet. Start one here, or in a terminal: it is drawn here and on Now, whoever started it.</p>`}
    ${all.length > 0 && html`<div class="table-scroll" tabindex="0" role="region" aria-label="Runs"><table class="twin"><thead><tr><th scope="col">Ended</th><th scope="col" class="words">Load</th><th scope="col">Most reached</th><th scope="col" class="words">Returned</th><th scope="col" class="words">Why it ended</th><th scope="col"><span class="sr-only">Show</span></th></tr></thead>
      <tbody>${all.map((each) => {
        const { label, lasts } = wordsOf(each.plan);
        const on = ended.value === each;
        return html`<tr key=${keyOf(each)}><th scope="row" class="number">${moment(each.ended_ms, nowMs)}</th><td class="words">${label} ${lasts}</td><td class="number">${iec(each.peak_bytes)}</td><td class="words">${iec(each.returned_bytes)} in ${each.returned_ms < 100 ? `${each.returned_ms} ms` : duration(each.returned_ms)}</td><td class="words">${each.reason}</td>
          <td><button type="button" class="chip" aria-pressed=${on} disabled=${run.value !== null} onClick=${() => (picked.value = on ? null : keyOf(each))}>Show</button></td></tr>`;
      })}</tbody></table></div>`}
  </section>`;
}

/** While a load runs, how it stands and how to end it are always in sight. @param {{}} _ */
function Bar(_) {
  const going = run.value;
  if (going === null) return null;
  const may = session.value?.may_change === true;
  const { plan: what, progress } = going;
  const same = plan.value === null || JSON.stringify(plan.value.plan) === JSON.stringify({ ...what, reserve_bytes: plan.value.plan.reserve_bytes });
  return html`<div class="stress-bar" role="region" aria-label="The load that runs">
    <progress max=${what.duration_ms} value=${progress.elapsed_ms} aria-label="Time gone by"></progress>
    <p class="number"><b>${iec(progress.reached_bytes)}</b> of ${iec(plannedAt(going.curve, progress.elapsed_ms))} planned <span class="note">${age(progress.elapsed_ms)} of ${duration(what.duration_ms)}</span></p>
    ${may && !same && html`<button type="button" class="quiet" disabled=${ordering.value || refusal.value !== null} onClick=${() => void begin("PUT")}>Change to the form’s plan</button>`}
    ${may ? html`<button type="button" class="stress-stop" disabled=${ordering.value} onClick=${() => void stop()}>Stop</button>` : html`<p class="note">view only: run <code>ramscope open</code></p>`}
  </div>`;
}

/** Planned against reached, as a table. @param {{}} _ */
function Twin(_) {
  const now = shown.value;
  if (now === null) return null;
  const looks = now.samples.length > 0 ? now.samples : now.curve.map(([ms, bytes]) => [ms, bytes, null]);
  const every = Math.max(1, Math.ceil(looks.length / MOST_ROWS));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Bytes over time as a table"><table class="twin">
    <thead><tr><th scope="col">After</th><th scope="col">Planned</th><th scope="col">Reached</th></tr></thead>
    <tbody>${looks.filter((_, place) => place % every === 0).map(([ms, planned, reached], place) => html`<tr key=${place}><th scope="row" class="number">${duration(Number(ms))}</th><td class="number">${iec(planned)}</td><td class="number">${iec(reached)}</td></tr>`)}</tbody></table></div>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const now = shown.peek();
  if (now === null) return null;
  const { label, lasts } = wordsOf(now.what);
  const rows = now.samples.map((sample) => sample.join(","));
  const corners = now.curve.map(([ms, bytes]) => `${ms},${bytes},`);
  return {
    name: `ramscope-stress-${now.what.pattern}`,
    picture: () => drawingOf(stressFigure(now, PICTURE_WIDTH), `${label} ${lasts}`, `kind ${now.what.kind} · stays free ${iec(now.what.reserve_bytes)}`),
    csv: () => `${["elapsed_ms,planned_bytes,reached_bytes", ...(rows.length > 0 ? rows : corners)].join("\n")}\n`,
    json: () => ({ schema_version: 1, address: state.peek(), plan: now.what, curve: now.curve, samples: now.samples }),
    notes: { csv: "a row a look, planned against reached", json: "the plan, its curve and every look" },
  };
}
