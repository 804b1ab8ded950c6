// The view's state in the address.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFragment, parseFragment } from "../../ui/fragment.js";

test("what was written is read again", () => {
  for (const state of [{}, { range: "1h" }, { from: "1", to: "2" }, { part: "a;b=c#d%", x: "ü 1,2" }]) {
    assert.deepEqual(parseFragment(formatFragment(state)), state);
  }
});

test("equal states have equal links", () => {
  assert.equal(formatFragment({ b: "2", a: "1" }), formatFragment({ a: "1", b: "2", c: undefined }));
  assert.equal(formatFragment({ a: undefined }), "");
  assert.equal(formatFragment({ range: "1h", slices: "2" }), "#v1;range=1h;slices=2");
});

test("an unknown version or a broken pair opens the view, not an error", () => {
  assert.deepEqual(parseFragment("#v2;range=1h"), {});
  assert.deepEqual(parseFragment("#nonsense"), {});
  assert.deepEqual(parseFragment("#v1;;=x;range;from=%E0%A4%A;to=5"), { to: "5" });
});
