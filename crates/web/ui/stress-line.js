// The plans of loads on memory as dashed lines over the live curve: what was used before a load began, and planned bytes
// upon it. Loaded once there is a load to draw.

import { getJson } from "./api.js";
import { events } from "./events.js";
import { memory } from "./live.js";
import { colorOf } from "./paint.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {{began_ms: number, baseline_used_bytes: number | null, curve: [number, number][]}} Drawable */

const DASH_PX = [5, 4];
const LABEL = "planned";

/** Loads that ended lately, with their plans. */
const finished = signal(/** @type {Drawable[]} */ ([]));

/** Each plan as points: UTC milliseconds, and bytes. */
export const lines = computed(() => linesOf([...Object.values(memory.value?.stress ?? {}), ...finished.value]));

/**
 * @param {Drawable[]} loads those without a baseline cannot be drawn
 * @returns {[number, number][][]}
 */
export function linesOf(loads) {
  return loads.flatMap(({ baseline_used_bytes: base, began_ms, curve }) => {
    if (base === null) return [];
    const points = /** @type {[number, number][]} */ (curve.map(([ms, bytes]) => [began_ms + ms, base + bytes]));
    // A load begins and ends where memory was before it.
    const [first, last] = [points[0], points[points.length - 1]];
    return [[[first[0], base], ...points, [last[0], base]]];
  });
}

/** Reads the plans of loads that ended, again whenever an event tells of one. */
export function followPlans() {
  const told = computed(() => events.value.filter(({ kind }) => kind === "stress.run").map(({ time_ms: at }) => at).join());
  effect(() => {
    void told.value;
    void getJson("/api/v1/stress").then(
      (answer) => (finished.value = answer.finished),
      // The events still tell of them.
      () => {},
    );
  });
}

/**
 * Draws the plans over a chart of memory.
 * @param {import("./vendor/uplot.js").default} plot
 */
export function drawPlans(plot) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colorOf("--text");
  ctx.fillStyle = colorOf("--text");
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash(DASH_PX.map((length) => length * ratio));
  ctx.font = `${12 * ratio}px ${getComputedStyle(plot.root).fontFamily}`;
  for (const points of lines.peek()) drawLine(plot, points, ratio);
  ctx.restore();
}

/** @param {import("./vendor/uplot.js").default} plot @param {[number, number][]} points @param {number} ratio */
function drawLine(plot, points, ratio) {
  const { ctx, bbox } = plot;
  const placed = points.map(([ms, bytes]) => [plot.valToPos(ms / 1000, "x", true), plot.valToPos(bytes, "y", true)]);
  ctx.beginPath();
  for (const [x, y] of placed) ctx.lineTo(x, y);
  ctx.stroke();
  const highest = placed.reduce((least, point) => (point[1] < least[1] ? point : least));
  const width = ctx.measureText(LABEL).width;
  const left = Math.min(Math.max(highest[0], bbox.left + 4 * ratio), bbox.left + bbox.width - width - 4 * ratio);
  if (placed[placed.length - 1][0] > bbox.left && placed[0][0] < bbox.left + bbox.width) ctx.fillText(LABEL, left, highest[1] - 5 * ratio);
}
