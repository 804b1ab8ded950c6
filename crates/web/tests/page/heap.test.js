// The view "Heap": what a reader makes of a call tree, as data and in the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around, boxesOf, find, functionsOf, grown, matched, matcherOf, nameOf, pathOf, rowsOf, seen, stacksOf, treeOf, walk } from "../../ui/heap-tree.js";
import { courseFigure, rowAt } from "../../ui/heap-course.js";

/** @typedef {import("../../ui/heap-tree.js").Frame} Frame */
/** @typedef {import("../../ui/heap-tree.js").Node} Node */

/** Frames by one letter; capitals are internal. @param {string} letter @returns {Frame} */
const frameOf = (letter) => ({ function: letter, file: null, line: null, module: "/bin/x", inlined: false, internal: letter !== letter.toLowerCase() });

/** Stacks as words, outermost letter first. @param {[string, number][]} words @returns {Node} */
function fromWords(words) {
  return grown(words.map(([letters, value]) => ({ frames: [...letters].map(frameOf), value, blocks: 1 })), false);
}

/** A tree as its stacks in words. @param {Node} root */
function words(root) {
  return Object.fromEntries(stacksOf(root).map(({ frames, value }) => [frames.map(({ function: name }) => name).join(""), value]));
}

const PLAIN = { invert: false, fold: false, hide: false, fixed: false };

/** @type {[string, number][]} */
const SOME = [["mab", 40], ["mabb", 8], ["mac", 30], ["mcM", 12], ["m", 10]];

test("the server's columns become the tree that they describe", () => {
  const frames = ["m", "a", "b"].map(frameOf);
  const root = treeOf({ by: "live", unit: "bytes", total: 10, from_ms: null, to_ms: null, nodes_in_all: 4, left_off: { nodes: 0, value: 0 }, frames,
    nodes: { parent: [-1, 0, 1, 1], frame: [-1, 0, 1, 2], value: [10, 10, 6, 3], self: [0, 1, 6, 3], blocks: [4, 4, 2, 1] } });
  assert.deepEqual(words(root), { m: 1, ma: 6, mb: 3 });
  assert.equal(rowsOf(root), 3);
  assert.deepEqual(stacksOf(root).map(({ blocks }) => blocks), [1, 2, 1]);
});

test("whichever way one looks, nothing is lost and nothing counted twice", () => {
  const root = fromWords(SOME);
  for (const invert of [false, true]) {
    for (const fold of [false, true]) {
      for (const hide of [false, true]) {
        const shown = seen(root, { ...PLAIN, invert, fold, hide, fixed: invert });
        walk(shown, ({ children, self, value }) => assert.equal(value, self + children.reduce((sum, child) => sum + child.value, 0)));
        assert.equal(shown.value, 100);
      }
    }
  }
  assert.deepEqual(words(seen(root, { ...PLAIN, fold: true })), { mab: 48, mac: 30, mcM: 12, m: 10 });
  assert.deepEqual(words(seen(root, { ...PLAIN, hide: true })), { mab: 40, mabb: 8, mac: 30, mc: 12, m: 10 });
  assert.deepEqual(words(seen(root, { ...PLAIN, invert: true })), { bam: 40, bbam: 8, cam: 30, Mcm: 12, m: 10 });
});

test("a stack of internal frames alone keeps its innermost", () => {
  assert.deepEqual(words(seen(fromWords([["MA", 5]]), { ...PLAIN, hide: true })), { A: 5 });
});

test("children stand by size, and in a fixed order by name", () => {
  const names = (/** @type {Node} */ { children }) => children.map(({ frame }) => frame.function).join("");
  const root = fromWords([["a", 1], ["c", 3], ["b", 2]]);
  assert.equal(names(root), "cba");
  assert.equal(names(seen(root, { ...PLAIN, fixed: true })), "abc");
});

test("a function that calls itself is counted once in total, and as a slow count says", () => {
  const root = fromWords([["mab", 4], ["maab", 6], ["mbab", 7], ["b", 1]]);
  const slow = (/** @type {string} */ letter) => Object.entries(words(root)).reduce((sum, [stack, value]) => sum + (stack.includes(letter) ? value : 0), 0);
  for (const { frame, self, total } of functionsOf(root)) {
    assert.equal(total, slow(frame.function), frame.function);
    assert.equal(self, Object.entries(words(root)).reduce((sum, [stack, value]) => sum + (stack.endsWith(frame.function) ? value : 0), 0));
  }
});

