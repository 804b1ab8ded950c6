// Questions to the server, and the shapes of its answers.

/**
 * @typedef {{avg10: number, avg60: number, avg300: number, total_us: number}} Stall ratios 0..1, and microseconds since boot
 * @typedef {{pgfault_per_s: number, pgmajfault_per_s: number, pswpin_per_s: number, pswpout_per_s: number,
 *   pgscan_per_s: number, pgsteal_per_s: number, workingset_refault_per_s: number,
 *   some_stalled: number | null, full_stalled: number | null}} Rates
 * @typedef {{interval_ms: number, ticks: number, late: number, missed: number, lost: number, recording: boolean,
 *   error: string | null, disk_bytes: number, oldest_ms: number | null, started_ms: number}} Recorder
 * @typedef {{began_ms: number, baseline_used_bytes: number, plan: Record<string, any>, curve: [number, number][],
 *   progress: Record<string, any>}} StressRun a load on memory that ramscope puts there; `curve` are corners [ms, bytes]
 * @typedef {"ok" | "tight" | "short" | "critical"} Shortage
 * @typedef {{schema_version: number, revision: string, time_ms: number,
 *   total_bytes: number, used_bytes: number, free_bytes: number, available_bytes: number,
 *   buffers_bytes: number, cached_bytes: number, shared_bytes: number,
 *   swap_total_bytes: number, swap_used_bytes: number, swap_free_bytes: number,
 *   pressure?: {some: Stall, full?: Stall} | null, rates?: Rates | null,
 *   explain: {state: Shortage, headline: string, reasons: string[]},
 *   ledger: {total_bytes: number, parts: Record<string, number>, unaccounted_bytes: number, overlap_bytes: number},
 *   container?: {name: string, path: string, kind: string, limit_bytes: number, used_bytes: number, available_bytes: number,
 *     free_bytes: number, machine_bytes: number, sentence: string} | null,
 *   stress: Record<string, StressRun>, recorder: Recorder, meminfo: Record<string, number>, vmstat: Record<string, number>, page_bytes: number}} Memory
 * @typedef {{unit: string, kind: string, min: (number | null)[], max: (number | null)[], mean: (number | null)[]}} Column
 * @typedef {{from_ms: number, to_ms: number, step_ms: number, time_ms: number[], series: Record<string, Column>}} HistoryAnswer
 * @typedef {{time_ms: number, kind: string, subject: string, detail: string}} MachineEvent
 * @typedef {{key: string, label: string, definition: string, formula?: string | null, kernel_fields?: string[],
 *   hides?: string | null, group?: string | null}} Term
 * @typedef {{version: string, hostname: string, may_change: boolean, read_only: boolean, labs_only: boolean}} Session
 */

/** An answer that is not a success, in the server's own words. */
export class Refused extends Error {
  /**
   * @param {number} status of HTTP
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Asks for JSON; an answer that is not a success is thrown as `Refused`.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function getJson(path, signal) {
  return ask(path, { signal, headers: { accept: "application/json" } });
}

/**
 * Asks with a body; as `getJson` otherwise.
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function postJson(path, body, signal) {
  const headers = { accept: "application/json", "content-type": "application/json" };
  return ask(path, { method: "POST", body: JSON.stringify(body), signal, headers });
}

/**
 * Gives an order; as `getJson` otherwise.
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {object | undefined} body
 * @returns {Promise<any>}
 */
export function orderJson(method, path, body) {
  const headers = { accept: "application/json", "content-type": "application/json" };
  return ask(path, { method, body: body === undefined ? undefined : JSON.stringify(body), headers });
}

/**
 * Sends bytes; as `getJson` otherwise.
 * @param {string} path
 * @param {BodyInit} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function postBytes(path, body, signal) {
  return ask(path, { method: "POST", body, signal, headers: { accept: "application/json" } });
}

/**
 * Lets something else than the server answer: a page that is a file knows its answers already.
 * @param {(path: string, body: string | undefined) => Promise<any>} answerer the body as it would be sent
 */
export function answerFrom(answerer) {
  ask = (path, { body }) => answerer(path, /** @type {string | undefined} */ (body));
}

/**
 * A question as one text, by which its answer is found again.
 * @param {string} path
 * @param {string | undefined} body as it would be sent
 */
export function keyOf(path, body) {
  return body === undefined ? path : `${path} ${body}`;
}

/** @type {(path: string, question: RequestInit) => Promise<any>} */
let ask = async (path, question) => {
  const answer = await fetch(path, question);
  // A success is read outside any catch: a question that is dropped while its answer comes has to stay dropped.
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => null);
  throw new Refused(answer.status, problem?.detail ?? problem?.title ?? `${path} answered ${answer.status}`);
};

/**
 * The address of a history query.
 * @param {string[]} series
 * @param {number} fromMs
 * @param {number} toMs
 * @param {number} points
 */
export function historyPath(series, fromMs, toMs, points) {
  return `/api/v1/history?series=${series.join(",")}&from=${Math.round(fromMs)}&to=${Math.round(toMs)}&points=${points}`;
}

/**
 * @param {string[]} series
 * @param {number} fromMs
 * @param {number} toMs
 * @param {number} points
 * @param {AbortSignal} [signal]
 * @returns {Promise<HistoryAnswer>}
 */
export function getHistory(series, fromMs, toMs, points, signal) {
  return getJson(historyPath(series, fromMs, toMs, points), signal);
}
