// The questions of the replacement lab, and their answers as signals.

import { getJson, postJson } from "./api.js";
import { problemOf, readReferences, stateOf, textOf } from "./paging-problem.js";
import { adjust, navigate, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./paging-problem.js").Problem} Problem */
/** @typedef {import("./paging-run.js").Run} Run */
/**
 * @typedef {{name: string, about: string, takes: string, words?: string[], least?: number, greatest?: number,
 *   default: string | number}} Parameter
 * @typedef {{name: string, title: string, about: string, parameters: Parameter[]}} Policy
 * @typedef {{name: string, source: string, values: Record<string, string | number>}} Preset
 * @typedef {{policies: Policy[], parameters: Parameter[], presets: Preset[]}} Roster
 * @typedef {{problem: Problem, references: import("./paging-problem.js").Reference[], runs: Run[]}} Answer
 * @typedef {{policies: string[], frames: number | string, refs: string, preset?: string, set: Record<string, string>,
 *   steps?: boolean, views?: boolean}} Body
 */

/** Where the machines are asked. */
export const PATH = "/api/v1/sim/paging";
/** The question for the policies there are. */
export const ROSTER = { name: "The policies, their parameters, the presets", path: `${PATH}/policies` };
const LEAST_WIDTH = 7;

/** The policies and presets there are; null until the server has said. */
export const roster = signal(/** @type {Roster | null} */ (null));

/** The problem that the address holds. */
export const problem = settled(() => problemOf(state.value));

/**
 * A value made from the address that stays the same object while it says the same: a step taken does not change it.
 * @template T
 * @param {() => T} make
 * @returns {import("./vendor/signals.js").ReadonlySignal<T>}
 */
export function settled(make) {
  const text = computed(() => JSON.stringify(make()));
  return computed(() => JSON.parse(text.value));
}

/** The last answer; it stays while another is on its way. */
export const answer = signal(/** @type {Answer | null} */ (null));

/** The same policies at one frame and more, counts alone. */
export const curve = signal(/** @type {Run[]} */ ([]));

/** Why there is no answer to the problem: the server's words, or a misreading. */
export const refusal = signal(/** @type {string | null} */ (null));

/**
 * Puts another problem into the address.
 * @param {Partial<Problem>} changes
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
export function change(changes, how = "navigate") {
  const next = { ...problem.peek(), ...changes };
  (how === "navigate" ? navigate : adjust)({ ...stateOf(next, state.peek()), tab: "replacement" });
}

/**
 * A problem as the server takes it.
 * @param {Problem} asked
 * @param {import("./paging-problem.js").Reference[]} references
 * @returns {Body}
 */
export function bodyOf({ frames, policies, preset, set }, references) {
  return { policies, frames, refs: textOf(references), preset: preset || undefined, set };
}

/**
 * @param {Body} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Run[]>}
 */
export async function runsOf(body, signal) {
  const { runs } = await postJson(PATH, body, signal);
  return runs;
}

/** Reads the roster. */
export async function loadRoster() {
  roster.value = await getJson(ROSTER.path).catch(() => null);
}

/**
 * Begins to ask whenever the problem changes.
 * @param {(answer: Answer) => void} onAnswer
 */
export function followProblem(onAnswer) {
  effect(() => {
    const asked = problem.value;
    const { error, references } = readReferences(asked.refs);
    if (references === null) {
      refusal.value = error.message;
      return undefined;
    }
    const left = new AbortController();
    void ask(asked, references, left.signal, onAnswer);
    return () => left.abort();
  });
}

/**
 * @param {Problem} asked
 * @param {import("./paging-problem.js").Reference[]} references
 * @param {AbortSignal} signal
 * @param {(answer: Answer) => void} onAnswer
 */
async function ask(asked, references, signal, onAnswer) {
  const body = bodyOf(asked, references);
  try {
    const runs = await runsOf({ ...body, views: true }, signal);
    refusal.value = null;
    answer.value = { problem: asked, references, runs };
    onAnswer(answer.value);
    curve.value = await runsOf({ ...body, frames: widthOf(asked, references), steps: false }, signal);
  } catch (error) {
    if (!signal.aborted) refusal.value = error instanceof Error ? error.message : String(error);
  }
}

/**
 * The frames that the curve shows: seven, or two more than the problem has; where they are many, only these.
 * @param {Problem} asked
 * @param {import("./paging-problem.js").Reference[]} references
 */
export function widthOf({ frames }, references) {
  const distinct = new Set(references.map(({ page }) => page)).size;
  const most = Math.max(LEAST_WIDTH, Math.min(frames + 2, 64, distinct + 1));
  return `1..${most}`;
}
