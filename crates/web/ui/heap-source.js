// The questions behind the view "Heap": which programs are tracked, and of the chosen one its counts, its course and its call tree.

import { Refused } from "./api.js";
import { answerOf, followDocument, followSession } from "./heap-stream.js";
import { settled } from "./lab-question.js";
import { adjust, navigate, state } from "./state.js";
import { batch, computed, effect, signal } from "./vendor/signals.js";

/**
 * `leaked_*` are null while the program runs; `rss_bytes` and `heap_resident_bytes` where nobody looked from outside.
 * @typedef {{id: string, state: "live" | "ended" | "interrupted", source: "live" | "recording", program: string, arguments: string[],
 *   pid: number, start_time_ms: number, duration_ms: number, exit: {code: number | null, signal: number | null} | null,
 *   sample_bytes: number, live_error_bytes: number, allocator: string, threads: number, allocations: number, frees: number, bytes_allocated: number,
 *   live_bytes: number, live_blocks: number, peak_live_bytes: number, peak_at_ms: number, leaked_bytes: number | null,
 *   leaked_blocks: number | null, temporary: number, lost_events: number, unmatched_frees: number, rss_bytes: number | null,
 *   heap_resident_bytes: number | null, gap_bytes: number | null, host_cpu_ms: number | null,
 *   waited_ms: number | null, file: string | null}} Summary
 * @typedef {{sessions: Summary[], demo: Summary | null}} Sessions
 * @typedef {{from_bytes: number, to_bytes: number, allocations: number, live_blocks: number, live_bytes: number}} Size
 * @typedef {{from_us: number, to_us: number, blocks: number, bytes: number}} Lifetime
 * @typedef {{thread: number, tid: number, name: string, allocations: number, live_bytes: number, bytes_allocated: number, ended: boolean}} Thread
 * @typedef {{path: string, live_bytes: number, allocations: number, has_symbols: boolean}} Module
 * @typedef {{revision: number, session: Summary, sizes: Size[], lifetimes: Lifetime[], thread_list: Thread[], modules: Module[],
 *   losses: {why: string, events: number}[]}} Detail
 * @typedef {{at_ms: number[], live_bytes: {min: number[], max: number[]}, rss_bytes: (number | null)[],
 *   heap_resident_bytes: (number | null)[]}} Course
 * @typedef {import("./heap-tree.js").TreeAnswer} TreeAnswer
 */

const PATH = "/api/v1/heap";
/** Pixels of time that are asked for. */
const POINTS = 600;
/** The most nodes of a call tree in one answer. */
const MOST_NODES = 20_000;
/** How long after an answer the next one is asked for, while it may change, ms. */
const PACE_MS = 1000;

/** What a tree can be by: its name, its label, what it says, and whether it is of the chosen stretch of time. */
export const MEASURES = /** @type {const} */ ([
  { by: "live", label: "Live", says: "bytes asked for and not given back", stretch: false },
  { by: "peak", label: "Peak", says: "what each stack held when the most was live", stretch: false },
  { by: "leaked", label: "Leaked", says: "bytes never given back by the end", stretch: false },
  { by: "temporary", label: "Temporary", says: "blocks given back before their thread asked for another", stretch: false },
  { by: "allocations", label: "Allocations", says: "how often memory was asked for", stretch: false },
  { by: "bytes", label: "Allocated", says: "all bytes ever asked for", stretch: false },
  { by: "grown", label: "Grown", says: "what more was live at the end of the stretch than at its beginning", stretch: true },
]);

/** @typedef {typeof MEASURES[number]["by"]} Measure */

/** What is tracked and what was; null until the server has answered. */
export const sessions = signal(/** @type {Sessions | null} */ (null));
export const detail = signal(/** @type {Detail | null} */ (null));
export const course = signal(/** @type {Course | null} */ (null));
export const tree = signal(/** @type {TreeAnswer | null} */ (null));
/** Why there is no answer. */
export const refusal = signal(/** @type {string | null} */ (null));
/** Whether this reader has no right to look into programs. */
export const barred = signal(false);
/** Whether the picture is held while the program runs on. */
export const held = signal(false);

/** The chosen session's id; null in the list. */
export const chosen = settled(() => state.value.session ?? null);

/** The chosen stretch of time in ms since the program began; null where none is. */
export const stretch = settled(() => {
  const [from, to] = [Number(state.value.a), Number(state.value.b)];
  return state.value.a !== undefined && Number.isFinite(from) && Number.isFinite(to) && to > from ? { from, to } : null;
});

/** What the tree is by where the address does not say: what is live while a program runs, and the peak once it has ended. */
const usual = computed(() => (detail.value === null || detail.value.session.state === "live" ? "live" : "peak"));

