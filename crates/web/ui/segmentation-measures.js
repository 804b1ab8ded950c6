// What can be read off the steps of allocators: memory by use and fragmentation after every operation, bytes that are of
// no use to a request, pages touched and pages to be returned. Everything here is a pure function of its arguments.

/** @typedef {import("./segmentation-pieces.js").Step} Step */
/** @typedef {import("./segmentation-pieces.js").Span} Span */
/** @typedef {{min: number[], max: number[]}} Band */
/**
 * Measures over `length` operations, each place after the operation `op`, from 1: every one, or of a long list the last of
 * each stretch. Bytes: `requested` of requests that are held, `allocated` of their
 * blocks, `overhead` neither free nor in a block, `free`, `largest` of the largest hole. `searched` are entries that the
 * operation looked at. `failed` are the operations that got nothing, or the stretches in which one did.
 * @typedef {{length: number, op: number[], requested: number[], allocated: number[], overhead: number[], free: number[], largest: number[],
 *   searched: number[], failed: number[], pages: Map<number, number>}} Course `pages`: the operation by which each page was
 *   first touched
 */

/** Bytes of a page, as the machines count them. */
export const PAGE_BYTES = 4096;

/** @param {Span[]} holes */
const sumOf = (holes) => holes.reduce((sum, [, bytes]) => sum + bytes, 0);
/** @param {Span[]} holes */
const largestOf = (holes) => holes.reduce((most, [, bytes]) => Math.max(most, bytes), 0);

/**
 * @param {Step[]} steps
 * @param {{id: number, size: number, asked: number}[]} before the blocks that are held before the first
 * @returns {Course}
 */
export function courseOf(steps, before = []) {
  /** @type {Course} */
  const course = { length: steps.length, op: [], requested: [], allocated: [], overhead: [], free: [], largest: [], searched: [], failed: [], pages: new Map() };
  /** @type {Map<number, {bytes: number, asked: number}>} */
  const held = new Map(before.map(({ asked, id, size }) => [id, { bytes: size, asked }]));
  let [allocated, requested] = [0, 0];
  const add = (/** @type {{bytes: number, asked: number}} */ { asked, bytes }, /** @type {number} */ sign) => {
    allocated += sign * bytes;
    requested += sign * asked;
  };
  for (const block of held.values()) add(block, 1);
  for (const step of steps) {
    if (step.op === "alloc" && step.block === null) course.failed.push(step.index);
    if (step.op === "alloc" && step.block !== null && step.id !== null) {
      const block = { bytes: step.block[1], asked: step.size ?? 0 };
      held.set(step.id, block);
      add(block, 1);
    } else if (step.op === "free" && step.id !== null) {
      const block = held.get(step.id);
      if (block !== undefined) add(block, -1);
      held.delete(step.id);
    }
    for (const [address, bytes] of touchedIn(step, held)) touch(course.pages, address, bytes, step.index);
    course.op.push(step.index);
    course.requested.push(requested);
    course.allocated.push(allocated);
    course.overhead.push(step.overhead_bytes ?? 0);
    course.free.push(sumOf(step.free_list));
    course.largest.push(largestOf(step.free_list));
    course.searched.push(step.searched);
  }
  return course;
}

/**
 * Of a long list, from what the machines keep of it: the most of each stretch.
 * @param {{op: number[], failed?: number[]} & Record<"allocated_bytes" | "requested_bytes" | "largest_hole_bytes" |
 *   "external_fragmentation" | "searched", Band>} series
 * @param {number} length operations
 * @param {number | null} capacity of a policy that leaves bytes which are neither free nor in a block; null for others
 * @returns {Course}
 */
export function courseOfSeries(series, length, capacity) {
  const op = series.op.map((_, place) => (series.op[place + 1] ?? length + 1) - 1);
  const [allocated, largest] = [series.allocated_bytes.max, series.largest_hole_bytes.max];
  const free = largest.map((bytes, place) => bytes / Math.max(Number.EPSILON, 1 - series.external_fragmentation.max[place]));
  return {
    length,
    op,
    requested: series.requested_bytes.max,
    allocated,
    overhead: free.map((bytes, place) => (capacity === null ? 0 : Math.max(0, Math.round(capacity - allocated[place] - bytes)))),
    free,
    largest,
    searched: series.searched.max,
    failed: op.filter((_, place) => (series.failed?.[place] ?? 0) > 0),
    pages: new Map(),
  };
}

/** Where blocks came to stand in a step. @param {Step} step @param {Map<number, {bytes: number}>} held @returns {Span[]} */
function touchedIn({ block, moved = [], op }, held) {
  const placed = op === "alloc" && block !== null ? [block] : [];
  return [...placed, ...moved.map(({ id, to }) => /** @type {Span} */ ([to, held.get(id)?.bytes ?? 0]))];
}

