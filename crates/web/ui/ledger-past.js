// The ledger as it was at a moment of the past, from the recorded series of its parts.

import { getJson, historyPath } from "./api.js";
import { memory } from "./live.js";

/** How far before a moment its sample may be: as far as the coarsest tier of the history is apart, in steps. */
const LOOKS_BACK_MS = [2_500, 30_000, 150_000, 7_500_000];

/**
 * Amounts of the ledger's parts at the last sample at or before a moment; `unaccounted` and `overlap` stand among them.
 * @param {number} atMs
 * @param {AbortSignal} [signal]
 * @returns {Promise<Record<string, number>>}
 */
export async function ledgerAt(atMs, signal) {
  const parts = Object.keys(memory.peek()?.ledger.parts ?? {});
  const names = [...parts, "unaccounted", "overlap"].map((name) => `ledger.${name}`);
  for (const back of LOOKS_BACK_MS) {
    const answer = await getJson(historyPath(names, atMs - back, atMs + 1, 2000), signal);
    if (answer.time_ms.length > 0) return lastOf(answer);
  }
  throw new Error("Nothing was recorded at this moment.");
}

/** @param {import("./api.js").HistoryAnswer} answer @returns {Record<string, number>} */
function lastOf({ series }) {
  const amounts = Object.entries(series).map(([name, { mean }]) => [name.replace(/^ledger\./, ""), mean.findLast((value) => value !== null)]);
  return Object.fromEntries(amounts.filter(([, bytes]) => bytes !== undefined && bytes !== null));
}
