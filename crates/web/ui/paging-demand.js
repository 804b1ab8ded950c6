// The tab "Demand paging": several processes above one memory, one CPU and one disk; how that comes to thrashing, and
// every event of it.

import { postJson } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { loadSheets, Sentence } from "./lab.js";
import { Refusal, settled } from "./lab-question.js";
import { curveFigure, lanesFigure, percent, setsFigure } from "./paging-demand-figure.js";
import { DemandForm } from "./paging-demand-form.js";
import { BLOCK_STEPS, blockBodyOf, bodyOf, NAMED, PATH, problemOf, sceneAt, stateOf, timeOf } from "./paging-demand-problem.js";
import { Drawn, drawingOf } from "./figure-draw.js";
import { adjust, navigate, state, tableShown } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./paging-demand-problem.js").Answer} Answer */
/** @typedef {import("./paging-demand-problem.js").Problem} Problem */
/** @typedef {import("./paging-demand-problem.js").Scene} Scene */

const TAB = "demand";
const OWNERS = 8;
/** The most frames that are drawn one by one. */
const MOST_FRAMES = 256;
/** Blocks of steps that are kept; the oldest makes room. */
const MOST_BLOCKS = 24;

const shown = computed(() => state.value.tab === TAB);
const problem = settled(() => problemOf(state.value));
/** The last answer, with the first block of its steps; it stays while another is on its way. */
const answer = signal(/** @type {Answer | null} */ (null));
const refusal = signal(/** @type {string | null} */ (null));
/** The blocks of steps that are there, by number. */
const blocks = signal(/** @type {Map<number, Answer>} */ (new Map()));
/** The walk of the tab, once it began. @type {import("./lab-walk.js").Walk} */
let walk;

/** The number of the block that holds a step. @param {number} at */
const blockOf = (at) => Math.max(0, Math.floor((at - 1) / BLOCK_STEPS));

/** The block on show: the one of this step or, until it has come, the last that was shown. */
const block = computed(() => blocks.value.get(blockOf(walk.at.value)) ?? null);

/** Begins to ask; resolves when the sheets apply. @param {import("./lab-walk.js").Walk} given */
export async function begin(given) {
  walk = given;
  await loadSheets("./paging-demand.css");
  effect(() => {
    if (!shown.value) return undefined;
    const asked = problem.value;
    const left = new AbortController();
    void ask(asked, left.signal);
    return () => left.abort();
  });
  effect(() => void follow(blockOf(walk.at.value)));
  walk.followAddress();
}

/** @param {Problem} asked @param {AbortSignal} signal */
async function ask(asked, signal) {
  try {
    const given = /** @type {Answer} */ (await postJson(PATH, bodyOf(asked), signal));
    refusal.value = null;
    answer.value = given;
    blocks.value = new Map([[0, given]]);
    walk.begin(lengthOf(given), firstReplacement(given));
    await follow(blockOf(walk.at.peek()));
  } catch (error) {
    if (!signal.aborted) refusal.value = error instanceof Error ? error.message : String(error);
  }
}

/** All steps of the run. @param {Answer} given */
function lengthOf({ steps, steps_after: after, steps_before: before }) {
  return before + steps.length + after;
}

/** Where a page first has to leave, else the last step that came. @param {Answer} given */
function firstReplacement({ steps }) {
  return steps.find(({ left }) => left.length > 0)?.index ?? steps.length;
}

/** Fetches the block that the walk stands in. @param {number} number */
async function follow(number) {
  const given = answer.peek();
  if (given === null || blocks.peek().has(number)) return;
  const asked = problem.peek();
  try {
    const found = /** @type {Answer} */ (await postJson(PATH, blockBodyOf(asked, number)));
    if (answer.peek() !== given) return;
    const kept = [...blocks.peek()].slice(-MOST_BLOCKS);
    blocks.value = new Map([...kept, [number, found]]);
  } catch (error) {
    refusal.value = error instanceof Error ? error.message : String(error);
  }
}

