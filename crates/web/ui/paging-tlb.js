// The TLB: its levels as sets and ways, what each access found there, and what that does to the time of an access.

import { postJson } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { Sentence } from "./lab.js";
import { settled } from "./paging-ask.js";
import { Refusal } from "./paging-form.js";
import { bodyOf, countsAt, indexBits, levelAt, NAMED, PATH, problemOf, sizesOf, stateOf } from "./paging-tlb-problem.js";
import { accessFigure, tlbFigure } from "./paging-tlb-figure.js";
import { Drawn, drawingOf } from "./figure-draw.js";
import { adjust, navigate, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./paging-tlb-problem.js").Answer} Answer */
/** @typedef {import("./paging-tlb-problem.js").Problem} Problem */
/** @typedef {import("./paging-tlb-problem.js").Step} Step */
/** @typedef {import("./paging-tlb-problem.js").Unit} Unit */

const OWNERS = 8;
/** Sets and ways that are drawn around the one that is looked up, and references in the strip. */
const MOST_SETS = 16;
const MOST_WAYS = 8;
const MOST_CHIPS = 40;

/** The problem that the address holds. */
export const problem = settled(() => problemOf(state.value));
/** What is asked of the server: a switch of the picture asks nothing anew. */
const body = settled(() => bodyOf(problem.value));
/** The last answer; it stays while another is on its way. */
export const answer = signal(/** @type {Answer | null} */ (null));
/** Why there is no answer. */
export const refusal = signal(/** @type {string | null} */ (null));
/** Misses by entries. */
const curve = signal(/** @type {{entries: number, misses: number}[]} */ ([]));

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
    const asked = body.value;
    const left = new AbortController();
    void ask(asked, left.signal);
    return () => left.abort();
  });
}

/** @param {ReturnType<typeof bodyOf>} asked @param {AbortSignal} signal */
async function ask(asked, signal) {
  try {
    const given = /** @type {Answer} */ (await postJson(PATH, asked, signal));
    refusal.value = null;
    answer.value = given;
    const length = given.steps?.length ?? 0;
    walk.begin(length, given.steps?.find(({ lookups }) => lookups.some(({ victim }) => victim !== null))?.index ?? length);
    curve.value = await curveOf(problem.peek(), signal);
  } catch (error) {
    if (!signal.aborted) refusal.value = error instanceof Error ? error.message : String(error);
  }
}

/** The same accesses at other sizes, one question after the other. @param {Problem} asked @param {AbortSignal} signal */
async function curveOf(asked, signal) {
  const points = [];
  for (const question of curveBodies(asked)) {
    const { misses } = await postJson(PATH, question, signal);
    points.push({ entries: question.entries, misses });
  }
  return points;
}

/** @param {Problem} asked */
function curveBodies(asked) {
  return sizesOf(asked).map((entries) => ({ ...bodyOf({ ...asked, entries, second: 0, times: "" }), steps: false }));
}

/**
 * Puts another problem into the address.
 * @param {Partial<Problem>} changes
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
export function change(changes, how = "navigate") {
  const next = { ...problem.peek(), ...changes };
  (how === "navigate" ? navigate : adjust)({ ...stateOf(next), tab: "translation", part: "tlb" });
}

/** The part's questions to the server. */
export function endpoints() {
  const asked = problem.peek();
  return [
    { name: "This TLB, with its steps", path: PATH, body: bodyOf(asked) },
    ...curveBodies(asked).map((body) => ({ name: `Misses with ${body.entries} entries`, path: PATH, body })),
  ];
}

/** What the palette offers. */
export function offers() {
  return NAMED.map(({ label, problem: given }) => ({ group: "Lab", label: `TLB: ${label}`, act: () => change(given) }));
}

/** The problem in a few words. */
export function summary() {
  const { entries, replacement, ways } = problem.value;
  return `${entries} entries, ${ways} ${ways === 1 ? "way" : "ways"}, ${replacement.toUpperCase()}`;
}

/** The steps that are marked on the scrubber: the misses. */
export const marks = computed(() => answer.value?.steps?.filter(({ hit }) => !hit).map(({ index }) => index) ?? []);

const longest = computed(() => (answer.value?.steps ?? []).reduce((most, { explain }) => Math.max(most, explain.length), 0));

