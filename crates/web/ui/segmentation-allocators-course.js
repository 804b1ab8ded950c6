// Fragmentation beneath the allocators' pictures: memory by use over the operations, one measure of all allocators, and
// the bytes that are free but of no use to a request.

import { grouped, percent } from "./format.js";
import { html } from "./html.js";
import { Drawn } from "./figure-draw.js";
import { BANDS, herePieces, measureFigure, memoryCourseFigure, memoryCourseHere, uselessFigure } from "./segmentation-fragmentation.js";
import { lineOf, MEASURES, uselessOf, uselessTo } from "./segmentation-measures.js";
import { tableShown } from "./state.js";
import { useRef } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-measures.js").Course} Course */
/** @typedef {import("./segmentation-measures.js").Measure} Measure */
/** @typedef {import("./segmentation-pieces.js").Span} Span */
/** @typedef {{title: string, tone: string, course: Course, holes: Span[]}} Shown a run with its holes after the step on show */

/** Rows of a table that stands for a picture. */
const ROWS = 40;

/**
 * Goes to the operation under a press.
 * @param {MouseEvent} event
 * @param {(at: number) => void} go
 */
function pressed(event, go) {
  const host = /** @type {HTMLElement} */ (event.currentTarget);
  const plot = host.querySelector("[data-part=plot]");
  if (!(plot instanceof SVGElement)) return;
  const { left, width } = plot.getBoundingClientRect();
  const share = (event.clientX - left) / width;
  if (share >= 0 && share <= 1) go(Math.max(1, Math.ceil(share * Number(plot.dataset.length))));
}

/**
 * Memory by use, of one allocator.
 * @param {{shown: Shown, capacity: number, at: number, now: {requested: number, allocated: number, free: number, largest: number},
 *   go: (at: number) => void}} props
 */
export function MemoryCourse({ at, capacity, go, now, shown: { course, title } }) {
  const make = (/** @type {number} */ width) => memoryCourseFigure(course, capacity, width);
  const over = (/** @type {number} */ width) => memoryCourseHere(course, capacity, at, width);
  const spoken = `${title} after operation ${at}: ${now.requested} bytes asked for, ${now.allocated} allocated, ${now.free} free, ${now.largest} in the largest hole. ${course.failed.length} requests failed.`;
  return html`<section class="course" aria-label=${`Memory over the operations, ${title}`}>
    <h2>Memory over the operations <span class="note">${title}</span></h2>
    ${tableShown.value ? html`<${CourseTable} course=${course} />` : html`<div class="course-plot" onClick=${(/** @type {MouseEvent} */ event) => pressed(event, go)}><${Drawn} name="course" spoken=${spoken} still=${[course, capacity]} make=${make} over=${over} /></div>
      <p class="legend course-legend">${BANDS.map(({ id, label, note }) => html`<span key=${id} data-tip=${`${label}\n${note}`}><i data-band=${id}></i>${label}</span>`)}<span><b class="fault">✕</b> failed</span></p>`}
  </section>`;
}

/** The operations that a table of so many rows shows. @param {number} length */
function rowsOf(length) {
  const every = Math.max(1, Math.ceil(length / ROWS));
  return Array.from({ length }, (_, place) => place).filter((place) => (place + 1) % every === 0 || place === length - 1);
}

