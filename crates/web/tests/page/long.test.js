// The replacement lab with strings of too many steps to be sent at once: made, read from a file, pasted.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { layoutShifts, openBrowser, openPage, PRESSED, Server, violations } from "./machine.js";

/** @typedef {import("playwright-core").Page} Page */

const PATH = "/api/v1/sim/paging";
const LENGTH = 100_000;
const ZIPF = "#v1;frames=6;from=zipf:100000:1000;policies=fifo,lru,opt;preset=none;tab=replacement";
/** As long, with a parting far from the beginning: three pages over and over, then others. */
const LATE = [...Array.from({ length: LENGTH - 7 }, (_, index) => index % 3), 0, 7, 1, 0, 8, 2, 1];

const server = new Server(PRESSED);
const folder = mkdtempSync(join(tmpdir(), "ramscope-long-"));
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
 * @param {string} fragment
 * @param {import("playwright-core").BrowserContextOptions} options
 */
async function open(fragment, options = {}) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${server.address}/paging${fragment}`);
  await opened.page.waitForSelector(".curve-line, .frame-grid");
  return opened;
}

/**
 * Waits for the sentence of a reference.
 * @param {Page} page
 * @param {number} index
 */
async function told(page, index) {
  await page.waitForFunction(
    (begin) => document.querySelector(".lab-sentence")?.textContent?.startsWith(begin),
    `Reference ${index}:`,
  );
  return page.textContent(".lab-sentence");
}

/**
 * @param {object} body
 * @returns {Promise<any>}
 */
async function asked(body) {
  const answer = await fetch(server.address + PATH, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
  return answer.json();
}

/**
 * @param {string} name
 * @param {string | Uint8Array} content
 */
function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("a string of 100,000 references is stepped at both ends, played, and gone to at any place", async () => {
  const { complaints, page } = await open(ZIPF);
  const question = { policies: ["fifo"], frames: 6, refs: { generate: "zipf:100000:1000" } };
  /** @param {number} from */
  const step = async (from) => (await asked({ ...question, window: { from, count: 1 } })).runs[0].steps[0];
  await page.keyboard.press("End");
  assert.equal(await told(page, LENGTH), (await step(LENGTH)).explain);
  assert.equal(await page.textContent(".stepper-place b"), "100,000");
  await page.keyboard.press("ArrowLeft");
  await told(page, LENGTH - 1);
  await page.keyboard.press("Home");
  assert.match((await page.textContent(".lab-sentence")) ?? "", /Memory is empty/);
  await page.fill(".go-to input", "54321");
  await page.click(".go-to button");
  assert.equal(await told(page, 54_321), (await step(54_321)).explain);
  const { so_far } = (await asked({ ...question, window: { from: 54_321, count: 1 } })).runs[0];
  const faults = await page.textContent("[data-count=faults]");
  assert.equal(faults?.split(" / ")[0].replaceAll(",", ""), String(so_far.faults[1]));
  await page.click(".stepper-play");
  await told(page, 54_323);
  await page.click(".stepper-play");
  await page.waitForFunction(() => /step=5432[3-9]/.test(location.hash));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("scrubbing asks for no more than where it rests", async () => {
  const { page } = await open(ZIPF);
  await told(page, Number((await page.textContent(".stepper-place b"))?.replaceAll(",", "")));
  let windows = 0;
  page.on("request", (request) => {
    if (request.postData()?.includes('"window"')) windows += 1;
  });
  await page.evaluate(async () => {
    const input = /** @type {HTMLInputElement} */ (document.querySelector(".scrubber input"));
    for (let part = 1; part <= 100; part += 1) {
      input.value = String(Math.round((Number(input.max) * part) / 100));
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise(requestAnimationFrame);
    }
  });
  await told(page, LENGTH);
  assert.ok(windows < 100, `${windows} windows`);
  await page.context().close();
});

test("the whole is drawn: faults over time, faults against frames, both as tables", async () => {
  const { page } = await open(ZIPF);
  await page.waitForFunction(() => document.querySelectorAll(".curve .curve-mark").length >= 3 * 18);
  assert.equal(await page.locator(".overtime .curve-line").count(), 3);
  const now = Number((await page.getAttribute(".scrubber input", "max")) ?? 0);
  assert.equal(now, LENGTH);
  await page.locator(".overtime-plot").click({ position: { x: 200, y: 60 } });
  await page.waitForFunction(
    () => Number(document.querySelector(".stepper-place b")?.textContent?.replaceAll(",", "")) > 10_000,
  );
  await page.keyboard.press("t");
  assert.equal(await page.locator(".overtime tbody tr").count(), 25);
  await page.waitForFunction(() => document.querySelectorAll(".grid-canvas + .table-scroll tbody tr").length > 10);
  await page.context().close();
});

test("a file of 100,000 references is read, and the parting far away is gone to", async () => {
  const { complaints, page } = await open("#v1;policies=fifo,lru;tab=replacement");
  await page.setInputFiles(".file-button input", file("late.txt", LATE.join("\n")));
  await page.waitForSelector(".source");
  assert.match((await page.textContent(".source")) ?? "", /late\.txt.*100,000 references to 5 pages/s);
  await page.waitForFunction(() => document.querySelector(".parting")?.textContent?.includes("99,995"));
  await page.click(".parting button");
  const said = await told(page, 99_995);
  assert.match(said ?? "", /page 7|page 0/);
  await page.waitForFunction(() => location.hash.includes("step=99995"));
  const other = await openPage(browser);
  await other.page.goto(page.url());
  assert.equal(await told(other.page, 99_995), said);
  await other.page.context().close();
  assert.deepEqual(complaints, []);
  await page.click(".source button");
  await page.waitForSelector(".frame-grid");
  await page.context().close();
});

test("a file is dropped, read in its own form, and in another", async () => {
  const { page } = await open("#v1;tab=replacement");
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["==7== Lackey\nI  04001000,3\n S 1ffe,8\n L 1ffe,1\n"], "trace.txt"));
    const field = document.querySelector(".field[data-over]");
    field?.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await page.waitForSelector(".source");
  assert.equal(await page.inputValue(".source select"), "lackey");
  await page.waitForFunction(() => document.querySelectorAll(".grid-references th").length === 5);
  await page.selectOption(".source select", "trc");
  await page.waitForSelector("#refs-note .fault");
  assert.match((await page.textContent("#refs-note")) ?? "", /line 1, column 1: `==7==` is not a page number/);
  await page.context().close();
});

test("what is pasted and too long to be typed is sent instead", async () => {
  const { page } = await open("#v1;policies=lru;tab=replacement");
  await page.fill("#refs", LATE.join(" "));
  await page.waitForSelector(".source");
  assert.match((await page.textContent(".source")) ?? "", /What was pasted.*100,000 references/s);
  await page.waitForSelector(".overtime");
  await page.context().close();
});

test("files that cannot be read are refused in their field, and the picture stays", async () => {
  const { complaints, page } = await open("#v1;tab=replacement");
  for (const [name, content, words] of /** @type {[string, string | Uint8Array, RegExp][]} */ ([
    ["empty.txt", "", /empty\.txt is empty/],
    ["letters.txt", "seven zero one", /line 1, column 1: `seven` is not a page number/],
    ["binary.bin", new Uint8Array([1, 2, 3, 255, 254, 0]), /this is not text: choose the trace's own format/],
    ["half.txt", new Uint8Array([55, 32, 195]), /this is not text/],
    ["torn.gz", new Uint8Array([31, 139, 8, 0, 0]), /packed by gzip, and cannot be unpacked/],
    ["huge.txt", "1 ".repeat(9_000_000), /huge\.txt has 18000000 bytes: the page takes 16777216/],
  ])) {
    await page.setInputFiles(".file-button input", file(name, content));
    await page.waitForFunction(
      ([source, flags]) => new RegExp(source, flags).test(document.querySelector("#refs-note")?.textContent ?? ""),
      [words.source, words.flags],
    );
    assert.equal(await page.locator(".grid-references th").count(), 21, name);
  }
  // The browser itself tells the console of each answer that is no success.
  assert.deepEqual(complaints.filter((text) => !text.includes("422")), []);
  await page.context().close();
});

test("a string that the server keeps no longer is said to be gone", async () => {
  const { page } = await openPage(browser);
  await page.goto(`${server.address}/paging#v1;from=${"0".repeat(32)};tab=replacement`);
  await page.waitForSelector(".refusal");
  assert.match((await page.textContent(".refusal")) ?? "", /keeps this reference string no longer: read its file again/);
  await page.context().close();
});

test("a million references open, and their end is gone to", async () => {
  const { page } = await open("#v1;frames=200;from=zipf:1000000:20000;policies=lru;preset=none;tab=replacement");
  await page.keyboard.press("End");
  await told(page, 1_000_000);
  await page.fill(".go-to input", "500000");
  await page.click(".go-to button");
  await told(page, 500_000);
  await page.context().close();
});

for (const [width, colorScheme] of /** @type {[number, "light" | "dark"][]} */ ([
  [360, "dark"],
  [1280, "light"],
])) {
  test(`a long string at ${width} px, ${colorScheme}, fits without violation or shift`, async () => {
    const { complaints, page } = await open(ZIPF, { viewport: { width, height: 800 }, colorScheme });
    await page.waitForSelector(".overtime .curve-line");
    for (const key of ["End", "ArrowLeft", "Home", "ArrowRight"]) await page.keyboard.press(key);
    await told(page, 1);
    assert.deepEqual(await violations(page), []);
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(wider <= 0, `${wider} px too wide`);
    await page.keyboard.press("t");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await layoutShifts(page), []);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
}
