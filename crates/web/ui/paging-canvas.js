// The frame grid beyond what a table can hold: the same columns and rows, painted where they can be seen.

import { html } from "./html.js";
import { colorOf, veil } from "./paint.js";
import { handOf, leftIn } from "./paging-run.js";
import { presenting, tableShown } from "./state.js";
import { dark } from "./theme.js";
import { useEffect, useRef } from "./vendor/preact-hooks.js";
import { effect } from "./vendor/signals.js";

/** @typedef {import("./paging-grid.js").GridProps} GridProps */
/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./paging-run.js").Step} Step */
/** @typedef {{kind: "title" | "frame" | "result" | "left", run: Run, frame: number, label: string}} Row */
/**
 * Where the grid has its steps from; `look` hears which are in sight, from 1, and `revision` changes when some have come.
 * @typedef {{length: number, stepAt: (run: Run, index: number) => Step | undefined,
 *   referenceAt: (index: number) => {page: number} | undefined, look?: (from: number, to: number) => void,
 *   revision?: import("./vendor/signals.js").Signal<number>}} Source
 */

const CELL = 30;
const ROW = 26;
const LABEL = 76;
const HEAD = 2 * ROW;
const MARGIN = 3;
/** Columns that can be scrolled to at once; browsers lay out nothing much wider. A walk beyond them moves them along. */
const MOST_COLUMNS = 400_000;

/**
 * The rows of all groups from the top.
 * @param {Run[]} runs
 * @param {(policy: string) => string} titleOf
 * @returns {Row[]}
 */
function rowsOf(runs, titleOf) {
  return runs.flatMap((run) => [
    ...(runs.length > 1 ? [row("title", run, 0, titleOf(run.policy))] : []),
    ...Array.from({ length: run.frames }, (_, frame) => row("frame", run, frame, `Frame ${frame}`)),
    row("result", run, 0, "Hit, fault"),
    row("left", run, 0, "Out"),
  ]);
}

/**
 * @param {Row["kind"]} kind
 * @param {Run} run
 * @param {number} frame
 * @param {string} label
 * @returns {Row}
 */
function row(kind, run, frame, label) {
  return { kind, run, frame, label };
}

/** @param {GridProps & {source?: Source}} props without a source the runs hold their steps */
export function CanvasGrid({ references, runs, source = held(references), titleOf, walk }) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const painting = useRef(/** @type {Painter | null} */ (null));
  useEffect(() => {
    const scroll = host.current;
    const canvas = scroll?.querySelector("canvas");
    if (!scroll || !canvas) return undefined;
    const painter = new Painter(scroll, canvas, source, rowsOf(runs, titleOf));
    painting.current = painter;
    const stops = [
      effect(() => {
        void dark.value;
        void presenting.value;
        void source.revision?.value;
        painter.ask();
      }),
      effect(() => painter.stand(walk.at.value)),
    ];
    return () => {
      for (const stop of stops) stop();
      painter.leave();
    };
  }, [references, runs, walk]);
  const rows = rowsOf(runs, titleOf).length;
  const { length } = source;
  const size = { width: `${LABEL + Math.min(length, MOST_COLUMNS) * CELL}px`, height: `${HEAD + rows * ROW}px` };
  /** @param {MouseEvent} event */
  const choose = (event) => {
    const column = painting.current?.columnAt(event.clientX) ?? 0;
    walk.pause();
    walk.go(column + 1);
  };
  return html`<div class="grid-scroll grid-canvas" tabindex="0" role="region" ref=${host} onClick=${choose}
    aria-label=${`Frame grid of ${length} references; T shows the steps as a table`}>
    <div style=${size}><canvas></canvas></div>
  </div>
  ${tableShown.value && html`<${StepTable} walk=${walk} run=${runs[0]} source=${source} title=${titleOf(runs[0].policy)} />`}`;
}

/**
 * Runs that hold their steps.
 * @param {import("./paging-problem.js").Reference[]} references
 * @returns {Source}
 */
function held(references) {
  return {
    length: references.length,
    stepAt: (run, index) => run.steps?.[index - 1],
    referenceAt: (index) => references[index - 1],
  };
}

