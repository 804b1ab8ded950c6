// The tab "Replacement": policies over a reference string, step by step, side by side.

import { grouped, percent } from "./format.js";
import { html } from "./html.js";
import { Sentence } from "./lab.js";
import { Walk } from "./lab-walk.js";
import { memo } from "./memo.js";
import { answer, bodyOf, change, curve, followProblem, PATH, problem, refusal, ROSTER, roster, widthOf } from "./paging-ask.js";
import { CanvasGrid } from "./paging-canvas.js";
import { Check } from "./paging-check.js";
import { Curve } from "./paging-curve.js";
import { csvOf, pictureOf } from "./paging-export.js";
import { Form, presetTitle, Refusal } from "./paging-form.js";
import { cellsOf, Grid } from "./paging-grid.js";
import { chosen, NAMED } from "./paging-problem.js";
import { countsOf, firstDivergence } from "./paging-run.js";
import { PolicyState } from "./paging-view.js";
import { adjust, state } from "./state.js";
import { computed } from "./vendor/signals.js";

/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./paging-ask.js").Answer} Answer */

/** The most cells of a grid that is a real table. */
const TABLE_CELLS = 2000;

/** The walk along the references. */
export const walk = new Walk(() => state.value.tab === ID);
/** What the scrubber counts. */
export const noun = "Reference";
/** The tab. */
export const ID = "replacement";
export const label = "Replacement";

/** Whether the reader fills in a table of their own. */
const checking = computed(() => state.value.mode === "check");

/** The run whose sentence and state are shown: the named one, or the first. */
const focused = computed(() => {
  const runs = answer.value?.runs ?? [];
  return runs.find(({ policy }) => policy === state.value.focus) ?? runs.at(0) ?? null;
});

/** Where the runs part, if they do. */
const parts = computed(() => {
  const runs = answer.value?.runs ?? [];
  return runs.length > 1 && runs[0].steps !== undefined ? firstDivergence(runs) : null;
});

/** The characters of the longest sentence. */
const longest = computed(() => {
  const lengths = (answer.value?.runs ?? []).flatMap(({ steps = [] }) => steps.map(({ explain }) => explain.length));
  return lengths.reduce((most, length) => Math.max(most, length), 0);
});

/** Begins to ask. */
export function begin() {
  followProblem(stand);
  walk.followAddress();
}

/** Stands where the address says; else where the first page leaves, for that is where policies differ. @param {Answer} given */
function stand({ runs }) {
  const steps = runs[0]?.steps ?? [];
  const first = steps.find(({ victim }) => victim !== null)?.index ?? steps.length;
  walk.begin(steps.length, first);
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  const { problem: asked, references } = answer.peek() ?? { problem: problem.peek(), references: [] };
  const body = bodyOf(asked, references);
  return [
    { name: "This problem, with its steps", path: PATH, body: { ...body, steps: true } },
    { name: "Faults against frames", path: PATH, body: { ...body, frames: widthOf(asked, references), steps: false } },
    ROSTER,
  ];
}

/** What the palette offers. */
export function offers() {
  return NAMED.map((named) => ({ group: "Lab", label: named.label, act: () => change(chosen(named)) }));
}

