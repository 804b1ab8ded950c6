// Long lists of requests in the lab "Segmentation": which of their steps are asked for when, and that a walk through 60,000
// operations shows what the machines say at each place it comes to.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stretches, windowAt } from "../../ui/segmentation-stretches.js";
import { openBrowser, openPage, Server } from "./machine.js";

/** @typedef {import("../../ui/segmentation-allocators-moment.js").Run} Run */

const LENGTH = 1000;
const server = new Server(null);
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
});

after(async () => {
  await browser.close();
  await server.remove();
});

/** A stretch of a list whose steps have so many holes each. @param {number} from @param {number} count @param {number} [holes] */
function stretch(from, count, holes = 100) {
  const ops = Array.from({ length: Math.min(count, LENGTH - from + 1) }, (_, place) => ({ index: from + place, free_list: Array.from({ length: holes }, () => [0, 1]) }));
  return /** @type {any} */ ({ before: { ops: from - 1, blocks: [] }, ops });
}

/** @param {any} first */
const stretchesOf = (first) => new Stretches(/** @type {Run[]} */ ([{ ...first, policy: "first", metrics: { ops: LENGTH } }]));

test("the steps about an operation are asked for first, then those behind and before it, and none twice", () => {
  const known = stretchesOf(stretch(497, 8));
  assert.equal(known.wanted(500, false), null, "while it moves on, nothing beside it");
  const behind = known.wanted(500, true);
  assert.deepEqual(behind, { from: 505, count: 64 });
  known.add([stretch(505, 64)]);
  const ahead = known.wanted(500, true);
  assert.deepEqual(ahead, { from: 433, count: 64 });
  known.add([stretch(433, 64)]);
  assert.equal(known.wanted(500, true), null);
  assert.equal(known.at(505)?.[0].ops[0].index, 505);
  assert.deepEqual(known.wanted(20, true), windowAt(20, 64));
});

test("the ends of a list are ends, and the first operation has memory before it", () => {
  const known = stretchesOf(stretch(1, 64));
  assert.notEqual(known.at(0), null);
  assert.equal(known.wanted(0, true), null);
  const last = stretchesOf(stretch(LENGTH - 63, 64));
  assert.equal(last.wanted(LENGTH, true), null);
  assert.deepEqual(last.wanted(LENGTH - 62, true), { from: LENGTH - 63 - 64, count: 64 });
  assert.equal(last.at(LENGTH - 64), null, "what is before a stretch is no step of it");
});

test("long steps come few at a time, and one that a stretch ended before is asked for alone", () => {
  const known = stretchesOf(stretch(497, 8, 4000));
  const window = known.wanted(100, false);
  assert.deepEqual(window, { from: 99, count: 4 });
  known.add([stretch(99, 1, 4000)]);
  assert.deepEqual(known.wanted(100, false), { from: 100, count: 1 });
});

test("stretches that were seen the longest ago make room", () => {
  const known = stretchesOf(stretch(1, 8));
  for (let from = 9; from < 400; from += 8) known.add([stretch(from, 8)]);
  assert.equal(known.at(3), null);
  assert.notEqual(known.at(398), null);
  assert.equal(known.known.length, 12);
  for (let from = 9; from < 400; from += 8) known.add([stretch(from, 8, 20_000)]);
  assert.equal(known.known.length, 6, "each has 160,000 entries");
});

test("a walk through 60,000 operations shows each place it comes to, and asks for numbers once", async () => {
  const words = Array.from({ length: 30_000 }, (_, id) => (id < 300 ? `+${1 + ((id * 37) % 300)}` : `+${1 + ((id * 37) % 300)} -${id - 300}`)).join(" ");
  const kept = await (await fetch(`${server.address}/api/v1/sim/requests`, { method: "POST", body: words })).json();
  assert.equal(kept.operations, 59_700);
  const { complaints, page } = await openPage(browser);
  /** @type {any[]} */
  const asked = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/v1/sim/alloc")) asked.push(JSON.parse(request.postData() ?? "{}"));
  });
  await page.goto(`${server.address}/segmentation#v1;tab=allocators;allocators=buddy,tlsf,slab,first;capacity=131072;kept=${kept.id};step=30000`);
  const told = (/** @type {number} */ at) => page.waitForFunction((words) => document.querySelector(".lab-sentence")?.textContent?.startsWith(words), `Operation ${at}:`);
  await told(30_000);
  for (let step = 1; step <= 6; step += 1) {
    await page.keyboard.press("ArrowLeft");
    await told(30_000 - step);
  }
  for (const place of [100, 59_700, 7, 45_000]) {
    await page.locator(".scrubber input").fill(String(place));
    await told(place);
  }
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector(".lab-sentence")?.textContent?.startsWith("Memory is one hole"));
  await page.waitForFunction(() => location.hash.includes("step=0"));
  assert.equal(asked.filter(({ metrics }) => metrics !== false).length, 1, "the numbers are asked for once");
  const windows = asked.filter(({ metrics }) => metrics === false).map(({ window }) => `${window.from}+${window.count}`);
  assert.equal(new Set(windows).size, windows.length, `no stretch twice: ${windows.join(", ")}`);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
