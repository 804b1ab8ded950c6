// JSON merge patch, by the examples of RFC 7396, appendix A.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mergePatch } from "../../ui/merge.js";

/** @type {[unknown, unknown, unknown][]} target, patch, result */
const EXAMPLES = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test("the examples of the RFC hold", () => {
  for (const [target, patch, expected] of EXAMPLES) {
    assert.deepEqual(mergePatch(target, patch), expected, JSON.stringify([target, patch]));
  }
});

test("neither the document nor the patch is changed", () => {
  const target = Object.freeze({ a: Object.freeze({ b: 1 }), c: Object.freeze([1]) });
  const patch = Object.freeze({ a: Object.freeze({ b: 2 }) });
  const merged = mergePatch(target, patch);
  assert.deepEqual(target, { a: { b: 1 }, c: [1] });
  assert.equal(merged.c, target.c);
});
