// The view "Now" as one drawing: verdict, donut, charts, ledger, in the colours on show.

import { box, round } from "./drawing.js";
import { iec, moment, percent, tick } from "./format.js";
import { columns, PANELS, scaleTop } from "./panels.js";
import { GROUPS, groupsOf, partsOf } from "./parts.js";
import { colorOf } from "./paint.js";
import { labelPlaces, ringPiece, slicesOf, turnsOf } from "./slices.js";
import { splitsOf } from "./chart.js";
import { state } from "./state.js";

/** @typedef {import("./api.js").Memory} Memory */
/** @typedef {import("./drawing.js").Mark} Mark */
/** @typedef {{x: number, y: number, width: number, height: number}} Area */

const WIDTH = 1280;
const HEIGHT = 760;
const EDGE = 32;
const COLORS = /** @type {const} */ ([
  "ground",
  "text",
  "muted",
  "hairline",
  "used",
  "used-area",
  "reclaimable",
  "free",
  "swap",
  "swap-in",
  "fault",
  "stall",
  "owner-1",
  "owner-2",
]);

/** @typedef {Record<typeof COLORS[number], string>} Palette */

/**
 * @param {Memory} now
 * @param {import("./frame.js").Frame} frame
 * @param {import("./ranges.js").Window} window
 * @param {string} host
 * @returns {import("./drawing.js").Drawing}
 */
export function pictureOf(now, frame, window, host) {
  const palette = /** @type {Palette} */ (Object.fromEntries(COLORS.map((name) => [name, colorOf(`--${name}`)])));
  const when = `${host} · ${moment(window.fromMs, 0)} to ${moment(window.toMs, 0)}`;
  const marks = [
    text(now.explain.headline, EDGE, 48, palette.text, 20),
    text(when, EDGE, 72, palette.muted, 12),
    ...donut(now, palette, { x: EDGE, y: 112, width: 340, height: 240 }),
    ...slicesInWords(now, palette, { x: EDGE, y: 392, width: 340, height: 0 }),
    ...charts(now, frame, window, palette, { x: 420, y: 100, width: WIDTH - 420 - EDGE, height: 500 }),
    ...ledger(now, palette, { x: EDGE, y: 668, width: WIDTH - 2 * EDGE, height: 32 }),
  ];
  const font = getComputedStyle(document.body).fontFamily;
  return { width: WIDTH, height: HEIGHT, ground: palette.ground, font, marks };
}

/**
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {string} fill
 * @param {number} size
 * @param {{bold?: boolean, anchor?: "start" | "middle" | "end"}} [style]
 * @returns {Mark}
 */
function text(words, x, y, fill, size, style = {}) {
  return { text: words, x, y, fill, size, ...style };
}

/**
 * @param {Memory} now
 * @param {Palette} palette
 * @param {Area} area
 * @returns {Mark[]}
 */
function donut(now, palette, { height, width, x, y }) {
  const slices = slicesOf(now, state.peek().slices === "2");
  const turns = turnsOf(slices.map(({ bytes }) => bytes));
  const [cx, cy] = [x + width / 2, y + height / 2];
  const places = labelPlaces(turns, 108, 36, height / 2 - 12);
  const pieces = slices.map(({ key }, index) => {
    const path = moved(ringPiece(0, 76, 100, turns[index], 2), cx, cy);
    if (key === "used") return { path, fill: palette.used };
    return key === "free" ? { path, stroke: palette.free } : { path, fill: palette.reclaimable, hatch: true };
  });
  const labels = slices.flatMap(({ bytes, label }, index) => {
    const { x: dx, y: dy } = places[index];
    const anchor = dx > 0 ? /** @type {const} */ ("start") : /** @type {const} */ ("end");
    return [
      text(label, cx + dx, cy + dy - 4, palette.muted, 12, { anchor }),
      text(iec(bytes), cx + dx, cy + dy + 12, palette.text, 12, { anchor, bold: true }),
    ];
  });
  return [
    ...pieces,
    ...labels,
    text(iec(now.used_bytes), cx, cy + 4, palette.text, 24, { anchor: "middle", bold: true }),
    text(`used of ${iec(now.total_bytes)}`, cx, cy + 24, palette.muted, 12, { anchor: "middle" }),
  ];
}

