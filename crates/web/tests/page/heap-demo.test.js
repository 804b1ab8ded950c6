// The demo of the view "Heap": a real recording that every server has, for whoever comes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage, PRESSED, Server, violations } from "./machine.js";

const server = new Server(PRESSED);
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
});

after(async () => {
  await browser.close();
  await server.remove();
});

/** Opens the demo as the list offers it. @param {boolean} allowed whether with the token */
async function openDemo(allowed) {
  const { page } = await openPage(browser, allowed ? { extraHTTPHeaders: server.allowed() } : {});
  await page.goto(`${server.address}/heap`);
  const offered = await page.locator(".heap-demo").textContent();
  await page.click(".heap-demo");
  await page.waitForSelector(".heap[data-session=demo]");
  return { offered, page };
}

test("who has no token opens the demo, and sees functions with their files and lines", async () => {
  const { offered, page } = await openDemo(false);
  assert.equal(offered, "Open the demo instead");
  const row = page.locator("tr", { hasText: "load_picture" }).first();
  assert.match((await row.textContent()) ?? "", /load_picture.*shop\.c:\d+.*900/s);
  assert.deepEqual(await violations(page), []);
});

test("who has the token is offered the same beside their own programs", async () => {
  const { offered, page } = await openDemo(true);
  assert.equal(offered, "Open a recording of shop");
  assert.match((await page.locator(".heap").textContent()) ?? "", /never given back/);
});

test("what a program asked for is replayed under other allocators", async () => {
  const { page } = await openDemo(false);
  await page.getByRole("button", { name: "Replay under other allocators" }).click();
  await page.waitForURL(/\/segmentation#v1;.*kept=/, { timeout: 30_000 });
  await page.waitForSelector(".structure svg", { timeout: 60_000 });
  await page.context().close();
});
