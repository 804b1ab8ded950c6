// The tab "Processes in frames": physical memory in its owners' colours, each process's page table, the swap area.

import { postJson } from "./api.js";
import { box } from "./drawing.js";
import { exact, grouped } from "./format.js";
import { html } from "./html.js";
import { Sentence } from "./lab.js";
import { Walk } from "./lab-walk.js";
import { memo } from "./memo.js";
import { colorOf } from "./paint.js";
import { settled } from "./paging-ask.js";
import { Refusal } from "./paging-form.js";
import { bodyOf, change, EXAMPLES, ProcessesForm, problemOf } from "./paging-processes-form.js";
import { countsAt, sceneAt } from "./paging-scene.js";
import { state, tableShown } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./paging-scene.js").Life} Life */
/** @typedef {import("./paging-scene.js").Scene} Scene */
/** @typedef {import("./paging-scene.js").Event} Step */

const PATH = "/api/v1/sim/processes";
const OWNERS = 8;
/** The most frames, slots and page tables that are drawn one by one. */
const MOST_FRAMES = 256;
const MOST_TABLES = 60;
const MOST_ENTRIES = 16;

/** The tab. */
export const ID = "processes";
export const label = "Processes in frames";
/** What the scrubber counts. */
export const noun = "Event";
/** The walk along the events. */
export const walk = new Walk(() => (state.value.tab ?? ID) === ID);

const problem = settled(() => problemOf(state.value));
/** The last answer; it stays while another is on its way. */
const life = signal(/** @type {Life | null} */ (null));
const refusal = signal(/** @type {string | null} */ (null));
const scene = computed(() => (life.value === null ? null : sceneAt(life.value, walk.at.value)));
const longest = computed(() =>
  (life.value?.steps ?? []).reduce((most, { explain }) => Math.max(most, explain.length), 0),
);

/** Begins to ask. */
export function begin() {
  effect(() => {
    const left = new AbortController();
    postJson(PATH, bodyOf(problem.value), left.signal).then(stand, (error) => {
      if (!left.signal.aborted) refusal.value = String(error.message ?? error);
    });
    return () => left.abort();
  });
  walk.followAddress();
}

/** Stands where the first page must leave, if the address says nothing. @param {Life} given */
function stand(given) {
  refusal.value = null;
  life.value = given;
  walk.begin(given.steps.length, given.steps.find(({ victim }) => victim !== null)?.index ?? given.steps.length);
}

/** The tab's questions to the server. */
export function endpoints() {
  return [{ name: "These processes, with their steps", path: PATH, body: bodyOf(problem.peek()) }];
}

/** What the palette offers. */
export function offers() {
  return EXAMPLES.map((example) => ({ group: "Lab", label: example.label, act: () => change(example) }));
}

/** The problem in a few words. */
export function summary() {
  const { memory, page, policy } = problem.value;
  return `${exact(memory)} in pages of ${page}, ${policy.toUpperCase()}`;
}

/** The steps that are marked on the scrubber: those in which a page had to leave. */
export const marks = computed(
  () => life.value?.steps.filter(({ victim }) => victim !== null).map(({ index }) => index) ?? [],
);

/** The problem, to be changed. */
export function Form() {
  return html`<${ProcessesForm} now=${problem.value} refusal=${refusal.value} />`;
}

/** The picture, and what is told of it. */
export function Stage() {
  const given = life.value;
  const now = scene.value;
  if (given === null || now === null)
    return refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`;
  const step = given.steps[walk.at.value - 1];
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <header class="lab-head">
      <h1>${given.frames.length} frames <span>of ${exact(given.page_bytes)}, ${given.policy.toUpperCase()}</span></h1>
      <p class="convention"><span class="note">Paging by demand, global replacement</span>
        ${Object.entries(given.convention).map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
    </header>
    <${Memory} given=${given} scene=${now} step=${step} />
    <div class="told"><${Sentence} explain=${step?.explain ?? "Memory is empty. The right arrow key makes the first event."} longest=${longest.value} /></div>
    <${Counts} given=${given} />
    <${Tables} scene=${now} step=${step} />`;
}

/** Which hue each process has, by its order of arrival. @param {Scene} now @returns {(process: string | null) => number} */
function ranksOf({ tables }) {
  const ranks = new Map(tables.map(({ process, rank }) => [process, rank]));
  return (process) => ranks.get(process ?? "") ?? 0;
}

/** @param {number} rank */
function paintOf(rank) {
  return { "--owner": `var(--owner-${(rank % OWNERS) + 1})` };
}