/**
 * A path of absolute moves, lines and arcs at another place.
 * @param {string} path
 * @param {number} dx
 * @param {number} dy
 */
function moved(path, dx, dy) {
  return path.replace(
    /([ML]|A\S+ \S+ \S+ \S+ \S+ )(\S+?) (-?[\d.]+)/g,
    (_, head, x, y) => `${head}${round(Number(x) + dx)} ${round(Number(y) + dy)}`,
  );
}

/**
 * @param {Memory} now
 * @param {Palette} palette
 * @param {Area} area
 * @returns {Mark[]}
 */
function slicesInWords(now, palette, { width, x, y }) {
  const rows = [
    ["Used", now.used_bytes],
    ["Available", now.available_bytes],
    ["Free", now.free_bytes],
    ["Cached", now.cached_bytes],
    ["Shared", now.shared_bytes],
    ["Total", now.total_bytes],
    ["Swap used", now.swap_used_bytes],
  ];
  return rows.flatMap(([label, bytes], index) => [
    text(String(label), x, y + index * 28, palette.text, 14),
    text(iec(Number(bytes)), x + width - 72, y + index * 28, palette.text, 14, { anchor: "end" }),
    text(
      label === "Swap used" ? "" : percent(Number(bytes) / now.total_bytes),
      x + width,
      y + index * 28,
      palette.muted,
      14,
      { anchor: "end" },
    ),
    { path: `M${x} ${y + index * 28 + 9.5}h${width}`, stroke: palette.hairline },
  ]);
}

/**
 * @param {Memory} now
 * @param {import("./frame.js").Frame} frame
 * @param {import("./ranges.js").Window} window
 * @param {Palette} palette
 * @param {Area} area
 * @returns {Mark[]}
 */
function charts(now, frame, window, palette, area) {
  let y = area.y;
  /** @type {Mark[]} */
  const marks = [];
  for (const panel of PANELS) {
    const height = panel.stacked ? 200 : 44;
    const plot = { x: area.x + 64, y: y + 22, width: area.width - 64, height };
    marks.push(text(panel.title, area.x, y + 12, palette.text, 12, { bold: true }));
    marks.push(
      ...legend(panel, palette, area.x + area.width, y + 12),
      ...chart(panel, now, frame, window, palette, plot),
    );
    y += height + 30;
  }
  const step = (window.toMs - window.fromMs) / 5;
  for (let index = 0; index <= 5; index += 1) {
    const at = area.x + 64 + ((area.width - 64) * index) / 5;
    const anchor = index === 5 ? "end" : index === 0 ? "start" : "middle";
    marks.push(text(tick(window.fromMs + step * index, step), at, y + 8, palette.muted, 12, { anchor }));
  }
  return marks;
}

/**
 * @param {import("./panels.js").Panel} panel
 * @param {Palette} palette
 * @param {number} right
 * @param {number} y
 * @returns {Mark[]}
 */
function legend(panel, palette, right, y) {
  return [...panel.lines].reverse().flatMap((line, index) => {
    const x = right - 88 * (index + 1);
    const color = paletteOf(palette, line.color);
    const key = box(x, y - 9, 9, 9);
    const swatch =
      line.paint === "outline"
        ? { path: key, stroke: color }
        : { path: key, fill: color, hatch: line.paint === "hatch" };
    return [swatch, text(line.label, x + 14, y, palette.muted, 12)];
  });
}

/**
 * @param {Palette} palette
 * @param {string} token
 */
function paletteOf(palette, token) {
  return /** @type {Record<string, string>} */ (palette)[token.slice(2)] ?? palette.muted;
}

/**
 * @param {import("./panels.js").Panel} panel
 * @param {Memory} now
 * @param {import("./frame.js").Frame} frame
 * @param {import("./ranges.js").Window} window
 * @param {Palette} palette
 * @param {Area} plot
 * @returns {Mark[]}
 */
