// What the tabs "Free space" and "Allocators" have in common: a list of requests under some policies, with memory as a map to be
// looked into, each policy's own structure, blocks over time, measures, and what may be done to memory as it stands.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { PanelButton } from "./lab.js";
import { Refusal } from "./lab-question.js";
import { memo } from "./memo.js";
import { drawingOf } from "./figure-draw.js";
import { Counts } from "./segmentation-allocators-counts.js";
import { MeasureCourse, MemoryCourse, Useless } from "./segmentation-allocators-course.js";
import { courseOfRun, holds, holesAt, measured, momentAt } from "./segmentation-allocators-moment.js";
import { Structure } from "./segmentation-allocators-picture.js";
import { isShort, PATH } from "./segmentation-asking.js";
import { Memories, Told } from "./segmentation-compare.js";
import { opsAfter } from "./segmentation-list.js";
import { Acts } from "./segmentation-list-acts.js";
import { Blocks } from "./segmentation-list-blocks.js";
import { ListForm } from "./segmentation-list-form.js";
import { Gantt } from "./segmentation-list-time.js";
import { csvOf, measuresOf } from "./segmentation-measures.js";
import { MemoryMap } from "./segmentation-memory-map.js";
import { usesOf, wholeOf } from "./segmentation-memory-rows.js";
import { rawBytes } from "./segmentation-pieces.js";
import { adjust, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/** @typedef {import("./segmentation-asking.js").Answer} Answer */
/** @typedef {import("./segmentation-asking.js").Asking} Asking */
/** @typedef {import("./segmentation-list.js").Named} Named */
/** @typedef {import("./segmentation-memory-rows.js").Look} Look */
/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Span} Span */
/**
 * A part of the stage, and what it is drawn of: a run after an operation.
 * @typedef {"map" | "told" | "acts" | "memories" | "shape" | "figures"} Part
 * @typedef {{at: number, given: Answer, run: Run, moment: Moment & {hole: number | null}, holes: Span[]}} Scene
 */
/**
 * What sets a tab apart. `place` are its keys of the address, `order` is that of its parts, of which the first goes with
 * every step of a long list; `empty` is what is said of the
 * structure before the first operation.
 * @typedef {{asking: Asking, problems: Named[], program: import("./segmentation-list-form.js").Program, label: string, noun: string,
 *   place: Record<string, string | undefined>, order: Part[], empty: string, about: string,
 *   picture: (moment: Moment & {hole: number | null}, run: Run, look: Look, window: Span | null) => import("./segmentation-pieces.js").Figure,
 *   notes: {svg: string, row: string, json: string}}} Kind
 */

const OWNERS = 8;

/** The measure that is drawn over the operations: by itself, as a step that the address takes over draws nothing anew. */
const measure = computed(() => /** @type {import("./segmentation-measures.js").Measure} */ (state.value.measure ?? "external"));

/** The hole that is shown strong in every picture, by its address; null where none is. */
const hole = computed(() => (/^\d{1,15}$/.test(state.value.hole ?? "") ? Number(state.value.hole) : null));

/** Selects the block or hole that was pressed in a picture or row, or none. @param {Asking} asking @param {MouseEvent} event */
function select(asking, event) {
  const part = event.target instanceof Element ? event.target.closest("[data-part=held], [data-part=hole], tr[data-id], tr[data-hole]") : null;
  if (part === null) return;
  const { address: at, hole: row, id } = /** @type {HTMLElement} */ (part).dataset;
  if (id !== undefined) mark(asking, Number(id), null);
  else if (row !== undefined || at !== undefined) mark(asking, null, Number(row ?? at));
}

/** Shows a block or a hole strong in every picture; the one that is already is shown so no longer. @param {Asking} asking @param {number | null} id @param {number | null} at */
function mark(asking, id, at) {
  const again = id !== null ? id === asking.selected.peek() : at !== null && at === hole.peek();
  adjust({ request: id === null || again ? undefined : String(id), hole: at === null || again ? undefined : String(at) });
}

/** The operation of an answer that is drawn: one that is known. @param {Answer} given @param {Run} run @param {number} at */
const known = (given, run, at) => (given.runs.every((each) => holds(each, at)) ? at : (run.before?.ops ?? 0));

/**
 * A tab, or a part of one.
 * @param {Kind} kind
 */