/** The picture, and what is told of it. @param {{choice: any}} props `choice` of the tab's parts */
export function Stage({ choice }) {
  const given = answer.value;
  if (given === null) {
    return html`<header class="lab-head"><h1>TLB</h1>${choice}</header>
      ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}`;
  }
  const steps = given.steps ?? [];
  const step = steps[walk.at.value - 1];
  return html`${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    <${Head} given=${given} choice=${choice} />
    <${Strip} steps=${steps} />
    ${steps.length === 0 && html`<p class="note">More than 10,000 accesses are counted, and not stepped.</p>`}
    <${Address} given=${given} step=${step} />
    ${given.units.map((unit) => html`<${Grid} key=${unit.name} given=${given} unit=${unit} />`)}
    <div class="told"><${Sentence} explain=${step?.explain ?? "The TLB is empty. The right arrow key makes the first access."} longest=${longest.value} /></div>
    <${Counts} given=${given} />
    <div class="tlb-below"><${Time} given=${given} /><${Sizes} /></div>`;
}

/** @param {{given: Answer, choice: any}} props */
function Head({ choice, given }) {
  const [{ entries, replacement, sets, ways }] = given.units;
  const shape = sets === 1 ? "fully associative" : ways === 1 ? "direct mapped" : `${sets} sets × ${ways} ways`;
  const convention = [
    ["set", sets === 1 ? "one" : `page mod ${sets}`],
    ["full set", replacement.toUpperCase()],
    ["switch", given.switch === "flush" ? "flushes" : "keeps entries, tagged by ASID"],
    ["page", `${given.page_bytes} bytes`],
  ];
  return html`<header class="lab-head">
    <h1>TLB of ${grouped(entries)} ${entries === 1 ? "entry" : "entries"} <span>${shape}${given.units.length > 1 && `, ${given.units.map(({ name }) => name).join(" + ")}`}</span></h1>
    ${choice}
    <p class="convention">${convention.map(([name, value]) => html`<code key=${name}>${name} <b>${value}</b></code>`)}</p>
  </header>`;
}

/** The references around the one that is made, each with H or M. @param {{steps: Step[]}} props */
function Strip({ steps }) {
  const at = walk.at.value;
  const begin = Math.max(0, Math.min(at - MOST_CHIPS / 2, steps.length - MOST_CHIPS));
  return html`<ol class="tlb-strip" aria-label="Accesses">
    ${begin > 0 && html`<li class="note">${begin} before</li>`}
    ${steps.slice(begin, begin + MOST_CHIPS).map(
      ({ address, asid, explain, flushed, hit, index, kind }) => html`<li key=${index}>
      <button type="button" class="tlb-chip" data-state=${index > at ? "ahead" : hit ? "hit" : "miss"} aria-current=${index === at ? "step" : undefined}
        style=${ownerOf(asid)} data-tip=${`Access ${index}\n${kind} ${address} of address space ${asid}\n${index > at ? "" : explain.split(". ").at(-1)}`} onClick=${() => walk.go(index)}>
        ${flushed && html`<i class="tlb-flush" role="img" aria-label="flushed before"></i>`}
        <span class="tlb-space">${asid}</span><code>${address}${kind === "write" ? "w" : kind === "fetch" ? "x" : ""}</code>
        <b>${index > at ? html`<span class="sr-only">not yet</span>·` : hit ? "H" : "M"}</b>
      </button></li>`,
    )}
    ${begin + MOST_CHIPS < steps.length && html`<li class="note">${steps.length - begin - MOST_CHIPS} more</li>`}
  </ol>`;
}

/** @param {number} asid */
function ownerOf(asid) {
  return { "--owner": `var(--owner-${(asid % OWNERS) + 1})` };
}

/** The address in tag, index and offset. @param {{given: Answer, step: Step | undefined}} props */
function Address({ given, step }) {
  const [first] = given.units;
  const unit = given.units.find(({ name }) => name === step?.lookups[0]?.unit) ?? first;
  const shown = step ?? given.steps?.[0];
  if (shown === undefined) return null;
  const spoken = `${shown.address}, page ${shown.lookups[0]?.page}`;
  return html`<${Drawn} name="tlb-address" spoken=${spoken} make=${(/** @type {number} */ width) => accessFigure(given, unit, shown, width)} />`;
}

