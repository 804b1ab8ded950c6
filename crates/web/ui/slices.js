// The donut as arithmetic: slices that add up to the total, and the arcs and label places they get.

/**
 * @typedef {{key: "used" | "reclaimable" | "free", label: string, bytes: number, formula: string}} Slice
 * @typedef {{total_bytes: number, used_bytes: number, available_bytes: number, free_bytes: number}} Amounts
 */

/**
 * The slices of memory: three, or the plain two in which available is called free. Either way they add up to the total.
 * @param {Amounts} memory
 * @param {boolean} plain
 * @returns {Slice[]}
 */
export function slicesOf(memory, plain) {
  const { available_bytes: available, free_bytes: free, total_bytes: total } = memory;
  /** @type {Slice} */
  const used = { key: "used", label: "used", bytes: total - available, formula: "MemTotal − MemAvailable" };
  if (plain) return [used, { key: "free", label: "free", bytes: available, formula: "MemAvailable" }];
  return [
    used,
    {
      key: "reclaimable",
      label: "reclaimable",
      bytes: Math.max(0, available - free),
      formula: "max(0, MemAvailable − MemFree)",
    },
    { key: "free", label: "free", bytes: Math.min(free, available), formula: "min(MemFree, MemAvailable)" },
  ];
}

/**
 * Turns, clockwise from the top, at which each share begins and ends.
 * @param {number[]} amounts
 * @returns {[number, number][]} 0..1
 */
export function turnsOf(amounts) {
  const sum = amounts.reduce((total, amount) => total + amount, 0) || 1;
  let at = 0;
  return amounts.map((amount) => {
    const from = at;
    at += amount / sum;
    return [from, at];
  });
}

/**
 * A piece of a ring between two turns, with straight sides half a gap inside of them.
 * @param {number} centre x and y
 * @param {number} inner radius
 * @param {number} outer radius
 * @param {[number, number]} turns
 * @param {number} gap between neighbours, in the same unit
 * @returns {string} an SVG path; empty for nothing
 */
export function ringPiece(centre, inner, outer, [from, to], gap) {
  if (to - from <= 0) return "";
  if (to - from >= 0.9999) return wholeRing(centre, inner, outer);
  const sides = [outer, inner].map((radius) => {
    const inset = Math.min(Math.asin(gap / 2 / radius) / (2 * Math.PI), (to - from) / 2.01);
    return [point(centre, radius, from + inset), point(centre, radius, to - inset)];
  });
  const long = to - from > 0.5 ? 1 : 0;
  const [[a, b], [d, c]] = sides;
  return `M${a}A${outer} ${outer} 0 ${long} 1 ${b}L${c}A${inner} ${inner} 0 ${long} 0 ${d}Z`;
}

/**
 * @param {number} centre
 * @param {number} inner
 * @param {number} outer
 */
function wholeRing(centre, inner, outer) {
  const circle = (/** @type {number} */ radius) =>
    `M${centre} ${centre - radius}A${radius} ${radius} 0 1 1 ${centre - 0.01} ${centre - radius}Z`;
  return circle(outer) + circle(inner);
}

/**
 * @param {number} centre
 * @param {number} radius
 * @param {number} turn
 */
function point(centre, radius, turn) {
  const angle = turn * 2 * Math.PI;
  return `${(centre + radius * Math.sin(angle)).toFixed(2)} ${(centre - radius * Math.cos(angle)).toFixed(2)}`;
}

/**
 * Where labels stand outside the ring: beside the middle of their slice, pushed apart where they would touch,
 * and as near as their corners allow.
 * @param {[number, number][]} turns
 * @param {number} radius that labels keep clear of
 * @param {number} height of a label
 * @param {number} reach most distance of a label's middle above or below the centre
 * @returns {{x: number, y: number}[]} the middle of the edge that faces the ring, from the centre; y downwards
 */
export function labelPlaces(turns, radius, height, reach) {
  const places = turns.map(([from, to]) => {
    const turn = (from + to) / 2;
    return { side: turn <= 0.5 ? 1 : -1, y: -radius * Math.cos(turn * 2 * Math.PI) };
  });
  for (const side of [1, -1]) {
    const column = places.filter((place) => place.side === side).sort((a, b) => a.y - b.y);
    let least = -reach;
    for (const place of column) {
      place.y = Math.max(place.y, least);
      least = place.y + height;
    }
    let most = reach;
    for (const place of column.reverse()) {
      place.y = Math.min(place.y, most);
      most = place.y - height;
    }
  }
  return places.map(({ side, y }) => {
    const corner = Math.max(0, Math.abs(y) - height / 2);
    return { x: side * Math.sqrt(Math.max(0, radius ** 2 - corner ** 2)), y };
  });
}
