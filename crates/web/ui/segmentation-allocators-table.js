// An allocator's own structure as a table: the twin of its picture. Everything here is a pure function of its arguments.

import { holdersOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {{where: string, address: number | null, bytes: number | null, what: string}} Row */

/** Rows that are shown; more are counted. */
export const MOST_ROWS = 300;

/**
 * What stands where in the structure, in its own order.
 * @param {Moment} moment
 * @returns {Row[]}
 */
export function structureRows(moment) {
  const { view } = moment;
  return [...treeRows(moment), ...bitRows(moment), ...cacheRows(moment), ...listRows(moment), ...markRows(moment), ...(view.tree === undefined && view.caches === undefined ? heldRows(moment) : [])];
}

/** @param {Moment} moment @returns {Row[]} */
function treeRows(moment) {
  const blocks = holdersOf(moment);
  return (moment.view.tree ?? []).map(({ address, depth, size, state }) => {
    const block = state === "held" ? blocks.get(address) : undefined;
    return { where: `Level ${depth}`, address, bytes: size, what: block === undefined ? state : `request ${block.id}, ${block.asked} asked for` };
  });
}

/** @param {Moment} moment @returns {Row[]} */
function bitRows({ view }) {
  return (view.bitmaps ?? []).flatMap(({ bits, name }) => bits.filter(({ set }) => set).map(({ from }) => ({ where: `Bit of the ${name}`, address: null, bytes: from, what: "set, from so many bytes on" })));
}

/** @param {Moment} moment @returns {Row[]} */
function cacheRows(moment) {
  const blocks = holdersOf(moment);
  const lists = /** @type {const} */ (["partial", "full", "empty"]);
  return (moment.view.caches ?? []).flatMap((cache) =>
    lists.flatMap((list) =>
      cache[list].flatMap(({ address, held }) =>
        held.map((isHeld, index) => {
          const at = address + index * cache.object_bytes;
          const block = blocks.get(at);
          return { where: `Objects of ${cache.object_bytes}, ${list} slab at ${address}`, address: at, bytes: cache.object_bytes, what: isHeld && block !== undefined ? `request ${block.id}, ${block.asked} asked for` : "free" };
        }),
      ),
    ),
  );
}

/** @param {Moment} moment @returns {Row[]} */
function listRows({ view }) {
  return (view.lists ?? []).flatMap(({ holes, name }) => holes.map(([address, bytes], place) => ({ where: `List: ${name}, place ${place + 1}`, address, bytes, what: "free" })));
}

/** @param {Moment} moment @returns {Row[]} */
function markRows({ view }) {
  const marks = (view.marks ?? []).map(({ address, name }) => ({ where: "Mark", address, bytes: null, what: name }));
  return [...marks, ...(view.gauges ?? []).map(({ name, value }) => ({ where: "Number", address: null, bytes: value, what: name }))];
}

/** @param {Moment} moment @returns {Row[]} */
function heldRows({ held }) {
  return [...held].sort((a, b) => a.address - b.address).map(({ address, asked, id, size }) => ({ where: "Block", address, bytes: size, what: `request ${id}, ${asked} asked for` }));
}
