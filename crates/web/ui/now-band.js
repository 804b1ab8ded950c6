// The band of a forecast: where used memory would be some time ahead.

/** @typedef {import("./forecast.js").Forecast} Forecast */

/**
 * Where used memory would be after some time: between the slow and the fast end of the slope, never above what there is.
 * @param {Forecast} forecast
 * @param {number} usedBytes now
 * @param {number} limitBytes
 * @param {number} afterMs
 * @returns {{low: number, middle: number, high: number}}
 */
export function bandAt({ bytes_per_s: middle, high_bytes_per_s: high, low_bytes_per_s: low }, usedBytes, limitBytes, afterMs) {
  const at = (/** @type {number} */ slope) => Math.min(limitBytes, Math.max(0, usedBytes + (slope * afterMs) / 1000));
  return { low: at(low), middle: at(middle), high: at(high) };
}