/** What the tree is by. @type {import("./vendor/signals.js").ReadonlySignal<Measure>} */
export const measure = computed(() => {
  const asked = MEASURES.find(({ by }) => by === state.value.by);
  if (asked === undefined) return stretch.value === null ? usual.value : "grown";
  return asked.stretch && stretch.value === null ? usual.value : asked.by;
});

/** The address of a session's part. @param {string} id @param {string} [part] */
export function pathOf(id, part = "") {
  return `${PATH}/${encodeURIComponent(id)}${part}`;
}

/** @param {string} id */
export function treePath(id) {
  const span = stretch.peek();
  const times = measure.peek() === "grown" && span !== null ? `&from_ms=${Math.round(span.from)}&to_ms=${Math.round(span.to)}` : "";
  return pathOf(id, `/tree?by=${measure.peek()}&max_nodes=${MOST_NODES}${times}`);
}

/** Chooses a session, or the list. @param {string | undefined} id */
export function choose(id) {
  navigate({ session: id, by: undefined, a: undefined, b: undefined, focus: undefined, pick: undefined, around: undefined, q: undefined, span: undefined });
}

/** Chooses a stretch of time, or none. @param {{from: number, to: number} | null} span */
export function chooseStretch(span) {
  if (span === null) navigate({ a: undefined, b: undefined, by: undefined });
  else navigate({ a: String(Math.round(span.from)), b: String(Math.round(span.to)), by: "grown", focus: undefined });
}

/** @param {Measure} by */
export function chooseMeasure(by) {
  adjust({ by, focus: undefined });
}

/** The address of a session's stream, with the call tree that is looked at. @param {string} id */
function streamPath(id) {
  const [, query] = treePath(id).split("?");
  return pathOf(id, `/stream?${query}&points=${POINTS}`);
}

/** Whether the page is seen. */
const seen = signal(!document.hidden);
document.addEventListener("visibilitychange", () => (seen.value = !document.hidden));

/** Begins to ask: the list while there is no session, else what the session's stream tells for as long as its program runs. */
export function follow() {
  effect(() => {
    const id = chosen.value;
    detail.value = null;
    course.value = null;
    tree.value = null;
    refusal.value = null;
    barred.value = false;
    if (id !== null || !seen.value) return undefined;
    return followDocument(`${PATH}/stream`, PATH, (list) => batch(() => {
      sessions.value = list;
      refusal.value = null;
    }), (error) => fail(error));
  });
  effect(() => {
    const id = chosen.value;
    void measure.value;
    void stretch.value;
    if (id === null || !seen.value || (held.value && detail.peek() !== null)) return undefined;
    return followSession(streamPath(id), pathOf(id), take, (error) => fail(error));
  });
}

/** @param {import("./heap-stream.js").Session} session @param {{tree: boolean}} changed */
function take(session, changed) {
  batch(() => {
    detail.value = session.detail;
    course.value = session.course;
    // What is looked at may be another tree now that it is known whether the program runs: its own stream brings that one.
    if ((changed.tree || tree.peek() === null) && session.tree.head.by === measure.peek()) tree.value = answerOf(session.tree);
    refusal.value = null;
  });
}

/**
 * Asks now, and again after each answer for as long as there may be news and somebody looks.
 * @param {AbortSignal} left
 * @param {() => Promise<boolean>} ask whether there may be news
 */
async function again(left, ask) {
  for (let first = true; !left.aborted; first = false) {
    if (first || (!document.hidden && !held.peek())) {
      const more = await ask().catch((error) => fail(error, left));
      if (!more) return;
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}

/**
 * Asks now, and again while the chosen program runs; what to call when that is over.
 * @param {(left: AbortSignal) => Promise<void>} ask
 */
export function repeat(ask) {
  const left = new AbortController();
  void again(left.signal, async () => {
    await ask(left.signal);
    return (detail.peek()?.session.state ?? "live") === "live";
  });
  return () => left.abort();
}

/** What went wrong is told; whether it may be tried again. @param {unknown} error @param {AbortSignal} [left] */
function fail(error, left) {
  if (left?.aborted) return false;
  barred.value = error instanceof Refused && (error.status === 401 || error.status === 403);
  refusal.value = error instanceof Error ? error.message : String(error);
  return !(error instanceof Refused);
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  const id = chosen.peek();
  if (id === null) return [{ name: "What is tracked, and what was", path: PATH }, { name: "The same, and then what changes", path: `${PATH}/stream` }];
  return [
    { name: "Counts, sizes, lifetimes, threads", path: pathOf(id) },
    { name: "Live bytes over time", path: pathOf(id, `/timeline?points=${POINTS}`) },
    { name: "The call tree", path: treePath(id) },
    { name: "All of these, and then what changes", path: streamPath(id) },
  ];
}