/** A level: a row a set, a column a way. @param {{given: Answer, unit: Unit}} props */
function Grid({ given, unit }) {
  const { held, looked, now, trees } = levelAt(given, unit, walk.at.value);
  const set = now.at(-1)?.set ?? 0;
  const sets = windowOf(unit.sets, set, MOST_SETS);
  const ways = windowOf(unit.ways, now.at(-1)?.way ?? 0, MOST_WAYS);
  const bits = indexBits(unit.sets);
  const plru = unit.replacement === "plru";
  const title = unit.name === "first" ? "First level" : `${unit.name[0].toUpperCase()}${unit.name.slice(1)} level`;
  return html`<section class="tlb-level" aria-label=${title}>
    <h2>${title} <span class="note">${unit.sets} ${unit.sets === 1 ? "set" : "sets"} × ${unit.ways} ${unit.ways === 1 ? "way" : "ways"}; ${looked} ${looked === 1 ? "look-up" : "look-ups"}</span></h2>
    <div class="tlb-scroll" tabindex="0" role="region" aria-label=${`${title}, sets and ways`}><table class="tlb-grid" data-unit=${unit.name}>
      <thead><tr><th scope="col">Set</th>${ways.map((way) => html`<th scope="col" key=${way}>Way ${way}</th>`)}${plru && html`<th scope="col">Tree</th>`}</tr></thead>
      <tbody>${sets.map(
        (row) => html`<tr key=${row} data-now=${now.some((lookup) => lookup.set === row)}>
        <th scope="row">${row}${bits !== null && bits > 0 && html` <code>${row.toString(2).padStart(bits, "0")}</code>`}</th>
        ${ways.map((way) => html`<${Cell} key=${way} held=${held[row * unit.ways + way]} unit=${unit} lookup=${now.find((each) => each.set === row && each.way === way)} />`)}
        ${plru && html`<td class="tlb-tree"><code>${trees[row]}</code></td>`}</tr>`,
      )}</tbody>
    </table></div>
    ${(sets.length < unit.sets || ways.length < unit.ways) && html`<p class="note">Sets ${sets[0]} to ${sets.at(-1)} of ${unit.sets}, ways ${ways[0]} to ${ways.at(-1)} of ${unit.ways}.</p>`}
  </section>`;
}

/** At most `most` of `count`, around one. @param {number} count @param {number} around @param {number} most */
function windowOf(count, around, most) {
  const first = Math.max(0, Math.min(around - Math.floor(most / 2), count - most));
  return Array.from({ length: Math.min(count, most) }, (_, index) => first + index);
}

/**
 * @param {{held: import("./paging-tlb-problem.js").Held | null, unit: Unit,
 *   lookup: import("./paging-tlb-problem.js").Lookup | undefined}} props
 */
function Cell({ held, lookup, unit }) {
  const what = lookup === undefined ? "" : lookup.hit ? "hit" : "miss";
  const victim = lookup?.victim ?? null;
  if (held === null) return html`<td class="tlb-cell" data-state="empty"><span class="note">–</span></td>`;
  const used = unit.replacement === "fifo" ? "filled" : "used";
  return html`<td class="tlb-cell" data-state="held" data-what=${what} style=${ownerOf(held.asid)}
    data-tip=${`Page 0x${held.page.toString(16)} of address space ${held.asid}\ntag 0x${Math.floor(held.page / unit.sets).toString(16)}\n${used} at look-up ${held.used}`}>
    <span class="tlb-space">${held.asid}</span><code class="tlb-tag">0x${Math.floor(held.page / unit.sets).toString(16)}</code>
    <span class="tlb-mark">${victim !== null && html`<del>${victim.asid}:0x${victim.page.toString(16)}</del>`} <b>${what === "hit" ? "H" : what === "miss" ? "M" : ""}</b></span>
    <span class="note">page 0x${held.page.toString(16)} <i>·</i> ${used} ${held.used}</span>
  </td>`;
}