/** What Export saves. */
export function files() {
  const given = answer.peek();
  if (given === null) return null;
  return {
    name: `ramscope-paging-${given.problem.policies.join("-").slice(0, 60)}-${given.problem.frames}`,
    picture: () =>
      pictureOf(
        given,
        titleOf,
        conventionOf(given.runs)
          .map(([name, value]) => `${name} ${value}`)
          .join(" · "),
      ),
    csv: () => csvOf(given.runs),
    json: () => ({ schema_version: 1, problem: given.problem, runs: given.runs }),
    notes: { csv: "a row a policy and step", json: "the problem, and each run with its steps" },
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
export const marks = computed(() => focused.value?.steps?.filter(({ hit }) => !hit).map(({ index }) => index) ?? []);

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
        ? html`<${Check} answer=${given} run=${run} title=${titleOf(run.policy)} />`
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
    <button type="button" class="quiet" aria-pressed=${checking.value} onClick=${() => adjust({ mode: checking.value ? undefined : "check" })}>
      ${checking.value ? "Back to the solution" : "Check my table"}
    </button>
  </header>`;
}

/** @param {{given: Answer, run: Run}} props */
function Picture({ given, run }) {
  const { references, runs } = given;
  const table = cellsOf(runs) <= TABLE_CELLS;
  if (run.steps === undefined)
    return html`<${WithoutSteps} given=${given} /><div class="lab-below"><${TheCurve} /></div>`;
  return html`<div class="lab-picture">
      <${table ? Grid : CanvasGrid} references=${references} runs=${runs} walk=${walk} parts=${parts.value?.index ?? null} titleOf=${titleOf} />
    </div>
    <${Told} run=${run} runs=${runs} />
    <div class="lab-below">
      <${State} run=${run} />
      <div class="lab-figures"><${Counts} runs=${runs} focus=${run} /><${TheCurve} /></div>
    </div>`;
}

/** Where two policies part. @param {{parts: NonNullable<ReturnType<typeof firstDivergence>>}} props */
function Parting({ parts: { index, one, other } }) {
  return html`<p class="parting"><button type="button" class="quiet" onClick=${() => walk.go(index)}>
    <b aria-hidden="true">≠</b> ${titleOf(one.policy)} and ${titleOf(other.policy)} part at reference ${index}</button></p>`;
}

/** The sentence of the step, of one policy at a time. @param {{run: Run, runs: Run[]}} props */
function Told({ run, runs }) {
  const step = run.steps?.[walk.at.value - 1];
  return html`<div class="told">
    ${
      runs.length > 1 &&
      html`<div class="told-head"><div class="ranges" role="group" aria-label="Explain">${runs.map(
        ({ policy }) => html`<button type="button" key=${policy}
      aria-pressed=${policy === run.policy} onClick=${() => adjust({ focus: policy })}>${titleOf(policy)}</button>`,
      )}</div>
      ${parts.value !== null && html`<${Parting} parts=${parts.value} />`}</div>`
    }
    <${Sentence} explain=${step?.explain ?? "Memory is empty. The right arrow key makes the first reference."} longest=${longest.value} />
  </div>`;
}

/** Counts so far and in all. @param {{runs: Run[], focus: Run}} props */
function Counts({ focus, runs }) {
  return html`<section class="counts" aria-label="Counts"><h2>So far, and in all</h2><table>
    <thead><tr><th scope="col">Policy</th><th scope="col">Faults</th><th scope="col">Hits</th><th scope="col" data-tip="Cold faults\nFirst loads of a page, which no policy avoids">Cold</th>
      <th scope="col" data-tip="Write-backs\nModified pages that were written back as they left, in all">Written</th><th scope="col" data-tip="Hit ratio\nHits over references, in all">Ratio</th></tr></thead>
    <tbody>${runs.map((run) => html`<${CountRow} key=${run.policy} run=${run} focused=${run === focus && runs.length > 1} />`)}</tbody>
  </table></section>`;
}

/** Counts of a run after each step, made once. @type {WeakMap<Run, ReturnType<typeof countsOf>>} */
const counted = new WeakMap();

/** @param {{run: Run, focused: boolean}} props */
function CountRow({ focused: chosenRow, run }) {
  const counts = counted.get(run) ?? countsOf(run.steps ?? []);
  counted.set(run, counts);
  const at = Math.min(walk.at.value, counts.faults.length - 1);
  const of = (/** @type {string} */ name, /** @type {number} */ now, /** @type {number} */ all) =>
    html`<td class="number" data-count=${name} data-all=${all}>${grouped(now)}<span class="note"> / ${grouped(all)}</span></td>`;
  return html`<tr data-focus=${chosenRow}><th scope="row">${titleOf(run.policy)}</th>
    ${of("faults", counts.faults[at], run.faults)}${of("hits", at - counts.faults[at], run.hits)}${of("cold", counts.cold[at], run.cold_faults)}
    <td class="number" data-count="writebacks">${grouped(run.writebacks)}</td><td class="number">${percent(run.hit_ratio)}</td></tr>`;
}

/** What the policy decides by, after this step; its room is there before the first. @param {{run: Run}} props */
function State({ run }) {
  const at = walk.at.value;
  const step = run.steps?.[at - 1];
  if (run.steps?.[0]?.view === undefined) return null;
  return html`<section class="policy-state" data-wide=${run.policy === "arc"} aria-label=${`State of ${titleOf(run.policy)}`}>
    <h2>${titleOf(run.policy)} <span class="note">${at === 0 ? "before the first reference" : `after reference ${at}`}</span></h2>
    ${step?.view !== undefined && html`<${PolicyState} view=${step.view} policy=${run.policy} step=${step} frames=${run.frames} length=${run.references} />`}
  </section>`;
}

/** The curve, drawn anew for another answer only. */
const StillCurve = memo(Curve);
const setFrames = (/** @type {number} */ frames) => change({ frames });

function TheCurve() {
  return html`<${StillCurve} runs=${curve.value} frames=${answer.value?.problem.frames ?? 0} titleOf=${titleOf} onFrames=${setFrames} />`;
}

/** A string too long for steps: its counts alone. @param {{given: Answer}} props */
function WithoutSteps({ given }) {
  return html`<p class="refusal">This problem has more steps than a page is sent: 10,000 over all policies. Here are its counts; ask for
      fewer policies, or run <code>ramscope sim paging --steps</code>.</p>
    <section class="counts" aria-label="Counts"><table>
      <thead><tr><th scope="col">Policy</th><th scope="col">Faults</th><th scope="col">Hits</th><th scope="col">Cold</th><th scope="col">Written</th><th scope="col">Ratio</th></tr></thead>
      <tbody>${given.runs.map(
        (
          run,
        ) => html`<tr key=${run.policy}><th scope="row">${titleOf(run.policy)}</th><td class="number">${grouped(run.faults)}</td>
        <td class="number">${grouped(run.hits)}</td><td class="number">${grouped(run.cold_faults)}</td><td class="number">${grouped(run.writebacks)}</td>
        <td class="number">${percent(run.hit_ratio)}</td></tr>`,
      )}</tbody>
    </table></section>`;
}
