// The tab "Events": what happened, newest first, in whole sentences; each a moment that one can go to.

import { csvOf } from "./csv.js";
import { kindOf } from "./events.js";
import { grouped, moment } from "./format.js";
import { lastMs, shown } from "./history.js";
import { html } from "./html.js";
import { Refusal, settled } from "./lab-question.js";
import { loadSheets } from "./lab.js";
import { Asked } from "./processes-asked.js";
import { barsDrawing } from "./processes-export.js";
import { Choice } from "./processes-tools.js";
import { adjust, navigate, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./api.js").MachineEvent} MachineEvent */

const sheet = loadSheets("./processes-events.css");
const PATH = "/api/v1/events";
const TYPED_MS = 200;
const PACE_MS = 2000;
/** Events that are listed at first, and how many times more each press of "more" asks for. */
const FIRST_ROWS = 200;
const MORE = 5;
const MOST_ROWS = 10_000;
/** How long before a kill one looks at who was alive. */
const BEFORE_KILL_MS = 1500;

await sheet;

/** What can be chosen: kinds, exact or by what they begin with. */
const CHOICES = [
  { id: "all", label: "All", kinds: "" },
  { id: "oom", label: "OOM kills", kinds: "oom.kill" },
  { id: "pressure", label: "Pressure", kinds: "pressure." },
  { id: "processes", label: "Processes", kinds: "process." },
  { id: "alerts", label: "Alerts", kinds: "alert." },
  { id: "stress", label: "Loads", kinds: "stress." },
  { id: "recorder", label: "Recorder", kinds: "recorder.,clock." },
];

/** What the address asks for. */
const wish = settled(() => {
  const { kind, told = "" } = state.value;
  return { kind: CHOICES.find(({ id }) => id === kind) ?? CHOICES[0], told: told.trim() };
});
const length = signal(FIRST_ROWS);

/** The question; a window that follows the samples is asked to its end, whichever that is. */
const path = computed(() => {
  const { fromMs, live, rangeId, toMs } = shown.value;
  const span = live ? `since=${rangeId === "all" ? Math.round(fromMs) : rangeId}` : `from=${Math.round(fromMs)}&to=${Math.round(toMs)}`;
  const { kind, told } = wish.value;
  return `${PATH}?${span}${kind.kinds === "" ? "" : `&kind=${kind.kinds}`}${told === "" ? "" : `&filter=${encodeURIComponent(told)}`}&order=desc&limit=${length.value}`;
});
const active = computed(() => state.value.tab === "events");

/** @type {Asked<{events: MachineEvent[]}>} */
const asked = new Asked(() => (active.value ? path.value : null), () => shown.peek().live, PACE_MS);

/** The events on show: they stay while they are read, and newer ones are counted. */
const held = signal(/** @type {{path: string, events: MachineEvent[]} | null} */ (null));
const newer = computed(() => {
  const answer = asked.answer.value;
  const newest = held.value?.events[0]?.time_ms ?? -1;
  return answer === null || answer.path !== held.value?.path ? 0 : answer.value.events.filter(({ time_ms: at }) => at > newest).length;
});

/** Begins to ask. */
export function begin() {
  asked.follow();
  effect(() => {
    const answer = asked.answer.value;
    if (answer !== null && answer.path !== held.peek()?.path) hold();
  });
}

/** Shows the newest answer. */
function hold() {
  const answer = asked.answer.peek();
  if (answer !== null) held.value = { path: answer.path, events: answer.value.events };
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {Event} event */
function onType(event) {
  const { value } = /** @type {HTMLInputElement} */ (event.target);
  clearTimeout(waiting);
  waiting = setTimeout(() => adjust({ told: value.trim() === "" ? undefined : value }), TYPED_MS);
}

/** The tab. */
export function Tab() {
  const events = held.value?.events ?? [];
  const answered = held.value !== null;
  return html`<div class="tools" role="search">
      <input type="search" class="tools-filter" name="told" value=${wish.value.told} onInput=${onType} placeholder="Filter: a name, a pid, a word" aria-label="Filter" autocomplete="off" spellcheck="false" />
      <${Choice} label="Kind of event" all=${CHOICES} chosen=${wish.value.kind.id} onChoose=${(/** @type {string} */ id) => adjust({ kind: id === "all" ? undefined : id })} />
      <button type="button" class="quiet told-newer" style=${{ visibility: newer.value > 0 ? "visible" : "hidden" }} onClick=${hold}>${grouped(newer.value)} newer</button>
    </div>
    <section class="told-list" aria-label="Events, newest first" data-events=${answered ? events.length : undefined}>
      ${asked.refusal.value !== null && html`<${Refusal} message=${asked.refusal.value} kept=${false} />`}
      <ol>${events.map((event) => html`<${Told} key=${`${event.time_ms} ${event.kind} ${event.subject}`} event=${event} />`)}</ol>
      ${answered && events.length === 0 && html`<p class="note told-none">Nothing of this kind happened in this window. A longer one can be chosen above the strip, at the right.</p>`}
      ${!answered && asked.refusal.value === null && html`<p class="note told-none">Reading…</p>`}
      ${events.length >= length.value && length.value < MOST_ROWS && html`<p class="told-none"><button type="button" class="quiet" onClick=${() => (length.value = Math.min(MOST_ROWS, length.value * MORE))}>Earlier ones</button></p>`}
    </section>`;
}

/** @param {{event: MachineEvent}} props */
function Told({ event: { detail, kind, subject, time_ms: at } }) {
  const { sign, tone, words } = kindOf(kind);
  const kill = kind === "oom.kill";
  const go = (/** @type {number} */ ms) => navigate({ tab: undefined, at: String(Math.round(ms)) });
  return html`<li class="told" data-kind=${kind} data-tone=${tone}>
    <button type="button" class="row-button told-time number" data-tip=${"Go to this moment\nthe processes as they were"} onClick=${() => go(at)}>${moment(at, lastMs.value)}</button>
    <span class="told-sign" aria-hidden="true">${sign}</span>
    <div><p class="told-words"><b>${words}</b>${subject !== "" && html` <span class="note">${subject}</span>`}</p>
      ${detail !== "" && html`<p class="told-detail">${detail}</p>`}
      ${kill && html`<p><button type="button" class="quiet" onClick=${() => go(at - BEFORE_KILL_MS)}>Processes just before</button></p>`}</div>
  </li>`;
}

/** The tab's questions to the server, as scripts would ask them. */
export function endpoints() {
  return [{ name: "The events", path: path.peek() }];
}

/** The same in a terminal. */
export function command() {
  const { rangeId } = shown.value;
  return `ramscope events${rangeId === null || rangeId === "all" ? "" : ` --since ${rangeId}`}${wish.value.kind.kinds === "" ? "" : ` --kind ${wish.value.kind.kinds}`}`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const events = held.peek()?.events ?? [];
  const counts = CHOICES.slice(1).map(({ kinds, label }) => ({ label, count: events.filter(({ kind }) => kinds.split(",").some((each) => (each.endsWith(".") ? kind.startsWith(each) : kind === each))).length }));
  return {
    name: "ramscope-events",
    picture: () => barsDrawing("Events by kind", lastMs.peek(), counts.map(({ count, label }) => ({ label, parts: [{ bytes: count, token: "--used" }], text: String(count) }))),
    csv: () => csvOf(["time_ms", "kind", "subject", "detail"], events),
    json: () => ({ schema_version: 1, events }),
    notes: { csv: "a row an event", json: "the server’s answer", png: "how many of each kind", svg: "how many of each kind" },
  };
}