test("around a function stand those who call it, upside down, and what it calls", () => {
  const { callees, callers } = around(fromWords(SOME), nameOf(frameOf("a")));
  assert.deepEqual(words(callees), { ab: 40, abb: 8, ac: 30 });
  assert.deepEqual(words(callers), { am: 78 });
  assert.equal(around(fromWords(SOME), "none").callees.value, 0);
});

test("a path has the same key in the next answer, and two paths have two", () => {
  const [one, other] = [fromWords(SOME), fromWords([...SOME, ["mz", 999]])];
  const keys = new Set();
  let nodes = 0;
  walk(one, (node) => {
    nodes += 1;
    keys.add(node.key);
    if (node.parent === null) return;
    assert.deepEqual(pathOf(/** @type {Node} */ (find(other, node.key))).map(({ frame }) => frame.function), pathOf(node).map(({ frame }) => frame.function));
  });
  assert.equal(keys.size, nodes);
  assert.equal(find(one, "0.0"), null);
});

test("a search finds functions, files and modules, and counts a stack once", () => {
  const root = fromWords([["mab", 4], ["mabb", 6], ["mc", 5]]);
  assert.deepEqual(matched(root, ({ function: name }) => name === "b"), { value: 10, nodes: 2 });
  assert.equal(matched(root, /** @type {(frame: Frame) => boolean} */ (matcherOf("/bin/x"))).value, 15);
  assert.equal(matcherOf("  "), null);
  assert.equal(matcherOf("/BIN/")?.(frameOf("a")), true);
});

test("boxes fill their parent in order, and narrow ones are drawn together", () => {
  const root = fromWords([["a", 500], ["b", 300], ...Array.from({ length: 200 }, (_, index) => /** @type {[string, number]} */ ([String.fromCharCode(0x400 + index), 1]))]);
  const boxes = boxesOf(root, root, 800, { from: 0, to: 10 });
  assert.deepEqual(boxes.map(({ more, node, row, width }) => [node?.frame.function ?? "", row, Math.round(width), more]).sort(), [["all", 0, 800, 1], ["a", 1, 400, 1], ["b", 1, 240, 1], ["", 1, 160, 200]].sort());
  const narrow = /** @type {Node} */ (root.children.at(-1));
  const zoomed = boxesOf(root, narrow, 800, { from: 0, to: 10 });
  assert.deepEqual(zoomed.map(({ node, width }) => [node?.frame.function, width]), [["all", 800], [narrow.frame.function, 800]]);
  assert.deepEqual(boxesOf(root, root, 800, { from: 1, to: 2 }).map(({ row }) => row), [1, 1, 1]);
});

test("a stack of twenty thousand frames is no deeper than one of ten to what walks it", () => {
  const deep = grown([{ frames: Array.from({ length: 20_000 }, (_, index) => frameOf(`f${index % 50}`)), value: 1, blocks: 1 }], false);
  assert.equal(rowsOf(deep), 20_001);
  assert.equal(functionsOf(deep).length, 50);
  assert.equal(rowsOf(seen(deep, { ...PLAIN, fold: true })), 51);
  assert.equal(boxesOf(deep, deep, 100, { from: 19_990, to: 20_010 }).length, 11);
});

test("a time falls into the row that began last", () => {
  const course = { at_ms: [0, 10, 20], live_bytes: { min: [1, 2, 3], max: [1, 2, 3] }, rss_bytes: [null, 5, 6], heap_resident_bytes: [null, null, 4] };
  for (const [at, row] of [[-5, 0], [0, 0], [9, 0], [10, 1], [25, 2]]) assert.equal(rowAt(course, at), row, String(at));
  const figure = courseFigure({ course, end: 20, peak: { at: 20, bytes: 3 }, span: null, at: null }, 400);
  assert.equal(figure.width, 400);
  assert.ok(JSON.stringify(figure.pieces).includes('"points":3'));
  assert.doesNotThrow(() => courseFigure({ course: { at_ms: [], live_bytes: { min: [], max: [] }, rss_bytes: [], heap_resident_bytes: [] }, end: 1, peak: { at: 0, bytes: 0 }, span: null, at: null }, 300));
});
