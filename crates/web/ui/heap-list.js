// What is tracked and what was: the list of the view "Heap", and what stands there while there is nothing.

import { duration, grouped, iec, moment } from "./format.js";
import { html } from "./html.js";
import { barred, choose, refusal, sessions } from "./heap-source.js";
import { baseOf } from "./heap-tree.js";
import { Refusal } from "./lab-question.js";
import { useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./heap-source.js").Summary} Summary */

/** A command line as it was typed, as far as one line shows it. @param {Summary} session */
export function commandOf({ arguments: words, program }) {
  const [, ...rest] = words;
  return [baseOf(program), ...rest].join(" ");
}

/** How it stands with a program, in words. @param {Summary} session */
export function stateOf({ exit, state }) {
  if (state === "live") return "running";
  if (state === "interrupted") return "the recording breaks off";
  if (exit === null) return "ended";
  if (exit.signal !== null) return `ended by signal ${exit.signal}`;
  return exit.code === 0 ? "ended" : `ended with ${exit.code}`;
}

/** The list, or how to begin. */
export function Sessions() {
  const known = sessions.value;
  if (barred.value) return html`<${Barred} />`;
  return html`<div class="heap-list">
    ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}
    ${known !== null && known.sessions.length > 0 && html`<${List} rows=${known.sessions} />`}
    ${known !== null && html`<${Begin} demo=${known.demo} bare=${known.sessions.length === 0} />`}
  </div>`;
}

/** What stands where the reader may not look. */
export function Barred() {
  return html`<div class="heap-empty"><h1>Heap</h1>
    <p>What a program holds is for its owner: this needs the token.</p>
    <p class="note stress-view-only">view only: run <code>ramscope open</code></p>
    <p><button type="button" class="heap-demo" onClick=${() => choose("demo")}>Open the demo instead</button></p></div>`;
}

/** @param {{rows: Summary[]}} props */
function List({ rows }) {
  const now = Date.now();
  return html`<h1 class="heap-title">Tracked programs</h1>
  <div class="table-scroll heap-sessions" tabindex="0" role="region" aria-label="Tracked programs"><table class="twin">
    <thead><tr><th scope="col" class="words">Program</th><th scope="col" class="words">State</th><th scope="col">Began</th><th scope="col">Lasted</th><th scope="col">Live</th><th scope="col">Peak</th><th scope="col">Allocations</th><th scope="col">Lost</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id}><th scope="row" class="words"><a href=${`#v1;session=${encodeURIComponent(row.id)}`} onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      choose(row.id);
    }}><code>${commandOf(row)}</code></a> <span class="note number">${row.pid}</span></th>
      <td class="words">${row.state === "live" && html`<i class="pulse" data-tone="live"></i> `}${stateOf(row)}</td>
      <td class="number">${moment(row.start_time_ms, now)}</td><td class="number">${duration(row.duration_ms)}</td>
      <td class="number">${iec(row.live_bytes)}</td><td class="number">${iec(row.peak_live_bytes)}</td><td class="number">${grouped(row.allocations)}</td>
      <td class="number" data-bad=${row.lost_events > 0}>${grouped(row.lost_events)}</td></tr>`)}</tbody></table></div>`;
}

/** @param {{demo: Summary | null, bare: boolean}} props */
function Begin({ bare, demo }) {
  const command = "ramscope track -- ./program";
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(command).catch(() => {});
    setCopied(true);
  };
  return html`<div class="heap-empty" data-bare=${bare}>
    ${bare && html`<h1>See what a program allocates, while it runs</h1>`}
    <p>${bare ? "No program is tracked yet." : "Another one:"} Start one under <code>ramscope track</code> in a terminal; it appears here with its call stacks.</p>
    <div class="copy heap-command"><code tabindex="0">${command}</code><button type="button" onClick=${copy} onBlur=${() => setCopied(false)}>${copied ? "Copied" : "Copy"}</button></div>
    ${demo !== null && html`<p><button type="button" class=${bare ? "heap-demo" : "quiet"} onClick=${() => choose("demo")}>Open a recording of ${baseOf(demo.program)}</button></p>`}
  </div>`;
}
