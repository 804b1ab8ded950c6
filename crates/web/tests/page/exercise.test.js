// Exercises in the lab: drawn, solved step by step, saved, and never in a link.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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
  await page.fill("[name=students]", "Grace Hopper");
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

test("a class has every variant in one file to print, a page a student, and its key begins with all results", async () => {
  const { page } = await opened();
  await page.fill("[name=students]", "Ada\n Bob \n\nCarol");
  await page.waitForFunction(() => document.querySelector(".exercise-whose")?.textContent?.startsWith("Ada"));
  const saved = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Sheet to print" }).click()]);
    return readFileSync(/** @type {string} */ (await download.path()), "utf8");
  };
  const strings = (/** @type {string} */ file) => [...file.matchAll(/Reference string: ([\d ]+)/g)].map(([, string]) => string);
  const sheets = await saved();
  assert.equal(sheets.match(/<section>/g)?.length, 3);
  assert.equal(new Set(strings(sheets)).size, 3, "three students, three problems");
  await page.getByRole("button", { name: "Key", exact: true }).click();
  await page.waitForFunction(() => document.querySelector(".exercise-files")?.textContent?.includes("all 3 sheets with the key"));
  const key = await saved();
  assert.equal(key.match(/<section>/g)?.length, 4);
  assert.ok(key.indexOf("the key of 3 students") < key.indexOf("Name: Ada"));
  const { page: paper } = await openPage(browser);
  await paper.setContent(sheets);
  const pdf = await paper.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length, 3, "a page a student");
  await page.fill("[name=students]", "Ada\nAda");
  await page.waitForSelector(".exercise .refusal:not([hidden])");
  assert.match((await page.textContent(".exercise .refusal")) ?? "", /stands here twice/);
  await paper.context().close();
  await page.context().close();
});

test("the panel at 360 px fits, in dark as in light", async () => {
  const { page } = await opened({ viewport: { width: 360, height: 800 }, colorScheme: "dark" });
  assert.deepEqual(await violations(page), []);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `${wider} px too wide`);
  await page.context().close();
});

for (const [tab, topic, first] of [
  ["free", "Placing requests in holes", "hole"],
  ["free;part=time", "Allocating memory", "address"],
  ["allocators", "Allocating memory", "address"],
  ["segments;part=translation", "Translation by segments", "physical"],
]) {
  test(`the tab ${tab} has exercises, and shows one of them in the lab`, async () => {
    const { complaints, page } = await openPage(browser, {});
    await page.goto(`${server.address}/segmentation#v1;tab=${tab}`);
    await page.click(".open-panel");
    await page.waitForSelector(".exercise-grid");
    assert.match((await page.textContent(".exercise-sheet h3")) ?? "", new RegExp(topic));
    assert.equal(await filled(page), 0);
    assert.equal(await page.locator(".exercise-grid tbody th").first().textContent(), first);
    await page.getByRole("button", { name: "Key", exact: true }).click();
    await page.waitForFunction(() => document.querySelector(".exercise-grid td:last-child")?.textContent !== "");
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Open in the lab" }).click();
    await page.waitForSelector(".exercise", { state: "detached" });
    await page.waitForFunction(() => !["", null].includes(document.querySelector(".lab-sentence")?.textContent ?? null));
    assert.equal(await page.locator(".refusal").count(), 0);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
}

test("translation has two topics, of which one is base and limit alone", async () => {
  const { page } = await openPage(browser, {});
  await page.goto(`${server.address}/segmentation#v1;part=translation`);
  await page.click(".open-panel");
  await page.getByRole("button", { name: "Base and limit" }).click();
  await page.waitForFunction(() => document.querySelector(".exercise-sheet h3")?.textContent === "Relocation by base and limit");
  await page.context().close();
});
