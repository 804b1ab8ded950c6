// The view "Heap": the address space in rows of cells, and a session as its stream tells it, as data.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressAt, beside, blockAt, layoutOf, nearer, piecesOf, placeOf, spanOf, wordOf } from "../../ui/heap-space-layout.js";
import { answerOf, rowsAfter, sessionAfter, treeAfter } from "../../ui/heap-stream.js";

const KIB = 1024;
/** Regions of which two are large, in cells of 16 bytes. @type {{from: number, to: number}[]} */
const REGIONS = [{ from: 0x1010, to: 0x1010 + 3 * KIB }, { from: 0x90_0000, to: 0x90_0020 }, { from: 0xa0_0008, to: 0xa0_0010 }, { from: 0xb0_0000, to: 0xb0_0000 + 2 * KIB }];
const layout = layoutOf({ regions: REGIONS, cell_bytes: 16 }, 64);

test("every cell stands once, cells of a region follow each other, and rows of a large one begin at round addresses", () => {
  const places = new Set();
  let cell = 0;
  for (const { from, to } of REGIONS) {
    for (let address = Math.floor(from / 16) * 16; address < to; address += 16) {
      const place = placeOf(layout, cell);
      assert.ok(place !== null && place.column < 64 && place.row < layout.rows, `cell ${cell}`);
      assert.equal(addressAt(layout, place.row, place.column), address);
      places.add(`${place.row} ${place.column}`);
      cell += 1;
    }
  }
  assert.equal(places.size, cell);
  assert.equal(layout.cells, cell);
  assert.equal(placeOf(layout, cell), null);
  assert.deepEqual(layout.runs.map(({ row, column, count }) => [row, column, count]), [[0, 1, 63], [1, 0, 64], [2, 0, 64], [3, 0, 1], [4, 0, 2], [4, 4, 1], [5, 0, 64], [6, 0, 64]]);
  assert.deepEqual(layout.rulers, [0x1010, 0x1400, 0x1800, 0x1c00, 0x90_0000, 0xb0_0000, 0xb0_0400]);
});

test("between regions and behind the last cell there is no address", () => {
  assert.equal(addressAt(layout, 4, 2), null);
  assert.equal(addressAt(layout, 0, 0.5), null);
  assert.equal(addressAt(layout, 3, 1), null);
  assert.equal(addressAt(layout, 4, 1.5), 0x90_0018);
  assert.deepEqual(layoutOf({ regions: [], cell_bytes: 1 }, 64), { columns: 64, rows: 0, runs: [], cells: 0, rulers: [], bytes: 1 });
});

test("a block is drawn in as many pieces as rows, and is as long as it is", () => {
  const pieces = piecesOf(layout, 0x13f8, 0x1808);
  assert.deepEqual(pieces, [{ row: 0, from: 63.5, to: 64 }, { row: 1, from: 0, to: 64 }, { row: 2, from: 0, to: 0.5 }]);
  assert.equal(pieces.reduce((sum, { from, to }) => sum + (to - from), 0) * 16, 0x1808 - 0x13f8);
  assert.deepEqual(piecesOf(layout, 0x2000, 0x3000), []);
});

test("who looks nearer sees half of it with the address still in it, down to the least", () => {
  const one = layoutOf({ regions: [{ from: 0x4000, to: 0x8000 }], cell_bytes: 16 }, 64);
  for (const address of [0x4000, 0x5abc, 0x7fff]) {
    let span = nearer(one, address);
    for (let steps = 0; span !== null && steps < 40; steps += 1) {
      assert.ok(span.from <= address && address < span.to, `${address} in ${JSON.stringify(span)}`);
      span = nearer(layoutOf({ regions: [span], cell_bytes: 1 }, 64), address);
    }
    assert.equal(span, null);
  }
  assert.deepEqual(nearer(one, 0x6000), { from: 0x5000, to: 0x7000 });
  assert.equal(nearer(one, 0x9000), null);
  // Across regions: as many cells, whatever lies between them.
  const both = nearer(layout, 0xb0_0000);
  assert.ok(both !== null && both.from < 0x90_0000 && both.to > 0xb0_0000, JSON.stringify(both));
  assert.deepEqual(beside({ from: 20, to: 30 }, { from: 0, to: 32 }, 1), { from: 22, to: 32 });
  assert.deepEqual(beside({ from: 3, to: 13 }, { from: 0, to: 32 }, -1), { from: 0, to: 10 });
});

test("a block is found by any of its bytes, and a stretch is read as it is written", () => {
  const space = /** @type {any} */ ({ blocks: { address: [100, 200], bytes: [50, 0], born_ms: [0, 0], owner: [0, 0] } });
  assert.deepEqual([99, 100, 149, 150, 200, 201].map((address) => blockAt(space, address)), [null, 0, 0, null, 1, null]);
  assert.equal(blockAt(/** @type {any} */ ({ blocks: null }), 100), null);
  const span = { from: 0x5555_0000_1000, to: 0x7fff_ffff_f000 };
  assert.deepEqual(spanOf(wordOf(span)), span);
  for (const bad of [undefined, "", "12", "20-10", "x-y", "1-2-3", "-5"]) assert.equal(spanOf(bad), null, String(bad));
});

const HEAD = { by: "live", unit: /** @type {const} */ ("bytes"), total: 9, from_ms: null, to_ms: null, nodes_in_all: 3, left_off: { nodes: 0, value: 0 } };
const frame = (/** @type {number} */ id, /** @type {string} */ name) => ({ id, function: name, file: null, line: null, module: "/bin/x", inlined: false, internal: false });

test("a tree that changes is the tree that it became, and what it was stays as it was", () => {
  const first = treeAfter(null, { ...HEAD, frames: [frame(0, "m"), frame(1, "a")], gone: [], nodes: { id: [0, 1, 2], parent: [-1, 0, 1], frame: [-1, 0, 1], value: [9, 9, 5], self: [0, 4, 5], blocks: [2, 2, 1] } });
  const second = treeAfter(first, { ...HEAD, total: 7, frames: [frame(2, "b")], gone: [2], nodes: { id: [0, 1, 3], parent: [-1, 0, 1], frame: [-1, 0, 2], value: [7, 7, 3], self: [0, 4, 3], blocks: [2, 2, 1] } });
  const { frames, nodes, total } = answerOf(second);
  assert.deepEqual(nodes, { parent: [-1, 0, 1], frame: [-1, 0, 2], value: [7, 7, 3], self: [0, 4, 3], blocks: [2, 2, 1] });
  assert.deepEqual([frames[2].function, total], ["b", 7]);
  assert.deepEqual(answerOf(first).nodes.frame, [-1, 0, 1]);
});

test("rows of a timeline are replaced from where they differ, and a change of nothing held is none", () => {
  const before = { schema_version: 1, at_ms: [0, 1, 2], live_bytes: { min: [1, 2, 3], max: [4, 5, 6] } };
  const change = { schema_version: 1, from: 2, at_ms: [2, 3], live_bytes: { min: [0, 9], max: [8, 9] } };
  assert.deepEqual(rowsAfter(before, change, 2), { schema_version: 1, at_ms: [0, 1, 2, 3], live_bytes: { min: [1, 2, 0, 9], max: [4, 5, 8, 9] } });
  assert.equal(sessionAfter(null, "change", {}), null);
});
