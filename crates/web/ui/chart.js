// One time chart: uPlot with stacked and hatched areas, gaps, drag-zoom, one cursor for all charts, and keys.

import { colorOf, hatch, veil } from "./paint.js";
import { scaleTop } from "./panels.js";
import { tick } from "./format.js";
import uPlot from "./vendor/uplot.js";

/** @typedef {import("./panels.js").Panel} Panel */
/**
 * What a chart tells: where its cursor is (UTC milliseconds, null for nowhere), which stretch was chosen, which moment.
 * @typedef {{onCursor: (timeMs: number | null) => void, onZoom: (fromMs: number, toMs: number) => void,
 *   onReset: () => void, onPick?: (timeMs: number) => void}} Listener
 */

const SYNC = "time";
const SHORTEST_DRAG_PX = 4;
const PADDING_RIGHT = 8;
/** Half the width of a label of the time axis, CSS pixels. */
const LABEL_HALF = 28;

/** A chart in its element. It is made anew when theme or text size changes. */
export class Chart {
  /**
   * @param {HTMLElement} host empty, sized by the stylesheet
   * @param {Panel} panel
   * @param {{timeAxis: boolean, gutter: number, synced: boolean}} look
   * @param {Listener} listener
   */
  constructor(host, panel, look, listener) {
    this.host = host;
    this.panel = panel;
    this.look = look;
    this.listener = listener;
    /** @type {(number | null)[][]} */
    this.data = emptyColumns(panel);
    /** @type {[number, number]} seconds */
    this.span = [0, 1];
    this.plot = this.make();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    host.addEventListener("keydown", this.onKey);
    host.addEventListener("pointerdown", this.onPress);
    host.addEventListener("click", this.onClick);
  }

  /**
   * @param {(number | null)[][]} data of `columns`
   * @param {number} fromMs
   * @param {number} toMs
   */
  update(data, fromMs, toMs) {
    this.data = data;
    this.span = [fromMs / 1000, toMs / 1000];
    this.plot.batch(() => {
      this.plot.setData(/** @type {any} */ (data), false);
      this.plot.setScale("x", { min: this.span[0], max: this.span[1] });
    });
  }

  /** What is drawn over the lines. @type {Set<(plot: uPlot) => void>} */
  over = new Set();

  /** Draws something over the lines from now on. @param {(plot: uPlot) => void} over */
  drawOver(over) {
    this.over.add(over);
    this.plot.redraw(false);
  }

  /** Draws with the colours and sizes of now. */
  restyle() {
    this.plot.destroy();
    this.plot = this.make();
  }

