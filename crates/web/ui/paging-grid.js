// The frame grid: a column a reference, a row a frame, one group of rows a policy. It is drawn once for an answer;
// a step only moves the highlight, the veil over what is to come, and the mark of the page that leaves.

import { html } from "./html.js";
import { handOf, leftIn } from "./paging-run.js";
import { useEffect, useRef } from "./vendor/preact-hooks.js";
import { memo } from "./memo.js";
import { effect } from "./vendor/signals.js";

/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./paging-run.js").Step} Step */
/** @typedef {import("./lab-walk.js").Walk} Walk */
/**
 * @typedef {{references: import("./paging-problem.js").Reference[], runs: Run[], walk: Walk, parts: number | null,
 *   titleOf: (policy: string) => string}} GridProps `parts` is the reference at which the runs part
 */

/** Columns beside the current one that stay in sight while stepping. */
const MARGIN = 2;
/** Rows of a group that are no frames: hits and faults, and what left. */
const RESULT_ROWS = 2;

/**
 * How many cells a grid of these runs has.
 * @param {Run[]} runs
 */
export function cellsOf(runs) {
  return runs.reduce((sum, { frames, references }) => sum + references * (frames + RESULT_ROWS), 0);
}

/** The grid as a table. @param {GridProps} props */
export function Grid({ parts, references, runs, titleOf, walk }) {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const element = stage.current;
    if (element === null) return undefined;
    const follower = new Follower(element, runs);
    const stop = effect(() => follower.stand(walk.at.value));
    return () => {
      stop();
      follower.leave();
    };
  }, [runs, walk]);
  return html`<div class="grid-scroll" tabindex="0" role="region" aria-label="Frame grid">
    <div class="grid-stage grid-steps-on" ref=${stage} style=${{ "--n": references.length }}
      onClick=${(/** @type {MouseEvent} */ event) => choose(event, walk)}>
      <${Cells} parts=${parts} references=${references} runs=${runs} titleOf=${titleOf} />
      <i class="grid-veil"></i><i class="grid-now"></i>
    </div>
  </div>`;
}

/** The table itself: made anew for another answer only. */
const Cells = memo(
  /** @param {Omit<GridProps, "walk">} props */
  ({ parts, references, runs, titleOf }) => html`<table class="frame-grid" data-compared=${runs.length > 1}>
    <caption class="sr-only">Pages in frames after each reference</caption>
    <thead>
      <tr class="grid-steps"><th scope="row">Step</th>${references.map((_, column) => html`<td key=${column}>${column + 1}</td>`)}</tr>
      <tr class="grid-references"><th scope="row">Page</th>${references.map(
        ({ page, write }, column) => html`<th scope="col" key=${column} data-parts=${parts === column + 1 || undefined}
          title=${parts === column + 1 ? "Here the policies part" : undefined}>${page}${write && html`<sup>w</sup>`}</th>`,
      )}</tr>
    </thead>
    ${runs.map((run) => html`<${Group} key=${run.policy} run=${run} title=${runs.length > 1 ? titleOf(run.policy) : ""} />`)}
  </table>`,
);

/** @param {{run: Run, title: string}} props `title` is empty where there is only one group */
function Group({ run, title }) {
  const steps = run.steps ?? [];
  const frames = Array.from({ length: run.frames }, (_, frame) => frame);
  return html`<tbody data-policy=${run.policy}>
    ${title !== "" && html`<tr class="grid-title"><th scope="rowgroup" colspan=${steps.length + 1}><span>${title}</span></th></tr>`}
    ${frames.map(
      (
        frame,
      ) => html`<tr key=${frame} class="grid-frame"><th scope="row"><span class="wide-word">Frame </span>${frame}</th>
      ${steps.map((step) => html`<${Cell} key=${step.index} step=${step} frame=${frame} />`)}</tr>`,
    )}
    <tr class="grid-result"><th scope="row"><span class="wide-word">Hit, fault</span><span class="narrow-word">H, F</span></th>
      ${steps.map(({ hit, index }) => html`<td key=${index} data-hit=${hit}><abbr title=${hit ? "hit" : "fault"}>${hit ? "H" : "F"}</abbr></td>`)}</tr>
    <tr class="grid-left"><th scope="row">Out</th>
      ${steps.map((step) => html`<td key=${step.index}>${leftIn(step).join(" ")}</td>`)}</tr>
  </tbody>`;
}

