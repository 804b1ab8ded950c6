// Demand paging in the lab: the curve of thrashing with its knee, and the events of the run, both ways and from windows.

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

/** What the server says. @param {object} body @returns {Promise<any>} */
async function answerTo(body) {
  const answer = await fetch(`${server.address}/api/v1/sim/demand`, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

for (const [width, colorScheme] of /** @type {[number, "light" | "dark"][]} */ ([
  [1280, "light"],
  [360, "dark"],
])) {
  test(`at ${width} px the curve shows the server's knee, and other frames give another curve`, async () => {
    const { complaints, page } = await openPage(browser, { viewport: { width, height: 800 }, colorScheme });
    await page.goto(`${server.address}/paging#v1;tab=demand`);
    await page.waitForSelector("[data-figure=thrashing] [data-part=knee]");
    const { curve } = await answerTo({});
    assert.equal(await page.getAttribute("[data-part=knee]", "data-degree"), String(curve.free.knee));
    assert.equal(await page.locator("[data-part=degree]").count(), curve.free.points.length);
    if (width < 1100) await page.click(".lab-problem summary");
    await page.selectOption("[name=control]", "working-set");
    await page.waitForSelector("[data-part=curve][data-name=controlled]");
    await page.fill("[name=frames]", "96");
    const { curve: wide } = await answerTo({ frames: 96 });
    await page.waitForFunction(
      (knee) => document.querySelector("[data-part=knee]")?.getAttribute("data-degree") === String(knee),
      wide.free.knee,
    );
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
}

test("a step at the end of the run stands on the server's own step, queues and frames", async () => {
  const { complaints, page } = await openPage(browser);
  await page.goto(`${server.address}/paging#v1;tab=demand`);
  await page.waitForSelector("[data-figure=lanes] svg");
  await page.keyboard.press("End");
  const all = await answerTo({ steps: 0, curve: false });
  const { steps } = await answerTo({ before: all.steps_after - 1, steps: 1, curve: false });
  const [last] = steps;
  await page.waitForFunction((said) => document.querySelector(".lab-sentence")?.textContent === said, last.explain);
  await page.keyboard.press("ArrowLeft");
  const before = await answerTo({ before: all.steps_after - 2, steps: 1, curve: false });
  await page.waitForFunction((said) => document.querySelector(".lab-sentence")?.textContent === said, before.steps[0].explain);
  const [step] = before.steps;
  const slots = before.frames_before;
  for (const slot of step.frames_changed) slots[slot.frame] = slot;
  const shown = await page.locator(".demand-frames .place b").allTextContents();
  assert.deepEqual(
    shown.map((words) => words.replace(/[•▸]/g, "")),
    slots.map((/** @type {any} */ { page: held, process }) => (process === null ? "" : `${process}:${held}`)),
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("processes that are typed run as typed, and a word that is none is pointed at", async () => {
  const { page } = await openPage(browser);
  await page.goto(`${server.address}/paging#v1;tab=demand;demand.frames=4`);
  await page.waitForSelector("[data-figure=thrashing]");
  await page.fill("#workload", "a: 1 2 3w 1\nb: 1 2 x");
  await page.waitForSelector(".field-marks mark");
  assert.equal(await page.textContent(".field-marks mark"), "x");
  await page.fill("#workload", "a: 1 2 3w 1\nb: 1 2 4");
  await page.waitForFunction(() => document.querySelector(".lab-head h1")?.textContent?.startsWith("2 processes in 4 frames"));
  assert.equal(await page.locator("section[aria-label=Processes] tbody tr").count(), 2);
  await page.context().close();
});
