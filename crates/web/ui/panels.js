// The time charts of "Now" as data: what each draws, in which colour, and how a value reads.

import { compact, iec, iecShort, percent, perSecond } from "./format.js";
import { memory } from "./live.js";

/** @typedef {import("./frame.js").Frame} Frame */
/**
 * One line of a chart. `paint` is how the space below it is filled; `series` name what it is made of and
 * `mix` puts their values together.
 * @typedef {{label: string, term: string, color: string, paint: "solid" | "hatch" | "outline" | "wash" | "none",
 *   series: string[], mix: (...values: number[]) => number}} Line
 */
/**
 * One chart. `floor` is the least top of its scale, so that noise around zero stays flat; `top` fixes it.
 * @typedef {{id: string, title: string, note: string, stacked: boolean, unit: "binary" | "decimal" | "ratio",
 *   floor: number, top: (() => number) | null, lines: Line[], format: (value: number | null) => string,
 *   axis: (value: number) => string}} Panel
 */

/** @param {number} value */
const same = (value) => value;
const pageBytes = () => memory.peek()?.page_bytes ?? 4096;
/** @param {number} pages */
const bytesOfPages = (pages) => pages * pageBytes();
/** @param {number | null} bytes */
const bytesPerSecond = (bytes) => (bytes === null ? iec(bytes) : `${iec(bytes)}/s`);

/** @type {Panel[]} */
export const PANELS = [
  {
    id: "memory",
    title: "Memory",
    note: "used + reclaimable + free = total",
    stacked: true,
    unit: "binary",
    floor: 0,
    top: () => memory.peek()?.total_bytes ?? 0,
    format: iec,
    axis: iecShort,
    lines: [
      { label: "used", term: "used", color: "--used", paint: "solid", series: ["memory.used"], mix: same },
      {
        label: "reclaimable",
        term: "reclaimable",
        color: "--reclaimable",
        paint: "hatch",
        series: ["memory.available", "memory.free"],
        mix: (available, free) => Math.max(0, available - free),
      },
      {
        label: "free",
        term: "free",
        color: "--free",
        paint: "outline",
        series: ["memory.available", "memory.free"],
        mix: (available, free) => Math.min(free, available),
      },
    ],
  },
  {
    id: "pressure",
    title: "Pressure",
    note: "share of time in which work stood still for want of memory",
    stacked: false,
    unit: "ratio",
    floor: 0.01,
    top: null,
    format: percent,
    axis: percent,
    lines: [
      {
        label: "some",
        term: "pressure_some",
        color: "--stall",
        paint: "wash",
        series: ["pressure.memory.some.stalled"],
        mix: same,
      },
      {
        label: "full",
        term: "pressure_full",
        color: "--fault",
        paint: "solid",
        series: ["pressure.memory.full.stalled"],
        mix: same,
      },
    ],
  },
  {
    id: "swap",
    title: "Swap traffic",
    note: "bytes read from and written to swap a second",
    stacked: false,
    unit: "binary",
    floor: 65536,
    top: null,
    format: bytesPerSecond,
    axis: iecShort,
    lines: [
      { label: "out", term: "swap_out", color: "--swap", paint: "wash", series: ["rate.pswpout"], mix: bytesOfPages },
      { label: "in", term: "swap_in", color: "--swap-in", paint: "none", series: ["rate.pswpin"], mix: bytesOfPages },
    ],
  },
  {
    id: "major",
    title: "Major faults",
    note: "faults that waited for a disk, a second",
    stacked: false,
    unit: "decimal",
    floor: 10,
    top: null,
    format: perSecond,
    axis: compact,
    lines: [
      { label: "major", term: "major_fault", color: "--fault", paint: "wash", series: ["rate.pgmajfault"], mix: same },
    ],
  },
  {
    id: "minor",
    title: "Minor faults",
    note: "faults served without a disk, a second",
    stacked: false,
    unit: "decimal",
    floor: 100,
    top: null,
    format: perSecond,
    axis: compact,
    lines: [
      {
        label: "minor",
        term: "minor_fault",
        color: "--muted",
        paint: "wash",
        series: ["rate.pgfault", "rate.pgmajfault"],
        mix: (all, major) => Math.max(0, all - major),
      },
    ],
  },
];

/**
 * What a line says at a row of the frame.
 * @param {Line} line
 * @param {Frame} frame
 * @param {number} row
 * @param {"mean" | "max" | "min"} which
 * @returns {number | null}
 */
export function valueAt(line, frame, row, which) {
  const values = [];
  for (const name of line.series) {
    const value = frame.series[name]?.[which][row];
    if (value === null || value === undefined) return null;
    values.push(value);
  }
  return line.mix(...values);
}

/**
 * A chart's numbers for drawing: times in seconds, a mean and a peak a line (stacked: the sum so far), with an
 * empty row wherever nobody watched.
 * @param {Panel} panel
 * @param {Frame} frame
 * @param {number} intervalMs how far apart samples are meant to be
 * @returns {(number | null)[][]} times, then mean and peak of each line
 */
export function columns(panel, frame, intervalMs) {
  /** @type {(number | null)[]} */
  const time = [];
  const means = panel.lines.map(() => /** @type {(number | null)[]} */ ([]));
  const peaks = panel.lines.map(() => /** @type {(number | null)[]} */ ([]));
  const longest = Math.max(frame.stepMs, intervalMs) * 2.5;
  for (let row = 0; row < frame.time.length; row += 1) {
    const gap = row > 0 && frame.time[row] - frame.time[row - 1] > longest;
    if (gap) {
      time.push((frame.time[row - 1] + 1) / 1000);
      for (const column of [...means, ...peaks]) column.push(null);
    }
    time.push(frame.time[row] / 1000);
    let below = 0;
    panel.lines.forEach((line, index) => {
      const mean = valueAt(line, frame, row, "mean");
      if (panel.stacked) {
        below += mean ?? 0;
        means[index].push(mean === null ? null : below);
        peaks[index].push(index === 0 ? valueAt(line, frame, row, "max") : null);
      } else {
        means[index].push(mean);
        peaks[index].push(valueAt(line, frame, row, "max"));
      }
    });
  }
  return [time, ...panel.lines.flatMap((_, index) => [means[index], peaks[index]])];
}

/**
 * The top of a scale: the next of 1, 2, 5 × 10ⁿ (or a power of two for bytes), so that it rests while data moves.
 * @param {number} highest
 * @param {"binary" | "decimal" | "ratio"} unit
 */
export function scaleTop(highest, unit) {
  if (!(highest > 0)) return 1;
  if (unit === "binary") return 2 ** Math.ceil(Math.log2(highest * 1.05));
  const power = 10 ** Math.floor(Math.log10(highest * 1.05));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= highest * 1.05) ?? 10;
  const top = step * power;
  return unit === "ratio" ? Math.min(1, top) : top;
}