/** Counts so far and in all. @param {{given: Answer}} props */
function Counts({ given }) {
  const so = countsAt(given, walk.at.value);
  const cells = /** @type {const} */ ([
    ["hits", "Hits"],
    ["misses", "Misses"],
    ["walks", "Page walks"],
    ["flushes", "Flushes"],
  ]);
  return html`<dl class="tallies" aria-label="Counts">${cells.map(
    ([key, words]) => html`<div key=${key}><dt>${words}</dt>
    <dd class="number" data-count=${key} data-all=${given[key]}>${grouped(so[key])}<span class="note"> / ${grouped(given[key])}</span></dd></div>`,
  )}
    <div><dt>Hit ratio of all</dt><dd class="number">${(given.hit_ratio * 100).toFixed(1)} %</dd></div></dl>`;
}

/** The effective access time, with its formula and its convention. @param {{given: Answer}} props */
function Time({ given }) {
  const { counted } = problem.value;
  const shown = given.effective.find(({ convention }) => convention === (counted ? "lookup_counted" : "lookup_not_counted"));
  const [, formula = "", numbers = ""] = /: (.*?) = (.*)$/.exec(shown?.explain ?? "") ?? [];
  return html`<section class="tlb-time" aria-label="Effective access time">
    <h2>Effective access time</h2>
    <div class="ranges" role="group" aria-label="Convention">
      ${[true, false].map(
        (each) => html`<button type="button" key=${each} aria-pressed=${counted === each}
        onClick=${() => adjust({ "tlb.counted": each ? undefined : "0" })}>${each ? "Look-up counted" : "Not counted"}</button>`,
      )}
    </div>
    ${
      shown === undefined
        ? html`<p class="note">Give the times of a look-up and of memory: 1, 100.</p>`
        : html`<p class="tlb-formula"><code>${formula}</code><code>= ${numbers.replace(/\.$/, "").replace(/\d+\.\d{6,}/g, (digits) => String(Number(Number(digits).toFixed(4))))}</code></p>
        <p class="number tlb-result"><b>${Number(shown.time.toFixed(4))}</b> <span class="note">h is the hit ratio${given.units.at(-1)?.name === "second" && " (h2 of the second level)"}, t a look-up, m an access to memory, L the levels that a miss walks.</span></p>`
    }
  </section>`;
}

/** Misses against entries. */
function Sizes() {
  const points = curve.value;
  const most = Math.max(1, ...points.map(({ misses }) => misses));
  if (points.length < 2) return null;
  const now = problem.value.entries;
  return html`<section class="tlb-sizes" aria-label="Misses against entries"><h2>Misses against entries <span class="note">of the first level, ${problem.value.ways} ${problem.value.ways === 1 ? "way" : "ways"}</span></h2>
    <table><thead class="sr-only"><tr><th scope="col">Entries</th><th scope="col">Misses</th><th scope="col">Share</th></tr></thead>
    <tbody>${points.map(
      ({ entries, misses }) => html`<tr key=${entries} data-now=${entries === now}><th scope="row">
        <button type="button" onClick=${() => change({ entries })} data-tip=${`${entries} entries\nAsk for this TLB`}>${grouped(entries)}</button></th>
      <td class="number">${grouped(misses)}</td><td class="tlb-bar"><i style=${{ width: `${(misses / most) * 100}%` }}></i></td></tr>`,
    )}</tbody></table>
  </section>`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const given = answer.peek();
  if (given === null) return null;
  const at = walk.at.peek();
  return {
    name: `ramscope-tlb-${given.units[0].entries}-${given.units[0].ways}`,
    picture: () => drawingOf(tlbFigure(given, at), `TLB after access ${at} of ${given.references}`, summary()),
    csv: () => csvOf(given.steps ?? []),
    json: () => given,
    notes: { csv: "a row a look-up", json: "the counts, and every step" },
  };
}

/** @param {Step[]} steps */
function csvOf(steps) {
  const rows = steps.flatMap(({ address, asid, index, lookups }) =>
    lookups.map(({ hit, page, set, unit, victim, way }) => [
      index,
      asid,
      address,
      unit,
      page,
      set,
      way,
      hit,
      victim === null ? "" : `${victim.asid}:${victim.page}`,
    ]),
  );
  return `${[["access", "asid", "address", "level", "page", "set", "way", "hit", "victim"], ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}