export function listStage(kind) {
  const { asking, problems } = kind;
  const { answer, focused, problem, refusal, selected, shownAt, titleOf } = asking;
  /** The walk of the tab, once it began. @type {import("./lab-walk.js").Walk} */
  let walk;
  /** Which part of memory, and of a tree, is on show, of which problem. */
  const looked = signal(/** @type {{problem: object, look: Look} | null} */ (null));
  const opened = signal(/** @type {{metrics: object, window: Span} | null} */ (null));
  /** Whether the reader fills in addresses of their own: those of a list that is not too long for it. */
  const checking = computed(() => state.value.mode === "check" && isShort(problem.value));
  /** What checks addresses, once somebody has them checked. */
  const checker = signal(/** @type {typeof import("./segmentation-list-check.js").ListCheck | null} */ (null));

  const lookOf = (/** @type {Answer} */ given, /** @type {Run} */ run) => (looked.value?.problem === given.problem ? looked.value.look : wholeOf(run));
  const windowOf = (/** @type {Run} */ run) => (opened.value?.metrics === run.metrics ? opened.value.window : null);
  const marking = (/** @type {number | null} */ id, /** @type {number | null} */ at) => mark(asking, id, at);
  const loadExercise = async () => (await import("./segmentation-exercise.js")).listExercise(asking);

  /** Goes to an operation, and stops there. @param {number} to */
  const go = (to) => {
    walk.pause();
    walk.go(to);
  };

  /** Makes an operation happen after the one on show, in place of what followed, and goes there. @param {Parameters<typeof opsAfter>[2]} next */
  const act = (next) => {
    const [run, given] = [focused.peek(), answer.peek()];
    if (run === null || given === null || !isShort(given.problem)) return;
    const at = walk.at.peek();
    asking.change({ ops: opsAfter(run.ops, at, next), kept: "" }, "navigate", { step: String(at + 1), focus: state.peek().focus });
  };

  /** The picture, and what is told of it. @param {{choice?: any}} [props] `choice` of the parts of the tab */
  function Stage({ choice } = {}) {
    const given = answer.value;
    const run = focused.value;
    if (given === null || run === null) {
      return html`${choice !== undefined && html`<header class="lab-head"><h1>${kind.about}</h1>${choice}</header>`}
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

  /** What is drawn of a run after an operation. @param {Answer} given @param {Run} run @param {number} shown @returns {Scene} */
  const sceneOf = (given, run, shown) => {
    const at = known(given, run, shown);
    return { at, given, run, moment: { ...momentAt(run, at, selected.value), hole: hole.value }, holes: holesAt(run, at) };
  };

  /** A part of the stage. @param {Part} name @param {Scene} scene */
  const draw = (name, scene) => {
    const { at, given, holes, moment, run } = scene;
    const title = titleOf(run.policy);
    if (name === "map") {
      return html`<${MemoryMap} moment=${moment} uses=${usesOf(moment, holes)} look=${lookOf(given, run)} title=${title} act=${act} onMark=${marking}
        onLook=${(/** @type {Look} */ look) => (looked.value = { problem: given.problem, look })} />`;
    }
    if (name === "told") return html`<${Told} asking=${asking} given=${given} run=${run} moment=${moment} go=${(/** @type {number} */ to) => walk.go(to)} />`;
    if (name === "acts") return isShort(given.problem) && html`<${Acts} moment=${moment} title=${title} act=${act} />`;
    if (name === "memories") return given.runs.length > 1 && html`<${Memories} asking=${asking} given=${given} run=${run} at=${at} />`;
    if (name === "figures") return html`<${Figures} scene=${scene} />`;
    return html`<div class="lab-picture allocators-structure">
      ${at === 0 ? html`<p class="note empty-structure">${kind.empty}</p>` : html`<${Structure} moment=${moment} run=${run} title=${title} window=${windowOf(run)} onWindow=${(/** @type {Span | null} */ window) => (opened.value = window === null ? null : { metrics: run.metrics, window })} />`}
    </div>`;
  };

  /** A part that follows a walk through a long list when that rests. */
  const Resting = memo((/** @type {{name: Part, policy: string}} */ { name, policy }) => {
    const { at, given } = asking.rested.value;
    const run = given?.runs.find((each) => each.policy === policy);
    return given === null || run === undefined ? null : draw(name, sceneOf(given, run, at));
  });

  /** The first picture and the sentence go with every step. @param {{given: Answer, run: Run}} props */
  function Solved({ given, run }) {
    const scene = sceneOf(given, run, shownAt.value);
    return html`<div class="allocators-body free-body" onClick=${(/** @type {MouseEvent} */ event) => select(asking, event)}>
      ${kind.order.map((name, place) => (place === 0 || name === "told" || name === "acts" ? draw(name, scene) : html`<${Resting} name=${name} policy=${run.policy} />`))}
      <${Resting} name="figures" policy=${run.policy} />
    </div>`;
  }

  /** What is beneath: blocks over time, tables and measures. @param {{scene: Scene}} props */
  function Figures({ scene: { at, given, holes, moment, run } }) {
    const lines = given.runs.map((each, index) => ({ title: titleOf(each.policy), tone: `owner-${(index % OWNERS) + 1}`, course: courseOfRun(each), holes: holesAt(each, at) }));
    const asked = moment.step?.op === "alloc" && moment.step.size !== null ? rawBytes(run.convention, moment.step.size) : null;
    return html`<div class="allocators-figures">
      <${Gantt} run=${run} title=${titleOf(run.policy)} at=${at} selected=${selected.value} go=${go} onMark=${marking} />
      <${Blocks} moment=${moment} uses=${usesOf(moment, holes)} />
      <${Counts} given=${given} focus=${run} at=${at} titleOf=${titleOf} />
      <${MemoryCourse} shown=${lines[given.runs.indexOf(run)]} now=${measuresOf(moment.held, holes)} capacity=${run.capacity} at=${at} go=${go} />
      <${MeasureCourse} shown=${lines} at=${at} measure=${measure.value} onMeasure=${(/** @type {string} */ chosen) => adjust({ measure: chosen === "external" ? undefined : chosen })} go=${go} />
      <${Useless} shown=${lines} asked=${asked} at=${at} />
    </div>`;
  }

  return {
    /**
     * Begins to ask while it is on show.
     * @param {import("./lab-walk.js").Walk} given
     * @param {() => boolean} active
     */
    begin(given, active) {
      walk = given;
      asking.begin(walk, active);
      effect(() => {
        if (active() && checking.value) void import("./segmentation-list-check.js").then(({ ListCheck }) => (checker.value = ListCheck));
      });
    },
    /** The questions to the server, as scripts would ask them. */
    endpoints: () => [{ name: kind.label, path: PATH, body: asking.questionOf(answer.peek()?.problem ?? problem.peek(), walk.at.peek()) }],
    /** Whether every step is in one answer. */
    isWhole: () => isShort(problem.peek()),
    /** What the palette offers. */
    offers: () => [
      ...problems.map((each) => ({ group: "Lab", label: each.label, act: () => asking.change(each, "navigate", kind.place) })),
      { group: "Lab", label: "Compact memory here", act: () => act({ op: "compact" }) },
    ],
    /** The problem in a few words. */
    summary() {
      const { capacity, policies } = problem.value;
      return asking.address.named(problem.value)?.label ?? `${policies.map(titleOf).join(", ")}, ${grouped(capacity)} bytes`;
    },
    /** The steps that are marked on the scrubber: failed requests of the run whose sentence is shown. */
    marks: asking.marks,
    Form: () => html`<${ListForm} asking=${asking} problems=${problems} program=${kind.program} label=${kind.noun} />`,
    Stage,
    /** What Export saves. @returns {import("./view.js").Files | null} */
    files() {
      const [given, run] = [answer.peek(), focused.peek()];
      if (given === null || run === null) return null;
      const at = shownAt.peek();
      const moment = { ...momentAt(run, at, selected.peek()), hole: hole.peek() };
      const convention = Object.entries(run.convention).map(([name, value]) => `${name} ${value}`);
      return {
        name: `ramscope-${kind.noun.toLowerCase()}-${given.runs.map(({ policy }) => policy).join("-").slice(0, 60)}`,
        picture: () => drawingOf(kind.picture(moment, run, lookOf(given, run), windowOf(run)), `${titleOf(run.policy)} after operation ${at} of ${run.metrics.ops}`, [`${run.capacity} bytes`, ...convention].join(" · ")),
        csv: () => csvOf(given.runs.map(measured)),
        json: () => ({ schema_version: 1, problem: given.problem, runs: given.runs }),
        notes: { svg: kind.notes.svg, csv: `${kind.notes.row}${isShort(given.problem) ? ", with its measures" : ", about the current one"}`, json: kind.notes.json },
      };
    },
  };
}
