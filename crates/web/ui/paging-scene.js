// Memory as processes see it, after any step: frames, page tables, swap, made from what each step changed.
// Everything here is a pure function of its arguments.

/**
 * @typedef {{process: string | null, page: number | null}} Held
 * @typedef {Held & {frame: number}} FrameHeld
 * @typedef {Held & {slot: number}} SlotHeld
 * @typedef {{index: number, event: string, process: string, action: "arrive" | "touch" | "write" | "end", page: number | null,
 *   hit: boolean | null, frame: number | null, victim: {process: string, page: number} | null, swapped_in: number | null,
 *   swapped_out: SlotHeld[], frames_changed: FrameHeld[], swap_changed: SlotHeld[], explain: string}} Event
 * @typedef {{policy: string, convention: Record<string, string | number>, memory_bytes: number, page_bytes: number,
 *   references: number, faults: number, hits: number, placed: number, replaced: number, swap_ins: number,
 *   swap_outs: number, frames: FrameHeld[], swap: SlotHeld[], steps: Event[]}} Life
 * @typedef {Held & {dirty: boolean}} Place
 * @typedef {{page: number, frame: number | null, dirty: boolean, slot: number | null}} TableEntry
 * @typedef {{process: string, rank: number, pages: TableEntry[]}} PageTable `rank` in order of arrival, from 0
 * @typedef {{frames: Place[], swap: Held[], tables: PageTable[]}} Scene
 */

/** @type {Held} */
const NOTHING = { process: null, page: null };

/**
 * Memory after the first `at` steps.
 * @param {Life} life
 * @param {number} at
 * @returns {Scene}
 */
export function sceneAt(life, at) {
  /** @type {Scene} */
  const scene = {
    frames: life.frames.map(() => ({ ...NOTHING, dirty: false })),
    swap: life.swap.map(() => NOTHING),
    tables: [],
  };
  let arrived = 0;
  for (const step of life.steps.slice(0, at)) {
    if (step.action === "arrive") {
      scene.tables.push(tableOf(step, arrived));
      arrived += 1;
    }
    if (step.action === "end") scene.tables = scene.tables.filter(({ process }) => process !== step.process);
    for (const { frame, page, process } of step.frames_changed) scene.frames[frame] = { process, page, dirty: false };
    for (const { page, process, slot } of step.swap_changed) scene.swap[slot] = { process, page };
    if (step.action === "write" && step.frame !== null) scene.frames[step.frame].dirty = true;
  }
  fillTables(scene);
  return scene;
}

/**
 * @param {Event} step an arrival
 * @param {number} rank
 * @returns {PageTable}
 */
function tableOf({ event, process }, rank) {
  const pages = Number(event.split(" ").at(-1));
  return {
    process,
    rank,
    pages: Array.from({ length: pages }, (_, page) => ({ page, frame: null, dirty: false, slot: null })),
  };
}

/** Writes into the tables where each page is. @param {Scene} scene */
function fillTables({ frames, swap, tables }) {
  const known = new Map(tables.map((table) => [table.process, table]));
  for (const [frame, { dirty, page, process }] of frames.entries()) {
    const entry = known.get(process ?? "")?.pages[page ?? -1];
    if (entry !== undefined) Object.assign(entry, { frame, dirty });
  }
  for (const [slot, { page, process }] of swap.entries()) {
    const entry = known.get(process ?? "")?.pages[page ?? -1];
    if (entry !== undefined) entry.slot = slot;
  }
}

/**
 * What happened in the first `at` steps.
 * @param {Life} life
 * @param {number} at
 */
export function countsAt({ steps }, at) {
  const made = steps.slice(0, at);
  const faults = made.filter(({ hit }) => hit === false);
  const replaced = faults.filter(({ victim }) => victim !== null).length;
  return {
    references: made.filter(({ hit }) => hit !== null).length,
    faults: faults.length,
    placed: faults.length - replaced,
    replaced,
    swap_ins: made.filter((step) => step.swapped_in !== null).length,
    swap_outs: made.reduce((sum, step) => sum + step.swapped_out.length, 0),
  };
}
