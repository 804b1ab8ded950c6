// The part "Given holes" of the tab "Free space": requests placed in holes by the four fits, side by side.

import { postJson } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { PanelButton, Sentence } from "./lab.js";
import { Refusal, settled } from "./lab-question.js";
import { Script } from "./lab-script.js";
import { Drawn, drawingOf } from "./figure-draw.js";
import { holesFigure } from "./segmentation-holes-figure.js";
import { csvOf, holesAfter, partingOf, sizesOf, totalsOf } from "./segmentation-holes-moment.js";
import { bodyOf, FITS, MAX_TEXT, named, PROBLEMS, problemOf, stateOf } from "./segmentation-holes-problem.js";
import { adjust, navigate, presenting, state, tableShown } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-holes-problem.js").Problem} Problem */
/** @typedef {import("./segmentation-holes-moment.js").Run} Run */
/** @typedef {{problem: Problem, sizes: number[], runs: Run[]}} Answer */

const PATH = "/api/v1/sim/holes";
const PICTURE_WIDTH = 900;
const MOST_RESERVED = 330;
const EMPTY = "No request was placed yet. The right arrow key places the first.";

/** The problem that the address holds. */
const problem = settled(() => problemOf(state.value));
/** The last answer; it stays while another is on its way. */
const answer = signal(/** @type {Answer | null} */ (null));
const refusal = signal(/** @type {string | null} */ (null));
const checking = computed(() => state.value.mode === "check");
/** What checks a table, once somebody has theirs checked. */
const checker = signal(/** @type {typeof import("./segmentation-holes-check.js").HolesCheck | null} */ (null));

/** The run whose sentence is shown. */
const focused = computed(() => {
  const runs = answer.value?.runs ?? [];
  return runs.find(({ policy }) => policy === state.value.focus) ?? runs.at(0) ?? null;
});

/** A fit's name as people read it. @param {string} policy */
const titleOf = (policy) => FITS.find(([name]) => name === policy)?.[1] ?? policy;

/** The walk of the tab, once it began. @type {import("./lab-walk.js").Walk} */
let walk;

/**
 * Begins to ask while the part is on show.
 * @param {import("./lab-walk.js").Walk} given
 * @param {() => boolean} active
 */
export function begin(given, active) {
  walk = given;
  effect(() => {
    if (!active()) return undefined;
    const asked = problem.value;
    const left = new AbortController();
    postJson(PATH, bodyOf(asked), left.signal).then(
      ({ runs }) => stand({ problem: asked, sizes: sizesOf(asked.holes), runs }),
      (error) => {
        if (!left.signal.aborted) refusal.value = String(error.message ?? error);
      },
    );
    return () => left.abort();
  });
  effect(() => {
    if (active() && checking.value) void import("./segmentation-holes-check.js").then(({ HolesCheck }) => (checker.value = HolesCheck));
  });
}

/** Stands at the last request, if the address says nothing. @param {Answer} given */
function stand(given) {
  refusal.value = null;
  answer.value = given;
  const length = given.runs[0]?.steps.length ?? 0;
  walk.begin(length, length);
}

/**
 * Puts another problem into the address.
 * @param {Partial<Problem>} changes
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
function change(changes, how = "navigate") {
  const next = { ...problem.peek(), ...changes };
  (how === "navigate" ? navigate : adjust)({ ...stateOf(next), part: undefined, tab: "free" });
}

/** The part's questions to the server. */
export function endpoints() {
  return [{ name: "These requests in these holes, by each fit", path: PATH, body: bodyOf(answer.peek()?.problem ?? problem.peek()) }];
}

/** What the palette offers. */
export function offers() {
  return PROBLEMS.map((known) => ({ group: "Lab", label: known.label, act: () => change(known) }));
}

/** The problem in a few words. */
export function summary() {
  return named(problem.value)?.label ?? `Holes ${problem.value.holes.slice(0, 40)}`;
}

/** The steps that are marked on the scrubber: requests that the fit on show could not place. */
export const marks = computed(() => (focused.value?.steps ?? []).filter(({ hole }) => hole === null).map(({ index }) => index));

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;

