// The questions behind the view "Processes": the part of the list that is on the screen, and the processes that are
// looked at closer.

import { settled } from "./lab-question.js";
import { memory } from "./live.js";
import { note } from "./processes-trend.js";
import { Asked } from "./processes-asked.js";
import { listPath, processPath, textOf, wishOf } from "./processes-wish.js";
import { adjust, navigate, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./processes-answer.js").List} List */
/** @typedef {import("./processes-answer.js").Detail} Detail */

/** Rows by which the window of the list is moved, and its length: more than a tall screen shows. */
const STEP_ROWS = 50;
const WINDOW_ROWS = 150;
/** How far back the history of a process is asked for, and in how many points. */
const PAST = "1h";
const PAST_POINTS = 360;
const DETAIL_PACE_MS = 2000;

/** What the address asks for. */
export const wish = settled(() => wishOf(state.value));
/** Whether the numbers are those of now, and move. */
export const live = computed(() => wish.value.atMs === null);
/** The tab on show. */
export const tab = computed(() => state.value.tab ?? "processes");
/** Whether the tab of processes is on show, and asks. */
const listed = computed(() => tab.value === "processes");

/** The first row on the screen. */
export const firstRow = signal(0);
/** The first row that is asked for. */
export const offset = computed(() => Math.max(0, Math.floor(firstRow.value / STEP_ROWS) - 1) * STEP_ROWS);

/** The list. @type {Asked<List>} */
export const list = new Asked(
  () => (listed.value ? listPath(wish.value, offset.value, WINDOW_ROWS) : null),
  () => live.peek(),
);

/** Rows before the first one of an answer. @param {string} path the question */
export function offsetOf(path) {
  return Number(/[?&]offset=(\d+)/.exec(path)?.[1] ?? 0);
}

/** @param {import("./processes-wish.js").Key | null} key */
const detailPath = (key) => (listed.value && key !== null ? processPath(key, PAST, PAST_POINTS) : null);

/** The process at the side. @type {Asked<Detail>} */
export const detail = new Asked(() => detailPath(wish.value.chosen), () => true, DETAIL_PACE_MS);
/** The process that is followed. @type {Asked<Detail>} */
export const followed = new Asked(() => detailPath(wish.value.followed), () => true);

/** Begins to ask. */
export function follow() {
  list.follow();
  detail.follow();
  followed.follow();
  effect(() => {
    const answer = list.answer.value?.value;
    if (answer !== undefined && answer.live) note(answer.time_ms, namedRows(answer));
  });
  // another order begins at its top
  const order = computed(() => listPath(wish.value, 0, 1));
  effect(() => {
    void order.value;
    firstRow.value = 0;
  });
}

/**
 * The rows of an answer with the names they go by.
 * @param {List} answer
 */
export function namedRows(answer) {
  if (answer.groups !== undefined) return answer.groups.map((row) => ({ name: `${row.pid ?? ""} ${row.key}`, bytes: row.memory_bytes, row }));
  return answer.processes.map((row) => ({ name: nameOf(row), bytes: row.memory_bytes, row }));
}

/** @param {{pid: number, start_time_ms: number}} row */
export function nameOf({ pid, start_time_ms: startMs }) {
  return textOf({ pid, startMs });
}

/** Time of the table on show, UTC milliseconds. */
export const shownMs = computed(() => list.answer.value?.value.time_ms ?? wish.value.atMs ?? memory.value?.time_ms ?? 0);

/** @param {Record<string, string | undefined>} changes */
export function change(changes) {
  adjust(changes);
}

/** Goes to another moment, or back to now: Back returns from it. @param {{at?: number | null, compare?: number | null}} moments */
export function goTo({ at, compare }) {
  navigate({
    ...(at === undefined ? {} : { at: at === null ? undefined : String(Math.round(at)) }),
    ...(compare === undefined ? {} : { compare: compare === null ? undefined : String(Math.round(compare)) }),
  });
}
