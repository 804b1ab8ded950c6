// Where events stand on a lane: those whose markers would lie on one another stand as one.

/** @typedef {import("./api.js").MachineEvent} MachineEvent */

/** Markers have room for so many beside each other. */
const MOST_MARKERS = 64;

/**
 * Events put together where their markers would lie on one another.
 * @param {MachineEvent[]} inside oldest first
 * @param {number} fromMs
 * @param {number} toMs
 * @returns {MachineEvent[][]}
 */
export function markersOf(inside, fromMs, toMs) {
  /** @type {Map<number, MachineEvent[]>} */
  const places = new Map();
  for (const event of inside) {
    const place = Math.floor(((event.time_ms - fromMs) / (toMs - fromMs)) * MOST_MARKERS);
    places.set(place, [...(places.get(place) ?? []), event]);
  }
  return [...places.values()];
}
