// A trend as a path of a few pixels.

/** A line is at least this much of its own height: noise stays flat. */
const LEAST_SPAN = 0.02;

/**
 * A line through values, as a path in a box; between its least and greatest value, but never of noise alone.
 * @param {number[]} times ascending
 * @param {number[]} values
 * @param {number} width
 * @param {number} height
 * @returns {string} empty where there are less than two
 */
export function trendPath(times, values, width, height) {
  if (values.length < 2) return "";
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(most - least, most * LEAST_SPAN, 1);
  const middle = (most + least) / 2;
  const [first, last] = [times[0], times[times.length - 1]];
  const points = values.map((value, index) => {
    const x = ((times[index] - first) / Math.max(1, last - first)) * width;
    const y = height / 2 - ((value - middle) / span) * (height - 2);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join("L")}`;
}
