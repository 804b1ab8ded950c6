// The lab "Segmentation", tab "Segments": its arithmetic, and on a real server its pictures, its acts and its links.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  askedOf,
  bodyOfAsked,
  bodyOfLives,
  countsAt,
  LIVES,
  livesOf,
  mapAt,
  namedAs,
  rowsOf,
  scriptAfter,
  stateOfAsked,
  stateOfLives,
  TABLES,
  textOfRows,
} from "../../ui/segmentation-segments-problem.js";
import { layoutShifts, openBrowser, openPage, Server, violations } from "./machine.js";

/** @typedef {import("playwright-core").Page} Page */

const PATH = "/api/v1/sim/segments";
const server = new Server(null);
const folder = mkdtempSync(join(tmpdir(), "ramscope-segments-"));
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
});

after(async () => {
  await browser.close();
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Opens the tab and waits for its picture.
 * @param {string} fragment
 * @param {import("playwright-core").BrowserContextOptions} options
 */
async function open(fragment, options = {}) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${server.address}/segmentation${fragment}`);
  await opened.page.waitForSelector("[data-figure] svg, .check-requests");
  return opened;
}

/** Waits until the answer is there: the step goes ahead of it. @param {Page} page @param {string} words of the sentence */
const told = (page, words) =>
  page.waitForFunction((wanted) => document.querySelector(".lab-sentence")?.textContent?.includes(wanted), words);

/** @param {Page} page @param {string} text */
const stands = (page, text) =>
  page.waitForFunction((wanted) => document.querySelector(".stepper-place b")?.textContent === wanted, text);

/** @param {object} body @returns {Promise<any>} */
async function asked(body) {
  const answer = await fetch(server.address + PATH, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** @param {Record<string, string | undefined>} state @returns {Record<string, string>} */
const kept = (state) =>
  /** @type {Record<string, string>} */ (
    Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined))
  );

test("each named problem survives its address, and is one that the machines answer", async () => {
  for (const { id, label, ...lives } of LIVES) {
    assert.deepEqual(livesOf(kept(stateOfLives(lives))), lives, label);
    assert.equal(namedAs(LIVES, lives)?.id, id);
    assert.ok((await asked(bodyOfLives(lives))).steps.length > 4, label);
  }
  for (const { id, label, ...problem } of TABLES) {
    assert.deepEqual(askedOf(kept(stateOfAsked(problem))), problem, label);
    assert.equal(namedAs(TABLES, problem)?.id, id);
    assert.ok((await asked(bodyOfAsked(problem))).translations.length > 4, label);
  }
  const hostile = { memory: "-3", fit: "<b>", swap: "x", bits: "1+", page: "1e9", physical: "'" };
  const { id: _id, label: _label, ...opening } = LIVES[0];
  assert.deepEqual(livesOf(hostile), opening);
  assert.deepEqual([askedOf(hostile).bits, askedOf(hostile).page], ["", ""]);
});

test("the opening problem is the machines' own preset", async () => {
  const { steps } = await asked({});
  assert.deepEqual((await asked(bodyOfLives(LIVES[0]))).steps, steps);
});

test("a table is the same text after it was taken apart, and what no row can say is left alone", () => {
  for (const { table } of TABLES) assert.equal(textOfRows(rowsOf(table) ?? []), table.includes(":") ? table : `0:${table}`);
  assert.deepEqual(rowsOf("219/600, 2300/14 # two")?.map(({ number, place }) => [number, place]), [["0", "219"], ["1", "2300"]]);
  assert.equal(rowsOf("0:1"), null);
  assert.equal(rowsOf("0:1/2/purple"), null);
});

test("counts and maps are read off the steps, and an act comes after the event on show", async () => {
  const life = await asked({});
  const counts = countsAt(life, life.steps.length);
  assert.deepEqual([counts.arrivals, counts.traps, counts.compactions], [life.arrivals, life.traps, life.compactions]);
  assert.equal(counts.moved, life.moved_bytes);
  assert.equal(counts.refused, life.arrivals_refused + life.growths_refused + life.swaps_refused);
  assert.deepEqual(mapAt(life, 0).holes, [{ base: 0, size_bytes: 1024 }]);
  assert.equal(scriptAfter(life, 1, "compact"), "arrive p1 code=100 data=80 heap=60 stack=40\ncompact");
});

test("the lab opens on the process that is refused, marked in the picture, the head and the list", async () => {
  const { complaints, page } = await open("");
  assert.equal(await page.textContent(".stepper-place b"), "7");
  assert.match((await page.textContent(".outcome")) ?? "", /✕ refused/);
  assert.match((await page.textContent(".lab-sentence")) ?? "", /p4 is refused: 270 bytes wanted, 114 free in all/);
  assert.match((await page.textContent("[data-part=refused]")) ?? "", /✕ p4 refused.*✕ code180.*✕ data90/);
  assert.equal(await page.getAttribute("[data-refused]", "data-refused"), "p4");
  assert.equal(await page.locator("[data-part=looked][data-taken=true]").count(), 0);
  assert.equal(await page.locator("[data-part=looked]").count(), 1);
  assert.deepEqual(await layoutShifts(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("the holes that were looked at are numbered, and the one that was taken is marked", async () => {
  const { page } = await open("#v1;step=11");
  const { steps } = await asked({});
  await page.keyboard.press("ArrowLeft");
  await stands(page, "10");
  await page.keyboard.press("ArrowLeft");
  await stands(page, "9");
  const [first] = steps[8].searches;
  await page.locator(".searches .chip").first().click();
  const orders = await page.locator("[data-part=looked]").evaluateAll((all) => all.map((each) => each.getAttribute("data-base")));
  assert.deepEqual(orders, first.looked.map((/** @type {any} */ { base }) => String(base)));
  assert.equal(await page.getAttribute("[data-part=looked][data-taken=true]", "data-base"), String(first.chosen.base));
  await page.context().close();
});

test("a compaction draws each move from its old place to its new one, without motion where none is wanted", async () => {
  const { steps } = await asked({});
  for (const reducedMotion of /** @type {const} */ (["reduce", "no-preference"])) {
    const { page } = await open("#v1;step=12", { reducedMotion });
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector("[data-part=move]");
    const moves = await page.locator("[data-part=move]").evaluateAll((all) =>
      all.map((each) => ["segment", "from", "to"].map((name) => Number(each.getAttribute(`data-${name}`)))),
    );
    assert.deepEqual(moves, steps[12].moves.map((/** @type {any} */ { from, segment, to }) => [segment, from, to]));
    const longest = await page.evaluate(() => Math.max(0, ...document.getAnimations().map(({ effect }) => Number(effect?.getTiming().duration) || 0)));
    assert.ok(longest <= (reducedMotion === "reduce" ? 0 : 200), `${longest} ms`);
    await page.context().close();
  }
});

test("a process arrives by a press or dragged onto memory, another ends, and Back brings back what was", async () => {
  const { complaints, page } = await open("#v1;step=8", { viewport: { width: 1920, height: 1080 } });
  await page.getByRole("button", { name: "Arrive" }).click();
  await stands(page, "9");
  await told(page, "p5 arrives with code 60, data 40, heap 30, stack 20");
  assert.equal(await page.textContent(".stepper-place"), "Event 9 of 9");
  await page.getByRole("button", { name: "End p1" }).click();
  await stands(page, "10");
  await page.locator(".arrival .grip").dragTo(page.locator(".segments-picture"));
  await stands(page, "11");
  await told(page, "p6 arrives");
  await page.getByRole("button", { name: "Compact", exact: true }).click();
  await stands(page, "12");
  await page.waitForFunction(() => document.querySelector(".lab-head h1 code")?.textContent === "compact");
  for (let back = 0; back < 4; back += 1) await page.goBack();
  await page.waitForFunction(() => document.querySelector(".stepper-place")?.textContent?.endsWith("of 16"));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a trap names the check that failed and by how much, and what follows it is not reached", async () => {
  const { complaints, page } = await open("#v1;part=translation;step=3");
  assert.match((await page.textContent(".outcome")) ?? "", /✕ Beyond the limit by 401/);
  assert.equal(await page.getAttribute("[data-part=trap]", "data-excess"), "401");
  const gates = await page.locator("[data-part=gate]").evaluateAll((all) => all.map((each) => each.getAttribute("data-state")));
  assert.deepEqual(gates, ["holds", "holds", "fails", "unreached"]);
  assert.equal(await page.locator("[data-part=lies]").count(), 0);
  await page.keyboard.press("ArrowRight");
  await stands(page, "4");
  assert.equal(await page.getAttribute("[data-part=physical]", "data-physical"), "1727");
  assert.equal(await page.getAttribute("[data-part=lies]", "data-physical"), "1727");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a link restores a table of one's own, and its rows are edited in place", async () => {
  const table = encodeURIComponent("0:215/59\n1:188/56/down");
  const { page } = await open(`#v1;part=translation;bits=1%2B6;table=${table};addresses=100;step=1`);
  assert.equal(await page.getAttribute("[data-part=physical]", "data-physical"), "160");
  assert.deepEqual(
    await page.locator("[data-part=field]").evaluateAll((all) => all.map((each) => each.getAttribute("data-bits"))),
    ["1", "100100"],
  );
  await page.getByLabel("Limit, row 2").fill("20");
  await page.keyboard.press("Tab");
  await page.waitForSelector("[data-part=trap]");
  assert.equal(await page.getAttribute("[data-part=trap]", "data-excess"), "8");
  assert.match(decodeURIComponent(page.url()), /188\/20\/down/);
  await page.getByLabel("Limit, row 1").fill("4000");
  await page.keyboard.press("Tab");
  await page.waitForSelector("[role=alert]");
  assert.match((await page.textContent("[role=alert]")) ?? "", /cannot have the limit 4000/);
  await page.context().close();
});