/** Physical memory, and the swap area under it. @param {{given: Life, scene: Scene, step: Step | undefined}} props */
function Memory({ given, scene: { frames, swap, tables }, step }) {
  if (tableShown.value) return html`<${Twin} frames=${frames} swap=${swap} />`;
  const rank = ranksOf({ frames, swap, tables });
  const moved = new Set(step?.swapped_out.map(({ slot }) => slot) ?? []);
  if (step?.swapped_in !== null && step?.swapped_in !== undefined) moved.add(step.swapped_in);
  return html`<section class="memory" aria-label="Physical memory"><h2>Physical memory</h2>
      <ol class="frames">${frames.slice(0, MOST_FRAMES).map(
        ({ dirty, page, process }, frame) => html`<${Place} key=${frame} number=${frame} process=${process}
        page=${page} dirty=${dirty} now=${step?.frame === frame} left=${step?.frame === frame && step.victim !== null ? `${step.victim.process}:${step.victim.page}` : ""}
        owner=${(rank(process) % OWNERS) + 1} address=${(frame * given.page_bytes).toString(16)} />`,
      )}</ol>
      ${frames.length > MOST_FRAMES && html`<p class="note">${grouped(frames.length - MOST_FRAMES)} more frames are not drawn.</p>`}
    </section>
    <section class="memory" aria-label="Swap area"><h2>Swap area <span class="note">${swap.filter(({ process }) => process !== null).length} of ${swap.length} slots used so far</span></h2>
      <ol class="frames swap-slots">${swap.slice(0, MOST_FRAMES).map(
        ({ page, process }, slot) => html`<${Place} key=${slot} number=${slot} process=${process}
        page=${page} dirty=${false} now=${moved.has(slot)} left="" owner=${(rank(process) % OWNERS) + 1} address="" />`,
      )}
        ${swap.length === 0 && html`<li class="note">Nothing is ever swapped out.</li>`}</ol>
    </section>`;
}

