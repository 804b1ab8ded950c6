// Memory as a map to be looked into: the wheel goes nearer down to a byte and away again, a drag or the arrow buttons go along,
// a press selects what stands there, and a compaction is seen to slide.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { Drawn } from "./figure-draw.js";
import { takeDrop } from "./segmentation-list-acts.js";
import { memoryRowsFigure, rowsOf } from "./segmentation-memory-figure.js";
import { addressAt, further, LEAST_BYTES, MOST_ROWS, nearer, placeOf, showing, useAt, wholeOf } from "./segmentation-memory-rows.js";
import { tableShown } from "./state.js";
import { useEffect, useRef } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-memory-rows.js").Look} Look */
/** @typedef {import("./segmentation-memory-rows.js").Use} Use */
/** @typedef {import("./segmentation-pieces.js").Moment & {hole: number | null}} Moment */

const SLIDE_MS = 200;
/** How far the wheel turns for a doubling. */
const WHEEL_STEP = 60;

/**
 * @param {{moment: Moment, uses: Use[], look: Look, title: string, act: Parameters<typeof takeDrop>[0],
 *   onLook: (look: Look) => void, onMark: (id: number | null, hole: number | null) => void}} props
 */
export function MemoryMap({ act, look, moment, onLook, onMark, title, uses }) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const now = useRef({ look, moment, onLook });
  now.current = { look, moment, onLook };
  useWheel(host, now);
  const index = moment.step?.index;
  useEffect(() => {
    if (host.current !== null) slide(host.current, moment, look);
  }, [index]);
  useEffect(() => {
    const at = moment.hole ?? moment.held.find(({ id }) => id === moment.selected)?.address;
    if (at !== undefined) onLook(showing(look, moment, at));
  }, [moment.hole, moment.selected]);
  const whole = wholeOf(moment);
  const end = Math.min(moment.base + moment.capacity, look.from + look.perRow * MOST_ROWS);
  const middle = (look.from + end) / 2;
  const all = look.perRow === whole.perRow;
  const press = (/** @type {MouseEvent} */ event) => {
    const at = pointed(event, host.current, moment, look);
    const use = at === null ? null : useAt(uses, at);
    event.stopPropagation();
    if (use?.block) onMark(use.block.id, null);
    else if (use?.free) onMark(null, use.from);
  };
  const button = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {boolean} */ off, /** @type {Look} */ next) =>
    html`<button type="button" class="chip" aria-label=${label} data-tip=${label} disabled=${off} onClick=${() => onLook(next)}>${sign}</button>`;
  return html`<section class="lab-picture memory-map" aria-label=${`Memory, ${title}`} ...${takeDrop(act)}>
    <div class="memory-head"><h2>Memory <span class="note">${title}</span></h2>
      <p class="note memory-range">${all ? "all of it" : html`${grouped(look.from)} to ${grouped(end - 1)}`}, ${grouped(look.perRow)} bytes a row</p>
      <div class="memory-zoom" role="group" aria-label="Zoom">
        ${button("Away", "−", all, nearer(look, moment, middle, -1))}${button("Nearer", "+", look.perRow <= LEAST_BYTES, nearer(look, moment, middle, 1))}
        ${button("Lower addresses", "↑", look.from <= moment.base, further(look, moment, -MOST_ROWS / 2))}${button("Higher addresses", "↓", end >= moment.base + moment.capacity, further(look, moment, MOST_ROWS / 2))}
        ${button("All of memory", "All", all, whole)}
      </div></div>
    ${tableShown.value ? html`<p class="note">The blocks and holes are in the table below.</p>` : html`<div class="memory-picture" ref=${host} onClick=${press}><${Drawn} name="memory-map" spoken=${spokenOf(moment, uses)} make=${(/** @type {number} */ width) => memoryRowsFigure({ moment, uses, look, hole: moment.hole }, width)} /></div>`}
    <p class="legend memory-legend"><span><i data-use="header"></i>header</span><span><i data-use="asked"></i>asked for</span><span><i data-use="padding"></i>padding</span><span><i data-use="free"></i>free</span><span><i class="order">1</i>looked at, in that order</span></p>
  </section>`;
}

/** @param {Moment} moment @param {Use[]} uses */
function spokenOf({ step }, uses) {
  const words = uses.slice(0, 40).map(({ block, free, from, size }) => (block === null ? `${size} ${free ? "free" : "overhead"} at ${from}` : `request ${block.id} at ${from}, ${size} bytes`));
  return `Memory after ${step === undefined ? "nothing" : `operation ${step.index}`}: ${words.join("; ")}${uses.length > 40 ? `; and ${uses.length - 40} more` : ""}.`;
}

/** The picture's own size, and how many of its units a pixel is. @param {HTMLElement | null} host */
function drawnIn(host) {
  const svg = host?.querySelector("svg") ?? null;
  if (svg === null) return null;
  const box = svg.getBoundingClientRect();
  const width = svg.viewBox.baseVal.width;
  return { box, width, scale: width / box.width };
}

/** The address under the pointer. @param {MouseEvent} event @param {HTMLElement | null} host @param {Moment} moment @param {Look} look */
function pointed({ clientX, clientY }, host, moment, look) {
  const drawn = drawnIn(host);
  if (drawn === null) return null;
  return addressAt(rowsOf(moment, look, drawn.width), (clientX - drawn.box.left) * drawn.scale, (clientY - drawn.box.top) * drawn.scale);
}

/**
 * Lets the wheel look nearer or away; where it can go no further the page scrolls.
 * @param {import("./vendor/preact.js").RefObject<HTMLElement>} host
 * @param {import("./vendor/preact.js").RefObject<{look: Look, moment: Moment, onLook: (look: Look) => void}>} now
 */
function useWheel(host, now) {
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    let turned = 0;
    const wheel = (/** @type {WheelEvent} */ event) => {
      if (now.current === null) return;
      const { look, moment, onLook } = now.current;
      const at = pointed(event, element, moment, look);
      if (at === null || event.deltaY === 0) return;
      const by = event.deltaY < 0 ? 1 : -1;
      const next = nearer(look, moment, at, by);
      if (next.perRow === look.perRow) return;
      event.preventDefault();
      turned = Math.sign(turned) === -by ? 0 : turned;
      turned += -event.deltaY;
      if (Math.abs(turned) < WHEEL_STEP) return;
      turned = 0;
      onLook(next);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [tableShown.value]);
}

/** Lets what the step moved slide in from its old place; not where motion is unwanted. @param {HTMLElement} host @param {Moment} moment @param {Look} look */
function slide(host, moment, look) {
  const drawn = drawnIn(host);
  if (drawn === null || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const rows = rowsOf(moment, look, drawn.width);
  for (const { from, id, to } of moment.step?.moved ?? []) {
    const [old, next] = [placeOf(rows, from), placeOf(rows, to)];
    for (const part of host.querySelectorAll(`[data-part=held][data-id="${id}"]`)) {
      part.animate([{ transform: `translate(${old.x - next.x}px, ${old.y - next.y}px)` }, { transform: "none" }], { duration: SLIDE_MS, easing: "ease-out" });
    }
  }
}
