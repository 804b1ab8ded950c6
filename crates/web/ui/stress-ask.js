// The questions behind the view "Stress": what a wish would be, what runs, what ran, and the orders to start, change and stop.

import { getJson, orderJson, postJson } from "./api.js";
import { settled } from "./lab-question.js";
import { memory } from "./live.js";
import { adjust, navigate, state } from "./state.js";
import { bodyOf, stateOf, wishOf } from "./stress-problem.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./stress-problem.js").Wish} Wish */
/** @typedef {{bytes: number, left_bytes: number, reserve_bytes: number, promised_bytes: number, cgroup: string | null}} Headroom */
/** @typedef {{plan: Record<string, any>, curve: [number, number][], table: {at_ms: number, what: string}[], headroom: Headroom}} Plan */
/** @typedef {import("./api.js").StressRun} Run */
/**
 * @typedef {{pid: number, began_ms: number, ended_ms: number, plan: Record<string, any>, curve: [number, number][],
 *   returned_bytes: number, returned_ms: number, peak_bytes: number, reason: string,
 *   samples: [number, number, number][]}} Finished
 * @typedef {{limits: Record<string, any>, runs: Record<string, Run>, samples: Record<string, [number, number, number][]>,
 *   finished: Finished[]}} Stress
 */

const PATH = "/api/v1/stress";
/** Ticks of the live document between two looks at the limits. */
const LOOK_EVERY = 5;
/** Ticks after a run began or ended in which every one is looked at: its last word may come a moment later. */
const LOOKS_AFTER = 4;

/** What the address asks for. */
export const wish = settled(() => wishOf(state.value));
/** What it would be; the last one stays while another is on its way. */
export const plan = signal(/** @type {Plan | null} */ (null));
/** Why what the address asks for cannot be. */
export const refusal = signal(/** @type {string | null} */ (null));
/** Runs and limits as they were looked up last. */
export const stress = signal(/** @type {Stress | null} */ (null));
/** Why an order was not followed. */
export const objection = signal(/** @type {string | null} */ (null));
/** Whether an order is on its way. */
export const ordering = signal(false);

/** The run that goes on: from the live document, else as it was looked up. */
export const run = computed(() => {
  const runs = memory.value?.stress ?? stress.value?.runs ?? {};
  const [first] = Object.entries(runs);
  return first === undefined ? null : { pid: Number(first[0]), ...first[1] };
});

/** How the run that goes on stood, by the looks of the server and those since. */
export const samples = signal(/** @type {[number, number, number][]} */ ([]));

/** The run that is over and shown, by its worker and end; the latest one after a run ended here. */
export const picked = signal(/** @type {string | null} */ (null));

/** @param {Finished} ended */
export function keyOf({ ended_ms, pid }) {
  return `${pid}-${ended_ms}`;
}

/** Begins to ask. */
export function follow() {
  effect(() => {
    const asked = bodyOf(wish.value);
    picked.value = null;
    if ("refusal" in asked) {
      refusal.value = asked.refusal;
      return undefined;
    }
    const left = new AbortController();
    postJson(PATH, { ...asked.body, dry_run: true }, left.signal).then(
      (answer) => {
        refusal.value = null;
        plan.value = answer;
      },
      (error) => {
        if (!left.signal.aborted) refusal.value = error.message;
      },
    );
    return () => left.abort();
  });
  followRuns();
  void look();
}

function followRuns() {
  let ticks = 0;
  let due = 0;
  let known = "";
  effect(() => {
    const now = memory.value;
    if (now === null) return;
    const going = run.peek();
    const name = going === null ? "" : `${going.pid} ${going.began_ms}`;
    ticks += 1;
    if (name !== known) {
      if (name === "") picked.value = "latest";
      samples.value = [];
      due = LOOKS_AFTER;
      known = name;
    }
    if (going !== null) note(going);
    if (due > 0 || ticks % LOOK_EVERY === 0) void look();
    due = Math.max(0, due - 1);
  });
}

/** @param {Run} going */
function note({ progress }) {
  const last = samples.peek().at(-1)?.[0] ?? -1;
  if (progress.elapsed_ms > last) samples.value = [...samples.peek(), [progress.elapsed_ms, progress.planned_bytes, progress.reached_bytes]];
}

async function look() {
  const answer = await getJson(PATH).catch(() => null);
  if (answer !== null) take(answer);
}

/** @param {Stress} answer */
function take(answer) {
  stress.value = answer;
  const known = run.peek() === null ? undefined : answer.samples[String(run.peek()?.pid)];
  if (known !== undefined && known.length > samples.peek().length) samples.value = known;
}

/** @param {Partial<Wish>} changes @param {"navigate" | "adjust"} how */
export function change(changes, how = "navigate") {
  (how === "navigate" ? navigate : adjust)(stateOf(changes));
}

/** Starts what the address asks for, or changes the run to it. @param {"POST" | "PUT"} method */
export function begin(method) {
  const asked = bodyOf(wish.peek());
  return "refusal" in asked ? Promise.resolve() : order(method, asked.body);
}

/** Ends the run. */
export function stop() {
  return order("DELETE", undefined);
}

/** @param {"POST" | "PUT" | "DELETE"} method @param {object | undefined} body */
async function order(method, body) {
  ordering.value = true;
  objection.value = null;
  try {
    take(await orderJson(method, PATH, body));
  } catch (error) {
    objection.value = error instanceof Error ? error.message : String(error);
  } finally {
    ordering.value = false;
  }
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  const asked = bodyOf(wish.peek());
  const body = { ...("body" in asked ? asked.body : {}), dry_run: true };
  return [
    { name: "What runs, what ran, and what may be taken", path: PATH },
    { name: "What this load would be; without dry_run, and with the token, it starts", path: PATH, body },
  ];
}
