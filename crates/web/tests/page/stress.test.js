// The view "Stress": what a wish is, its curve, and a load that is started, changed and stopped; its plan on Now.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, test } from "node:test";
import { HERE, layoutShifts, openBrowser, openPage, PRESSED, Server, violations } from "./machine.js";
import { bodyOf, commandOf, msOf, plannedAt, stateOf, wishOf } from "../../ui/stress-problem.js";
import { sizesOf, timeOf, timesOf, topOf } from "../../ui/stress-figure.js";

const MIB = 2 ** 20;
/** A load is nice: on a busy machine it gets hardly any of its processors, and needs so long to begin or to end. */
const PATIENCE_MS = 40_000;
// Those that run here are known to be harmless (`known`, `--i-know`): they do not end for the strain of a busy machine.
const server = new Server(HERE);
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
});

// Whatever a test that failed left running.
afterEach(() => fetch(`${server.address}/api/v1/stress`, { method: "DELETE", headers: server.allowed() }));

after(async () => {
  await browser.close();
  await server.remove();
});

/** @param {string} hash @param {boolean} allowed whether with the token */
async function open(hash, allowed = true, options = {}) {
  const { complaints, page } = await openPage(browser, { ...(allowed ? { extraHTTPHeaders: server.allowed() } : {}), ...options });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${server.address}/stress${hash}`);
  await page.waitForSelector(".stress-picture svg");
  return { complaints, page };
}

test("times are read as people write them, and nothing else is one", () => {
  const table = { "30s": 30_000, "30": 30_000, "1.5 min": 90_000, "1min 30s": 90_000, "2h": 7_200_000, "250ms": 250, "0s": 0 };
  for (const [text, ms] of Object.entries(table)) assert.equal(msOf(text), ms, text);
  for (const text of ["", "s", "5 parsecs", "-1s", "1s!", "1,5s"]) assert.equal(msOf(text), null, text);
});

test("a wish is a question and a command, and survives its address", () => {
  const wish = wishOf({ pattern: "sawtooth", size: "2 GiB", lasts: "1min", cycles: "3", access: "zipf", writes: "25", known: "1" });
  assert.deepEqual(wishOf(/** @type {any} */ (stateOf(wish))), wish);
  assert.deepEqual(bodyOf(wish), { body: { pattern: "sawtooth", size: "2 GiB", for_ms: 60_000, cycles: 3, access: "zipf", write_percent: 25, i_know: true } });
  assert.equal(commandOf(wish), "ramscope stress --size '2 GiB' --pattern sawtooth --for 1min --cycles 3 --access zipf --write-percent 25 --i-know");
  assert.deepEqual(bodyOf(wishOf({})), { body: {} });
  assert.match(String(Object.values(bodyOf(wishOf({ lasts: "soon" })))[0]), /`soon` is no time/);
  assert.equal(commandOf(wishOf({ size: "it's" })), "ramscope stress --size 'it'\\''s'");
});

test("between two corners a plan is on their line, and at a jump behind it", () => {
  /** @type {[number, number][]} */
  const curve = [[0, 0], [100, 50], [100, 10], [200, 10]];
  for (const [ms, bytes] of [[0, 0], [50, 25], [99, 49.5], [100, 10], [150, 10], [200, 10], [999, 10]]) assert.equal(plannedAt(curve, ms), bytes, String(ms));
});

test("an axis ends above what it shows, and its times are those that people count in", () => {
  for (const bytes of [1, 5000, 3 * MIB, 5.7 * 2 ** 30, 2 ** 40]) assert.ok(topOf(bytes) >= bytes && topOf(bytes) <= Math.max(8192, bytes * 2.1), String(bytes));
  for (const end of [4 * MIB, 1024 * MIB, 1536 * MIB, 6 * 2 ** 30]) {
    const step = /** @type {number} */ (sizesOf(end)[1]);
    assert.ok(sizesOf(end).at(-1) === end && Number.isInteger(Math.log2(step)), `${end} by ${step}`);
  }
  assert.deepEqual(timesOf(30_000, 8), [0, 5000, 10_000, 15_000, 20_000, 25_000, 30_000].filter((ms) => timesOf(30_000, 8).includes(ms)));
  for (const end of [1, 999, 60_000, 86_400_000]) assert.ok(timesOf(end, 8).length <= 9, String(end));
  assert.deepEqual([timeOf(5000, 30_000), timeOf(90_000, 600_000), timeOf(5_400_000, 86_400_000), timeOf(0, 9)], ["5 s", "1:30", "1:30 h", "0"]);
});

test("the plan is drawn before anything starts, and one that cannot be is refused with its numbers", async () => {
  const { complaints, page } = await open("", false);
  const most = () => page.getAttribute("[data-part=planned]", "data-most");
  const quarter = Number(await most());
  const { limits } = await server.json("/api/v1/stress");
  assert.ok(Math.abs(quarter - limits.available_bytes / 4) < limits.available_bytes / 20, `${quarter} of ${limits.available_bytes}`);
  await page.getByRole("button", { name: "Sawtooth" }).click();
  await page.fill("[name=size]", "64MiB");
  await page.waitForFunction((bytes) => document.querySelector("[data-part=planned]")?.getAttribute("data-most") === bytes, String(64 * MIB));
  assert.match((await page.textContent(".stress h1")) ?? "", /Sawtooth of 64\.0\sMiB/);
  assert.match(page.url(), /pattern=sawtooth/);
  await page.fill("[name=size]", "90000TiB");
  await page.waitForSelector(".refusal");
  assert.match((await page.textContent(".refusal")) ?? "", /is more than the .* of memory/);
  assert.match((await page.textContent(".stress .lab-head")) ?? "", /view only: run ramscope open/);
  assert.equal(await page.locator(".stress-start").count(), 0);
  await page.goBack();
  await page.waitForFunction(() => document.querySelector(".stress h1")?.textContent?.startsWith("Ramp"));
  assert.deepEqual(complaints.filter((words) => !words.includes("422")), []);
  await page.context().close();
});

test("a load is started, changed and stopped, Stop is always in sight, and what it returned is told", async () => {
  const { complaints, page } = await open("#v1;known=1;lasts=50s;pattern=hold;size=16MiB");
  await page.click(".stress-start:not(:disabled)");
  const stop = page.getByRole("button", { name: "Stop" });
  await stop.waitFor();
  await page.waitForFunction((bytes) => Number(document.querySelector("[data-part=reached]")?.getAttribute("data-last")) > bytes, 15 * MIB);
  assert.deepEqual(await violations(page), []);
  await page.mouse.wheel(0, 5000);
  assert.ok(await stop.evaluate((button) => button.getBoundingClientRect().bottom <= innerHeight), "Stop stays in sight");
  await page.fill("[name=size]", "8MiB");
  await page.getByRole("button", { name: "Change to the form’s plan" }).click();
  await page.waitForFunction(() => /^Hold of 8\.00\sMiB/.test(document.querySelector(".stress h1")?.textContent ?? ""));
  await stop.click();
  await page.waitForSelector(".stress-bar", { state: "detached" });
  await page.waitForSelector(".stress-before tbody tr");
  assert.match((await page.textContent(".stress-before tbody tr")) ?? "", /Hold of 8\.00\sMiB for 50\ss.*it was stopped/);
  assert.deepEqual(complaints, []);
  await page.goto(`${server.address}/`);
  await page.waitForSelector(".panel-memory .plot[data-plans]");
  assert.ok(Number(await page.getAttribute(".panel-memory .plot", "data-plans")) >= 1);
  await page.waitForSelector('.event[aria-label*="returned 8 MiB"]');
  await page.context().close();
});

test("a load from a terminal is shown, its plan is drawn on Now, and without the token it cannot be stopped here", async () => {
  const child = server.run(["stress", "--size", "8MiB", "--for", "50s", "--i-know", "--format", "json"]);
  const { page } = await open("", false);
  await page.waitForSelector(".stress-bar");
  assert.match((await page.textContent(".stress-bar")) ?? "", /view only: run ramscope open/);
  assert.match((await page.textContent(".stress h1")) ?? "", /Hold of 8\.00\sMiB/);
  await page.goto(`${server.address}/`);
  await page.waitForSelector(".panel-memory .plot[data-plans]");
  child.kill("SIGTERM");
  await once(child, "exit");
  await page.waitForSelector('.event[aria-label*="Load on memory"]');
  await page.context().close();
});

test("Now shows a load rise and fall", async (t) => {
  const { limits } = await server.json("/api/v1/stress");
  if (limits.headroom_bytes < 2048 * MIB) return t.skip(`SKIPPED: only ${limits.headroom_bytes} bytes may be taken here`);
  const { complaints, page } = await openPage(browser);
  await page.goto(`${server.address}/`);
  const used = 'td[data-number="used"]';
  await page.waitForSelector(`${used}[data-bytes]`);
  const shownNow = async () => Number(await page.getAttribute(used, "data-bytes"));
  /** Waits until the number stands so much above or below another. @param {number} from @param {number} by */
  const moved = (from, by) =>
    page.waitForFunction(
      ([cell, start, change]) => {
        const now = Number(document.querySelector(String(cell))?.getAttribute("data-bytes")) - Number(start);
        return Number(change) > 0 ? now > Number(change) : now < Number(change);
      },
      /** @type {const} */ ([used, from, by]),
      { timeout: PATIENCE_MS },
    );
  const before = await shownNow();
  // It holds until it is told to end: how fast a machine fills a GiB is not what is tested.
  const child = server.run(["stress", "--size", "1GiB", "--for", "60s", "--i-know", "--format", "json"]);
  // The browser itself grows by some hundred MiB while it opens the page.
  await moved(before, 900 * MIB);
  const held = await shownNow();
  child.kill("SIGTERM");
  await moved(held, -600 * MIB);
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  // A marker tells of the first few events that share its place; that this run is among all of them is the list's to say.
  await page.waitForSelector('.event[aria-label*="Load on memory"]');
  await page.waitForFunction(
    async () => (await (await fetch("/api/v1/events?kind=stress.run")).json()).events.some((/** @type {{detail: string}} */ { detail }) => /of 1 GiB for .*: returned /.test(detail)),
    undefined,
    { timeout: PATIENCE_MS },
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

for (const width of [360, 768, 1920]) {
  test(`while a load runs at ${width} px everything fits, and nothing moves`, async () => {
    const { complaints, page } = await open("#v1;known=1;lasts=30s;pattern=hold;size=4MiB", true, { viewport: { width, height: 800 } });
    await page.click(".stress-start:not(:disabled)");
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await page.waitForSelector("[data-part=reached]");
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wider <= 0, `${wider} px too wide`);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await layoutShifts(page), []);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.waitForSelector(".stress-bar", { state: "detached" });
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
}

test("a server that is read-only, or looks at a captured machine, has no such view", async () => {
  for (const other of [new Server(HERE, ["--read-only"]), new Server(PRESSED)]) {
    await other.start();
    assert.equal((await fetch(`${other.address}/stress`)).status, 404);
    const { page } = await openPage(browser);
    await page.goto(other.address);
    await page.waitForSelector(".rail-view");
    assert.equal(await page.getByRole("link", { name: "Stress" }).count(), 0);
    await page.context().close();
    await other.remove();
  }
});