/** The problem, to be changed. */
export function Form() {
  const now = problem.value;
  const known = named(now);
  const choose = (/** @type {Event} */ event) => {
    const next = PROBLEMS.find(({ id }) => id === valueOf(event));
    if (next !== undefined) change(next);
  };
  const press = (/** @type {string} */ name) => {
    const next = now.policies.includes(name) ? now.policies.filter((each) => each !== name) : FITS.map(([fit]) => fit).filter((fit) => fit === name || now.policies.includes(fit));
    if (next.length > 0) change({ policies: next });
  };
  // the server names the list that it could not read
  const of = (/** @type {string} */ member) => (refusal.value?.startsWith(`\`${member}\``) ? refusal.value : null);
  return html`<form class="problem-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <label class="field"><span>Problem</span><select value=${known?.id ?? ""} onChange=${choose}>
      ${known === undefined && html`<option value="">Your own</option>`}
      ${PROBLEMS.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}</select></label>
    <${Script} id="holes" label="Holes, bytes" rows=${2} text=${now.holes} most=${MAX_TEXT} refusal=${of("holes")} placeholder="100,500,200"
      onText=${(/** @type {string} */ holes) => change({ holes }, "adjust")} note="In the order of their addresses; memory between them is in use." />
    <${Script} id="requests" label="Requests, bytes" rows=${2} text=${now.requests} most=${MAX_TEXT} refusal=${of("requests")} placeholder="212,417"
      onText=${(/** @type {string} */ requests) => change({ requests }, "adjust")} note="Placed one after the other." />
    <label class="field"><span>Of a hole that is taken</span><select value=${now.partitions} onChange=${(/** @type {Event} */ event) => change({ partitions: valueOf(event) === "fixed" ? "fixed" : "split" })}>
      <option value="split">the rest stays a hole</option><option value="fixed">nothing is left: fixed partitions</option></select></label>
    <fieldset class="field"><legend>Fits</legend><div class="chips">${FITS.map(
      ([name, label]) => html`<button type="button" class="chip" key=${name} aria-pressed=${now.policies.includes(name)} onClick=${() => press(name)}>${label}</button>`,
    )}</div></fieldset>
  </form>`;
}

