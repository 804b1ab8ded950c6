// A list of requests as a program makes them, from a seed: most sizes small and a few large, most blocks short-lived and
// some that stay. Everything here is a pure function of its arguments.

/**
 * Numbers in [0, 1) that look like chance: the same seed gives the same ones. Source: Steele, Lea, Flood, "Fast Splittable
 * Pseudorandom Number Generators", OOPSLA 2014, with the 32-bit mixing of Ettinger's `mulberry32`.
 * @param {number} seed
 */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The middle of the sizes, bytes, and how far they spread, as the logarithm's deviation. */
const MIDDLE_BYTES = 48;
const SPREAD = 1.1;
/** Operations that most blocks live, that the others live, and how many are of these. */
const SHORT_OPS = 8;
const LONG_OPS = 120;
const LONG_SHARE = 0.2;

/**
 * Requests with sizes from a log-normal and lifetimes from two exponentials, as `+size` and `-id`.
 * @param {number} seed
 * @param {number} requests
 * @param {number} most the largest size, bytes
 * @returns {string}
 */
export function programOf(seed, requests, most) {
  const roll = dice(seed);
  const size = () => {
    const normal = Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
    return Math.min(most, Math.max(1, Math.round(MIDDLE_BYTES * Math.exp(SPREAD * normal))));
  };
  const lifetime = () => 1 + Math.round(-Math.log(1 - roll()) * (roll() < LONG_SHARE ? LONG_OPS : SHORT_OPS));
  /** @type {string[]} */
  const ops = [];
  /** @type {{id: number, until: number}[]} */
  let live = [];
  for (let id = 0; id < requests; id += 1) {
    ops.push(`+${size()}`);
    live.push({ id, until: ops.length + lifetime() });
    const over = live.filter(({ until }) => until <= ops.length).sort((a, b) => a.until - b.until);
    live = live.filter(({ until }) => until > ops.length);
    ops.push(...over.map((block) => `-${block.id}`));
  }
  return ops.join(",");
}
