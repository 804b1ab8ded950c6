// The view "Processes": who has the memory, who grew, at any moment; cgroups, events; and the same moment on Now.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { HERE, openBrowser, openPage, PRESSED, samples, Server, violations } from "./machine.js";
import { csvOf } from "../../ui/csv.js";
import { exact } from "../../ui/format.js";
import { markersOf } from "../../ui/markers.js";
import { bandAt } from "../../ui/now-band.js";
import { growthOf, pssOf, scaleOf } from "../../ui/processes-answer.js";
import { trendPath } from "../../ui/processes-trend-path.js";
import { commandOf, filteredBy, listPath, sortedBy, wishOf } from "../../ui/processes-wish.js";

const MIB = 2 ** 20;
const server = new Server(HERE);
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
});

after(async () => {
  await browser.close();
  await server.remove();
});

/** @param {string} hash @param {import("playwright-core").BrowserContextOptions} options */
async function open(hash = "", options = {}) {
  const { complaints, page } = await openPage(browser, options);
  await page.goto(`${server.address}/processes${hash}`);
  return { complaints, page };
}

/** The names of the rows on show. @param {import("playwright-core").Page} page */
const rowsOf = (page) => page.locator("[data-row]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-row") ?? ""));

test("an address is a question and a command, and what it cannot mean is left out", () => {
  assert.equal(listPath(wishOf({}), 0, 150), "/api/v1/processes?sort=memory&window=1m&limit=150");
  const asked = wishOf({ sort: "pss.up", group: "tree", window: "1h", filter: " user:ada x ", kernel: "1", at: "5000", compare: "4000" });
  assert.equal(
    listPath(asked, 100, 50),
    "/api/v1/processes?sort=pss&order=asc&window=1h&group=tree&filter=user%3Aada%20x&kernel=true&at=5000&compare=4000&offset=100&limit=50",
  );
  assert.equal(wishOf({ compare: "4000" }).sort, "growth");
  const odd = wishOf({ sort: "colour", group: "x", window: "9y", at: "soon", process: "1", compare: "-3" });
  assert.deepEqual([odd.sort, odd.group, odd.window, odd.atMs, odd.chosen, odd.compareMs], ["memory", "none", "1m", null, null, null]);
  assert.equal(commandOf(wishOf({ filter: "it's", window: "10m" })), "ramscope processes --sort memory --window 10m --filter 'it'\\''s'");
});

test("a heading sorts by its column, and once more the other way round", () => {
  assert.equal(sortedBy(wishOf({}), "memory"), "memory.up");
  assert.equal(sortedBy(wishOf({ sort: "memory.up" }), "memory"), "memory");
  assert.equal(sortedBy(wishOf({}), "command"), "command");
  assert.equal(sortedBy(wishOf({ sort: "command" }), "command"), "command.down");
});

test("a condition of a filter takes the place of the one before of its kind", () => {
  assert.equal(filteredBy("", "user", "ada"), "user:ada");
  assert.equal(filteredBy("x user:root", "user", "ada"), "x user:ada");
  assert.equal(filteredBy("x", "app", "two words"), "x two words");
});

test("growth over more than was watched is not a number, and no growth is a nought", () => {
  assert.equal(growthOf({ growth_bytes: null, growth_window_ms: null }, 60_000).text, "—");
  const short = growthOf({ growth_bytes: MIB, growth_window_ms: 240_000 }, 3_600_000);
  assert.deepEqual([short.text.replace(/\s/g, " "), short.bytes], ["— (watched 4 min)", null]);
  assert.equal(growthOf({ growth_bytes: 0, growth_window_ms: 60_000 }, 60_000).text, "0");
  assert.match(growthOf({ growth_bytes: MIB, growth_window_ms: 60_000 }, 60_000).text, /^\+1\.00\sMiB$/);
  assert.match(growthOf({ growth_bytes: -MIB, growth_window_ms: 60_000 }, 60_000).text, /^−1\.00\sMiB$/);
});

test("a proportional set comes with its age, or with why there is none", () => {
  assert.equal(pssOf({ pss_bytes: MIB, pss_age_ms: 31_000 }).age.replace(/\s/g, " "), "31 s");
  assert.match(pssOf({ pss_bytes: null, pss_why: "too large" }).tip, /hold up/);
  assert.equal(pssOf({ pss_bytes: MIB, pss_known: 3, processes: 5 }).age, "3/5");
});

test("bars are measured by a scale that their largest does not exceed", () => {
  for (const bytes of [0, 4096, 5000, 3 * MIB, 2 ** 40 + 1]) assert.ok(scaleOf(bytes) >= bytes && scaleOf(bytes) <= Math.max(8192, bytes * 1.5), String(bytes));
});