/** @param {{step: Step, frame: number}} props */
function Cell({ frame, step }) {
  const page = step.frames[frame];
  const touched = page !== null && page !== undefined && page === step.page;
  const state = touched ? (step.hit ? "hit" : "loaded") : page === null || page === undefined ? "empty" : undefined;
  return html`<td data-state=${state} data-hand=${handOf(step) === frame || undefined}>${page ?? ""}</td>`;
}

/**
 * Shows steps: all that changes from one to the next. Sizes are measured when they change and not while stepping, so
 * that a step costs no layout of the table.
 */
class Follower {
  /**
   * @param {HTMLElement} stage
   * @param {Run[]} runs
   */
  constructor(stage, runs) {
    this.stage = stage;
    this.runs = runs;
    this.at = 0;
    this.heads = stage.querySelectorAll(".grid-references > *");
    /** @type {Element[]} */
    this.marked = [];
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(stage);
    this.observer.observe(/** @type {HTMLElement} */ (stage.parentElement));
    this.measure();
  }

  leave() {
    this.observer.disconnect();
  }

  measure() {
    const [label, column] = /** @type {HTMLElement[]} */ ([...this.heads]);
    this.label = label.offsetWidth;
    this.cell = column.offsetWidth;
    this.room = this.stage.parentElement?.clientWidth ?? 0;
    this.place();
  }

  /** @param {number} at */
  stand(at) {
    this.at = at;
    for (const marked of this.marked) {
      marked.removeAttribute("aria-current");
      marked.removeAttribute("data-leaving");
    }
    const leaving = this.runs
      .map(({ steps }, group) => leavingCell(this.stage, steps?.[at - 1], group))
      .filter((cell) => cell !== null);
    for (const cell of leaving) cell.setAttribute("data-leaving", "");
    if (at > 0) this.heads[at].setAttribute("aria-current", "step");
    this.marked = at > 0 ? [...leaving, this.heads[at]] : leaving;
    this.place();
  }

  /** Puts veil and box where the step is, and scrolls the grid alone, only as far as it needs. */
  place() {
    const { at, cell = 0, label = 0, room = 0, stage } = this;
    const [veil, box] = /** @type {NodeListOf<HTMLElement>} */ (stage.querySelectorAll(":scope > i"));
    veil.style.translate = `${at * cell}px 0`;
    box.style.translate = `${(at - 1) * cell}px 0`;
    box.style.visibility = at === 0 ? "hidden" : "visible";
    const scroll = /** @type {HTMLElement} */ (stage.parentElement);
    const first = (at - 1 - MARGIN) * cell;
    const last = label + (at + MARGIN) * cell - room;
    if (scroll.scrollLeft > first) scroll.scrollLeft = first;
    else if (scroll.scrollLeft < last) scroll.scrollLeft = last;
  }
}

/**
 * The cell in which the page that leaves stood a step before.
 * @param {HTMLElement} stage
 * @param {Step | undefined} step
 * @param {number} group
 * @returns {Element | null}
 */
function leavingCell(stage, step, group) {
  if (step === undefined || step.victim === null || step.frame === null) return null;
  const rows = stage.querySelectorAll(`tbody:nth-of-type(${group + 1}) > .grid-frame`);
  return rows[step.frame]?.children[step.index - 1] ?? null;
}

/**
 * A click on a column goes to its step.
 * @param {MouseEvent} event
 * @param {Walk} walk
 */
function choose(event, walk) {
  const cell = event.target instanceof Element ? event.target.closest("td, th") : null;
  if (!(cell instanceof HTMLTableCellElement) || cell.cellIndex === 0) return;
  walk.pause();
  walk.go(cell.cellIndex);
}
