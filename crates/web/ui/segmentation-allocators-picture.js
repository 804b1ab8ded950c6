// An allocator's own structure: which picture it is, what is said of it, and its table.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { Drawn } from "./figure-draw.js";
import { MOST_ROWS, structureRows } from "./segmentation-allocators-table.js";
import { tableShown } from "./state.js";
import { useLayoutEffect, useRef } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Span} Span */
/** @typedef {(moment: Moment, width: number, window: Span | null) => import("./segmentation-pieces.js").Figure} Figure */

const loadClasses = async () => (await import("./segmentation-classes.js")).classesFigure;

/**
 * The picture of each policy, its name, and how it is read; other policies have their free list.
 * @type {Record<string, {load: () => Promise<Figure>, label: string, how: string}>}
 */
const PICTURES = {
  buddy: { load: async () => (await import("./segmentation-buddy.js")).buddyFigure, label: "Buddy tree", how: "Each block hangs over its addresses in the row of its size; hatched is what nobody asked for." },
  tlsf: { load: async () => (await import("./segmentation-tlsf.js")).tlsfFigure, label: "Bitmaps", how: "A row a doubling. Dashed is the request’s class rounded up, ringed the first bit set from there on." },
  slab: { load: async () => (await import("./segmentation-slab.js")).slabFigure, label: "Slab caches", how: "A cache a row, a slab a box, an object a cell; hatched is what nobody asked for, or no object fits into." },
  segregated: { load: loadClasses, label: "Size classes", how: "A list a class, head first, as address+bytes; the number is how many blocks it has." },
  quick: { load: loadClasses, label: "Quick lists", how: "A list an exact size, head first, as address+bytes; behind them the general list." },
  bump: { load: async () => (await import("./segmentation-bump.js")).bumpFigure, label: "Arena", how: "Blocks one after the other; hatched bytes are dead until nothing is held any more." },
};
const LIST = { load: loadClasses, label: "Free list", how: "Holes as address+bytes, in the order in which they are looked at." };

/** What draws each policy, once it was loaded. @type {Map<string, Figure>} */
const drawers = new Map();

/** Loads what draws these policies. @param {string[]} policies */
export async function loadPictures(policies) {
  await Promise.all(policies.map(async (policy) => drawers.set(policy, await (PICTURES[policy] ?? LIST).load())));
}

/** A policy's picture; nothing is drawn of one that was not loaded. @param {string} policy */
export function pictureOf(policy) {
  const { how, label } = PICTURES[policy] ?? LIST;
  /** @type {Figure} */
  const make = drawers.get(policy) ?? ((_, width) => ({ width, height: 0, pieces: [] }));
  return { how, label, make };
}

/**
 * Keeps the room of the highest picture so far, so that a step back does not move what is below. The browser says how high
 * each one is when it has laid it out anyway.
 * @param {object} metrics of the run whose pictures they are: its stretches share them
 * @returns {import("./vendor/preact.js").RefObject<HTMLElement>}
 */
function useKeptHeight(metrics) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const [element, picture] = [host.current, host.current?.firstElementChild ?? null];
    if (element === null || picture === null) return undefined;
    let kept = { width: 0, height: 0 };
    const observer = new ResizeObserver(([{ contentRect }]) => {
      const { height, width } = contentRect;
      kept = { width, height: width === kept.width ? Math.max(kept.height, height) : height };
      element.style.minHeight = `${kept.height}px`;
    });
    observer.observe(picture);
    return () => observer.disconnect();
  }, [metrics, tableShown.value]);
  return host;
}

/**
 * @param {{moment: Moment, run: {metrics: object}, title: string, window: Span | null, onWindow: (window: Span | null) => void}} props
 *   `window` is the part of a tree that is looked into
 */
export function Structure({ moment, onWindow, run, title, window }) {
  const host = useKeptHeight(run.metrics);
  const { how, label, make } = pictureOf(moment.policy);
  const look = (/** @type {MouseEvent} */ event) => {
    const part = event.target instanceof Element ? event.target.closest("[data-part=folded], [data-part=split]") : null;
    if (part instanceof SVGElement) onWindow([Number(part.dataset.address), Number(part.dataset.size)]);
  };
  return html`<section class="structure" aria-label=${`${title}: ${label.toLowerCase()}`}>
    <h2>${title} <span class="note">${label.toLowerCase()}</span>
      ${window !== null && html`<button type="button" class="quiet" onClick=${() => onWindow(null)}>${grouped(window[1])} bytes at ${grouped(window[0])}: show all</button>`}</h2>
    ${
      tableShown.value
        ? html`<${Twin} moment=${moment} />`
        : html`<div class="structure-picture" data-structure=${moment.policy} ref=${host} onClick=${look}><${Drawn} name=${`structure-${moment.policy}`} spoken=${spokenOf(moment, title, label)} make=${(/** @type {number} */ width) => make(moment, width, window)} /></div>
        <p class="note structure-how">${how}</p>`
    }
  </section>`;
}

/** @param {Moment} moment @param {string} title @param {string} label */
function spokenOf(moment, title, label) {
  const lists = (moment.view.lists ?? []).map(({ len, name }) => `${name}: ${len}`);
  const blocks = moment.held.map(({ address, id, size }) => `request ${id} at ${address}, ${size} bytes`);
  return `${title}, ${label.toLowerCase()}. Held: ${blocks.slice(0, 40).join("; ") || "nothing"}. Free: ${lists.slice(0, 40).join("; ") || "see the table"}.`;
}

/** @param {{moment: Moment}} props */
function Twin({ moment }) {
  const rows = structureRows(moment);
  const number = (/** @type {number | null} */ value) => (value === null ? "–" : grouped(value));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Structure as a table"><table class="twin">
    <thead><tr><th scope="col" class="words">Where</th><th scope="col">Address</th><th scope="col">Bytes</th><th scope="col" class="words">What</th></tr></thead>
    <tbody>${rows.slice(0, MOST_ROWS).map(({ address, bytes, what, where }, index) => html`<tr key=${index}><th scope="row" class="words">${where}</th><td>${number(address)}</td><td>${number(bytes)}</td><td class="words">${what}</td></tr>`)}</tbody>
  </table></div>
  ${rows.length > MOST_ROWS && html`<p class="note">${grouped(rows.length - MOST_ROWS)} more rows are in the JSON export.</p>`}`;
}
