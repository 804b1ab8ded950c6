// The problem of "Demand paging": frames, how they are divided, the load control, and what the processes refer to.

/**
 * @typedef {{frames: number, policy: string, allocation: string, control: string, quantum: number, readahead: number,
 *   workload: string}} Problem `workload` is a line a process; empty is the generated one
 * @typedef {{degree: number, cpu_utilisation: number, disk_utilisation: number, fault_rate: number,
 *   throughput_references_per_s: number, suspensions: number}} Point
 * @typedef {{points: Point[], knee: number}} Curve
 * @typedef {{frame: number, process: string | null, page: number | null, dirty: boolean, read_ahead: boolean,
 *   used_at: number | null}} Slot
 * @typedef {{index: number, time_ns: number, kind: "admit" | "dispatch" | "reference" | "fault" | "load" | "ready" |
 *   "suspend" | "end", process: string, page: number | null, write: boolean | null, frame: number | null,
 *   left: {process: string, page: number, slot: number | null}[], running: number | null, ready: number[],
 *   disk: number[], outside: number[], frames_changed: Slot[], explain: string}} Step numbers are places in `processes`
 * @typedef {{process: string, pages: number, share_frames: number | null, references: number, faults: number,
 *   fault_rate: number, writebacks: number, most_resident_pages: number, suspensions: number, cpu_ns: number,
 *   ready_ns: number, disk_wait_ns: number, outside_ns: number, finished_ns: number}} Process
 * @typedef {{time_ns: number, working_set_pages: number[], resident_pages: number[]}} Sample
 * @typedef {{policy: string, allocation: string, replacement: string, convention: Record<string, string | number>,
 *   frames: number, references: number, faults: number, fault_rate: number, writebacks: number, prefetched: number,
 *   prefetched_used: number, swap_slots_used: number, suspensions: number, elapsed_ns: number, cpu_utilisation: number,
 *   disk_utilisation: number, effective_access_ns: number, processes: Process[], samples: Sample[], steps_before: number,
 *   frames_before: Slot[], steps: Step[], steps_after: number, explain: string,
 *   curve: {free: Curve, controlled: Curve | null, explain: string} | null}} Answer
 */

/** Where the machine is asked. */
export const PATH = "/api/v1/sim/demand";
/** The longest text of a workload that one question can carry, characters. */
export const MOST_WORKLOAD = 60_000;
/** Steps of one answer. */
export const BLOCK_STEPS = 500;

/** How frames are divided. */
export const ALLOCATIONS = [
  { name: "global", label: "To whoever faults (global)" },
  { name: "equal", label: "Equal shares (local)" },
  { name: "proportional", label: "By size (local)" },
  { name: "working-set", label: "By working sets (local)" },
  { name: "pff", label: "By page-fault frequency (local)" },
];
/** What keeps the machine from thrashing. */
export const CONTROLS = [
  { name: "none", label: "None" },
  { name: "working-set", label: "By working sets" },
  { name: "fault-rate", label: "By fault rate" },
];

/** @type {Problem} */
const PLAIN = { frames: 48, policy: "lru", allocation: "global", control: "none", quantum: 50, readahead: 0, workload: "" };

/** A loop over pages that a process makes again and again. @param {string} name @param {number} pages @param {number} times */
const loop = (name, pages, times) =>
  `${name}: ${Array.from({ length: pages * times }, (_, index) => (index % pages) + 1).join(" ")}`;
const GREEDY = `${loop("editor", 3, 12)}\n${loop("copy", 24, 2)}`;
const WRITER = `log: ${Array.from({ length: 24 }, (_, index) => `${(index % 8) + 1}w`).join(" ")}\n${loop("reader", 4, 6)}`;
const SCAN = loop("scan", 24, 1);