  destroy() {
    this.observer.disconnect();
    this.host.removeEventListener("keydown", this.onKey);
    this.host.removeEventListener("pointerdown", this.onPress);
    this.host.removeEventListener("click", this.onClick);
    this.plot.destroy();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width > 0 && (width !== this.plot.width || height !== this.plot.height)) {
      this.plot.setSize({ width, height });
    }
  }

  /** @returns {uPlot} */
  make() {
    const { clientWidth: width, clientHeight: height } = this.host;
    const options = { ...this.options(), width: Math.max(width, 1), height: Math.max(height, 1) };
    return new uPlot(/** @type {any} */ (options), /** @type {any} */ (this.data), this.host);
  }

  options() {
    const { look, panel } = this;
    const font = getComputedStyle(this.host);
    const scale = Number.parseFloat(font.fontSize) / 12;
    return {
      padding: [6, PADDING_RIGHT, look.timeAxis ? 0 : 6, 0],
      legend: { show: false },
      focus: { alpha: 1 },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: SHORTEST_DRAG_PX },
        ...(look.synced ? { sync: { key: SYNC, setSeries: false } } : {}),
        bind: { dblclick: () => () => this.listener.onReset() },
      },
      scales: {
        x: { time: true, range: () => this.span },
        y: { range: () => [0, this.top()] },
      },
      axes: [
        this.timeAxis(scale, `${12 * scale}px ${font.fontFamily}`),
        this.valueAxis(scale, `${12 * scale}px ${font.fontFamily}`),
      ],
      series: [{}, ...panel.lines.flatMap((line, index) => this.seriesOf(line, index))],
      bands: panel.stacked ? this.bands() : [],
      hooks: {
        setCursor: [(/** @type {uPlot} */ plot) => this.tellCursor(plot)],
        setSelect: [(/** @type {uPlot} */ plot) => this.tellSelect(plot)],
        draw: [(/** @type {uPlot} */ plot) => this.over.forEach((over) => over(plot))],
      },
    };
  }

  /** @returns {number} what the value axis reaches; 1 while a fixed top is not known yet */
  top() {
    const { floor, lines, top, unit } = this.panel;
    if (top !== null) return top() || 1;
    let highest = floor;
    for (let column = 1; column <= lines.length * 2; column += 1) {
      for (let row = 0; row < this.data[0].length; row += 1) {
        const value = this.data[column][row];
        if (value !== null && value > highest && (this.data[0][row] ?? 0) >= this.span[0]) highest = value;
      }
    }
    return highest === floor ? floor : scaleTop(highest, unit);
  }

  /**
   * @param {number} scale
   * @param {string} font
   */
  timeAxis(scale, font) {
    const { timeAxis } = this.look;
    return {
      font,
      stroke: colorOf("--muted"),
      grid: { stroke: colorOf("--hairline"), width: 1 },
      ticks: { show: false },
      size: timeAxis ? 24 * scale : 0,
      gap: 6,
      space: 72 * scale,
      values: (
        /** @type {uPlot} */ _plot,
        /** @type {number[]} */ splits,
        /** @type {number} */ _axis,
        /** @type {number} */ _space,
        /** @type {number} */ step,
      ) => splits.map((split) => (timeAxis && this.fits(split, scale) ? tick(split * 1000, step * 1000) : "")),
    };
  }

  /**
   * Whether a label at a time would stand wholly inside.
   * @param {number} seconds
   * @param {number} scale
   */
  fits(seconds, scale) {
    const [from, to] = this.span;
    const room = this.host.clientWidth - this.look.gutter * scale - PADDING_RIGHT;
    return ((to - seconds) / (to - from)) * room > LABEL_HALF * scale - PADDING_RIGHT;
  }

  /**
   * @param {number} scale
   * @param {string} font
   */
  valueAxis(scale, font) {
    return {
      font,
      stroke: colorOf("--muted"),
      grid: { stroke: colorOf("--hairline"), width: 1 },
      ticks: { show: false },
      size: this.look.gutter * scale,
      gap: 8,
      splits: (/** @type {uPlot} */ plot) =>
        this.panel.top?.() === 0 ? [] : splitsOf(this.panel, this.top(), plot.height / scale),
      values: (/** @type {uPlot} */ _plot, /** @type {number[]} */ splits) =>
        splits.map((split) => (split === 0 && this.panel.unit !== "ratio" ? "0" : this.panel.axis(split))),
    };
  }

  /**
   * A line is two of uPlot's series: its mean, which is drawn, and its peak, which tops the wash (stacked: a faint line).
   * @param {import("./panels.js").Line} line
   * @param {number} index
   */
  seriesOf(line, index) {
    const color = colorOf(line.color);
    const base = { points: { show: false }, spanGaps: false, pxAlign: 0 };
    const fill = this.panel.stacked && index === 0 ? colorOf("--used-area") : undefined;
    const wash = line.paint === "wash" ? veil(color, 0.16) : line.paint === "solid" ? veil(color, 0.4) : undefined;
    const mean = { ...base, stroke: color, width: 1, fill };
    const peak = this.panel.stacked
      ? { ...base, stroke: veil(color, 0.5), width: 1 }
      : { ...base, width: 0, fill: wash };
    return [mean, peak];
  }

  bands() {
    return this.panel.lines.slice(1).flatMap((line, below) => {
      if (line.paint !== "hatch") return [];
      const color = colorOf(line.color);
      return [
        {
          series: [(below + 1) * 2 + 1, below * 2 + 1],
          fill: (/** @type {uPlot} */ plot) => hatch(plot.ctx, color, devicePixelRatio),
        },
      ];
    });
  }

  /** @param {uPlot} plot */
  tellCursor(plot) {
    const { idx, left } = plot.cursor;
    const inside = left !== undefined && left >= 0 && idx !== null && idx !== undefined;
    const seconds = inside ? plot.data[0][idx] : null;
    this.listener.onCursor(seconds === null ? null : Math.round(seconds * 1000));
  }

  /** @param {uPlot} plot */
  tellSelect(plot) {
    const { left, width } = plot.select;
    const from = plot.posToVal(left, "x") * 1000;
    const to = plot.posToVal(left + width, "x") * 1000;
    const chosenHere = this.choosing;
    this.choosing = false;
    if (width < SHORTEST_DRAG_PX) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (chosenHere) this.listener.onZoom(from, to);
  }

  /** Whether the stretch is being chosen on this chart; the others only show it. */
  choosing = false;

  /** Where the pointer was pressed, CSS pixels. */
  pressed = 0;

  /** @param {PointerEvent} event */
  onPress = ({ clientX }) => {
    this.choosing = true;
    this.pressed = clientX;
  };

  /** A press without a drag is a moment. @param {MouseEvent} event */
  onClick = ({ clientX, detail }) => {
    const { left, width } = this.plot.over.getBoundingClientRect();
    const inside = clientX >= left && clientX <= left + width;
    if (inside && detail < 2 && Math.abs(clientX - this.pressed) < SHORTEST_DRAG_PX) this.pick(clientX - left);
  };

  /** @param {number} left CSS pixels in the plot */
  pick(left) {
    this.listener.onPick?.(Math.round(this.plot.posToVal(left, "x") * 1000));
  }

  /** Arrows move the cursor, with Shift they choose a stretch, Enter zooms into it or picks the moment, Escape lets go. @param {KeyboardEvent} event */
  onKey = (event) => {
    const { plot } = this;
    const width = plot.over.clientWidth;
    const at = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? plot.cursor.left : width;
    const step = event.ctrlKey ? width / 10 : width / 100;
    const target = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: width }[event.key];
    if (target !== undefined) {
      const left = Math.min(width - 1, Math.max(0, target));
      if (event.shiftKey) this.extend(at, left);
      plot.setCursor({ left, top: 1 });
    } else if (event.key === "Enter" && plot.select.width > 0) {
      this.anchor = null;
      this.choosing = true;
      this.tellSelect(plot);
    } else if (event.key === "Enter" && plot.cursor.left !== undefined && plot.cursor.left >= 0) {
      this.pick(plot.cursor.left);
    } else if (event.key === "Escape" && plot.select.width > 0) {
      this.anchor = null;
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** @type {number | null} */
  anchor = null;

  /**
   * @param {number} from
   * @param {number} to
   */
  extend(from, to) {
    this.anchor ??= from;
    const left = Math.min(this.anchor, to);
    this.plot.setSelect(
      { left, top: 0, width: Math.abs(to - this.anchor), height: this.plot.over.clientHeight },
      false,
    );
  }
}

/**
 * @param {Panel} panel
 * @returns {(number | null)[][]}
 */
function emptyColumns(panel) {
  return [[], ...panel.lines.flatMap(() => [[], []])];
}

/**
 * Where the value axis is labelled: quarters where there is room, else nought and the top.
 * @param {Panel} panel
 * @param {number} top
 * @param {number} height CSS pixels
 */
export function splitsOf(panel, top, height) {
  if (height < 120) return [0, top];
  if (panel.unit !== "binary") return [0, top / 4, top / 2, (top * 3) / 4, top];
  const step = 2 ** Math.floor(Math.log2(top / 3));
  const splits = [];
  for (let at = 0; at <= top - step * 0.35; at += step) splits.push(at);
  return [...splits, top];
}
