// When memory runs out, if it goes on as it does: the sentence, and the band on the chart ahead of now. Loaded once there
// is a trend.

import { aheadMs, shown } from "./history.js";
import { memory } from "./live.js";
import { bandAt } from "./now-band.js";
import { colorOf, veil } from "./paint.js";
import { computed, effect } from "./vendor/signals.js";

/** @typedef {import("./forecast.js").Forecast} Forecast */
/** @typedef {import("./vendor/uplot.js").default} Plot */

const DASH_PX = [5, 4];
/** The part of the window on show by which the charts reach beyond now. */
const AHEAD = 0.22;

/** @type {import("./vendor/signals.js").ReadonlySignal<Forecast | null>} */
let told;

/** Makes room ahead of now while there is a trend. @param {import("./vendor/signals.js").ReadonlySignal<Forecast | null>} forecast */
export function follow(forecast) {
  told = forecast;
  const length = computed(() => (forecast.value === null || !shown.value.live ? 0 : (shown.value.toMs - shown.value.fromMs) * AHEAD));
  effect(() => {
    aheadMs.value = Math.round(length.value);
  });
}

/** Draws the band and its middle over a chart of memory. @param {Plot} plot */
export function drawForecast(plot) {
  const forecast = told?.peek() ?? null;
  const now = memory.peek();
  if (forecast === null || now === null || aheadMs.peek() === 0) return;
  const { bbox, ctx } = plot;
  const ratio = devicePixelRatio;
  const place = (/** @type {number} */ afterMs, /** @type {number} */ bytes) => /** @type {const} */ ([plot.valToPos((now.time_ms + afterMs) / 1000, "x", true), plot.valToPos(bytes, "y", true)]);
  const steps = Array.from({ length: 33 }, (_, step) => (aheadMs.peek() * step) / 32);
  const bands = steps.map((afterMs) => ({ afterMs, ...bandAt(forecast, now.used_bytes, now.total_bytes, afterMs) }));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.beginPath();
  for (const { afterMs, high } of bands) ctx.lineTo(...place(afterMs, high));
  for (const { afterMs, low } of bands.toReversed()) ctx.lineTo(...place(afterMs, low));
  ctx.closePath();
  ctx.fillStyle = veil(colorOf("--used"), 0.16);
  ctx.fill();
  ctx.beginPath();
  for (const { afterMs, middle } of bands) ctx.lineTo(...place(afterMs, middle));
  ctx.setLineDash(DASH_PX.map((length) => length * ratio));
  ctx.lineWidth = 1.5 * ratio;
  ctx.strokeStyle = colorOf("--used");
  ctx.stroke();
  const [x] = place(0, 0);
  ctx.beginPath();
  ctx.setLineDash([]);
  ctx.lineWidth = ratio;
  ctx.strokeStyle = colorOf("--edge");
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