/** Problems with a name. @type {(Problem & {id: string, label: string})[]} */
export const NAMED = [
  { id: "sixteen", label: "Sixteen processes in 48 frames: thrashing", ...PLAIN },
  { id: "controlled", label: "The same with load control", ...PLAIN, control: "working-set" },
  { id: "greedy", label: "A scan beside a loop: global", ...PLAIN, frames: 8, quantum: 4, workload: GREEDY },
  { id: "shares", label: "The same with equal shares", ...PLAIN, frames: 8, quantum: 4, allocation: "equal", workload: GREEDY },
  { id: "written", label: "Dirty pages cost a write", ...PLAIN, frames: 6, quantum: 4, workload: WRITER },
  { id: "ahead", label: "Read-ahead of four", ...PLAIN, frames: 12, readahead: 4, workload: SCAN },
];

const NUMBERS = /** @type {const} */ (["frames", "quantum", "readahead"]);
const WORDS = /** @type {const} */ (["policy", "allocation", "control"]);

/** The named problem that this one is, if it is one. @param {Problem} problem */
export function nameOf(problem) {
  const asked = JSON.stringify(bodyOf(problem));
  return NAMED.find((known) => JSON.stringify(bodyOf(known)) === asked);
}

/**
 * The problem that an address holds; what is missing or cannot be is as in the opening problem.
 * @param {Record<string, string>} state
 * @returns {Problem}
 */
export function problemOf(state) {
  const problem = { ...PLAIN };
  for (const name of NUMBERS) {
    const text = state[`demand.${name}`];
    const value = Number(text);
    const least = name === "readahead" ? 0 : 1;
    if (text !== undefined && Number.isSafeInteger(value) && value >= least) problem[name] = value;
  }
  for (const name of WORDS) {
    const word = state[`demand.${name}`] ?? "";
    if (/^[a-z0-9-]{1,40}$/.test(word)) problem[name] = word;
  }
  problem.workload = (state["demand.workload"] ?? "").slice(0, MOST_WORKLOAD);
  return problem;
}

/**
 * A problem's keys in the address; what is as in the opening problem needs none.
 * @param {Problem} problem
 * @returns {Record<string, string | undefined>}
 */
export function stateOf(problem) {
  const keys = [...NUMBERS, ...WORDS, /** @type {const} */ ("workload")].map((name) => [
    `demand.${name}`,
    problem[name] === PLAIN[name] ? undefined : String(problem[name]),
  ]);
  return { ...Object.fromEntries(keys), step: undefined };
}

/**
 * A problem as the server takes it.
 * @param {Problem} problem
 */
export function bodyOf({ allocation, control, frames, policy, quantum, readahead, workload }) {
  return {
    frames,
    policy,
    allocation,
    ...(workload.trim() !== "" && { workload }),
    set: { "load.control": control, "cpu.quantum": quantum, "disk.readahead": readahead },
    steps: BLOCK_STEPS,
  };
}

/** A stretch of a problem's steps. @param {Problem} problem @param {number} block from 0 */
export function blockBodyOf(problem, block) {
  return { ...bodyOf(problem), before: block * BLOCK_STEPS, curve: false };
}

/**
 * Memory and queues after a step.
 * @typedef {{slots: Slot[], step: Step | null, running: number | null, ready: number[], disk: number[],
 *   outside: number[]}} Scene
 */

/**
 * What stands after a step of a block.
 * @param {Answer} block
 * @param {number} at the step, from `steps_before`, which is the state before the block's first
 * @returns {Scene}
 */
export function sceneAt(block, at) {
  const made = block.steps.slice(0, at - block.steps_before);
  const slots = [...block.frames_before];
  for (const { frames_changed: changed } of made) for (const slot of changed) slots[slot.frame] = slot;
  const step = made.at(-1) ?? null;
  return {
    slots,
    step,
    running: step?.running ?? null,
    ready: step?.ready ?? [],
    disk: step?.disk ?? [],
    outside: step?.outside ?? [],
  };
}

/** A time in words. @param {number} ns */
export function timeOf(ns) {
  const [value, unit] = ns < 1e6 ? [ns / 1e3, "µs"] : ns < 1e9 ? [ns / 1e6, "ms"] : [ns / 1e9, "s"];
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${unit}`;
}