/** @param {Map<number, number>} pages @param {number} address @param {number} bytes @param {number} op */
function touch(pages, address, bytes, op) {
  for (let page = Math.floor(address / PAGE_BYTES); page * PAGE_BYTES < address + bytes; page += 1) {
    if (!pages.has(page)) pages.set(page, op);
  }
}

/**
 * Pages that a block stood on up to an operation, and those of them on which none stands: they could be returned.
 * @param {Course} course
 * @param {number} at
 * @param {Span[]} holes after it
 */
export function pagesAt({ pages }, at, holes) {
  let [touched, returnable] = [0, 0];
  const free = joined(holes);
  for (const [page, op] of pages) {
    if (op > at) continue;
    touched += 1;
    const [from, to] = [page * PAGE_BYTES, (page + 1) * PAGE_BYTES];
    if (free.some(([address, bytes]) => address <= from && to <= address + bytes)) returnable += 1;
  }
  return { touched, returnable };
}

/** Holes by address, those that touch as one. @param {Span[]} holes @returns {Span[]} */
function joined(holes) {
  /** @type {Span[]} */
  const all = [];
  for (const [address, bytes] of [...holes].sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last !== undefined && last[0] + last[1] === address) last[1] += bytes;
    else all.push([address, bytes]);
  }
  return all;
}

/** Measures as lines: how each is named, read and written. */
export const MEASURES = /** @type {const} */ ([
  { id: "external", label: "External fragmentation", note: "1 − largest hole / free bytes", ratio: true },
  { id: "internal", label: "Internal fragmentation", note: "allocated and not asked for, of what is allocated", ratio: true },
  { id: "searched", label: "Search length", note: "entries of lists, bitmaps and trees that a request looked at", ratio: false },
  { id: "failed", label: "Failed requests", note: "so far", ratio: false },
]);
/** @typedef {typeof MEASURES[number]["id"]} Measure */

/** @param {number} part @param {number} whole */
const share = (part, whole) => (whole === 0 ? 0 : part / whole);

/**
 * A measure after each operation.
 * @param {Course} course
 * @param {Measure} measure
 * @returns {number[]}
 */
export function lineOf(course, measure) {
  const { allocated, failed, free, largest, op, requested, searched } = course;
  if (measure === "searched") return searched;
  if (measure === "external") return free.map((bytes, place) => (bytes === 0 ? 0 : 1 - largest[place] / bytes));
  if (measure === "internal") return allocated.map((bytes, place) => share(bytes - requested[place], bytes));
  let count = 0;
  const marks = new Set(failed);
  return op.map((index) => (marks.has(index) ? (count += 1) : count));
}

/**
 * Memory by use as it stands.
 * @param {{asked: number, size: number}[]} held
 * @param {Span[]} holes
 */
export function measuresOf(held, holes) {
  const allocated = held.reduce((sum, { size }) => sum + size, 0);
  const requested = held.reduce((sum, { asked }) => sum + asked, 0);
  const [free, largest] = [sumOf(holes), largestOf(holes)];
  return { requested, allocated, free, largest, external: free === 0 ? 0 : 1 - largest / free, internal: share(allocated - requested, allocated) };
}

/**
 * Free bytes of no use: a step curve, `[n, bytes]`, where a block of n bytes and more, up to the next step, finds so many
 * in holes that are too small for it.
 * @param {Span[]} holes
 * @returns {[number, number][]}
 */
export function uselessOf(holes) {
  const sizes = holes.map(([, bytes]) => bytes).sort((a, b) => a - b);
  /** @type {[number, number][]} */
  const steps = [[1, 0]];
  let bytes = 0;
  for (const [place, size] of sizes.entries()) {
    bytes += size;
    if (sizes[place + 1] !== size) steps.push([size + 1, bytes]);
  }
  return steps;
}

/** The free bytes that are of no use to a block of n bytes. @param {Span[]} holes @param {number} n */
export function uselessTo(holes, n) {
  return sumOf(holes.filter(([, bytes]) => bytes < n));
}

/**
 * A row an allocator and operation.
 * @param {{policy: string, ops: Step[], course: Course}[]} runs each with the measures after each of its operations
 */
export function csvOf(runs) {
  const head = ["policy", "operation", "op", "id", "size", "address", "searched", "requested_bytes", "allocated_bytes", "overhead_bytes", "free_bytes", "largest_hole_bytes"];
  const rows = runs.flatMap(({ course, ops, policy }) =>
    ops.map(({ address, id, index, op, searched, size }, place) =>
      [policy, index, op, id ?? "", size ?? "", address ?? "", searched, course.requested[place], course.allocated[place], course.overhead[place], course.free[place], course.largest[place]].join(","),
    ),
  );
  return `${[head.join(","), ...rows].join("\n")}\n`;
}
