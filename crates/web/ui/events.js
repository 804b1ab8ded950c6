// The event lane: what happened to the machine and to the recorder, under the charts' cursor.

import { getJson } from "./api.js";
import { moment } from "./format.js";
import { charted, lastMs, shown } from "./history.js";
import { html } from "./html.js";
import { memory, returns } from "./live.js";
import { markersOf } from "./markers.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./api.js").MachineEvent} MachineEvent */

/** The events of the window on show, oldest first. */
export const events = signal(/** @type {MachineEvent[]} */ ([]));

const MOST = 500;
/** @type {Record<string, {sign: string, words: string, tone: string}>} */
const KINDS = {
  "recorder.started": { sign: "▸", words: "Recording began", tone: "quiet" },
  "recorder.stopped": { sign: "■", words: "Recording ended", tone: "quiet" },
  "recorder.gap": { sign: "⋯", words: "Nothing was recorded", tone: "quiet" },
  "clock.stepped": { sign: "↻", words: "The clock was set", tone: "quiet" },
  "stress.run": { sign: "◆", words: "Load on memory", tone: "quiet" },
  "oom.kill": { sign: "✕", words: "Killed for want of memory", tone: "fault" },
  "pressure.began": { sign: "‖", words: "Work waits for memory", tone: "stall" },
  "pressure.ended": { sign: "‖", words: "Work no longer waits for memory", tone: "quiet" },
  "alert.over": { sign: "!", words: "Alert over", tone: "quiet" },
  "alert.failed": { sign: "!", words: "The program of an alert failed", tone: "fault" },
  "process.started": { sign: "+", words: "Process started", tone: "quiet" },
  "process.ended": { sign: "−", words: "Process ended", tone: "quiet" },
  "process.jumped": { sign: "↑", words: "Process jumped", tone: "stall" },
};
/** Kinds that are named by what they begin with. @type {[string, typeof KINDS[string]][]} */
const FAMILIES = [["alert.", { sign: "!", words: "Alert", tone: "fault" }]];

/**
 * How events of a kind are shown and called.
 * @param {string} kind
 */
export function kindOf(kind) {
  return KINDS[kind] ?? FAMILIES.find(([begin]) => kind.startsWith(begin))?.[1] ?? { sign: "•", words: kind, tone: "quiet" };
}

/** Reads the window's events, and again whenever the kernel or the recorder has something new to tell. */
export function followEvents() {
  const asked = computed(() => {
    const { fromMs, live, rangeId, toMs } = shown.value;
    const now = memory.value;
    const news = `${now?.vmstat?.oom_kill ?? 0} ${now?.recorder.missed ?? 0} ${now?.recorder.recording} ${loads(now)} ${returns.value}`;
    return now === null ? "" : `${live ? rangeId : `${fromMs}-${toMs}`} ${news}`;
  });
  effect(() => {
    if (asked.value !== "") void load();
  });
}

/** The loads on memory that run: one that is over is an event a moment later. @param {import("./api.js").Memory | null} now */
function loads(now) {
  return Object.keys(now?.stress ?? {}).join();
}

async function load() {
  const { fromMs, live, toMs } = shown.peek();
  const until = live ? toMs + 60_000 : toMs;
  const path = `/api/v1/events?from=${Math.round(fromMs)}&to=${Math.round(until)}&limit=${MOST}`;
  const answer = await getJson(path).catch(() => null);
  if (answer !== null) events.value = answer.events;
}

/**
 * @param {MachineEvent} event
 * @returns {string} what happened, in words
 */
export function wordsOf(event) {
  return [kindOf(event.kind).words, event.detail].filter(Boolean).join(": ");
}

/** Events of one marker that it tells of. */
const MOST_TOLD = 6;
/** What stands for the others, when several share a marker. */
const TONES = ["fault", "stall", "quiet"];

/** Markers at their times; the lane has the width of the charts' plots. */
export function EventLane() {
  const { fromMs, toMs } = charted.value;
  const inside = events.value.filter(({ time_ms: at }) => at >= fromMs && at <= toMs);
  return html`<ol class="lane" aria-label="Events in this window">
    ${markersOf(inside, fromMs, toMs).map((together) => html`<${Marker} key=${`${together[0].time_ms} ${together[0].kind} ${together[0].subject}`} together=${together} span=${[fromMs, toMs]} />`)}
    ${inside.length === 0 && html`<li class="lane-none">none</li>`}
  </ol>`;
}

/** @param {{together: MachineEvent[], span: [number, number]}} props */
function Marker({ span: [fromMs, toMs], together }) {
  const first = together.reduce((best, event) => (TONES.indexOf(kindOf(event.kind).tone) < TONES.indexOf(kindOf(best.kind).tone) ? event : best));
  const { sign, tone, words } = kindOf(first.kind);
  const others = together.filter((event) => event !== first);
  const tip = [words, moment(first.time_ms, lastMs.peek()), first.detail, ...others.slice(0, MOST_TOLD).map(wordsOf)];
  if (others.length > MOST_TOLD) tip.push(`and ${others.length - MOST_TOLD} more`);
  const said = tip.filter(Boolean);
  return html`<li style=${{ translate: `${((first.time_ms - fromMs) / (toMs - fromMs)) * 100}%` }}>
    <button type="button" class="event" data-tone=${tone} data-tip=${said.join("\n")} aria-label=${said.join(", ")}>${sign}</button>
  </li>`;
}
