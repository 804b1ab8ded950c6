// Processes of segments in memory: the question, its answer at a step, the picture, and what may be done to it there.

import { postJson } from "./api.js";
import { exact, grouped } from "./format.js";
import { html } from "./html.js";
import { Sentence } from "./lab.js";
import { Refusal, settled } from "./lab-question.js";
import { Drawn, drawingOf } from "./figure-draw.js";
import { Acts, EndOrSwap, takeDrop } from "./segmentation-segments-acts.js";
import { LivesForm } from "./segmentation-segments-form.js";
import { memoryFigure, searchOf } from "./segmentation-segments-map.js";
import { bodyOfLives, countsAt, FITS, LIVES, livesOf, mapAt, namedAs, PATH, ranksOf, scriptAfter, stateOfLives, trapName } from "./segmentation-segments-problem.js";
import { adjust, navigate, presenting, state, tableShown } from "./state.js";
import { useEffect, useRef } from "./vendor/preact-hooks.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-segments-problem.js").Life} Life */
/** @typedef {import("./segmentation-segments-problem.js").Lives} Lives */
/** @typedef {import("./segmentation-segments-problem.js").Step} Step */
/** @typedef {import("./segmentation-segments-problem.js").Map_} Map_ */
/** @typedef {import("./segmentation-segments-map.js").Scene} Scene */

const OWNERS = 8;
const PICTURE_WIDTH = 900;
const SLIDE_MS = 200;
/** The longest sentence for which room is kept, characters; a longer one scrolls. */
const MOST_RESERVED = 330;
/** The most process tables that are drawn. */
const MOST_TABLES = 24;

/** Screens on which memory is drawn higher, and how high. */
const largeQuery = matchMedia("(min-width: 1680px) and (min-height: 900px)");
const LARGE_HEIGHT = 640;
const large = signal(largeQuery.matches);
largeQuery.addEventListener("change", () => {
  large.value = largeQuery.matches;
});

/** The problem that the address holds. */
const problem = settled(() => livesOf(state.value));
/** The last answer; it stays while another is on its way. */
const life = signal(/** @type {Life | null} */ (null));
const refusal = signal(/** @type {string | null} */ (null));
/** Which search of the step is shown; null for the last, which decided. */
const chosen = signal(/** @type {{step: number, search: number} | null} */ (null));
const longest = computed(() => (life.value?.steps ?? []).reduce((most, { explain }) => Math.max(most, explain.length), 0));

const checking = computed(() => state.value.mode === "check");
/** What checks a table, once somebody has theirs checked. */
const checker = signal(/** @type {typeof import("./segmentation-segments-check.js").LifeCheck | null} */ (null));

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
    const left = new AbortController();
    postJson(PATH, bodyOfLives(problem.value), left.signal).then(stand, (error) => {
      if (!left.signal.aborted) refusal.value = String(error.message ?? error);
    });
    return () => left.abort();
  });
  effect(() => {
    if (active() && checking.value) void import("./segmentation-segments-check.js").then(({ LifeCheck }) => (checker.value = LifeCheck));
  });
}

/** Stands at the first refusal, if the address says nothing. @param {Life} given */
function stand(given) {
  refusal.value = null;
  life.value = given;
  walk.begin(given.steps.length, given.steps.find(({ outcome }) => outcome === "refused")?.index ?? given.steps.length);
}

/**
 * Puts another problem into the address.
 * @param {Partial<Lives>} changes
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
function change(changes, how = "navigate") {
  const next = { ...problem.peek(), ...changes };
  (how === "navigate" ? navigate : adjust)({ ...stateOfLives(next), part: undefined, tab: undefined });
}

/** Makes an event happen after the one on show, in place of what followed, and goes there. @param {string} event */
function act(event) {
  const given = life.peek();
  if (given === null) return;
  const at = walk.at.peek();
  const next = { ...problem.peek(), script: scriptAfter(given, at, event) };
  navigate({ ...stateOfLives(next), part: undefined, tab: undefined, step: String(at + 1) });
}

/** The part's questions to the server. */
export function endpoints() {
  return [{ name: "These processes, event by event", path: PATH, body: bodyOfLives(problem.peek()) }];
}

/** What the palette offers. */
export function offers() {
  const named = LIVES.map((example) => ({ group: "Lab", label: example.label, act: () => change(example) }));
  return [...named, { group: "Lab", label: "Compact memory here", act: () => act("compact") }];
}