/** @param {{course: Course}} props */
function CourseTable({ course }) {
  const columns = /** @type {const} */ (["requested", "allocated", "overhead", "free", "largest"]);
  const heads = ["Operation", "Asked for", "Allocated", "Overhead", "Free", "Largest hole"];
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Memory by operation"><table class="twin">
    <thead><tr>${heads.map((head) => html`<th scope="col" key=${head}>${head}</th>`)}</tr></thead>
    <tbody>${rowsOf(course.op.length).map((place) => html`<tr key=${place}><th scope="row">${grouped(course.op[place])}${course.failed.includes(course.op[place]) && " ✕"}</th>
      ${columns.map((name) => html`<td key=${name}>${grouped(course[name][place])}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/**
 * One measure of all allocators, to be chosen.
 * @param {{shown: Shown[], at: number, measure: Measure, onMeasure: (measure: Measure) => void, go: (at: number) => void}} props
 */
export function MeasureCourse({ at, go, measure, onMeasure, shown }) {
  const chosen = MEASURES.find(({ id }) => id === measure) ?? MEASURES[0];
  const scale = useRef(/** @type {import("./segmentation-fragmentation.js").Scale | null} */ (null));
  const make = (/** @type {number} */ width) => {
    const figure = measureFigure(shown, chosen.id, width);
    scale.current = figure.scale;
    return figure;
  };
  // the figure is made before what lies over it
  const over = () => (scale.current === null ? [] : herePieces(at, scale.current));
  const words = (/** @type {number} */ value) => (chosen.ratio ? percent(value) : grouped(value));
  const spoken = `${chosen.label}. ${shown.map(({ course, title }) => `${title}: ${words(lineOf(course, chosen.id).at(-1) ?? 0)} at the end`).join("; ")}`;
  return html`<section class="course" aria-label=${chosen.label}>
    <div class="course-head"><h2>${chosen.label} <span class="note">${chosen.note}</span></h2>
      <select aria-label="Measure" value=${chosen.id} onChange=${(/** @type {Event} */ event) => onMeasure(/** @type {Measure} */ (/** @type {HTMLSelectElement} */ (event.target).value))}>
        ${MEASURES.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}</select></div>
    ${tableShown.value ? html`<${MeasureTable} shown=${shown} measure=${chosen.id} words=${words} />` : html`<div class="course-plot" onClick=${(/** @type {MouseEvent} */ event) => pressed(event, go)}><${Drawn} name="measure" spoken=${spoken} still=${[chosen.id, ...shown.map(({ course }) => course)]} make=${make} over=${over} /></div>`}
  </section>`;
}

/** @param {{shown: Shown[], measure: Measure, words: (value: number) => string}} props */
function MeasureTable({ measure, shown, words }) {
  const lines = shown.map(({ course }) => lineOf(course, measure));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="The measure by operation"><table class="twin">
    <thead><tr><th scope="col">Operation</th>${shown.map(({ title }) => html`<th scope="col" key=${title}>${title}</th>`)}</tr></thead>
    <tbody>${rowsOf(lines[0]?.length ?? 0).map((place) => html`<tr key=${place}><th scope="row">${grouped(shown[0].course.op[place])}</th>${lines.map((line, index) => html`<td key=${index}>${words(line[place])}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/**
 * Free, but of no use to a request of n bytes.
 * @param {{shown: Shown[], asked: number | null, at: number}} props `asked` is the block that the request on show needs
 */
export function Useless({ asked, at, shown }) {
  const make = (/** @type {number} */ width) => uselessFigure(shown, asked, width);
  const told = asked === null ? "" : shown.map(({ holes, title }) => `${title} ${grouped(uselessTo(holes, asked))} of ${grouped(holes.reduce((sum, [, bytes]) => sum + bytes, 0))}`).join(", ");
  return html`<section class="course" aria-label="Free, but of no use to a request">
    <h2>Free, but of no use to a block of n <span class="note">${at === 0 ? "before the first operation" : `after operation ${grouped(at)}`}</span></h2>
    ${tableShown.value ? html`<${UselessTable} shown=${shown} />` : html`<div class="course-plot"><${Drawn} name="useless" spoken=${`Bytes that are free and of no use. ${told}`} make=${make} /></div>`}
    <p class="note course-told">${asked !== null && `To ${grouped(asked)} bytes: ${told}.`}</p>
  </section>`;
}

/** @param {{shown: Shown[]}} props */
function UselessTable({ shown }) {
  const rows = shown.flatMap(({ holes, title }) => uselessOf(holes).slice(0, ROWS).map(([n, bytes]) => ({ title, n, bytes })));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Bytes of no use by size"><table class="twin">
    <thead><tr><th scope="col" class="words">Allocator</th><th scope="col">From n</th><th scope="col">Of no use</th></tr></thead>
    <tbody>${rows.map(({ bytes, n, title }) => html`<tr key=${`${title}-${n}`}><th scope="row" class="words">${title}</th><td>${grouped(n)}</td><td>${grouped(bytes)}</td></tr>`)}</tbody>
  </table></div>`;
}
