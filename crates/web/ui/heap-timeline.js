// Live bytes of a program over its time, with what the process and its allocator hold; a stretch of it is chosen by dragging.

import { duration, iec } from "./format.js";
import { courseFigure, knownAt, LEFT, RIGHT, rowAt } from "./heap-course.js";
import { chooseStretch, stretch } from "./heap-source.js";
import { html } from "./html.js";
import { Drawn } from "./figure-draw.js";
import { useRef } from "./vendor/preact-hooks.js";
import { signal } from "./vendor/signals.js";

/** @typedef {import("./heap-source.js").Course} Course */

/** A drag shorter than this is a click, pixels. */
const SHORTEST_DRAG = 4;

/** Where the pointer or the keys are, ms since the program began. */
const cursor = signal(/** @type {number | null} */ (null));
/** The stretch that is being dragged. */
const dragged = signal(/** @type {{from: number, to: number} | null} */ (null));

/** The course with its readout, on which a stretch is dragged. @param {{course: Course, end: number, peak: {at: number, bytes: number}, live: boolean}} props */
export function HeapTimeline({ course, end, live, peak }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const began = useRef(/** @type {{x: number, ms: number} | null} */ (null));
  const row = rowAt(course, cursor.value ?? (live ? end : peak.at));
  const msAt = (/** @type {PointerEvent} */ event) => {
    const { left, width } = /** @type {HTMLDivElement} */ (host.current).getBoundingClientRect();
    const drawn = width - LEFT - RIGHT;
    return Math.min(end, Math.max(0, ((event.clientX - left - LEFT) / drawn) * end));
  };
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    began.current = { x: event.clientX, ms: msAt(event) };
    host.current?.setPointerCapture(event.pointerId);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    const ms = msAt(event);
    cursor.value = ms;
    const from = began.current;
    if (from !== null && Math.abs(event.clientX - from.x) >= SHORTEST_DRAG) dragged.value = { from: Math.min(from.ms, ms), to: Math.max(from.ms, ms) };
  };
  const up = () => {
    const span = dragged.peek();
    const clicked = began.current !== null && span === null;
    began.current = null;
    dragged.value = null;
    if (span !== null) chooseStretch(span);
    else if (clicked && stretch.peek() !== null) chooseStretch(null);
  };
  const span = dragged.value ?? stretch.value;
  return html`<section class="heap-course" aria-label="Live bytes over time">
    <${Readout} course=${course} row=${row} peak=${peak} />
    <div class="heap-course-plot" ref=${host} tabindex="0" role="slider" aria-label="Time: arrows move, Shift chooses a stretch, Escape lets go"
      aria-valuemin="0" aria-valuemax=${Math.round(end)} aria-valuenow=${Math.round(cursor.value ?? end)}
      aria-valuetext=${`${duration(cursor.value ?? end)}: ${iec(course.live_bytes.max[row] ?? null)} live`}
      onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerLeave=${() => (cursor.value = null)} onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, end)}>
      <${Drawn} name="course" spoken=${`Live bytes over ${duration(end)}; the most was ${iec(peak.bytes)} after ${duration(peak.at)}.`}
        make=${(/** @type {number} */ width) => courseFigure({ course, end, peak, span, at: cursor.value }, width)} />
    </div>
  </section>`;
}

/** @param {KeyboardEvent} event @param {number} end */
function onKey(event, end) {
  const at = cursor.peek() ?? end;
  const step = end / (event.ctrlKey ? 10 : 100);
  const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: end }[event.key];
  if (to !== undefined) {
    const next = Math.min(end, Math.max(0, to));
    cursor.value = next;
    if (event.shiftKey) {
      const span = stretch.peek() ?? { from: at, to: at };
      const anchor = Math.abs(span.from - at) < Math.abs(span.to - at) ? span.to : span.from;
      chooseStretch({ from: Math.min(anchor, next), to: Math.max(anchor, next) });
    }
  } else if (event.key === "Escape" && stretch.peek() !== null) chooseStretch(null);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** What each line says at the cursor. @param {{course: Course, row: number, peak: {at: number, bytes: number}}} props */
function Readout({ course, peak, row }) {
  const { at_ms: times, heap_resident_bytes: resident, live_bytes: live, rss_bytes: rss } = course;
  const held = knownAt(resident, row);
  const gap = held === null ? null : Math.max(0, held - live.max[row]);
  const span = stretch.value;
  return html`<header class="heap-course-head">
    <h2>Over time</h2>
    <span class="note number">${times.length === 0 ? "" : `at ${duration(times[row])}`}</span>
    ${span !== null && html`<span class="note number">A ${duration(span.from)} – B ${duration(span.to)}</span><button type="button" class="chip" onClick=${() => chooseStretch(null)}>Let go</button>`}
    ${span === null && html`<span class="note heap-hint">Drag to choose a stretch</span>`}
    <ul class="readout">
      <li data-tip=${"live\nbytes asked for and not given back"}><i class="key key-solid" style=${{ "--paint": "var(--used)" }}></i><span class="term">live</span><span class="number">${iec(live.max[row] ?? null)}</span></li>
      <li data-tip=${"allocator\nresident bytes of the allocator's own mappings, looked at from outside at most once a second"}><i class="key key-none" style=${{ "--paint": "var(--owner-2)" }}></i><span class="term">allocator</span><span class="number">${iec(held)}</span></li>
      <li data-tip=${"gap\nwhat the allocator holds beyond the live blocks: fragmentation, and pages it keeps"}><span class="term">gap</span><span class="number">${iec(gap)}</span></li>
      <li data-tip=${"RSS\nresident bytes of the whole process"}><i class="key key-none" style=${{ "--paint": "var(--muted)" }}></i><span class="term">RSS</span><span class="number">${iec(knownAt(rss, row))}</span></li>
      <li data-tip=${`peak\nthe most that was live at one moment, after ${duration(peak.at)}`}><span class="term">▼ peak</span><span class="number">${iec(peak.bytes)}</span></li>
    </ul>
  </header>`;
}
