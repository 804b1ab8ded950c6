// What is drawn adds up: slices, ledger, scales, windows, rows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { append, emptyFrame, nearest, SERIES, trim } from "../../ui/frame.js";
import { columns, PANELS, scaleTop } from "../../ui/panels.js";
import { matching } from "../../ui/palette.js";
import { groupsOf, partsOf } from "../../ui/parts.js";
import { watchedMs, windowOf } from "../../ui/ranges.js";
import { labelPlaces, ringPiece, slicesOf, turnsOf } from "../../ui/slices.js";

/** The same numbers on every run. @param {number} seed */
function chance(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

/**
 * A sample with only what is read.
 * @param {object} fields
 * @returns {any}
 */
function sample(fields) {
  return { used_bytes: 1, available_bytes: 2, free_bytes: 1, total_bytes: 3, ...fields };
}

test("the slices add up to the total, whatever the kernel says", () => {
  const next = chance(7);
  for (let round = 0; round < 2000; round += 1) {
    const total_bytes = next(2 ** 40) + 1;
    const available_bytes = next(total_bytes + 1);
    const free_bytes = next(total_bytes + 1);
    const memory = { total_bytes, available_bytes, free_bytes, used_bytes: total_bytes - available_bytes };
    for (const plain of [true, false]) {
      const slices = slicesOf(memory, plain);
      assert.equal(slices.length, plain ? 2 : 3);
      assert.equal(
        slices.reduce((sum, { bytes }) => sum + bytes, 0),
        total_bytes,
      );
      assert.ok(slices.every(({ bytes }) => bytes >= 0));
    }
  }
});

test("turns go once around, and a slice of nothing is no piece", () => {
  assert.deepEqual(turnsOf([1, 0, 3]), [
    [0, 0.25],
    [0.25, 0.25],
    [0.25, 1],
  ]);
  assert.equal(ringPiece(0, 10, 20, [0.25, 0.25], 2), "");
  assert.match(ringPiece(0, 10, 20, [0, 1], 2), /^M/);
  assert.ok(!ringPiece(0, 76, 100, [0.1, 0.1001], 2).includes("NaN"));
});

test("labels on one side never touch and never meet the ring", () => {
  const next = chance(3);
  for (let round = 0; round < 500; round += 1) {
    const places = labelPlaces(turnsOf([next(100), next(100), next(100) + 1]), 106, 36, 94);
    assert.ok(places.every(({ y }) => Math.abs(y) <= 94.001));
    for (const a of places) {
      assert.ok(Math.hypot(a.x, Math.max(0, Math.abs(a.y) - 18)) > 105.9);
      for (const b of places) {
        if (a !== b && Math.sign(a.x) === Math.sign(b.x)) assert.ok(Math.abs(a.y - b.y) > 35.9, JSON.stringify(places));
      }
    }
  }
});

test("the ledger's parts keep their order and their sum, known to this page or not", () => {
  const parts = { free: 4, anonymous: 1, invented_tomorrow: 7, cache_clean: 2 };
  const whole = partsOf({ parts, unaccounted_bytes: 3, overlap_bytes: 0 });
  const keys = whole.map(({ key }) => key);
  assert.deepEqual(keys, ["anonymous", "cache_clean", "free", "invented_tomorrow", "unaccounted"]);
  assert.equal(
    whole.reduce((sum, { bytes }) => sum + bytes, 0),
    17,
  );
  assert.equal(
    groupsOf(whole).reduce((sum, { bytes }) => sum + bytes, 0),
    17,
  );
});

test("an overlap is shown below nought, never clamped", () => {
  const parts = partsOf({ parts: { anonymous: 12 }, unaccounted_bytes: 0, overlap_bytes: 2 });
  assert.deepEqual(
    parts.map(({ bytes, key }) => [key, bytes]),
    [
      ["anonymous", 12],
      ["overlap", -2],
    ],
  );
});

test("a scale's top is round, above the data, and rests while data moves a little", () => {
  for (const unit of /** @type {const} */ (["binary", "decimal", "ratio"])) {
    for (let value = 0.001; value < (unit === "ratio" ? 1 : 1e9); value *= 1.7) {
      const top = scaleTop(value, unit);
      assert.ok(top >= value || (unit === "ratio" && top === 1), `${unit} ${value} ${top}`);
      assert.ok(top <= value * 3 || top === 1, `${unit} ${value} ${top}`);
    }
  }
  assert.equal(scaleTop(101, "decimal"), scaleTop(180, "decimal"));
});

test("a window follows the newest sample unless two times are given", () => {
  assert.deepEqual(windowOf({ range: "1h" }, 10_000_000, 0), {
    fromMs: 6_400_000,
    toMs: 10_000_000,
    live: true,
    rangeId: "1h",
  });
  assert.deepEqual(windowOf({ from: "5", to: "9000" }, 10_000_000, 0), {
    fromMs: 5,
    toMs: 9000,
    live: false,
    rangeId: null,
  });
  assert.equal(windowOf({ range: "nonsense", from: "x" }, 10_000_000, 0).rangeId, "15m");
  assert.equal(windowOf({ range: "all" }, 10_000_000, 2_000_000).fromMs, 2_000_000);
});

test("a view that chose no range takes the first that holds all that was watched, of a quarter of an hour at most", () => {
  for (const [watched, range] of /** @type {[number, string][]} */ ([[0, "1m"], [60_000, "1m"], [61_000, "5m"], [301_000, "15m"], [9e9, "15m"]])) {
    assert.equal(windowOf({}, 10_000_000_000, 10_000_000_000 - watched).rangeId, range);
  }
});

test("a window longer than what was watched says how long that was", () => {
  const window = windowOf({ range: "15m" }, 1_000_000, 0);
  assert.equal(watchedMs(window, 760_000), 240_000);
  assert.equal(watchedMs(window, 0), null);
});

test("rows are appended once, trimmed at the edge, and found by time", () => {
  const frame = emptyFrame();
  for (let time = 1; time <= 100; time += 1) assert.ok(append(frame, sample({ time_ms: time * 1000 })));
  assert.ok(!append(frame, sample({ time_ms: 100_000 })));
  trim(frame, 60_000);
  assert.equal(frame.time[0], 59_000);
  for (const name of Object.keys(SERIES)) assert.equal(frame.series[name].mean.length, frame.time.length);
  assert.equal(frame.time[nearest(frame.time, 70_400)], 70_000);
  assert.equal(frame.time[nearest(frame.time, 0)], 59_000);
  assert.equal(nearest([], 5), -1);
});

test("a stretch that nobody watched is a gap, and stacked lines add up to the total", () => {
  const frame = emptyFrame();
  for (const time of [1000, 2000, 9000])
    append(frame, sample({ time_ms: time, used_bytes: 40, available_bytes: 60, free_bytes: 25, total_bytes: 100 }));
  const [time, used, , reclaimable, , free] = columns(PANELS[0], frame, 1000);
  assert.equal(time.length, 4);
  assert.deepEqual(used, [40, 40, null, 40]);
  assert.deepEqual(reclaimable, [75, 75, null, 75]);
  assert.deepEqual(free, [100, 100, null, 100]);
});

test("the palette finds letters in order, and prefers them together", () => {
  const commands = ["Light", "Share a link", "Last 15 min", "Pictures as tables"].map((label) => ({
    group: "",
    label,
    act: () => {},
  }));
  assert.equal(matching(commands, "tab")[0].label, "Pictures as tables");
  assert.equal(matching(commands, "l15")[0].label, "Last 15 min");
  assert.equal(matching(commands, "zzz").length, 0);
  assert.equal(matching(commands, "").length, 4);
});