/** The problem in a few words. */
export function summary() {
  const { fit, memory } = problem.value;
  return namedAs(LIVES, problem.value)?.label ?? `${exact(memory)}, ${fit} fit`;
}

/** The steps that are marked on the scrubber: refusals and traps. */
export const marks = computed(() =>
  (life.value?.steps ?? []).filter(({ outcome }) => outcome === "refused" || outcome === "trap").map(({ index }) => index),
);

/** The problem, to be changed. */
export function Form() {
  return html`<${LivesForm} now=${problem.value} refusal=${refusal.value} onChange=${change} />`;
}

/** A process's hue. @param {Life} given @returns {(process: string) => string} */
function tonesOf(given) {
  const rank = ranksOf(given);
  return (process) => `owner-${(rank(process) % OWNERS) + 1}`;
}

/** Memory before and after the event on show. @param {Life} given @param {number} at @returns {Scene} */
function sceneOf(given, at) {
  const step = given.steps[at - 1];
  const shown = chosen.value?.step === at ? chosen.value.search : Number.MAX_SAFE_INTEGER;
  return { life: given, before: mapAt(given, Math.max(0, at - 1)), now: mapAt(given, at), step, search: shown, toneOf: tonesOf(given) };
}

/** The picture, and what is told of it. @param {{choice: any}} props `choice` of the tab's parts */
export function Stage({ choice }) {
  const given = life.value;
  if (given === null) {
    return html`<header class="lab-head"><h1>Segments in memory</h1>${choice}</header>
      ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}`;
  }
  const scene = sceneOf(given, walk.at.value);
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <${Head} given=${given} step=${scene.step} choice=${choice} />
    ${checking.value ? checker.value !== null && html`<${checker.value} given=${given} problem=${problem.value} />` : html`<${Solved} given=${given} scene=${scene} />`}`;
}

/** @param {{given: Life, scene: Scene}} props */
function Solved({ given, scene }) {
  return html`<div class="segments-body">
      <section class="lab-picture segments-picture" aria-label="Memory" ...${takeDrop(act)}>
        ${tableShown.value ? html`<${Twin} scene=${scene} />` : html`<${Picture} scene=${scene} />`}
        <${Legend} step=${scene.step} />
      </section>
      <div class="segments-told">
        <div class="told"><${Sentence} explain=${scene.step?.explain ?? "Memory is one hole. The right arrow key makes the first event."} longest=${Math.min(longest.value, MOST_RESERVED)} />
        <${Searches} scene=${scene} /></div>
        <${Counts} given=${given} />
        <${Acts} scene=${scene} act=${act} />
        <${Tables} scene=${scene} />
      </div>
    </div>`;
}

/** What became of an event, in a few words. @param {Step | undefined} step */
function outcomeOf(step) {
  const found = step?.translation ?? null;
  if (found !== null && found.trap !== null) {
    return `✕ ${trapName(found.trap)}${found.excess_bytes === null ? "" : ` by ${grouped(found.excess_bytes)}`}`;
  }
  return { done: "", refused: "✕ refused", trap: "✕ trap", nothing: "nothing to do" }[step?.outcome ?? "done"];
}

/** @param {{given: Life, step: Step | undefined, choice: any}} props */
function Head({ choice, given, step }) {
  const outcome = outcomeOf(step);
  const fit = FITS.find(([name]) => name === given.fit)?.[1];
  return html`<header class="lab-head">
    <h1>${checking.value ? "Where does each segment go?" : step === undefined ? "Memory is empty" : html`<code>${step.event}</code>`} ${outcome !== "" && !checking.value && html`<b class="outcome" data-outcome=${step?.outcome}>${outcome}</b>`}</h1>
    ${choice}
    <p class="convention"><code>memory <b>${exact(given.memory_bytes)}</b></code><code>placement <b>${fit?.toLowerCase()}</b></code>
      <code>swap <b>${given.swap_bytes === null ? "as needed" : exact(given.swap_bytes)}</b></code><code>a process <b>whole, or refused</b></code></p>
    <button type="button" class="quiet" aria-pressed=${checking.value} onClick=${() => adjust({ mode: checking.value ? undefined : "check" })}>
      ${checking.value ? "Back to the solution" : "Check my table"}</button>
  </header>`;
}

/** @param {{scene: Scene}} props */
function Picture({ scene }) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const index = scene.step?.index;
  useEffect(() => {
    if (host.current !== null) slide(host.current);
  }, [index]);
  const height = large.value && !presenting.value ? LARGE_HEIGHT : undefined;
  const make = (/** @type {number} */ width) => memoryFigure(scene, width, height);
  return html`<div ref=${host}><${Drawn} name="memory" spoken=${spokenOf(scene)} make=${make} /></div>`;
}

/** Lets what the step moved slide in from its old place; not where motion is unwanted. @param {HTMLElement} host */
function slide(host) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const move of host.querySelectorAll("[data-part=move]")) {
    const { bytes, from, segment, to } = /** @type {SVGElement} */ (move).dataset;
    const block = [...host.querySelectorAll(`[data-part=block][data-segment="${segment}"]`)].at(-1);
    if (!(block instanceof SVGGraphicsElement)) continue;
    const perByte = block.getBBox().height / Number(block.dataset.limit ?? bytes);
    const by = (Number(from) - Number(to)) * perByte;
    block.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: SLIDE_MS, easing: "ease-out" });
  }
}

/** @param {Scene} scene */
function spokenOf({ now, step }) {
  const held = now.segments.map(({ base, kind, limit, process }) => `${process} ${kind} at ${base}, ${limit} bytes`);
  const free = now.holes.map(({ base, size_bytes }) => `${size_bytes} free at ${base}`);
  return `${step?.event ?? "Before the first event"}. Memory: ${[...held, ...free].join("; ")}.`;
}

/** What patterns and marks mean. @param {{step: Step | undefined}} props */
function Legend({ step }) {
  const searched = (step?.searches.length ?? 0) > 0;
  return html`<p class="legend segments-legend">${["code", "data", "heap", "stack"].map((kind) => html`<span key=${kind}><i class="kind" data-kind=${kind}></i>${kind}</span>`)}
    <span style=${{ visibility: searched ? "visible" : "hidden" }}><i class="order">1</i>holes in the order they were looked at</span></p>`;
}

/** The searches of the step; one that is pressed is shown in the picture. @param {{scene: Scene}} props */
function Searches({ scene: { search, step } }) {
  const shown = searchOf(step, search);
  const choose = (/** @type {number} */ index) => {
    if (step !== undefined) chosen.value = { step: step.index, search: index };
  };
  return html`<div class="searches" role="group" aria-label="Searches for a hole">${(step?.searches ?? []).map(
    (each, index) => html`<button type="button" class="chip" key=${index} aria-pressed=${each === shown} onClick=${() => choose(index)}>
      ${each.kind} ${grouped(each.size_bytes)} ${each.chosen === null ? html`<b class="fault">✕</b>` : html`<span class="note">at ${grouped(each.chosen.base)}</span>`}</button>`,
  )}</div>`;
}

/** Counts so far and in all. @param {{given: Life}} props */
function Counts({ given }) {
  const [so, all] = [countsAt(given, walk.at.value), countsAt(given, given.steps.length)];
  const { free_bytes, largest_hole_bytes } = mapAt(given, walk.at.value);
  const cells = /** @type {const} */ ([
    ["arrivals", "Arrivals"],
    ["refused", "Refused"],
    ["traps", "Traps"],
    ["moved", "Bytes moved"],
  ]);
  return html`<dl class="tallies segments-tallies" aria-label="Counts">
    <div><dt>Free</dt><dd class="number" data-count="free">${grouped(free_bytes)}</dd></div>
    <div><dt>Largest hole</dt><dd class="number" data-count="largest">${grouped(largest_hole_bytes)}</dd></div>
    ${cells.map(
      ([key, words]) => html`<div key=${key}><dt>${words}</dt>
    <dd class="number" data-count=${key} data-all=${all[key]}>${grouped(so[key])}<span class="note"> / ${grouped(all[key])}</span></dd></div>`,
    )}</dl>`;
}

/** The segment table of each process that is there, and those that are not. @param {{scene: Scene}} props */
function Tables({ scene }) {
  const { now, step, toneOf } = scene;
  const held = [...now.segments.map((segment) => ({ ...segment, where: "memory" })), ...now.swap.map((segment) => ({ ...segment, base: null, where: "swap" }))];
  const names = [...new Set(held.sort((a, b) => a.segment - b.segment).map(({ process }) => process))];
  const refused = step?.outcome === "refused" && step.action === "arrive" ? step.process : null;
  return html`<section class="memory" aria-label="Segment tables"><h2>Segment tables <span class="note">a stack’s base is its upper end</span></h2>
    <div class="segment-tables">
      ${refused !== null && html`<p class="refused-process" data-refused=${refused}><b>✕ ${refused}</b> is refused: it has no table.</p>`}
      ${names.slice(0, MOST_TABLES).map((process) => html`<${ProcessTable} key=${process} process=${process} tone=${toneOf(process)} rows=${held.filter((each) => each.process === process)} step=${step} />`)}
    </div>
    ${names.length === 0 && html`<p class="note">No process is there.</p>`}
    ${names.length > MOST_TABLES && html`<p class="note">${names.length - MOST_TABLES} more processes are not listed.</p>`}
  </section>`;
}

/** @param {{process: string, tone: string, rows: {kind: string, base: number | null, limit: number, where: string}[], step: Step | undefined}} props */
function ProcessTable({ process, rows, step, tone }) {
  const swapped = rows[0].where === "swap";
  const found = step?.process === process ? step.translation : null;
  return html`<div class="process" style=${{ "--owner": `var(--${tone})` }} data-swapped=${swapped}>
    <table>
      <caption><b>${process}</b> ${swapped && html`<span class="in-swap">in the swap area</span>`}</caption>
      <thead><tr>${["Segment", "Base", "Limit", "Grows", "May"].map((name) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
      <tbody>${rows.map(
        ({ base, kind, limit }, index) => html`<tr key=${kind} data-now=${found?.kind === kind} data-trap=${found?.kind === kind && found.trap !== null}>
        <th scope="row"><i class="kind" data-kind=${kind}></i>${index} ${kind}</th>
        <td class="number">${base === null ? "–" : grouped(kind === "stack" ? base + limit : base)}</td><td class="number">${grouped(limit)}</td>
        <td>${kind === "stack" ? "down" : kind === "code" ? "–" : "up"}</td><td><code>${kind === "code" ? "r-x" : "rw-"}</code></td></tr>`,
      )}</tbody>
    </table>
    <${EndOrSwap} process=${process} swapped=${swapped} act=${act} />
  </div>`;
}

/** The same as a table. @param {{scene: Scene}} props */
function Twin({ scene: { now } }) {
  const rows = [
    ...now.segments.map(({ base, kind, limit, process }) => ({ base, size: limit, what: `${process} ${kind}` })),
    ...now.holes.map(({ base, size_bytes }) => ({ base, size: size_bytes, what: "free" })),
  ].sort((a, b) => a.base - b.base);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Memory as a table"><table class="twin">
    <thead><tr>${["First byte", "Last byte", "Bytes", "Holds"].map((name) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
    <tbody>${rows.map(({ base, size, what }) => html`<tr key=${base}><th scope="row">${grouped(base)}</th><td>${grouped(base + size - 1)}</td><td>${grouped(size)}</td><td>${what}</td></tr>`)}
      ${now.swap.map(({ kind, limit, process, segment }) => html`<tr key=${`swap-${segment}`}><th scope="row">swap</th><td></td><td>${grouped(limit)}</td><td>${process} ${kind}</td></tr>`)}</tbody>
  </table></div>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const given = life.peek();
  if (given === null) return null;
  const at = walk.at.peek();
  const scene = sceneOf(given, at);
  return {
    name: `ramscope-segments-${given.fit}-fit`,
    picture: () => drawingOf(memoryFigure(scene, PICTURE_WIDTH), scene.step?.event ?? "Empty memory", `Event ${at} of ${given.steps.length}, ${given.memory_bytes} bytes, ${given.fit} fit`),
    csv: () => csvOf(given.steps),
    json: () => given,
    notes: { csv: "a row an event", json: "every step with its searches, moves and map" },
  };
}

/** @param {Step[]} steps */
function csvOf(steps) {
  const rows = steps.map(({ event, index, map, moved_bytes, outcome }) => [index, event, outcome, moved_bytes, map.free_bytes, map.largest_hole_bytes]);
  return `${[["step", "event", "outcome", "moved_bytes", "free_bytes", "largest_hole_bytes"], ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}