/** The picture, and what is told of it. @param {{choice: any}} props `choice` of the tab's parts */
export function Stage({ choice }) {
  const given = answer.value;
  const run = focused.value;
  if (given === null || run === null) {
    return html`<header class="lab-head"><h1>Requests in given holes</h1>${choice}</header>
      ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}`;
  }
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <header class="lab-head">
      <h1>${given.runs.map(({ policy }) => titleOf(policy)).join(", ")} <span>for ${given.sizes.length} holes</span></h1>
      ${choice}
      <p class="convention"><code>partitions <b>${run.partitions}</b></code>${Object.entries(run.convention).map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
      <button type="button" class="quiet" aria-pressed=${checking.value} onClick=${() => adjust({ mode: checking.value ? undefined : "check" })}>
        ${checking.value ? "Back to the solution" : "Check my table"}</button>
      <${PanelButton} label="Exercise" load=${loadExercise} />
    </header>
    ${checking.value ? checker.value !== null && html`<${checker.value} run=${run} problem=${given.problem} titleOf=${titleOf} choice=${html`<${Explain} given=${given} run=${run} />`} />` : html`<${Solved} given=${given} run=${run} />`}`;
}

/** The panel of exercises on holes. */
async function loadExercise() {
  return (await import("./segmentation-exercise.js")).holesExercise(() => problem.peek(), change);
}

/** Whose sentence is told. @param {{given: Answer, run: Run}} props */
function Explain({ given, run }) {
  return given.runs.length > 1 && html`<div class="ranges" role="group" aria-label="Explain">${given.runs.map(
    ({ policy }) => html`<button type="button" key=${policy} aria-pressed=${policy === run.policy} onClick=${() => adjust({ focus: policy })}>${titleOf(policy)}</button>`,
  )}</div>`;
}

/** @param {{given: Answer, run: Run}} props */
function Solved({ given, run }) {
  const { runs, sizes } = given;
  const at = walk.at.value;
  const step = run.steps[at - 1];
  const longest = run.steps.reduce((most, { explain }) => Math.max(most, explain.length), EMPTY.length);
  const part = partingOf(runs);
  const focus = (/** @type {MouseEvent} */ { target }) => {
    const fit = target instanceof Element ? target.closest("[data-part=fit]") : null;
    if (fit instanceof SVGElement) adjust({ focus: fit.dataset.policy });
  };
  const scene = { sizes, runs, at, focus: run, titleOf };
  const make = (/** @type {number} */ width) => holesFigure(scene, width, presenting.value ? 300 : undefined);
  return html`<div class="holes-body">
    <section class="lab-picture holes-picture" aria-label="Holes under each fit" onClick=${focus}>
      ${tableShown.value ? html`<${Twin} given=${given} at=${at} />` : html`<${Drawn} name="holes" spoken=${spokenOf(given, at)} make=${make} />`}
      ${!tableShown.value && html`<p class="legend holes-legend"><span><i class="order">1</i>holes in the order they were looked at, green the one taken</span></p>`}
    </section>
    <div class="told">
      <div class="told-head"><${Explain} given=${given} run=${run} />
        ${part !== null && html`<p class="parting"><button type="button" class="quiet" onClick=${() => walk.go(part.index)}>
          <b aria-hidden="true">≠</b> ${titleOf(part.one.policy)} and ${titleOf(part.other.policy)} part at request ${part.index}</button></p>`}</div>
      <${Sentence} explain=${step?.explain ?? EMPTY} longest=${Math.min(longest, MOST_RESERVED)} />
    </div>
    <${Requests} given=${given} run=${run} at=${at} />
    <${Totals} given=${given} run=${run} at=${at} />
  </div>`;
}

/** @param {Answer} given @param {number} at */
function spokenOf({ runs, sizes }, at) {
  return runs
    .map((run) => `${titleOf(run.policy)}: ${holesAfter(sizes, run, at).map(({ free, number, placed }) => `hole ${number} ${placed.length === 0 ? "" : `holds ${placed.map(({ request }) => `request ${request}`).join(" and ")}, `}${free} free`).join("; ")}`)
    .join(". ");
}

/** Every request with the hole that each fit gave it; a press goes there. @param {{given: Answer, run: Run, at: number}} props */
function Requests({ at, given: { runs }, run }) {
  return html`<section class="counts holes-table" aria-label="Requests"><h2>Requests</h2>
    <div class="counts-scroll" tabindex="0" role="region" aria-label="The hole that each request got"><table>
    <thead><tr><th scope="col">Request</th><th scope="col">Bytes</th>${runs.map(({ policy }) => html`<th scope="col" key=${policy} data-focus=${policy === run.policy}>${titleOf(policy)}</th>`)}</tr></thead>
    <tbody>${run.steps.map(
      ({ index, request }) => html`<tr key=${index} data-now=${index === at} data-later=${index > at}><th scope="row"><button type="button" class="quiet" onClick=${() => walk.go(index)}>${index}</button></th><td class="number">${grouped(request)}</td>
      ${runs.map(({ policy, steps }) => {
        const { hole, placement } = steps[index - 1];
        return html`<td key=${policy} class="number">${index > at ? "" : hole === null ? html`<b class="fault">✕</b>` : html`${grouped(placement ?? 0)} <span class="note">hole ${hole}</span>`}</td>`;
      })}</tr>`,
    )}</tbody></table></div></section>`;
}

/** What each fit came to. @param {{given: Answer, run: Run, at: number}} props */
function Totals({ at, given: { runs, sizes }, run }) {
  const fixed = run.partitions === "fixed";
  return html`<section class="counts holes-table" aria-label="Counts"><h2>So far</h2>
    <div class="counts-scroll" tabindex="0" role="region" aria-label="Counts of each fit"><table>
    <thead><tr><th scope="col">Fit</th><th scope="col">Placed</th><th scope="col">Free</th><th scope="col">Largest hole</th>${fixed && html`<th scope="col">Lost inside</th>`}<th scope="col">Looked at</th></tr></thead>
    <tbody>${runs.map((each) => {
      const { free, largest, lost, placed } = totalsOf(sizes, each, at);
      const looked = each.steps.slice(0, at).reduce((sum, { searched }) => sum + searched, 0);
      return html`<tr key=${each.policy} data-policy=${each.policy} data-focus=${each === run && runs.length > 1}><th scope="row">${titleOf(each.policy)}</th>
        <td class="number" data-count="placed">${placed}<span class="note"> / ${at}</span></td><td class="number" data-count="free">${grouped(free)}</td><td class="number" data-count="largest">${grouped(largest)}</td>
        ${fixed && html`<td class="number" data-count="lost">${grouped(lost)}</td>`}<td class="number" data-count="looked">${grouped(looked)}</td></tr>`;
    })}</tbody></table></div></section>`;
}

/** The holes as a table. @param {{given: Answer, at: number}} props */
function Twin({ at, given: { runs, sizes } }) {
  const after = runs.map((run) => holesAfter(sizes, run, at));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Holes as a table"><table class="twin">
    <thead><tr><th scope="col">Hole</th><th scope="col">Bytes</th>${runs.map(({ policy }) => html`<th scope="col" class="words" key=${policy}>${titleOf(policy)}</th>`)}</tr></thead>
    <tbody>${sizes.map((size, place) => html`<tr key=${place}><th scope="row">${place + 1}</th><td>${grouped(size)}</td>${after.map((holes, index) => {
      const { free, lost, placed } = holes[place];
      return html`<td class="words" key=${index}>${[...placed.map(({ request, size: bytes }) => `request ${request}: ${grouped(bytes)}`), ...(lost > 0 ? [`${grouped(lost)} lost`] : []), ...(free > 0 ? [`${grouped(free)} free`] : [])].join(", ")}</td>`;
    })}</tr>`)}</tbody></table></div>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const [given, run] = [answer.peek(), focused.peek()];
  if (given === null || run === null) return null;
  const at = walk.at.peek();
  return {
    name: "ramscope-holes",
    picture: () => drawingOf(holesFigure({ sizes: given.sizes, runs: given.runs, at, focus: run, titleOf }, PICTURE_WIDTH), `After request ${at} of ${run.steps.length}`, `holes ${given.problem.holes} · requests ${given.problem.requests} · partitions ${run.partitions}`),
    csv: () => csvOf(given.runs),
    json: () => ({ schema_version: 1, problem: given.problem, runs: given.runs }),
    notes: { csv: "a row a fit and request", json: "every request with what each fit looked at" },
  };
}
