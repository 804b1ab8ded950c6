// The server dies and comes back: the page says so, greys what is old, and goes on by itself.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { layoutShifts, openBrowser, openPage, PRESSED, samples, Server, visit } from "./machine.js";

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

test("the page says that the server is gone, and goes on when it is back", async () => {
  const { page } = await openPage(browser);
  await visit(page, server.address);
  await samples(page, 3);
  const fresh = await page.locator("td[data-number=used]").evaluate((cell) => getComputedStyle(cell).color);
  await server.kill();
  await page.waitForSelector(".banner:visible");
  assert.match((await page.textContent(".banner")) ?? "", /server is gone; last sample \d+\s*s ago/);
  const stale = await page.locator("td[data-number=used]").evaluate((cell) => getComputedStyle(cell).color);
  assert.notEqual(stale, fresh);
  await server.start();
  await page.waitForSelector(".banner", { state: "hidden" });
  await samples(page, 3);
  assert.deepEqual(await layoutShifts(page), []);
});
