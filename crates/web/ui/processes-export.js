// The list as files: its rows as CSV, and its largest as bars.

import { box } from "./drawing.js";
import { iec, moment } from "./format.js";
import { colorOf } from "./paint.js";
import { session } from "./session.js";

const WIDTH = 960;
const EDGE = 24;
const LINE = 24;
const NAME_WIDTH = 280;
const AMOUNT_WIDTH = 96;

/** @typedef {{label: string, parts: {bytes: number, token: string, hatch?: boolean}[], text?: string}} Bar */

/**
 * Bars below each other on one scale.
 * @param {string} title
 * @param {number} timeMs of the numbers
 * @param {Bar[]} bars
 * @returns {import("./drawing.js").Drawing}
 */
export function barsDrawing(title, timeMs, bars) {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { bytes }) => sum + Math.abs(bytes), 0));
  const most = Math.max(1, ...sums);
  const room = WIDTH - 2 * EDGE - NAME_WIDTH - AMOUNT_WIDTH;
  const [text, muted] = [colorOf("--text"), colorOf("--muted")];
  const marks = bars.flatMap(({ label, parts, text: said }, index) => {
    const y = 84 + index * LINE;
    let x = EDGE + NAME_WIDTH;
    const boxes = parts.filter(({ bytes }) => bytes !== 0).map(({ bytes, hatch, token }) => {
      const width = (Math.abs(bytes) / most) * room;
      const path = box(x, y, width, LINE - 8);
      x += width;
      return { path, fill: colorOf(token), hatch };
    });
    const name = label.length > 42 ? `…${label.slice(-41)}` : label;
    return [
      { text: name, x: EDGE, y: y + 12, size: 12, fill: text },
      ...boxes,
      { text: said ?? iec(sums[index]), x: x + 8, y: y + 12, size: 12, fill: text },
    ];
  });
  return {
    width: WIDTH,
    height: 84 + bars.length * LINE + EDGE,
    ground: colorOf("--ground"),
    font: getComputedStyle(document.body).fontFamily,
    marks: [
      { text: title, x: EDGE, y: 36, size: 16, fill: text, bold: true },
      { text: `${session.peek()?.hostname ?? ""} · ${moment(timeMs, 0)}`, x: EDGE, y: 58, size: 12, fill: muted },
      ...marks,
    ],
  };
}
