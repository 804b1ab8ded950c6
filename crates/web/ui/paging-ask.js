// The questions of the replacement lab, and their answers as signals.

import { getJson, postJson, Refused } from "./api.js";
import { cellsOf } from "./paging-grid.js";
import { settled } from "./lab-question.js";
import { problemOf, readReferences, stateOf, textOf } from "./paging-problem.js";
import { adjust, navigate, state } from "./state.js";
import { effect, signal } from "./vendor/signals.js";

/** @typedef {import("./paging-problem.js").Problem} Problem */
/** @typedef {import("./paging-run.js").Run} Run */
/**
 * @typedef {{name: string, about: string, takes: string, words?: string[], least?: number, greatest?: number,
 *   default: string | number}} Parameter
 * @typedef {{name: string, title: string, about: string, parameters: Parameter[]}} Policy
 * @typedef {{name: string, source: string, values: Record<string, string | number>}} Preset
 * @typedef {{policies: Policy[], parameters: Parameter[], presets: Preset[]}} Roster
 * @typedef {{problem: Problem, references: import("./paging-problem.js").Reference[], runs: Run[],
 *   canvas: typeof import("./paging-canvas.js").CanvasGrid | null, long: import("./paging-long.js").Long | null}} Answer
 *   `canvas` paints a grid that is too large for a table; `long` holds the steps of a string that has too many to be sent
 *   at once: `references` are empty then, and the runs have no steps
 * @typedef {{policies: string[], frames: number | string | number[], refs: string | {id: string} | {generate: string},
 *   preset?: string, set: Record<string, string>, steps?: boolean, views?: boolean, overview?: number,
 *   window?: {from: number, count: number}}} Body
 * @typedef {{id: string, form: string, detected?: string, references: number, pages: number, writes: number,
 *   name: string}} Kept a string that the server keeps, and the name of the file that it came from
 */

/** Where the machines are asked. */
export const PATH = "/api/v1/sim/paging";
/** The question for the policies there are. */
export const ROSTER = { name: "The policies, their parameters, the presets", path: `${PATH}/policies` };
const LEAST_WIDTH = 7;
/** The most cells of a grid that is a real table. */
const TABLE_CELLS = 2000;
/** How often a busy server is asked again, and how long to wait before that, milliseconds. */
const PATIENCE = 8;
const WAIT_MS = 1000;

/** The policies and presets there are; null until the server has said. */
export const roster = signal(/** @type {Roster | null} */ (null));

/** The problem that the address holds. */
export const problem = settled(() => problemOf(state.value));

export { settled };

/** The last answer; it stays while another is on its way. */
export const answer = signal(/** @type {Answer | null} */ (null));

/** The same policies at one frame and more, counts alone. */
export const curve = signal(/** @type {Run[]} */ ([]));

/** The string that was sent last. */
export const kept = signal(/** @type {Kept | null} */ (null));

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
export function bodyOf({ frames, from, policies, preset, set }, references) {
  const refs = from === "" ? textOf(references) : from.startsWith("zipf:") ? { generate: from } : { id: from };
  return { policies, frames, refs, preset: preset || undefined, set };
}

/**
 * @param {Body} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Run[]>}
 */
export async function runsOf(body, signal) {
  const { runs } = await answerTo(body, signal);
  return runs;
}

/**
 * Asks again while the server is busy, and sends a string again that it keeps no longer.
 * @param {Body} body
 * @param {AbortSignal} [signal]
 * @param {number} patience
 * @returns {Promise<any>}
 */
export async function answerTo(body, signal, patience = PATIENCE) {
  try {
    return await postJson(PATH, body, signal);
  } catch (error) {
    const status = error instanceof Refused ? error.status : 0;
    if (status === 404 && typeof body.refs === "object" && "id" in body.refs && patience === PATIENCE)
      await (await import("./paging-source.js")).sendAgain(body.refs.id);
    else if ((status === 429 || status === 503) && patience > 0)
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    else throw error;
    return answerTo(body, signal, patience - 1);
  }
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
    const { error, references } = asked.from === "" ? readReferences(asked.refs) : { error: null, references: [] };
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
    const known = references.length > 0 ? references : readOff(runs);
    const canvas = cellsOf(runs) > TABLE_CELLS ? (await import("./paging-canvas.js")).CanvasGrid : null;
    const given = { problem: asked, references: known, runs, canvas, long: null };
    signal.throwIfAborted();
    if (runs[0].steps === undefined) {
      const { lookOver } = await import("./paging-long.js");
      await lookOver(given, body, signal, (/** @type {Answer} */ found) => show(found, onAnswer));
      return;
    }
    show(given, onAnswer);
    curve.value = await runsOf({ ...body, frames: widthOf(asked, given.references), steps: false }, signal);
  } catch (error) {
    if (!signal.aborted) refusal.value = error instanceof Error ? error.message : String(error);
  }
}

/**
 * @param {Answer} given
 * @param {(answer: Answer) => void} onAnswer
 */
function show(given, onAnswer) {
  refusal.value = null;
  answer.value = given;
  onAnswer(given);
}

/** The references that the steps make. @param {Run[]} runs */
function readOff([{ steps = [] }]) {
  return steps.map(({ page, write }) => ({ page, write }));
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
