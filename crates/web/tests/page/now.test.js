// The view "Now": what it says is what the server says, and every control does what it promises.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { OLD, openBrowser, openPage, PRESSED, samples, Server, visit } from "./machine.js";

const server = new Server(PRESSED);
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {string[]} */
let complaints;

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
  ({ complaints, page } = await openPage(browser, { acceptDownloads: true }));
});

beforeEach(async () => {
  await page.goto("about:blank");
  await visit(page, server.address);
});

after(async () => {
  await browser.close();
  await server.remove();
  assert.deepEqual(complaints, []);
});

/** @param {string} selector */
async function bytesOf(selector) {
  return Number(await page.getAttribute(selector, "data-bytes"));
}

test("the numbers are the server's, to the byte", async () => {
  const memory = await server.json("/api/v1/memory");
  const expected = {
    used: memory.used_bytes,
    available: memory.available_bytes,
    free: memory.free_bytes,
    cached: memory.cached_bytes,
    buffers: memory.buffers_bytes,
    shared_memory: memory.shared_bytes,
    total: memory.total_bytes,
    swap_used: memory.swap_used_bytes,
  };
  for (const [key, bytes] of Object.entries(expected)) {
    assert.equal(await bytesOf(`[data-number=${key}][data-bytes]`), bytes, key);
  }
  const tip = (await page.getAttribute("td[data-number=used]", "data-tip")) ?? "";
  assert.equal(Number(tip.split("\n")[1].replace(/\D/g, "")), memory.used_bytes);
  const said = (await page.textContent(".verdict-sentence")) ?? "";
  assert.ok(said.includes(memory.explain.headline), said);
});

test("the donut's slices add up to the total, three or plain", async () => {
  const total = await bytesOf("[data-number=total]");
  const sum = () =>
    page
      .locator("[data-slice]")
      .evaluateAll((labels) => labels.reduce((bytes, label) => bytes + Number(label.getAttribute("data-bytes")), 0));
  assert.equal(await page.locator("[data-slice]").count(), 3);
  assert.equal(await sum(), total);
  await page.click(".switch");
  await page.waitForFunction(() => document.querySelectorAll("[data-slice]").length === 2);
  assert.equal(await sum(), total);
  assert.match(page.url(), /#v1;slices=2$/);
  assert.equal(await page.getAttribute(".switch", "aria-checked"), "true");
});

test("the ledger adds up to MemTotal", async () => {
  const parts = await page
    .locator("[data-ledger]:not([data-ledger=total])")
    .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute("data-bytes"))));
  const total = await bytesOf("[data-ledger=total]");
  assert.equal(
    parts.reduce((sum, bytes) => sum + bytes, 0),
    total,
  );
  assert.equal(total, (await server.json("/api/v1/memory")).total_bytes);
  const shares = await page
    .locator(".ledger-part")
    .evaluateAll((pieces) => pieces.reduce((sum, piece) => sum + Number(getComputedStyle(piece).flexGrow), 0));
  assert.ok(Math.abs(shares / total - 1) < 1e-6);
});

test("a row of the ledger opens its definition, its kernel fields and its last day", async () => {
  await page.click("tr:has([data-ledger=slab_reclaimable]) .row-button");
  const { terms } = await server.json("/api/v1/glossary");
  const term = terms.find((/** @type {any} */ { key }) => key === "slab_reclaimable");
  await page.waitForFunction((text) => document.querySelector(".part")?.textContent?.includes(text), term.definition);
  const told = (await page.textContent(".part")) ?? "";
  for (const field of term.kernel_fields) assert.ok(told.includes(field), field);
  await page.waitForSelector(".part .day-chart canvas");
  assert.match(page.url(), /part=slab_reclaimable/);
});

test("a term opens its definition, and Escape closes it", async () => {
  await page.waitForSelector(".numbers .term:enabled");
  await page.click(".numbers .term");
  await page.waitForSelector("#definition:popover-open");
  assert.match((await page.textContent("#definition")) ?? "", /MemTotal − MemAvailable/);
  await page.keyboard.press("Escape");
  await page.waitForSelector("#definition", { state: "hidden" });
});

