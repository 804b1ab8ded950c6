// The part "Over time" of the tab "Free space": a list of requests under the fits, with memory as a map to be looked into, the
// free list as it is, blocks over time, and what may be done to memory there.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { PanelButton } from "./lab.js";
import { Refusal } from "./lab-question.js";
import { drawingOf } from "./paging-translation-draw.js";
import { Counts } from "./segmentation-allocators-counts.js";
import { MeasureCourse, MemoryCourse, Useless } from "./segmentation-allocators-course.js";
import { courseOfRun, holds, holesAt, measured, momentAt } from "./segmentation-allocators-moment.js";
import { loadPictures, Structure } from "./segmentation-allocators-picture.js";
import { Asking, isShort, PATH } from "./segmentation-asking.js";
import { Memories, Told } from "./segmentation-compare.js";
import { Acts } from "./segmentation-fits-acts.js";
import * as address from "./segmentation-fits-problem.js";
import { Blocks } from "./segmentation-fits-table.js";
import { Gantt } from "./segmentation-fits-time.js";
import { ListForm } from "./segmentation-list-form.js";
import { csvOf, measuresOf } from "./segmentation-measures.js";
import { memoryRowsFigure } from "./segmentation-memory-figure.js";
import { MemoryMap } from "./segmentation-memory-map.js";
import { usesOf, wholeOf } from "./segmentation-memory-rows.js";
import { rawBytes } from "./segmentation-pieces.js";
import { adjust, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/** @typedef {import("./segmentation-asking.js").Answer} Answer */
/** @typedef {import("./segmentation-memory-rows.js").Look} Look */

const OWNERS = 8;
const PICTURE_WIDTH = 900;
/** Rectangles of blocks over time, of each policy. */
const MOST_LIVES = 3000;
/** An end that no list reaches. */
const ALL = 2 ** 31;

/** A list under fits, as the address says it. */
const asking = new Asking({ address, policies: address.FITS, ready: loadPictures, views: ({ policies }) => policies.includes("quick"), further: () => ({ lives: { from: 1, count: ALL, most: MOST_LIVES } }) });
const { answer, focused, problem, refusal, selected, shownAt, titleOf } = asking;

/** The hole that is shown strong in every picture, by its address; null where none is. */
const hole = computed(() => (/^\d{1,15}$/.test(state.value.hole ?? "") ? Number(state.value.hole) : null));

/** Which part of memory is on show, of which problem. */
const looked = signal(/** @type {{problem: object, look: Look} | null} */ (null));

/** The walk of the tab, once it began. @type {import("./lab-walk.js").Walk} */
let walk;

/** Whether the reader fills in addresses of their own: those of a list that is not too long for it. */
const checking = computed(() => state.value.mode === "check" && isShort(problem.value));
/** What checks addresses, once somebody has them checked. */
const checker = signal(/** @type {typeof import("./segmentation-list-check.js").ListCheck | null} */ (null));

/**
 * Begins to ask while the part is on show.
 * @param {import("./lab-walk.js").Walk} given
 * @param {() => boolean} active
 */
export function begin(given, active) {
  walk = given;
  asking.begin(walk, active);
  effect(() => {
    if (active() && checking.value) void import("./segmentation-list-check.js").then(({ ListCheck }) => (checker.value = ListCheck));
  });
}

/** The part's questions to the server. */
export function endpoints() {
  return [{ name: "These requests, with memory after each", path: PATH, body: asking.questionOf(answer.peek()?.problem ?? problem.peek(), walk.at.peek()) }];
}

/** Whether every step is in one answer. */
export function isWhole() {
  return isShort(problem.peek());
}

/** What the palette offers. */
export function offers() {
  const named = address.PROBLEMS.map((known) => ({ group: "Lab", label: known.label, act: () => asking.change(known, "navigate", { tab: "free", part: "time" }) }));
  return [...named, { group: "Lab", label: "Compact memory here", act: () => act({ op: "compact" }) }];
}

/** The problem in a few words. */
export function summary() {
  const { capacity, policies } = problem.value;
  return address.named(problem.value)?.label ?? `${policies.map(titleOf).join(", ")}, ${grouped(capacity)} bytes`;
}

/** The steps that are marked on the scrubber: failed requests of the run whose sentence is shown. */
export const { marks } = asking;

/** The problem, to be changed. */
export function Form() {
  return html`<${ListForm} asking=${asking} problems=${address.PROBLEMS} program=${address.PROGRAM} label="Fits" />`;
}

/** Makes an operation happen after the one on show, in place of what followed, and goes there. @param {Parameters<typeof address.opsAfter>[2]} next */
function act(next) {
  const run = focused.peek();
  const given = answer.peek();
  if (run === null || given === null || !isShort(given.problem)) return;
  const at = walk.at.peek();
  asking.change({ ops: address.opsAfter(run.ops, at, next), kept: "" }, "navigate", { step: String(at + 1), focus: state.peek().focus });
}

/** The picture, and what is told of it. @param {{choice: any}} props `choice` of the tab's parts */
export function Stage({ choice }) {
  const given = answer.value;
  const run = focused.value;
  if (given === null || run === null) {
    return html`<header class="lab-head"><h1>Requests over time</h1>${choice}</header>
      ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}`;
  }
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <header class="lab-head">
      <h1>${given.runs.map(({ policy }) => titleOf(policy)).join(", ")} <span>in ${grouped(run.capacity)} bytes</span></h1>
      ${choice}
      <p class="convention">${Object.entries(run.convention).map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
      ${isShort(given.problem) && html`<button type="button" class="quiet" aria-pressed=${checking.value} onClick=${() => adjust({ mode: checking.value ? undefined : "check" })}>
        ${checking.value ? "Back to the solution" : "Check my table"}</button>`}
      <${PanelButton} label="Exercise" load=${loadExercise} />
    </header>
    ${checking.value ? checker.value !== null && html`<${checker.value} asking=${asking} run=${run} />` : html`<${Solved} given=${given} run=${run} />`}`;
}

/** The panel of exercises on lists. */
async function loadExercise() {
  return (await import("./segmentation-exercise.js")).listExercise(asking);
}

/** Selects the block or hole that was pressed in a picture or row, or none. @param {MouseEvent} event */
function select(event) {
  const part = event.target instanceof Element ? event.target.closest("[data-part=held], [data-part=hole], tr[data-id], tr[data-hole]") : null;
  if (part === null) return;
  const { address: at, hole: row, id } = /** @type {HTMLElement} */ (part).dataset;
  if (id !== undefined) mark(Number(id), null);
  else mark(null, Number(row ?? at));
}

/** Shows a block or a hole strong in every picture; the one that is already is shown so no longer. @param {number | null} id @param {number | null} at */
function mark(id, at) {
  const again = id !== null ? id === selected.peek() : at !== null && at === hole.peek();
  adjust({ request: id === null || again ? undefined : String(id), hole: at === null || again ? undefined : String(at) });
}

/** @param {{given: Answer, run: Run}} props */
function Solved({ given, run }) {
  const at = given.runs.every((each) => holds(each, shownAt.value)) ? shownAt.value : (run.before?.ops ?? 0);
  const moment = { ...momentAt(run, at, selected.value), hole: hole.value };
  const holes = holesAt(run, at);
  const uses = usesOf(moment, holes);
  const shown = given.runs.map((each, index) => ({ title: titleOf(each.policy), tone: `owner-${(index % OWNERS) + 1}`, course: courseOfRun(each), holes: holesAt(each, at) }));
  const mine = shown[given.runs.indexOf(run)];
  const asked = moment.step?.op === "alloc" && moment.step.size !== null ? rawBytes(run.convention, moment.step.size) : null;
  const look = looked.value?.problem === given.problem ? looked.value.look : wholeOf(run);
  const go = (/** @type {number} */ to) => {
    walk.pause();
    walk.go(to);
  };
  return html`<div class="allocators-body free-body" onClick=${select}>
    <${MemoryMap} moment=${moment} uses=${uses} look=${look} title=${titleOf(run.policy)} act=${act} onMark=${mark}
      onLook=${(/** @type {Look} */ next) => (looked.value = { problem: given.problem, look: next })} />
    <${Told} asking=${asking} given=${given} run=${run} moment=${moment} go=${(/** @type {number} */ to) => walk.go(to)} />
    ${isShort(given.problem) && html`<${Acts} moment=${moment} act=${act} />`}
    ${given.runs.length > 1 && html`<${Memories} asking=${asking} given=${given} run=${run} at=${at} />`}
    <div class="lab-picture allocators-structure">
      ${at === 0 ? html`<p class="note empty-structure">The free list is one hole: all of memory.</p>` : html`<${Structure} moment=${moment} run=${run} title=${titleOf(run.policy)} window=${null} onWindow=${() => {}} />`}
    </div>
    <div class="allocators-figures">
      <${Gantt} run=${run} title=${titleOf(run.policy)} at=${at} selected=${selected.value} go=${go} onMark=${mark} />
      <${Blocks} moment=${moment} uses=${uses} />
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
  const scene = { moment, uses: usesOf(moment, holesAt(run, at)), look: looked.peek()?.problem === given.problem ? (looked.peek()?.look ?? wholeOf(run)) : wholeOf(run), hole: hole.peek() };
  const convention = Object.entries(run.convention).map(([name, value]) => `${name} ${value}`);
  return {
    name: `ramscope-fits-${given.runs.map(({ policy }) => policy).join("-")}`,
    picture: () => drawingOf(memoryRowsFigure(scene, PICTURE_WIDTH), `${titleOf(run.policy)} after operation ${at} of ${run.metrics.ops}`, [`${run.capacity} bytes`, ...convention].join(" · ")),
    csv: () => csvOf(given.runs.map(measured)),
    json: () => ({ schema_version: 1, problem: given.problem, runs: given.runs }),
    notes: { svg: "memory as it is on show, to any size", csv: isShort(given.problem) ? "a row a fit and operation, with its measures" : "a row a fit and operation, about the current one", json: "every operation with the free list after it" },
  };
}