test("a wrong event is pointed at, and the last picture stays", async () => {
  const { page } = await open("");
  await page.fill("#script", "arrive p1 code=10\nend p2");
  await page.waitForSelector("[role=alert]");
  assert.equal(await page.textContent(".field-marks mark"), "p2");
  assert.equal(await page.locator("[data-figure] svg").count(), 1);
  await page.context().close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  for (const part of ["#v1;step=13", "#v1;part=translation;step=3"]) {
    test(`${part} in ${colorScheme} has no violation, as a picture and as a table`, async () => {
      const { complaints, page } = await open(part, { colorScheme });
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press("t");
      await page.waitForSelector(".twin");
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });
  }
}

for (const width of [360, 768, 1920]) {
  test(`at ${width} px both parts fit, and the page never scrolls sideways`, async () => {
    for (const part of ["", "#v1;part=translation"]) {
      const { complaints, page } = await open(part, { viewport: { width, height: 800 } });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wider <= 0, `${part}: ${wider} px too wide`);
      assert.deepEqual(await layoutShifts(page), []);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });
}

test("the lab is shared, exported and saved as one file that steps without a server", async () => {
  const { complaints, page } = await open("#v1;step=13");
  await page.click("[popovertarget=export]");
  const [svg] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /SVG/ }).click()]);
  assert.match(svg.suggestedFilename(), /^ramscope-segments-first-fit.*\.svg$/);
  await page.keyboard.press("Escape");
  await page.click("[popovertarget=share]");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the file" }).click()]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  const offline = await openPage(browser);
  await offline.page.goto(pathToFileURL(path).href);
  await offline.page.waitForSelector("[data-part=move]");
  assert.equal(await offline.page.textContent(".lab-sentence"), await page.textContent(".lab-sentence"));
  assert.equal(await offline.page.locator(".acts").count(), 0);
  await offline.page.keyboard.press("Home");
  await stands(offline.page, "0");
  assert.deepEqual(await violations(offline.page), []);
  assert.deepEqual(offline.complaints, []);
  assert.deepEqual(complaints, []);
  await page.context().close();
  await offline.page.context().close();
});

test("places and addresses of one's own are checked, and a mistake that people make is named", async () => {
  const { complaints, page } = await open("#v1;mode=check");
  assert.equal((await page.textContent(".lab-head h1"))?.trim(), "Where does each segment go?");
  await page.getByLabel("First byte of the code of p1, event 1").fill("0");
  await page.getByLabel("First byte of the code of p4, event 7").first().fill("280");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.waitForFunction(() => /✕ Event 7, arrive p4/.test(document.querySelector(".check-verdict")?.textContent ?? ""));
  await page.getByRole("button", { name: "Show what is expected" }).click();
  assert.match((await page.textContent(".check-verdict")) ?? "", /Expected: nothing/);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Translation" }).click();
  await page.getByLabel("Physical address of read 0:430").fill("649");
  await page.getByLabel("Physical address of read 2:500").fill("590");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.waitForFunction(() => /right for bases added without a look at the limits/.test(document.querySelector(".check-verdict")?.textContent ?? ""));
  assert.deepEqual(complaints, []);
  await page.context().close();
});