test("dragging zooms, a link holds the zoom, and Back undoes it", async () => {
  await samples(page, 10);
  await page.click(".ranges button:first-child");
  const plot = await page.locator(".panel-memory .u-over").boundingBox();
  assert.ok(plot !== null);
  const y = plot.y + plot.height / 2;
  await page.mouse.move(plot.x + plot.width * 0.5, y);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.75, y, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.includes("from="));
  const link = new URL(page.url());
  const [from, to] = ["from", "to"].map((key) => Number(new RegExp(`${key}=(\\d+)`).exec(link.hash)?.[1]));
  assert.ok(Math.abs(to - from - 15_000) < 1000, link.hash);
  assert.equal(await page.getAttribute(".live", "aria-pressed"), "false");
  await page.goBack();
  await page.waitForFunction(() => location.hash === "#v1;range=1m");
  assert.equal(await page.getAttribute(".live", "aria-pressed"), "true");
  await page.goForward();
  await page.waitForFunction((hash) => location.hash === hash, link.hash);
});

test("one cursor runs through all charts, and the readouts tell that moment", async () => {
  await page.click(".ranges button:first-child");
  await samples(page, 5);
  const plot = await page.locator(".panel-pressure .u-over").boundingBox();
  assert.ok(plot !== null);
  await page.mouse.move(plot.x + plot.width - 3, plot.y + 10);
  await page.waitForSelector(".cursor-time");
  const places = await page
    .locator(".timeline .u-cursor-x")
    .evaluateAll((lines) => lines.map((line) => Math.round(line.getBoundingClientRect().left)));
  assert.equal(places.length, 5);
  assert.equal(new Set(places).size, 1);
});

test("a chart is read and zoomed from the keyboard", async () => {
  await page.click(".ranges button:first-child");
  await samples(page, 5);
  const plot = page.locator(".panel-memory .plot");
  await plot.focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() =>
    /used .*GiB/.test(document.querySelector(".panel-memory .plot")?.getAttribute("aria-valuetext") ?? ""),
  );
  for (let step = 0; step < 20; step += 1) await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("from="));
});

test("a window longer than what was watched says so, and shows no nought", async () => {
  await page.click(".ranges button:nth-child(5)");
  await page.waitForSelector(".panel-memory [data-watched]");
  assert.match((await page.textContent(".numbers thead")) ?? "", /— \(watched/);
  const deltas = await page.locator(".numbers .delta").allTextContents();
  assert.deepEqual([...new Set(deltas.filter((text) => text !== ""))], ["—"]);
});

test("paused charts hold still, and Live follows again", async () => {
  await page.keyboard.press(" ");
  await page.waitForFunction(() => location.hash.includes("from="));
  const held = page.url();
  await samples(page, 3);
  assert.equal(page.url(), held);
  await page.click(".live");
  await page.waitForFunction(() => !location.hash.includes("from="));
});

test("every export is a file with what was on the screen", async () => {
  await samples(page, 5);
  for (const [index, begins] of [/^\x89PNG/, /^<svg /, /^time_ms,memory\.used\.min,/, /^\{/].entries()) {
    const waiting = page.waitForEvent("download");
    await page.click("[popovertarget=export]");
    await page.click(`#export li:nth-child(${index + 1}) button`);
    const file = readFileSync(await (await waiting).path());
    assert.match(file.toString("latin1").slice(0, 200), begins);
    if (index === 3) assert.equal(JSON.parse(file.toString()).memory.total_bytes, await bytesOf("[data-number=total]"));
  }
});

test("the curl lines under JSON work as they stand", async () => {
  await page.click("[popovertarget=json]");
  await page.waitForSelector("#json:popover-open .copy code");
  const lines = await page.locator("#json .copy code").allTextContents();
  assert.equal(lines.length, 4);
  for (const line of lines.filter((text) => !text.includes("/stream"))) {
    const address = /'(.+)'/.exec(line)?.[1] ?? "";
    assert.equal((await fetch(address)).status, 200, address);
  }
});

test("the palette finds a range, a theme, a term", async () => {
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette[open]");
  await page.keyboard.type("24 h");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash === "#v1;range=24h");
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette[open]");
  await page.keyboard.type("dark");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette[open]");
  await page.keyboard.type("reclaimable");
  await page.waitForSelector(".palette [role=option]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#definition:popover-open");
});

test("the question mark shows the keys", async () => {
  await page.keyboard.press("?");
  await page.waitForSelector("#keys[open]");
});

test("a kernel without pressure and available is shown as it is", async () => {
  const old = new Server(OLD);
  await old.start();
  const other = await openPage(browser);
  await visit(other.page, old.address);
  await samples(other.page, 5);
  assert.match((await other.page.textContent(".panel-pressure")) ?? "", /not measured by this kernel/);
  assert.deepEqual(other.complaints, []);
  await old.remove();
});
