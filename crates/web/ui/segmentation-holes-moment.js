// What an answer says of given holes after a request: who is where, what is left, what was looked at, and where fits part.
// Everything here is a pure function of its arguments.

/**
 * A step places `request` bytes into the hole of that number, from 1; `hole`, `placement` and `left` are null where none holds
 * it. `placement` is what the hole had, `left` what it has then, `holes` the sizes of all holes that are left.
 * @typedef {{index: number, request: number, placement: number | null, hole: number | null, left: number | null,
 *   searched: number, holes: number[], explain: string}} Step
 * @typedef {{policy: string, convention: Record<string, string | number>, partitions: "split" | "fixed",
 *   placements: (number | null)[], steps: Step[]}} Run
 * @typedef {{request: number, size: number, offset: number}} Placed a request by its number, and where it begins in its hole
 * @typedef {{number: number, size: number, placed: Placed[], free: number, lost: number}} Hole `free` bytes can be taken;
 *   `lost` ones belong to a partition that was given away
 */

/** Sizes as they are typed. @param {string} text */
export function sizesOf(text) {
  return text.split(/[\s,]+/).filter((word) => word !== "").map(Number);
}

/**
 * The holes after so many requests.
 * @param {number[]} sizes of the holes at first
 * @param {Run} run
 * @param {number} at
 * @returns {Hole[]}
 */
export function holesAfter(sizes, { partitions, steps }, at) {
  const holes = sizes.map((size, place) => ({ number: place + 1, size, placed: /** @type {Placed[]} */ ([]), free: size, lost: 0 }));
  for (const { hole: number, index, request } of steps.slice(0, at)) {
    if (number === null) continue;
    const hole = holes[number - 1];
    hole.placed.push({ request: index, size: request, offset: hole.size - hole.free });
    hole.free -= request;
    if (partitions === "fixed") [hole.free, hole.lost] = [0, hole.free];
  }
  return holes;
}

/**
 * The numbers of the holes that a request looks at, in that order. Next fit begins where it last took one.
 * @param {number[]} sizes
 * @param {Run} run
 * @param {number} at the request, from 1
 */
export function lookedAt(sizes, run, at) {
  const step = run.steps[at - 1];
  if (step === undefined) return [];
  const open = holesAfter(sizes, run, at - 1).filter(({ free }) => free > 0).map(({ number }) => number);
  const last = run.steps.slice(0, at - 1).findLast(({ hole }) => hole !== null)?.hole ?? 0;
  const from = run.policy === "next" ? Math.max(0, open.findIndex((number) => number >= last)) : 0;
  return [...open.slice(from), ...open.slice(0, from)].slice(0, step.searched);
}

/**
 * The first request that two fits answer differently: the first fit, and the first of the others that differs.
 * @param {Run[]} runs
 * @returns {{index: number, one: Run, other: Run} | null}
 */
export function partingOf(runs) {
  const [one, ...others] = runs;
  for (const [place, { hole, index }] of (one?.steps ?? []).entries()) {
    const other = others.find((run) => run.steps[place]?.hole !== hole);
    if (other !== undefined) return { index, one, other };
  }
  return null;
}

/**
 * What a fit came to after so many requests.
 * @param {number[]} sizes
 * @param {Run} run
 * @param {number} at
 */
export function totalsOf(sizes, run, at) {
  const holes = holesAfter(sizes, run, at);
  return {
    placed: run.steps.slice(0, at).filter(({ hole }) => hole !== null).length,
    free: holes.reduce((sum, { free }) => sum + free, 0),
    lost: holes.reduce((sum, { lost }) => sum + lost, 0),
    largest: holes.reduce((most, { free }) => Math.max(most, free), 0),
  };
}

/** A row a request and fit. @param {Run[]} runs */
export function csvOf(runs) {
  const head = ["policy", "partitions", "request", "size", "hole", "placement", "left", "searched"];
  const rows = runs.flatMap(({ partitions, policy, steps }) => steps.map(({ hole, index, left, placement, request, searched }) => [policy, partitions, index, request, hole ?? "", placement ?? "", left ?? "", searched].join(",")));
  return `${[head.join(","), ...rows].join("\n")}\n`;
}
