// Numbers and times in words.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  age,
  compact,
  duration,
  exact,
  grouped,
  iec,
  iecShort,
  moment,
  NONE,
  percent,
  perSecond,
  signedIec,
} from "../../ui/format.js";

/**
 * @template T
 * @param {(value: T) => string} words
 * @param {[T, string][]} table expected with plain spaces
 */
function check(words, table) {
  for (const [value, expected] of table) {
    assert.equal(words(value).replaceAll("\u00a0", " "), expected, String(value));
  }
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

test("bytes have three digits and the next unit begins at a thousand", () => {
  check(iec, [
    [0, "0 B"],
    [1, "1 B"],
    [999, "999 B"],
    [1000, "0.977 KiB"],
    [1024, "1.00 KiB"],
    [10 * MIB, "10.0 MiB"],
    [9792192512, "9.12 GiB"],
    [999.4 * MIB, "999 MiB"],
    [999.6 * MIB, "0.976 GiB"],
    [16 * GIB, "16.0 GiB"],
    [2 ** 64 - 1, "16.0 EiB"],
  ]);
});

test("no amount below the largest unit ever has four digits", () => {
  for (let bytes = 1; bytes < 2 ** 60; bytes = bytes * 1.07 + 1) {
    const digits = iec(bytes).split("\u00a0")[0].replace(/^0\./, "").replace(".", "");
    assert.ok(digits.length <= 3, iec(bytes));
  }
});

test("a missing value is a dash, never a nought", () => {
  assert.equal(iec(null), NONE);
  assert.equal(percent(undefined), NONE);
  assert.equal(perSecond(null), NONE);
  assert.equal(signedIec(null), NONE);
});

test("axis labels drop noughts that say nothing", () => {
  check(iecShort, [
    [4 * GIB, "4 GiB"],
    [12.5 * GIB, "12.5 GiB"],
    [100 * MIB, "100 MiB"],
    [0, "0 B"],
  ]);
});

test("exact bytes are grouped", () => {
  check(exact, [
    [1, "1 byte"],
    [0, "0 bytes"],
    [16777216000, "16,777,216,000 bytes"],
    [-4096, "\u22124,096 bytes"],
  ]);
  check(grouped, [
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1234567, "1,234,567"],
  ]);
});

test("changes carry their sign", () => {
  check(signedIec, [
    [120 * MIB, "+120 MiB"],
    [-120 * MIB, "\u2212120 MiB"],
    [0, "0 B"],
  ]);
});

test("ratios become percent, and something is never shown as nothing", () => {
  check(percent, [
    [0, "0 %"],
    [0.0001, "<0.1 %"],
    [0.0123, "1.2 %"],
    [0.0995, "10 %"],
    [0.57, "57 %"],
    [1, "100 %"],
  ]);
});

test("counts shrink to three digits", () => {
  check(compact, [
    [0, "0"],
    [0.3, "0.3"],
    [12, "12"],
    [999, "999"],
    [1000, "1k"],
    [12500, "12.5k"],
    [1e6, "1M"],
  ]);
});

test("durations and ages are in the largest sensible unit", () => {
  check(duration, [
    [400, "0.4 s"],
    [12_000, "12 s"],
    [240_000, "4 min"],
    [3.5 * 3_600_000, "3.5 h"],
    [30 * 86_400_000, "30 d"],
  ]);
  check(age, [
    [0, "0 s"],
    [999, "0 s"],
    [12_900, "12 s"],
    [240_000, "4 min"],
    [-5, "0 s"],
  ]);
});

test("a moment of another day says the day", () => {
  const noon = new Date(2026, 10, 22, 12, 0, 5).getTime();
  assert.equal(moment(noon, noon), "12:00:05");
  assert.equal(moment(noon - 86_400_000, noon), "2026-11-21 12:00:05");
});