/** Paints what can be seen of the grid, once a frame at most. */
class Painter {
  /**
   * @param {HTMLElement} scroll
   * @param {HTMLCanvasElement} canvas
   * @param {Source} source
   * @param {Row[]} rows
   */
  constructor(scroll, canvas, source, rows) {
    this.scroll = scroll;
    this.canvas = canvas;
    this.source = source;
    this.rows = rows;
    this.at = 0;
    /** The first column that can be scrolled to. */
    this.base = 0;
    this.request = 0;
    this.observer = new ResizeObserver(() => this.ask());
    this.observer.observe(scroll);
    scroll.addEventListener("scroll", this.ask, { passive: true });
  }

  /** Shows a step. @param {number} at */
  stand(at) {
    this.at = at;
    const most = Math.max(0, this.source.length - MOST_COLUMNS);
    if (at - MARGIN < this.base || at + MARGIN > this.base + MOST_COLUMNS)
      this.base = Math.min(most, Math.max(0, at - MOST_COLUMNS / 2));
    const first = (at - 1 - MARGIN - this.base) * CELL;
    const last = (at + MARGIN - this.base) * CELL - (this.scroll.clientWidth - LABEL);
    if (this.scroll.scrollLeft > first) this.scroll.scrollLeft = first;
    else if (this.scroll.scrollLeft < last) this.scroll.scrollLeft = last;
    this.ask();
  }

  leave() {
    cancelAnimationFrame(this.request);
    this.observer.disconnect();
    this.scroll.removeEventListener("scroll", this.ask);
  }

  ask = () => {
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame(() => this.paint());
  };

  paint() {
    const { canvas, scroll } = this;
    const { clientHeight: height, clientWidth: width } = scroll;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.scale(ratio, ratio);
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    const from = this.base + Math.max(0, Math.floor(scroll.scrollLeft / CELL));
    const seen = Math.ceil((scroll.scrollLeft + width - LABEL) / CELL) + 1;
    const to = Math.min(this.source.length, this.base + seen);
    this.source.look?.(from + 1, to);
    for (let column = from; column < to; column += 1) this.paintColumn(pen, column, height);
    this.paintNow(pen, height);
    this.paintLabels(pen, height);
    this.paintHead(pen, from, to, width);
  }

  /** @param {number} column */
  left(column) {
    return LABEL + (column - this.base) * CELL - this.scroll.scrollLeft;
  }

  /** The column under the pointer. @param {number} clientX */
  columnAt(clientX) {
    const x = clientX - this.scroll.getBoundingClientRect().left + this.scroll.scrollLeft - LABEL;
    return this.base + Math.floor(x / CELL);
  }