/** The tab's questions to the server. */
export function endpoints() {
  const asked = problem.peek();
  const number = blockOf(walk.at.peek());
  const window = { name: "The events about this one", path: PATH, body: blockBodyOf(asked, number) };
  return [{ name: "This machine, its curve and its first events", path: PATH, body: bodyOf(asked) }, ...(number > 0 ? [window] : [])];
}

/** Whether one answer holds every step. */
export function isWhole() {
  return (answer.value?.steps_after ?? 0) === 0;
}

/** What the palette offers. */
export function offers() {
  return NAMED.map(({ id: _, label, ...given }) => ({ group: "Lab", label: `Demand paging: ${label}`, act: () => change(given, "navigate") }));
}

/**
 * Puts another problem into the address.
 * @param {Partial<Problem>} changes
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
function change(changes, how = "adjust") {
  const next = stateOf({ ...problem.peek(), ...changes });
  (how === "navigate" ? navigate : adjust)({ ...state.peek(), ...next, tab: TAB });
}

/** The problem in a few words. */
export function summary() {
  const { allocation, control, frames } = problem.value;
  return `${frames} frames, ${allocation}${control === "none" ? "" : ", load control"}`;
}

/** Steps that are marked on the scrubber: none, as they come in pieces. */
export const marks = computed(() => /** @type {number[]} */ ([]));

/** The problem, to be changed. */
export function Form() {
  return html`<${DemandForm} now=${problem.value} refusal=${refusal.value} change=${change} />`;
}

/** The picture, and what is told of it. */
export function Stage() {
  const given = answer.value;
  if (given === null) return refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`;
  const here = block.value;
  const scene = here === null ? null : sceneAt(here, walk.at.value);
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <${Head} given=${given} />
    <${Thrashing} given=${given} now=${scene?.step?.time_ns ?? 0} />
    ${scene !== null && here !== null && html`<${Now} given=${given} here=${here} scene=${scene} />`}
    <${Counts} given=${given} />`;
}

/** @param {{given: Answer}} props */
function Head({ given }) {
  const { allocation, convention, frames, policy, processes, replacement } = given;
  return html`<header class="lab-head">
    <h1>${processes.length} ${processes.length === 1 ? "process" : "processes"} in ${grouped(frames)} frames <span>${policy.toUpperCase()}</span></h1>
    <p class="convention"><span class="note">Allocation ${allocation}, replacement ${replacement}</span>
      ${Object.entries(convention).map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
  </header>`;
}

/** The curve and the working sets, each with its table. @param {{given: Answer, now: number}} props */
function Thrashing({ given, now }) {
  const { curve, samples } = given;
  if (curve === null) return null;
  const { points } = curve.free;
  const most = points[points.length - 1];
  const spoken = `CPU utilisation is highest with ${curve.free.knee} processes, and ${percent(most.cpu_utilisation)} with ${most.degree}.`;
  return html`<div class="demand-figures">
    <section aria-label="Thrashing"><h2>CPU use <span class="note">against the degree of multiprogramming</span></h2>
      ${
        tableShown.value
          ? html`<${CurveTable} curve=${curve} />`
          : html`<${Drawn} name="thrashing" spoken=${spoken} make=${(/** @type {number} */ width) => curveFigure(curve, width)} />`
      }
      <p class="note">${curve.explain}</p></section>
    <section aria-label="Working sets"><h2>Working sets <span class="note">together, against the frames there are</span></h2>
      ${
        tableShown.value
          ? html`<${SetsTable} samples=${samples} />`
          : html`<${Drawn} name="sets" spoken=${given.explain} make=${(/** @type {number} */ width) => setsFigure(given, now, width)} />`
      }
      <p class="note">${given.explain}</p></section>
  </div>`;
}

