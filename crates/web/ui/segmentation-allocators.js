// The tab "Allocators": buddies, TLSF, slabs, size classes and arenas as they are, side by side on one list of requests,
// and fragmentation over time.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { loadSheets, PanelButton } from "./lab.js";
import { Refusal } from "./lab-question.js";
import { drawingOf } from "./paging-translation-draw.js";
import { asking } from "./segmentation-allocators-ask.js";
import { Counts } from "./segmentation-allocators-counts.js";
import { MeasureCourse, MemoryCourse, Useless } from "./segmentation-allocators-course.js";
import { courseOfRun, holds, holesAt, measured, momentAt } from "./segmentation-allocators-moment.js";
import { pictureOf, Structure } from "./segmentation-allocators-picture.js";
import { PROBLEMS, PROGRAM } from "./segmentation-allocators-presets.js";
import { isShort, PATH } from "./segmentation-asking.js";
import { Memories, Told } from "./segmentation-compare.js";
import { ListForm } from "./segmentation-list-form.js";
import { csvOf, measuresOf } from "./segmentation-measures.js";
import { rawBytes } from "./segmentation-pieces.js";
import { adjust, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/** @typedef {import("./segmentation-asking.js").Answer} Answer */
/** @typedef {import("./segmentation-pieces.js").Span} Span */

const OWNERS = 8;
const PICTURE_WIDTH = 900;

/** The walk of the tab, once it began. @type {import("./lab-walk.js").Walk} */
let walk;

const { answer, focused, problem, refusal, selected, shownAt, titleOf } = asking;

/** The part of a tree that is looked into, of which run. */
const looked = signal(/** @type {{run: Run, window: Span} | null} */ (null));

/** Whether the reader fills in addresses of their own: those of a list that is not too long for it. */
const checking = computed(() => state.value.mode === "check" && isShort(problem.value));

/** What checks addresses, once somebody has them checked. */
const checker = signal(/** @type {typeof import("./segmentation-list-check.js").ListCheck | null} */ (null));

/**
 * Begins to ask; resolves when the sheet applies.
 * @param {import("./lab-walk.js").Walk} given
 * @param {() => boolean} active
 */
export async function begin(given, active) {
  walk = given;
  await loadSheets("./segmentation-list.css", "./segmentation-allocators.css");
  asking.begin(walk, active);
  effect(() => {
    if (active() && checking.value) void import("./segmentation-list-check.js").then(({ ListCheck }) => (checker.value = ListCheck));
  });
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  return [{ name: "These requests, with what each allocator has after each", path: PATH, body: asking.questionOf(answer.peek()?.problem ?? problem.peek(), walk.at.peek()) }];
}

/** Whether every step is in one answer. */
export function isWhole() {
  return isShort(problem.peek());
}

/** What the palette offers. */
export function offers() {
  return PROBLEMS.map((known) => ({ group: "Lab", label: known.label, act: () => asking.change(known, "navigate", { tab: "allocators", part: undefined }) }));
}

/** The problem in a few words. */
export function summary() {
  const { capacity, policies } = problem.value;
  return asking.address.named(problem.value)?.label ?? `${policies.map(titleOf).join(", ")}, ${grouped(capacity)} bytes`;
}

/** What the scrubber counts. */
export function noun() {
  return "Operation";
}

/** The steps that are marked on the scrubber: failed requests of the run whose sentence is shown. */
export const { marks } = asking;

/** The problem, to be changed. */
export function Form() {
  return html`<${ListForm} asking=${asking} problems=${PROBLEMS} program=${PROGRAM} label="Allocators" />`;
}

/** The picture, and what is told of it. */
export function Stage() {
  const given = answer.value;
  const run = focused.value;
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${given !== null} />`}
    ${given !== null && run !== null && html`<${Head} given=${given} run=${run} />
      ${checking.value ? checker.value !== null && html`<${checker.value} asking=${asking} run=${run} />` : html`<${Solved} given=${given} run=${run} />`}`}`;
}

/** The problem in a line, the convention, and what to do with it. @param {{given: Answer, run: Run}} props */
function Head({ given, run }) {
  return html`<header class="lab-head">
    <h1>${given.runs.map(({ policy }) => titleOf(policy)).join(", ")} <span>in ${grouped(run.capacity)} bytes</span></h1>
    <p class="convention">${Object.entries(run.convention).map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
    ${isShort(given.problem) && html`<button type="button" class="quiet" aria-pressed=${checking.value} onClick=${() => adjust({ mode: checking.value ? undefined : "check" })}>
      ${checking.value ? "Back to the solution" : "Check my table"}</button>`}
    <${PanelButton} label="Exercise" load=${loadExercise} />
  </header>`;
}

/** The panel of exercises on lists. */
async function loadExercise() {
  return (await import("./segmentation-exercise.js")).listExercise(asking);
}

/** Selects the request that was pressed in a picture, or none. @param {MouseEvent} event */
function select(event) {
  const part = event.target instanceof Element ? event.target.closest("[data-part=held]") : null;
  const id = part instanceof SVGElement ? part.dataset.id : undefined;
  if (id !== undefined) adjust({ request: id === state.peek().request ? undefined : id });
}

/** @param {{given: Answer, run: Run}} props */
function Solved({ given, run }) {
  const at = given.runs.every((each) => holds(each, shownAt.value)) ? shownAt.value : (run.before?.ops ?? 0);
  const moment = momentAt(run, at, selected.value);
  const shown = given.runs.map((each, index) => ({ title: titleOf(each.policy), tone: `owner-${(index % OWNERS) + 1}`, course: courseOfRun(each), holes: holesAt(each, at) }));
  const mine = shown[given.runs.indexOf(run)];
  const asked = moment.step?.op === "alloc" && moment.step.size !== null ? rawBytes(run.convention, moment.step.size) : null;
  const window = looked.value?.run === run ? looked.value.window : null;
  const go = (/** @type {number} */ to) => {
    walk.pause();
    walk.go(to);
  };
  return html`<div class="allocators-body" onClick=${select}>
    <${Memories} asking=${asking} given=${given} run=${run} at=${at} />
    <${Told} asking=${asking} given=${given} run=${run} moment=${moment} go=${(/** @type {number} */ to) => walk.go(to)} />
    <div class="lab-picture allocators-structure">
      ${at === 0 ? html`<p class="note empty-structure">Memory is one hole. The right arrow key makes the first operation.</p>` : html`<${Structure} moment=${moment} run=${run} title=${titleOf(run.policy)} window=${window} onWindow=${(/** @type {Span | null} */ to) => (looked.value = to === null ? null : { run, window: to })} />`}
    </div>
    <div class="allocators-figures">
      <${Counts} given=${given} focus=${run} at=${at} titleOf=${titleOf} />
      <${MemoryCourse} shown=${mine} now=${measuresOf(moment.held, mine.holes)} capacity=${run.capacity} at=${at} go=${go} />
      <${MeasureCourse} shown=${shown} at=${at} measure=${/** @type {any} */ (state.value.measure ?? "external")} onMeasure=${(/** @type {string} */ measure) => adjust({ measure: measure === "external" ? undefined : measure })} go=${go} />
      <${Useless} shown=${shown} asked=${asked} at=${at} />
    </div>
  </div>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const [given, run] = [answer.peek(), focused.peek()];
  if (given === null || run === null) return null;
  const at = shownAt.peek();
  const moment = momentAt(run, at, selected.peek());
  const window = looked.peek()?.run === run ? (looked.peek()?.window ?? null) : null;
  const convention = Object.entries(run.convention).map(([name, value]) => `${name} ${value}`);
  return {
    name: `ramscope-allocators-${given.runs.map(({ policy }) => policy).join("-").slice(0, 60)}`,
    picture: () => drawingOf(pictureOf(run.policy).make(moment, PICTURE_WIDTH, window), `${titleOf(run.policy)} after operation ${at} of ${run.metrics.ops}`, [`${run.capacity} bytes`, ...convention].join(" · ")),
    csv: () => csvOf(given.runs.map(measured)),
    json: () => ({ schema_version: 1, problem: given.problem, runs: given.runs }),
    notes: { svg: "the structure on show, to any size", csv: isShort(given.problem) ? "a row an allocator and operation, with its measures" : "a row an allocator and operation, about the current one", json: "every operation with what each allocator has after it" },
  };
}
