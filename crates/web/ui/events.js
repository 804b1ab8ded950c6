// The event lane: what happened to the machine and to the recorder, under the charts' cursor.

import { getJson } from "./api.js";
import { moment } from "./format.js";
import { lastMs, shown } from "./history.js";
import { html } from "./html.js";
import { memory, returns } from "./live.js";
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
  "oom.kill": { sign: "✕", words: "Killed for want of memory", tone: "fault" },
};

/** Reads the window's events, and again whenever the kernel or the recorder has something new to tell. */
export function followEvents() {
  const asked = computed(() => {
    const { fromMs, live, rangeId, toMs } = shown.value;
    const now = memory.value;
    const news = `${now?.vmstat?.oom_kill ?? 0} ${now?.recorder.missed ?? 0} ${now?.recorder.recording} ${returns.value}`;
    return now === null ? "" : `${live ? rangeId : `${fromMs}-${toMs}`} ${news}`;
  });
  effect(() => {
    if (asked.value !== "") void load();
  });
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
  const words = KINDS[event.kind]?.words ?? event.kind;
  return [words, event.detail].filter(Boolean).join(": ");
}

/** Markers at their times; the lane has the width of the charts' plots. */
export function EventLane() {
  const { fromMs, toMs } = shown.value;
  const inside = events.value.filter(({ time_ms: at }) => at >= fromMs && at <= toMs);
  return html`<ol class="lane" aria-label="Events in this window">
    ${inside.map((event) => {
      const kind = KINDS[event.kind] ?? { sign: "•", words: event.kind, tone: "quiet" };
      const left = `${((event.time_ms - fromMs) / (toMs - fromMs)) * 100}%`;
      const tip = [kind.words, moment(event.time_ms, lastMs.peek()), event.detail].filter(Boolean);
      return html`<li key=${`${event.time_ms} ${event.kind} ${event.subject}`} style=${{ left }}>
        <button type="button" class="event" data-tone=${kind.tone} data-tip=${tip.join("\n")} aria-label=${tip.join(", ")}>
          ${kind.sign}
        </button>
      </li>`;
    })}
    ${inside.length === 0 && html`<li class="lane-none">none</li>`}
  </ol>`;
}