/** @param {{curve: NonNullable<Answer["curve"]>}} props */
function CurveTable({ curve: { controlled, free } }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="The curve as a table"><table class="twin">
    <thead><tr><th scope="col">Processes</th><th scope="col">CPU</th><th scope="col">Disk</th><th scope="col">Fault rate</th>
      ${controlled !== null && html`<th scope="col">CPU, controlled</th><th scope="col">Suspensions</th>`}</tr></thead>
    <tbody>${free.points.map((point, index) => {
      const held = controlled?.points[index];
      return html`<tr key=${point.degree}><th scope="row">${point.degree}</th><td>${percent(point.cpu_utilisation)}</td>
        <td>${percent(point.disk_utilisation)}</td><td>${point.fault_rate.toFixed(3)}</td>
        ${held !== undefined && html`<td>${percent(held.cpu_utilisation)}</td><td>${held.suspensions}</td>`}</tr>`;
    })}</tbody>
  </table></div>`;
}

/** @param {{samples: Answer["samples"]}} props */
function SetsTable({ samples }) {
  const sum = (/** @type {number[]} */ pages) => pages.reduce((all, each) => all + each, 0);
  const every = Math.ceil(samples.length / 32);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Working sets as a table"><table class="twin">
    <thead><tr><th scope="col">Time</th><th scope="col">Working sets, pages</th><th scope="col">Resident, pages</th></tr></thead>
    <tbody>${samples
      .filter((_, index) => index % every === 0)
      .map(
        (sample) => html`<tr key=${sample.time_ns}><th scope="row">${timeOf(sample.time_ns)}</th>
      <td>${sum(sample.working_set_pages)}</td><td>${sum(sample.resident_pages)}</td></tr>`,
      )}</tbody>
  </table></div>`;
}

/** The event: who has what, memory, and the sentence. @param {{given: Answer, here: Answer, scene: Scene}} props */
function Now({ given, here, scene }) {
  const { disk, outside, ready, running, step } = scene;
  const longest = here.steps.reduce((most, { explain }) => Math.max(most, explain.length), 0);
  return html`<div class="told"><${Sentence} explain=${step?.explain ?? "No process has begun. The right arrow key makes the first event."} longest=${Math.min(longest, 420)} /></div>
    <dl class="demand-queues" aria-label="Queues">
      <${Queue} given=${given} name="CPU" ranks=${running === null ? [] : [running]} empty="idle" />
      <${Queue} given=${given} name="Ready" ranks=${ready} empty="none" />
      <${Queue} given=${given} name="Disk" ranks=${disk} empty="idle" />
      <${Queue} given=${given} name="Out of memory" ranks=${outside} empty="none" />
    </dl>
    <section class="demand-lanes" aria-label="Processes over time"><h2>Processes over time
      <span class="note">events ${grouped(here.steps_before + 1)} to ${grouped(here.steps_before + here.steps.length)}</span>
      <span class="demand-key"><i data-state="cpu"></i>CPU <i data-state="ready"></i>ready <i data-state="disk"></i>waits for the disk <i data-state="outside"></i>out of memory</span></h2>
      <${Drawn} name="lanes" spoken=${`Who had the CPU, who waited for the disk, until ${timeOf(step?.time_ns ?? 0)}.`}
        make=${(/** @type {number} */ width) => lanesFigure(here, walk.at.value, width)} /></section>
    <${Memory} given=${given} scene=${scene} />`;
}

/** @param {{given: Answer, name: string, ranks: number[], empty: string}} props */
function Queue({ empty, given, name, ranks }) {
  return html`<div><dt>${name}</dt><dd>${
    ranks.length === 0
      ? html`<span class="note">${empty}</span>`
      : ranks.map((rank) => html`<span class="demand-chip" key=${rank} style=${ownerOf(rank)}>${given.processes[rank].process}</span>`)
  }</dd></div>`;
}

/** @param {number} rank */
function ownerOf(rank) {
  return { "--owner": `var(--owner-${(rank % OWNERS) + 1})` };
}

