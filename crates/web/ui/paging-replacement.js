// The tab "Replacement": policies over a reference string, step by step, side by side.

import { grouped, percent } from "./format.js";
import { html } from "./html.js";
import { PanelButton, Sentence } from "./lab.js";
import { Walk } from "./lab-walk.js";
import { memo } from "./memo.js";
import { answer, bodyOf, change, curve, followProblem, PATH, problem, refusal, ROSTER, roster, widthOf } from "./paging-ask.js";
import { Curve } from "./paging-curve.js";
import { csvOf, pictureOf } from "./paging-export.js";
import { Form, presetTitle, Refusal } from "./paging-form.js";
import { Grid } from "./paging-grid.js";
import { chosen, NAMED } from "./paging-problem.js";
import { countsOf, firstDivergence } from "./paging-run.js";
import { PolicyState } from "./paging-view.js";
import { adjust, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./paging-ask.js").Answer} Answer */

/** Characters of a sentence that compares many pages. */
const LONG_SENTENCE = 260;

/** The walk along the references. */
export const walk = new Walk(() => state.value.tab === ID);
/** What the scrubber counts. */
export const noun = "Reference";
/** The tab. */
export const ID = "replacement";
export const label = "Replacement";

/** Whether the reader fills in a table of their own. */
const checking = computed(() => state.value.mode === "check");

/** What checks a table, once somebody has one checked. */
const checker = signal(/** @type {typeof import("./paging-check.js").Check | null} */ (null));

/** The run whose sentence and state are shown: the named one, or the first. */
const focused = computed(() => {
  const runs = answer.value?.runs ?? [];
  return runs.find(({ policy }) => policy === state.value.focus) ?? runs.at(0) ?? null;
});

/** Where the runs part, if they do. */
const parts = computed(() => {
  const { long = null, runs = [] } = answer.value ?? {};
  if (long !== null) return long.parts;
  return runs.length > 1 && runs[0].steps !== undefined ? firstDivergence(runs) : null;
});

/** The characters of the longest sentence, or of one that is long. */
const longest = computed(() => {
  if (answer.value?.long) return LONG_SENTENCE;
  const lengths = (answer.value?.runs ?? []).flatMap(({ steps = [] }) => steps.map(({ explain }) => explain.length));
  return lengths.reduce((most, length) => Math.max(most, length), 0);
});

/** Begins to ask. */
export function begin() {
  followProblem(stand);
  effect(() => {
    if (checking.value) void import("./paging-check.js").then(({ Check }) => (checker.value = Check));
  });
  walk.followAddress();
}

/** Stands where the address says; else where the first page leaves, for that is where policies differ. @param {Answer} given */
function stand({ long, runs }) {
  if (long !== null) return walk.begin(long.length, runs[0].overview?.first_eviction ?? long.length);
  const steps = runs[0]?.steps ?? [];
  const first = steps.find(({ victim }) => victim !== null)?.index ?? steps.length;
  walk.begin(steps.length, first);
}

/** Whether every step is in one answer. */
export function isWhole() {
  return (answer.value?.long ?? null) === null;
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  const { problem: asked, references } = answer.peek() ?? { problem: problem.peek(), references: [] };
  const body = bodyOf(asked, references);
  const long = answer.peek()?.long ?? null;
  if (long !== null) return [...long.endpoints(PATH, walk.at.value), ROSTER];
  return [
    { name: "This problem, with its steps", path: PATH, body: { ...body, views: true } },
    { name: "Faults against frames", path: PATH, body: { ...body, frames: widthOf(asked, references), steps: false } },
    ROSTER,
  ];
}

/** What the palette offers. */
export function offers() {
  return NAMED.map((named) => ({ group: "Lab", label: named.label, act: () => change(chosen(named)) }));
}

/** What Export saves: of a long string the steps about the current one. */
export function files() {
  const given = answer.peek();
  if (given === null) return null;
  const { long, problem: asked } = given;
  const near = long === null ? null : long.near(walk.at.peek());
  const { references, runs } = near ?? given;
  const convention = conventionOf(runs).map(([name, value]) => `${name} ${value}`);
  return {
    name: `ramscope-paging-${asked.policies.join("-").slice(0, 60)}-${asked.frames}`,
    picture: () => {
      const shown = { problem: asked, references, runs: near === null ? runs : near.renumbered };
      return pictureOf(shown, titleOf, [...convention, ...(near?.note ?? [])].join(" · "));
    },
    csv: () => csvOf(runs),
    json: () => ({ schema_version: 1, problem: asked, runs }),
    notes: {
      csv: `a row a policy and step${long === null ? "" : ", about the current one"}`,
      json: "the problem, and each run with its steps",
    },
  };
}

/** A policy's name as people read it. @param {string} policy */
function titleOf(policy) {
  return roster.peek()?.policies.find(({ name }) => name === policy)?.title ?? policy.toUpperCase();
}

/** The parameters that the runs used, each once. @param {Run[]} runs @returns {[string, string | number][]} */
function conventionOf(runs) {
  return Object.entries(Object.assign({}, ...runs.map(({ convention }) => convention)));
}

/** The problem in a few words. */
export function summary() {
  const { frames, policies } = problem.value;
  return `${policies.map(titleOf).join(", ")}, ${frames} ${frames === 1 ? "frame" : "frames"}`;
}

/** The steps that are marked on the scrubber: the faults of the run whose sentence is shown. */
export const marks = computed(() => {
  const long = answer.value?.long;
  if (long && focused.value !== null) return long.marksOf(focused.value);
  return focused.value?.steps?.filter(({ hit }) => !hit).map(({ index }) => index) ?? [];
});

/** The problem, to be changed. */
export { Form };

/** The picture, and what is told of it. */
export function Stage() {
  const given = answer.value;
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${given !== null} />`}
    ${given !== null && html`<${Solved} given=${given} />`}`;
}

/** @param {{given: Answer}} props */
function Solved({ given }) {
  const run = focused.value;
  if (run === null) return null;
  return html`<${Head} given=${given} />
    ${
      checking.value && run.steps !== undefined
        ? checker.value !== null && html`<${checker.value} answer=${given} run=${run} title=${titleOf(run.policy)} />`
        : html`<${Picture} given=${given} run=${run} />`
    }`;
}

/** The problem in a line, the convention, and what to do with it. @param {{given: Answer}} props */
function Head({ given }) {
  const { frames, preset, set } = given.problem;
  const known = roster.value?.presets.find(({ name }) => name === preset);
  const named = known === undefined ? "the defaults" : presetTitle(known);
  const changed = Object.keys(set).length > 0 ? ", changed" : "";
  return html`<header class="lab-head">
    <h1>${given.runs.map(({ policy }) => titleOf(policy)).join(", ")} <span>with ${frames} ${frames === 1 ? "frame" : "frames"}</span></h1>
    <p class="convention" data-tip=${`Convention: ${named}${changed}\n${known?.source ?? "What most textbooks do"}`}>
      <span class="note">Convention: ${named}${changed}</span>
      ${conventionOf(given.runs).map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}
    </p>
    ${given.long === null && html`<button type="button" class="quiet" aria-pressed=${checking.value} onClick=${() => adjust({ mode: checking.value ? undefined : "check" })}>
      ${checking.value ? "Back to the solution" : "Check my table"}
    </button>`}
    <${PanelButton} label="Exercise" load=${loadExercise} />
  </header>`;
}

async function loadExercise() {
  return (await import("./paging-exercise.js")).PagingExercise;
}

/** @param {{given: Answer, run: Run}} props */
function Picture({ given, run }) {
  const { canvas, long, references, runs } = given;
  const common = { references, runs, walk, parts: parts.value?.index ?? null, titleOf };
  return html`<div class="lab-picture">
      ${long?.size === 0 ? html`<${TooLarge} />` : html`<${canvas ?? Grid} ...${common} source=${long ?? undefined} />`}
    </div>
    <${Told} given=${given} run=${run} />
    <div class="lab-below" data-long=${long !== null}>
      <${State} given=${given} run=${run} />
      <div class="lab-figures"><${Counts} given=${given} focus=${run} />
        ${long !== null && html`<${long.drawn.OverTime} runs=${runs} walk=${walk} length=${long.length} titleOf=${titleOf} />`}
        <${TheCurve} /></div>
    </div>`;
}

/** Memory that no screen shows. */
function TooLarge() {
  return html`<p class="note">This memory has too many frames for a grid; <code>ramscope sim paging --steps</code> prints it. Here are the counts.</p>`;
}

/**
 * A step of a run; undefined while it is on its way.
 * @param {Answer} given
 * @param {Run} run
 * @param {number} at
 */
function stepAt({ long }, run, at) {
  if (long === null) return run.steps?.[at - 1];
  void long.revision.value;
  return at === 0 ? undefined : long.stepAt(run, at);
}

/** Where two policies part. @param {{parts: NonNullable<ReturnType<typeof firstDivergence>>}} props */
function Parting({ parts: { index, one, other } }) {
  return html`<p class="parting"><button type="button" class="quiet" onClick=${() => walk.go(index)}>
    <b aria-hidden="true">≠</b> ${titleOf(one.policy)} and ${titleOf(other.policy)} part at reference ${grouped(index)}</button></p>`;
}

/** The sentence of the step, of one policy at a time. @param {{given: Answer, run: Run}} props */
function Told({ given, run }) {
  const { long, runs } = given;
  const at = walk.at.value;
  const step = stepAt(given, run, at);
  const waiting = at === 0 ? "Memory is empty. The right arrow key makes the first reference." : `Reference ${grouped(at)} …`;
  return html`<div class="told">
    ${
      (runs.length > 1 || long !== null) &&
      html`<div class="told-head">${
        runs.length > 1 &&
        html`<div class="ranges" role="group" aria-label="Explain">${runs.map(
          ({ policy }) => html`<button type="button" key=${policy}
      aria-pressed=${policy === run.policy} onClick=${() => adjust({ focus: policy })}>${titleOf(policy)}</button>`,
        )}</div>`
      }
      ${parts.value !== null && html`<${Parting} parts=${parts.value} />`}
      ${long !== null && html`<${long.drawn.GoTo} walk=${walk} length=${long.length} />`}</div>`
    }
    <${Sentence} explain=${step?.explain ?? waiting} longest=${longest.value} />
  </div>`;
}

/** Counts so far and in all. @param {{given: Answer, focus: Run}} props */
function Counts({ focus, given }) {
  const { runs } = given;
  return html`<section class="counts" aria-label="Counts"><h2>So far, and in all</h2><table>
    <thead><tr><th scope="col">Policy</th><th scope="col">Faults</th><th scope="col">Hits</th><th scope="col" data-tip="Cold faults\nFirst loads of a page, which no policy avoids">Cold</th>
      <th scope="col" data-tip="Write-backs\nModified pages that were written back as they left, in all">Written</th><th scope="col" data-tip="Hit ratio\nHits over references, in all">Ratio</th></tr></thead>
    <tbody>${runs.map((run) => html`<${CountRow} key=${run.policy} given=${given} run=${run} focused=${run === focus && runs.length > 1} />`)}</tbody>
  </table></section>`;
}

/** Counts of a run after each step, made once. @type {WeakMap<Run, ReturnType<typeof countsOf>>} */
const counted = new WeakMap();

/**
 * The counts of a run after a step; null while they are on their way.
 * @param {Answer} given
 * @param {Run} run
 * @param {number} at
 */
function countsAt({ long }, run, at) {
  if (long !== null) {
    void long.revision.value;
    return long.countsAt(run, at);
  }
  const counts = counted.get(run) ?? countsOf(run.steps ?? []);
  counted.set(run, counts);
  const last = Math.min(at, counts.faults.length - 1);
  return { faults: counts.faults[last], cold: counts.cold[last] };
}

/** @param {{given: Answer, run: Run, focused: boolean}} props */
function CountRow({ focused: chosenRow, given, run }) {
  const at = Math.min(walk.at.value, run.references);
  const now = countsAt(given, run, at);
  const of = (/** @type {string} */ name, /** @type {number | undefined} */ part, /** @type {number} */ all) =>
    html`<td class="number" data-count=${name} data-all=${all}>${part === undefined ? "…" : grouped(part)}<span class="note"> / ${grouped(all)}</span></td>`;
  return html`<tr data-focus=${chosenRow}><th scope="row">${titleOf(run.policy)}</th>
    ${of("faults", now?.faults, run.faults)}${of("hits", now === null ? undefined : at - now.faults, run.hits)}${of("cold", now?.cold, run.cold_faults)}
    <td class="number" data-count="writebacks">${grouped(run.writebacks)}</td><td class="number">${percent(run.hit_ratio)}</td></tr>`;
}

/** What the policy decides by, after this step; its room is there before the first. @param {{given: Answer, run: Run}} props */
function State({ given, run }) {
  const at = walk.at.value;
  const step = stepAt(given, run, at);
  if (given.long === null ? run.steps?.[0]?.view === undefined : !given.long.views) return null;
  return html`<section class="policy-state" data-wide=${run.policy === "arc"} aria-label=${`State of ${titleOf(run.policy)}`}>
    <h2>${titleOf(run.policy)} <span class="note">${at === 0 ? "before the first reference" : `after reference ${grouped(at)}`}</span></h2>
    ${step?.view !== undefined && html`<${PolicyState} view=${step.view} policy=${run.policy} step=${step} frames=${run.frames} length=${run.references} />`}
  </section>`;
}

/** The curve, drawn anew for another answer only. */
const StillCurve = memo(Curve);
const setFrames = (/** @type {number} */ frames) => change({ frames });

function TheCurve() {
  return html`<${StillCurve} runs=${curve.value} frames=${answer.value?.problem.frames ?? 0} titleOf=${titleOf} onFrames=${setFrames} />`;
}