test("a trend stays in its box, and noise stays flat", () => {
  assert.equal(trendPath([1], [5], 72, 18), "");
  const heights = (/** @type {number[]} */ values) => [...trendPath(values.map((_, place) => place), values, 72, 18).matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((found) => Number(found[1]));
  assert.deepEqual(heights([0, 100]), [17, 1]);
  assert.ok(heights([1_000_000, 1_000_100]).every((y) => Math.abs(y - 9) < 0.1));
});

test("events that would lie on one another share a marker, and none is lost", () => {
  const at = (/** @type {number} */ time_ms) => ({ time_ms, kind: "process.started", subject: "", detail: "" });
  const inside = [...Array(1000).keys()].map((place) => at(place));
  const markers = markersOf(inside, 0, 1000);
  assert.ok(markers.length <= 64);
  assert.deepEqual(markers.flat(), inside);
  assert.equal(markersOf([at(0), at(999)], 0, 1000).length, 2);
});

test("what is foretold never leaves the memory there is", () => {
  const forecast = { trend: "grows", bytes_per_s: 10, low_bytes_per_s: 5, high_bytes_per_s: 20, runs_out_ms: null, sentence: "" };
  assert.deepEqual(bandAt(forecast, 100, 1000, 10_000), { low: 150, middle: 200, high: 300 });
  assert.deepEqual(bandAt(forecast, 100, 1000, 1e9), { low: 1000, middle: 1000, high: 1000 });
  assert.equal(bandAt({ ...forecast, low_bytes_per_s: -50 }, 100, 1000, 10_000).low, 0);
});

test("a name with a comma, a quote or a line's end is one field of a file", () => {
  assert.equal(csvOf(["a", "b"], [{ a: 'x,"y"', b: null }, { a: "l\nm", b: 3 }]), 'a,b\n"x,""y""",\n"l\nm",3\n');
});

test("the list is the server's, in the order that was chosen, and a heading turns it round", async () => {
  const { complaints, page } = await open("#v1;sort=pid");
  await page.waitForSelector("[data-row]");
  const pids = (await rowsOf(page)).map((name) => Number(name.split("-")[0]));
  assert.ok(pids.length > 3 && pids.every((pid, place) => place === 0 || pid > pids[place - 1]), pids.join());
  const { processes } = await server.json("/api/v1/processes?sort=pid&limit=3");
  assert.deepEqual(pids.slice(0, 3), processes.map((/** @type {any} */ { pid }) => pid));
  await page.click("th.c-pid button");
  await page.waitForFunction((least) => Number(document.querySelector("[data-row]")?.getAttribute("data-row")?.split("-")[0]) > least, pids[2]);
  assert.match(page.url(), /sort=pid\.down/);
  assert.equal(await page.getAttribute("th.c-pid", "aria-sort"), "descending");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a filter names one process, and its row opens what is known of it", async () => {
  const { complaints, page } = await open();
  await page.waitForSelector("[data-row]");
  const pid = String(process.pid);
  await page.fill(".tools-filter", `pid:${pid}`);
  await page.waitForFunction(() => document.querySelector("[data-matched]")?.getAttribute("data-matched") === "1");
  await page.click("[data-row]");
  const side = page.locator(".side");
  await side.locator(".side-past").waitFor();
  const told = (await side.textContent()) ?? "";
  assert.ok(told.includes(pid), told.slice(0, 200));
  for (const word of ["Memory", "anonymous", "PSS", "USS", "Peak", "1 min", "1 day"]) assert.ok(told.includes(word), word);
  await side.getByRole("button", { name: "Follow" }).click();
  await page.fill(".tools-filter", "");
  await page.waitForSelector(`[data-followed^="${pid}-"] .c-memory`);
  assert.match(page.url(), new RegExp(`follow=${pid}-`));
  // a tip that is shown would be outside the page's regions
  await page.mouse.move(0, 0);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a process's own command line becomes the command that tracks it, for whoever may see it", async () => {
  const { complaints, page } = await open(`#v1;filter=pid:${process.pid}`, { extraHTTPHeaders: server.allowed() });
  await page.click("[data-row]");
  await page.getByRole("button", { name: "Track it…" }).click();
  const line = (await page.locator(".track .copy code").textContent()) ?? "";
  assert.ok(line.startsWith("ramscope track -- "), line);
  assert.ok(line.includes(process.argv[0]), line);
  await page.mouse.move(0, 0);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a group opens as the list of its processes, and Back closes it", async () => {
  const { processes: [own] } = await server.json(`/api/v1/processes?filter=pid:${server.child?.pid}`);
  const { complaints, page } = await open("#v1;group=app;sort=command");
  const group = page.locator("[data-row]", { has: page.getByRole("button", { name: own.application, exact: true }) });
  await group.first().click();
  await page.waitForFunction((name) => location.hash.includes(`app:${name}`), own.application);
  await page.waitForSelector(`[data-row="${own.pid}-${own.start_time_ms}"] .c-pid code`);
  assert.equal(await page.inputValue(".tools-filter"), `app:${own.application}`);
  await page.goBack();
  await page.waitForFunction(() => location.hash.includes("group=app"));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("without the token other users' command lines are hidden, and that is said", async () => {
  const { processes } = await server.json("/api/v1/processes?limit=1000");
  const masked = processes.filter((/** @type {any} */ row) => row.masked);
  if (masked.some((/** @type {any} */ { pid }) => pid === server.child?.pid)) {
    const { page } = await open(`#v1;filter=pid:${server.child?.pid}`);
    await page.click("[data-row]");
    assert.match((await page.textContent(".side")) ?? "", /ommand line is hidden\. View only: run ramscope open/);
    await page.context().close();
  }
  const { page } = await open("", { extraHTTPHeaders: server.allowed() });
  await page.waitForSelector("[data-row]");
  assert.equal(await page.locator(".view-only").count(), 0);
  await page.context().close();
});

test("thirty thousand rows are as many rows to scroll, and only those on the screen are drawn", async () => {
  const { complaints, page } = await openPage(browser);
  const { processes: [one] } = await server.json("/api/v1/processes?limit=1");
  const total = 30_000;
  await page.route(/\/api\/v1\/processes\?/, async (route) => {
    const answer = await (await route.fetch()).json();
    const asked = new URL(route.request().url()).searchParams;
    const [offset, limit] = [Number(asked.get("offset") ?? 0), Number(asked.get("limit"))];
    const processes = Array.from({ length: Math.min(limit, total - offset) }, (_, place) => ({ ...one, pid: offset + place + 1, start_time_ms: 1 }));
    await route.fulfill({ json: { ...answer, matched: total, processes } });
  });
  await page.goto(`${server.address}/processes`);
  await page.waitForSelector('[data-row="1-1"]');
  const row = await page.locator('[data-row="1-1"]').evaluate((element) => element.getBoundingClientRect().height);
  assert.equal(row, 28);
  const height = await page.locator(".rows").evaluate((element) => element.scrollHeight);
  assert.ok(height >= total * row && height < (total + 6) * row, String(height));
  await page.locator(".rows").evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.waitForSelector(`[data-row="${total}-1"]`);
  await page.locator(".rows").evaluate((element, top) => element.scrollTo(0, top), 15_000 * row);
  await page.waitForSelector('[data-row="15001-1"]');
  const place = await page.locator('[data-row="15001-1"]').evaluate((element) => element.getBoundingClientRect().top - (element.closest(".rows")?.getBoundingClientRect().top ?? 0));
  assert.ok(place >= 0 && place < 3 * row, String(place));
  assert.ok((await page.locator("[data-row]").count()) < 120);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("cgroups open level by level, and say whose limit binds", async (t) => {
  const { controller, note } = await server.json("/api/v1/cgroups?limit=1");
  if (controller === null) return t.skip(`SKIPPED: ${note}`);
  const { complaints, page } = await open("#v1;tab=cgroups");
  await page.waitForSelector(".cgroup-rows [data-row]");
  const { cgroups } = await server.json("/api/v1/cgroups?under=/&depth=1&limit=100");
  const shown = await rowsOf(page);
  for (const { path } of cgroups) assert.ok(shown.includes(path), path);
  const parent = cgroups.find((/** @type {any} */ { children, path }) => path !== "/" && children > 0);
  if (parent !== undefined) {
    const rows = shown.length;
    await page.locator(`[data-row="${parent.path}"] [aria-expanded]`).click();
    await page.waitForFunction((count) => document.querySelectorAll("[data-row]").length > count, rows);
    await page.locator(`[data-row="${parent.path}"] [aria-expanded]`).click();
    await page.waitForFunction((count) => document.querySelectorAll("[data-row]").length === count, rows);
  }
  await page.locator("[data-row]").first().click();
  await page.waitForSelector(".side .stat summary");
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("cgroups of a moment of the past are those that were then, and growth is since the moment compared with", async (t) => {
  const { controller, note } = await server.json("/api/v1/cgroups?limit=1");
  if (controller === null) return t.skip(`SKIPPED: ${note}`);
  const { complaints, page } = await open("#v1;tab=cgroups");
  await page.waitForSelector(".cgroup-rows [data-row]");
  await samples(page, 5);
  const { time_ms: now } = await server.json("/api/v1/cgroups?limit=1");
  const [at, compare] = [now - 1000, now - 3000];
  const question = `/api/v1/cgroups?under=/&depth=1&sort=current&at=${at}`;
  const then = await server.json(question);
  assert.ok(!then.live && then.time_ms <= at);
  await page.evaluate((hash) => void (location.hash = hash), `#v1;tab=cgroups;at=${at}`);
  const held = exact(then.cgroups.find((/** @type {any} */ { path }) => path === "/").current_bytes);
  await page.waitForFunction((tip) => document.querySelector("td.g-current")?.getAttribute("data-tip") === tip, held);
  await page.evaluate((hash) => void (location.hash = hash), `#v1;tab=cgroups;at=${at};compare=${compare}`);
  await page.waitForFunction(() => document.querySelector("th.g-growth")?.textContent === "Growth");
  const { cgroups } = await server.json(`${question}&compare=${compare}`);
  assert.equal(await page.locator("td.g-growth").count(), cgroups.length);
  await page.locator("[data-row]").first().click();
  await page.waitForSelector(".side .side-numbers");
  assert.equal(await page.locator(".side .stat").count(), 0, "memory.stat is not kept");
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("events are told newest first, by kind and by word", async () => {
  const { complaints, page } = await open("#v1;tab=events");
  await page.waitForSelector('.told[data-kind="recorder.started"]');
  await page.getByRole("button", { name: "Recorder", exact: true }).click();
  await page.waitForFunction(() => [...document.querySelectorAll(".told")].every((event) => event.getAttribute("data-kind")?.startsWith("recorder.")));
  assert.match(page.url(), /kind=recorder/);
  await page.fill(".tools-filter", "no such word");
  await page.waitForSelector('.told-list[data-events="0"]');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a moment of the past is gone to, compared with now, and left again", async () => {
  const { complaints, page } = await open("#v1;range=1m");
  await page.waitForSelector("[data-row]");
  await samples(page, 30);
  const plot = await page.locator(".moment-strip .u-over").boundingBox();
  assert.ok(plot !== null);
  await page.mouse.click(plot.x + plot.width - 20, plot.y + 20);
  await page.waitForFunction(() => /[;#]at=\d+/.test(location.hash));
  await page.waitForFunction(() => Number(document.querySelector("[data-matched]")?.getAttribute("data-matched")) > 0);
  const at = Number(/at=(\d+)/.exec(page.url())?.[1]);
  const then = await server.json(`/api/v1/processes?at=${at}&limit=5&sort=memory`);
  assert.equal(then.live, false);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the mark makes the page no wider");
  assert.equal((await rowsOf(page))[0], `${then.processes[0].pid}-${then.processes[0].start_time_ms}`);
  await page.getByRole("button", { name: "Compare with now" }).click();
  await page.waitForSelector(".grew-sentence[data-total]");
  await page.waitForFunction(() => !location.hash.includes(";at=") && !location.hash.includes("#at="));
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "End comparison" }).click();
  await page.waitForSelector('.moment[data-live="true"]');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a click on Now's chart shows who had the memory then, and Live goes back", async () => {
  const { complaints, page } = await openPage(browser);
  await page.goto(`${server.address}/`);
  await page.waitForSelector(".panel-memory .u-over");
  await samples(page, 30);
  await page.click(".ranges button:first-child");
  const plot = await page.locator(".panel-memory .u-over").boundingBox();
  assert.ok(plot !== null);
  await page.mouse.click(plot.x + plot.width - 20, plot.y + plot.height / 2);
  await page.waitForSelector(".dock [data-then]");
  const at = Number(await page.getAttribute(".dock", "data-at"));
  const { processes } = await server.json(`/api/v1/processes?at=${at}&sort=memory&limit=1`);
  assert.equal(Number(await page.locator(".dock [data-then]").first().getAttribute("data-then")), processes[0].pid);
  await page.waitForFunction(() => document.getElementById("ledger-title")?.textContent === "Where it all was then");
  assert.deepEqual(await violations(page), []);
  await page.click(".dock-live");
  await page.waitForSelector(".dock", { state: "detached" });
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("pictures become numbers with T, and every export is a file", async () => {
  const { complaints, page } = await open("", { acceptDownloads: true });
  await page.waitForSelector("[data-row] .split");
  await page.keyboard.press("t");
  await page.waitForSelector("[data-row] .c-anon");
  assert.equal(await page.locator("[data-row] .split").count(), 0);
  for (const [index, begins] of [/^\x89PNG/, /^<svg /, /^pid,start_time_ms,/, /^\{/].entries()) {
    const waiting = page.waitForEvent("download");
    await page.click("[popovertarget=export]");
    await page.click(`#export li:nth-child(${index + 1}) button`);
    assert.match(readFileSync(await (await waiting).path()).toString("latin1").slice(0, 200), begins);
  }
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a server that does not look at processes says so in words", async () => {
  const other = new Server(PRESSED, ["--processes", "off"]);
  await other.start();
  const { page } = await openPage(browser);
  await page.goto(`${other.address}/processes`);
  await page.waitForSelector(".rows .refusal");
  assert.match((await page.textContent(".rows .refusal")) ?? "", /--processes off/);
  await page.context().close();
  await other.remove();
});