/** The frames in their owners' colours. @param {{given: Answer, scene: Scene}} props */
function Memory({ given, scene: { slots, step } }) {
  const ranks = new Map(given.processes.map(({ process }, rank) => [process, rank]));
  const changed = new Set(step?.frames_changed.map(({ frame }) => frame));
  return html`<section class="memory" aria-label="Physical memory"><h2>Physical memory <span class="note">• modified, ▸ read ahead</span></h2>
    <ol class="frames demand-frames">${slots.slice(0, MOST_FRAMES).map(
      ({ dirty, frame, page, process, read_ahead: ahead }) => html`<li key=${frame} class="place" data-free=${process === null} data-now=${changed.has(frame)}
        style=${ownerOf(ranks.get(process ?? "") ?? 0)} data-tip=${`Frame ${frame}\n${process === null ? "free" : `page ${page} of ${process}`}${dirty ? ", modified" : ""}${ahead ? ", read ahead" : ""}`}>
        <span class="place-number">${frame}</span>
        <b>${process !== null && `${process}:${page}`}${dirty && html`<i class="dirty" role="img" aria-label=", modified">•</i>`}${ahead && html`<i class="dirty" role="img" aria-label=", read ahead">▸</i>`}</b>
      </li>`,
    )}</ol>
    ${slots.length > MOST_FRAMES && html`<p class="note">${grouped(slots.length - MOST_FRAMES)} more frames are not drawn.</p>`}
  </section>`;
}

/** The whole run in numbers, and each process's. @param {{given: Answer}} props */
function Counts({ given }) {
  const cells = [
    ["CPU busy", percent(given.cpu_utilisation)],
    ["Disk busy", percent(given.disk_utilisation)],
    ["Faults", `${grouped(given.faults)} of ${grouped(given.references)}`],
    ["Fault rate", given.fault_rate.toFixed(4)],
    ["Written back", grouped(given.writebacks)],
    ["Read ahead, used", `${grouped(given.prefetched_used)} of ${grouped(given.prefetched)}`],
    ["Swap slots", grouped(given.swap_slots_used)],
    ["Suspensions", grouped(given.suspensions)],
    ["Effective access", timeOf(given.effective_access_ns)],
    ["All done after", timeOf(given.elapsed_ns)],
  ];
  return html`<dl class="tallies demand-tallies" aria-label="Counts of the whole run">${cells.map(
    ([words, value]) => html`<div key=${words}><dt>${words}</dt><dd class="number">${value}</dd></div>`,
  )}</dl>
    <section aria-label="Processes"><h2>Processes</h2>
      <div class="table-scroll" tabindex="0" role="region" aria-label="Processes as a table"><table class="twin">
        <thead><tr><th scope="col">Process</th><th scope="col">Pages</th><th scope="col">Share</th><th scope="col">References</th><th scope="col">Faults</th>
          <th scope="col">Most resident</th><th scope="col">CPU</th><th scope="col">Ready</th><th scope="col">Disk</th><th scope="col">Out</th><th scope="col">Ended at</th></tr></thead>
        <tbody>${given.processes.map(
          (process, rank) => html`<tr key=${process.process}><th scope="row"><span class="demand-chip" style=${ownerOf(rank)}>${process.process}</span></th>
          <td>${process.pages}</td><td>${process.share_frames ?? "–"}</td><td>${grouped(process.references)}</td><td>${grouped(process.faults)}</td>
          <td>${process.most_resident_pages}</td><td>${timeOf(process.cpu_ns)}</td><td>${timeOf(process.ready_ns)}</td><td>${timeOf(process.disk_wait_ns)}</td>
          <td>${timeOf(process.outside_ns)}</td><td>${timeOf(process.finished_ns)}</td></tr>`,
        )}</tbody>
      </table></div></section>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const given = answer.peek();
  if (given === null || given.curve === null) return null;
  const { curve } = given;
  return {
    name: `ramscope-demand-${given.policy}-${given.frames}`,
    picture: () => drawingOf(curveFigure(curve, 720), `CPU use of ${given.processes.length} processes in ${given.frames} frames`, curve.explain),
    csv: () => csvOf(curve),
    json: () => given,
    notes: { csv: "the curve, a row a degree", json: "the run, its curve and its first events" },
  };
}

/** @param {NonNullable<Answer["curve"]>} curve */
function csvOf({ controlled, free }) {
  const rows = free.points.map((point, index) => [
    point.degree,
    point.cpu_utilisation,
    point.disk_utilisation,
    point.fault_rate,
    controlled?.points[index].cpu_utilisation ?? "",
  ]);
  const head = ["processes", "cpu_utilisation", "disk_utilisation", "fault_rate", "cpu_utilisation_controlled"];
  return `${[head, ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}
