// Demand paging in the lab: the curve of thrashing and its knee.

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

for (const [width, colorScheme] of /** @type {[number, "light" | "dark"][]} */ ([
  [1280, "light"],
  [360, "dark"],
])) {
  test(`at ${width} px the curve shows the server's knee, and other frames give another curve`, async () => {
    const { complaints, page } = await openPage(browser, { viewport: { width, height: 800 }, colorScheme });
    await page.goto(`${server.address}/paging`);
    await page.click(".open-panel");
    await page.waitForSelector(".demand-line");
    const answer = await fetch(`${server.address}/api/v1/sim/demand`, { method: "POST", body: "{}" });
    const { curve } = /** @type {any} */ (await answer.json());
    assert.equal(await page.textContent(".demand-knee-word"), `the knee: ${curve.free.knee}`);
    assert.equal(await page.locator(".demand .twin tbody tr").count(), curve.free.points.length);
    assert.equal(await page.locator(".demand-line").count(), 2, "with load control and without");
    const before = await page.textContent(".demand .twin");
    await page.fill("[name=frames]", "96");
    await page.waitForFunction((old) => document.querySelector(".demand .twin")?.textContent !== old, before);
    await page.fill("[name=frames]", "0");
    await page.waitForSelector(".demand .refusal:not([hidden])");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(
      complaints.filter((words) => !words.includes("422")),
      [],
    );
    await page.context().close();
  });
}