function chart(panel, now, frame, window, palette, plot) {
  const [time, ...values] = columns(panel, frame, now.recorder.interval_ms);
  const highest = values.flat().reduce((/** @type {number} */ top, value) => Math.max(top, value ?? 0), panel.floor);
  const top = panel.top?.() ?? (highest > panel.floor ? scaleTop(highest, panel.unit) : panel.floor);
  const across = (/** @type {number} */ seconds) =>
    plot.x + ((seconds * 1000 - window.fromMs) / (window.toMs - window.fromMs)) * plot.width;
  const up = (/** @type {number} */ value) => plot.y + plot.height * (1 - value / top);
  const grid = splitsOf(panel, top, plot.height).flatMap((split) => [
    { path: `M${plot.x} ${round(up(split))}h${plot.width}`, stroke: palette.hairline },
    text(panel.axis(split), plot.x - 8, up(split) + 4, palette.muted, 12, { anchor: /** @type {const} */ ("end") }),
  ]);
  const layers = panel.lines.map((line, index) =>
    layer(line, index, panel, { time, values, across, up, plot, window, palette }),
  );
  return [...grid, ...layers.flat()];
}

/**
 * @param {import("./panels.js").Line} line
 * @param {number} index
 * @param {import("./panels.js").Panel} panel
 * @param {{time: (number | null)[], values: (number | null)[][], across: (seconds: number) => number, up: (value: number) => number,
 *   plot: Area, window: import("./ranges.js").Window, palette: Palette}} scene
 * @returns {Mark[]}
 */
function layer(line, index, panel, { across, palette, plot, time, up, values, window }) {
  const color = paletteOf(palette, line.color);
  const mean = values[index * 2];
  const below = panel.stacked && index > 0 ? values[(index - 1) * 2] : null;
  return runsOf(time, mean, window).flatMap((rows) => {
    const line_ = rows.map((row) => `${round(across(time[row] ?? 0))} ${round(up(mean[row] ?? 0))}`).join("L");
    const base = [...rows]
      .reverse()
      .map(
        (row) =>
          `${round(across(time[row] ?? 0))} ${round(below === null ? plot.y + plot.height : up(below[row] ?? 0))}`,
      )
      .join("L");
    const area = `M${line_}L${base}Z`;
    /** @type {Mark[]} */
    const marks = [];
    if (line.paint === "hatch") marks.push({ path: area, fill: color, hatch: true });
    else if (panel.stacked && index === 0) marks.push({ path: area, fill: palette["used-area"] });
    marks.push({ path: `M${line_}`, stroke: color, width: 1 });
    return marks;
  });
}

/**
 * Rows between gaps, inside the window.
 * @param {(number | null)[]} time
 * @param {(number | null)[]} values
 * @param {import("./ranges.js").Window} window
 * @returns {number[][]}
 */
function runsOf(time, values, window) {
  /** @type {number[][]} */
  const runs = [[]];
  values.forEach((value, row) => {
    const at = (time[row] ?? 0) * 1000;
    if (value === null) runs.push([]);
    else if (at >= window.fromMs && at <= window.toMs) runs.at(-1)?.push(row);
  });
  return runs.filter((rows) => rows.length > 1);
}

/**
 * @param {Memory} now
 * @param {Palette} palette
 * @param {Area} area
 * @returns {Mark[]}
 */
function ledger(now, palette, { height, width, x, y }) {
  const total = now.ledger.total_bytes;
  const toned = {
    programs: palette.used,
    cache: palette.reclaimable,
    kernel: palette["owner-1"],
    pools: palette["owner-2"],
    free: palette.free,
    rest: palette.muted,
  };
  let at = x;
  return groupsOf(partsOf(now.ledger)).flatMap(({ bytes, group }) => {
    const share = (bytes / total) * width;
    const path = box(at, y, Math.max(0.5, share - 1), height);
    const open = group === "free";
    const part = open
      ? { path, stroke: palette.free }
      : { path, fill: toned[group], hatch: group === "cache" || group === "rest" };
    const label = share > 120 ? [text(`${GROUPS[group]} ${iec(bytes)}`, at, y - 8, palette.text, 12)] : [];
    at += share;
    return [part, ...label];
  });
}
