// Exercises in the lab: drawn, solved step by step, saved, and never in a link.

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

/** @param {import("playwright-core").BrowserContextOptions} options */
async function opened(options = {}) {
  const { complaints, page } = await openPage(browser, options);
  await page.goto(`${server.address}/paging#v1;tab=replacement`);
  await page.waitForSelector(".curve-line");
  await page.click(".open-panel");
  await page.waitForSelector(".exercise-grid");
  return { complaints, page };
}

/** @param {import("playwright-core").Page} page */
const filled = (page) =>
  page
    .locator(".exercise-grid")
    .first()
    .evaluate((grid) => new Set([...grid.querySelectorAll("td")].filter((cell) => cell.textContent !== "").map((cell) => cell.cellIndex)).size);

test("a sheet is blank, shows a step after the other, and then its key", async () => {
  const { complaints, page } = await opened();
  assert.equal(await filled(page), 0);
  for (const columns of [1, 2]) {
    await page.click("text=Next step");
    await page.waitForFunction(
      (least) => document.querySelectorAll(".exercise-grid:first-of-type td:not(:empty)").length >= least,
      columns * 5,
    );
    assert.equal(await filled(page), columns);
  }
  await page.getByRole("button", { name: "Key", exact: true }).click();
  await page.waitForFunction(() => document.querySelector(".exercise-grid td:last-child")?.textContent !== "");
  assert.equal(await filled(page), 16);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("neither the seed nor the student nor the key is in the address or in a link", async () => {
  const { page } = await opened();
  await page.fill("[name=seed]", "987654");
  await page.fill("[name=student]", "Grace Hopper");
  await page.fill("[name=course_key]", "a-secret-of-the-course");
  await page.waitForFunction(() => !document.querySelector(".exercise-sheet")?.textContent?.includes("Without a course key"));
  await page.click("text=Open in the lab");
  await page.waitForSelector(".exercise", { state: "detached" });
  await page.click("[popovertarget=share]");
  const said = `${page.url()} ${await page.textContent("#share")}`;
  for (const secret of ["987654", "Grace", "secret"]) assert.ok(!said.includes(secret), said);
  assert.ok(page.url().includes("refs="), "the problem is");
  await page.context().close();
});

test("a sheet is saved for print and for a course, and a wish that nothing grants is told", async () => {
  const { page } = await opened();
  for (const [label, begins] of [
    ["Sheet to print", "<!doctype html>"],
    ["GIFT (Moodle)", "$CATEGORY"],
    ["Moodle XML", "<?xml"],
  ]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: label }).click()]);
    const stream = await download.createReadStream();
    let text = "";
    for await (const part of stream) text += part;
    assert.ok(text.toLowerCase().includes(begins.toLowerCase()), `${label}: ${text.slice(0, 80)}`);
  }
  await page.fill("[name=pages]", "1");
  await page.waitForSelector(".exercise .refusal:not([hidden])");
  await page.context().close();
});

test("the panel at 360 px fits, in dark as in light", async () => {
  const { page } = await opened({ viewport: { width: 360, height: 800 }, colorScheme: "dark" });
  assert.deepEqual(await violations(page), []);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `${wider} px too wide`);
  await page.context().close();
});