  /** The rows in sight, with where each begins. @param {number} height @returns {[Row, number][]} */
  visible(height) {
    const { scrollTop } = this.scroll;
    const from = Math.max(0, Math.floor(scrollTop / ROW));
    const to = Math.ceil((scrollTop + height - HEAD) / ROW);
    return this.rows.slice(from, to).map((each, place) => [each, HEAD + (from + place) * ROW - scrollTop]);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} column
   * @param {number} height
   */
  paintColumn(pen, column, height) {
    const x = this.left(column);
    pen.globalAlpha = column < this.at ? 1 : 0.45;
    for (const [each, y] of this.visible(height)) {
      const step = this.source.stepAt(each.run, column + 1);
      if (step !== undefined) paintCell(pen, each, step, x, y);
    }
    pen.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} height
   */
  paintNow(pen, height) {
    if (this.at === 0) return;
    pen.strokeStyle = colorOf("--focus");
    pen.lineWidth = 2;
    pen.strokeRect(this.left(this.at - 1) + 1, 1, CELL - 2, height - 2);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} height
   */
  paintLabels(pen, height) {
    pen.fillStyle = colorOf("--ground");
    pen.fillRect(0, 0, LABEL, height);
    write(pen, "left", 12, "--muted");
    for (const [{ kind, label }, y] of this.visible(height)) {
      pen.font = fontOf(12, kind === "title");
      pen.fillStyle = colorOf(kind === "title" ? "--text" : "--muted");
      pen.fillText(label, 2, y + ROW / 2);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} from
   * @param {number} to
   * @param {number} width
   */
  paintHead(pen, from, to, width) {
    pen.fillStyle = colorOf("--ground");
    pen.fillRect(0, 0, LABEL, HEAD);
    write(pen, "left", 12, "--muted");
    pen.fillText("Step", 2, ROW / 2);
    pen.fillText("Page", 2, ROW * 1.5);
    pen.save();
    pen.beginPath();
    pen.rect(LABEL, 0, width, HEAD);
    pen.clip();
    for (let column = from; column < to; column += 1) {
      const x = this.left(column) + CELL / 2;
      pen.fillStyle = colorOf(column === this.at - 1 ? "--pressed" : "--ground");
      pen.fillRect(this.left(column), 0, CELL, HEAD);
      write(pen, "center", 10, "--muted");
      if (column % 5 === 4 || column === this.at - 1) pen.fillText(String(column + 1), x, ROW / 2);
      write(pen, "center", 13, "--text", true);
      const reference = this.source.referenceAt(column + 1);
      if (reference !== undefined) pen.fillText(fitting(reference.page), x, ROW * 1.5);
    }
    pen.restore();
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Row} row_
 * @param {Step} step
 * @param {number} x
 * @param {number} y
 */
function paintCell(pen, row_, step, x, y) {
  if (row_.kind === "frame") {
    const page = step.frames[row_.frame] ?? null;
    const touched = page !== null && page === step.page;
    const color = colorOf(step.hit ? "--hit" : "--fault");
    pen.fillStyle = touched ? veil(color, 0.16) : colorOf("--ground");
    pen.fillRect(x, y, CELL, ROW);
    pen.strokeStyle = colorOf("--hairline");
    pen.lineWidth = 1;
    pen.strokeRect(x + 0.5, y + 0.5, CELL, ROW);
    write(pen, "center", 13, touched ? (step.hit ? "--hit" : "--fault") : "--text", touched);
    if (page !== null) pen.fillText(fitting(page), x + CELL / 2, y + ROW / 2 + 1);
    if (handOf(step) === row_.frame) pen.fillText("▸", x + 5, y + ROW / 2);
  } else if (row_.kind === "result") {
    write(pen, "center", 13, step.hit ? "--hit" : "--fault", true);
    pen.fillText(step.hit ? "H" : "F", x + CELL / 2, y + ROW / 2);
  } else if (row_.kind === "left") {
    write(pen, "center", 12, "--muted");
    pen.fillText(leftIn(step).map(fitting).join(" "), x + CELL / 2, y + ROW / 2);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {CanvasTextAlign} align
 * @param {number} size
 * @param {string} color a token
 * @param {boolean} bold
 */
function write(pen, align, size, color, bold = false) {
  pen.textAlign = align;
  pen.font = fontOf(size, bold);
  pen.fillStyle = colorOf(color);
}

/**
 * @param {number} size
 * @param {boolean} bold
 */
function fontOf(size, bold) {
  return `${bold ? "600 " : ""}${size}px ${getComputedStyle(document.body).fontFamily}`;
}

/** A page number in the room of a cell: the end of a long one. @param {number} page */
function fitting(page) {
  const text = String(page);
  return text.length > 4 ? `…${text.slice(-3)}` : text;
}

/** The steps about the current one as a table. @param {{walk: import("./lab-walk.js").Walk, run: Run, source: Source, title: string}} props */
function StepTable({ run, source, title, walk }) {
  void source.revision?.value;
  const at = walk.at.value;
  const about = Array.from({ length: 40 }, (_, place) => source.stepAt(run, Math.max(1, at - 19) + place));
  const steps = about.filter((step) => step !== undefined);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${`Steps of ${title}`}><table class="twin">
    <thead><tr><th scope="col">Step</th><th scope="col">Page</th><th scope="col">Result</th><th scope="col">Frame</th><th scope="col">Out</th></tr></thead>
    <tbody>${steps.map(
      (step) => html`<tr key=${step.index} aria-current=${step.index === at ? "step" : undefined}>
      <th scope="row">${step.index}</th><td>${step.page}</td><td>${step.hit ? "H" : "F"}</td><td>${step.frame ?? ""}</td><td>${leftIn(step).join(" ")}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}