/** The same as a table. @param {Pick<Scene, "frames" | "swap">} props */
function Twin({ frames, swap }) {
  const rows = [
    ...frames.map(({ dirty, page, process }, number) => ({ place: `Frame ${number}`, page, process, dirty })),
    ...swap.map(({ page, process }, number) => ({ place: `Slot ${number}`, page, process, dirty: false })),
  ];
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Frames and slots"><table class="twin">
    <thead><tr><th scope="col">Place</th><th scope="col">Process</th><th scope="col">Page</th><th scope="col" class="words">Modified</th></tr></thead>
    <tbody>${rows.slice(0, 2 * MOST_FRAMES).map(
      ({ dirty, page, place, process }) => html`<tr key=${place}><th scope="row">${place}</th><td>${process ?? "–"}</td>
      <td>${page ?? "–"}</td><td class="words">${dirty ? "modified" : ""}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** A frame or a slot with what it holds; drawn again only when that changes. */
const Place = memo(
  /**
   * @param {{number: number, process: string | null, page: number | null, dirty: boolean, now: boolean, left: string,
   *   owner: number, address: string}} props `left` is what had to leave for it
   */
  ({
    address,
    dirty,
    left,
    now,
    number,
    owner,
    page,
    process,
  }) => html`<li class="place" data-free=${process === null} data-now=${now}
    style=${{ "--owner": `var(--owner-${owner})` }} data-tip=${`${address === "" ? "Slot" : "Frame"} ${number}\n${process === null ? "free" : `page ${page} of ${process}`}${dirty ? ", modified" : ""}${address === "" ? "" : `\nfrom 0x${address}`}`}>
    <span class="place-number">${number}</span>
    <b>${process === null ? "" : `${process}:${page}`}${dirty && html`<i class="dirty" role="img" aria-label=", modified">•</i>`}</b>
    <span class="place-left">${left !== "" && html`<del>${left}</del>`}</span>
  </li>`,
);

/** The page table of each living process. @param {{scene: Scene, step: Step | undefined}} props */
function Tables({ scene: { tables }, step }) {
  return html`<section class="memory" aria-label="Page tables"><h2>Page tables <span class="note">• modified since it was loaded</span></h2>
    <div class="page-tables">${tables.slice(0, MOST_TABLES).map(
      ({ pages, process, rank }) => html`<table key=${`${process} ${rank}`} style=${paintOf(rank)}>
      <caption>${process}</caption>
      <thead class="sr-only"><tr><th scope="col">Page</th><th scope="col">Where</th></tr></thead>
      <tbody>${pages.slice(0, MOST_ENTRIES).map(
        ({
          dirty,
          frame,
          page,
          slot,
        }) => html`<tr key=${page} data-now=${step?.process === process && step.page === page}>
        <th scope="row">${page}</th><td>${frame !== null ? html`frame <b>${frame}</b>${dirty && html`<i class="dirty" role="img" aria-label=", modified">•</i>`}` : slot !== null ? html`<span class="in-swap">slot <b>${slot}</b></span>` : html`<span class="note">not loaded</span>`}</td></tr>`,
      )}
        ${pages.length > MOST_ENTRIES && html`<tr><td colspan="2" class="note">and ${pages.length - MOST_ENTRIES} more</td></tr>`}</tbody>
    </table>`,
    )}</div>
    ${tables.length === 0 && html`<p class="note">No process is there.</p>`}
    ${tables.length > MOST_TABLES && html`<p class="note">${tables.length - MOST_TABLES} more processes are not drawn.</p>`}
  </section>`;
}

/** Counts so far and in all. @param {{given: Life}} props */
function Counts({ given }) {
  const so = countsAt(given, walk.at.value);
  const cells = /** @type {const} */ ([
    ["references", "References"],
    ["faults", "Faults"],
    ["placed", "Placed"],
    ["replaced", "Replaced"],
    ["swap_outs", "Swapped out"],
    ["swap_ins", "Swapped in"],
  ]);
  return html`<dl class="tallies" aria-label="Counts">${cells.map(
    ([key, words]) => html`<div key=${key}><dt>${words}</dt>
    <dd class="number" data-count=${key} data-all=${given[key]}>${grouped(so[key])}<span class="note"> / ${grouped(given[key])}</span></dd></div>`,
  )}</dl>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const given = life.peek();
  if (given === null) return null;
  return {
    name: `ramscope-processes-${given.policy}-${given.frames.length}`,
    picture: () => pictureOf(given, sceneAt(given, walk.at.peek()), walk.at.peek()),
    csv: () => csvOf(given.steps),
    json: () => given,
    notes: { csv: "a row an event", json: "every step, and memory at the end" },
  };
}

/** @param {Step[]} steps */
function csvOf(steps) {
  const rows = steps.map((step) => [
    step.index,
    step.event,
    step.hit ?? "",
    step.frame ?? "",
    step.victim === null ? "" : `${step.victim.process}:${step.victim.page}`,
    step.swapped_in ?? "",
    step.swapped_out.map(({ slot }) => slot).join(" "),
  ]);
  return `${[["step", "event", "hit", "frame", "victim", "swapped_in", "swapped_out"], ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}

/**
 * Frames and slots at a step as a drawing.
 * @param {Life} given
 * @param {Scene} now
 * @param {number} at
 * @returns {import("./drawing.js").Drawing}
 */
function pictureOf(given, now, at) {
  const rank = ranksOf(now);
  const [across, width, height] = [8, 108, 52];
  const [text, muted, free] = ["--text", "--muted", "--free"].map(colorOf);
  /** @type {import("./drawing.js").Mark[]} */
  const marks = [
    {
      text: `${given.frames.length} frames after event ${at} of ${given.steps.length}, ${given.policy.toUpperCase()}`,
      x: 24,
      y: 40,
      size: 16,
      fill: text,
      bold: true,
    },
  ];
  let y = 60;
  for (const [title, places] of /** @type {[string, import("./paging-scene.js").Held[]][]} */ ([
    ["Frame", now.frames],
    ["Slot", now.swap],
  ])) {
    for (const [index, { page, process }] of places.slice(0, MOST_FRAMES).entries()) {
      const [x, top] = [24 + (index % across) * (width + 6), y + Math.floor(index / across) * (height + 6)];
      const color = process === null ? free : colorOf(`--owner-${(rank(process) % OWNERS) + 1}`);
      marks.push({ path: box(x, top, width, height), stroke: color, width: process === null ? 1 : 2 });
      marks.push({ text: `${title} ${index}`, x: x + 8, y: top + 17, size: 11, fill: muted });
      if (process !== null)
        marks.push({ text: `${process}:${page}`, x: x + 8, y: top + 39, size: 15, fill: text, bold: true });
    }
    y += Math.ceil(Math.min(places.length, MOST_FRAMES) / across) * (height + 6) + 24;
  }
  return {
    width: 48 + across * (width + 6),
    height: y,
    ground: colorOf("--ground"),
    font: getComputedStyle(document.body).fontFamily,
    marks,
  };
}
