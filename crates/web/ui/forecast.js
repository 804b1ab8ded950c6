// When memory runs out if it goes on so, asked now and then.

import { getJson } from "./api.js";
import { memory } from "./live.js";
import { computed, effect, signal } from "./vendor/signals.js";

/**
 * @typedef {{trend: string, bytes_per_s: number, low_bytes_per_s: number, high_bytes_per_s: number,
 *   runs_out_ms: number | null, sentence: string}} Forecast slopes in bytes a second
 */

const EVERY_MS = 10_000;

const answer = signal(/** @type {Forecast | null} */ (null));

/** What is foretold of the machine, where its memory grows; else null. */
export const forecast = computed(() => (answer.value?.trend === "grows" ? answer.value : null));

/** Asks every ten seconds of the live document; nothing can be foretold of what was watched for less. */
export function followForecast() {
  const turn = computed(() => {
    const now = memory.value;
    return now === null || now.time_ms - now.recorder.started_ms < EVERY_MS ? -1 : Math.floor(now.time_ms / EVERY_MS);
  });
  effect(() => {
    if (turn.value < 0) return;
    getJson("/api/v1/forecast").then(
      ({ system }) => (answer.value = system ?? null),
      // a server without one says nothing of it
      () => (answer.value = null),
    );
  });
}
