// The lab "Paging": its arithmetic, and on a real server its steps, its grid, its checks and its links.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { blankTable, firstWrong, pasted } from "../../ui/lab-check.js";
import { chosen, NAMED, nameOf, OPENING, problemOf, readReferences, stateOf, textOf } from "../../ui/paging-problem.js";
import { anomaliesOf, countsOf, firstDivergence } from "../../ui/paging-run.js";
import { countsAt, sceneAt } from "../../ui/paging-scene.js";
import { layoutShifts, openBrowser, openPage, PRESSED, Server, violations } from "./machine.js";

/** @typedef {import("playwright-core").Page} Page */

const TEXTBOOK = "#v1;tab=replacement;step=4";
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

/**
 * Opens the lab and waits for its picture.
 * @param {string} fragment
 * @param {import("playwright-core").BrowserContextOptions} options
 */
async function open(fragment, options = {}) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${server.address}/paging${fragment}`);
  await opened.page.waitForSelector(".curve-line, .page-tables, .check-grid");
  return opened;
}

/** @param {Page} page */
const sentence = (page) => page.textContent(".lab-sentence");
/** @param {Page} page */
const place = (page) => page.textContent(".stepper-place b");

/**
 * @param {object} body
 * @param {string} path
 * @returns {Promise<any>}
 */
async function asked(body, path = "/api/v1/sim/paging") {
  const answer = await fetch(server.address + path, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
  return answer.json();
}

test("a reference string is read, and a wrong place is pointed at", () => {
  const { references } = readReferences("7, 0;1w\n2 # a comment\n\t3");
  assert.equal(textOf(references ?? []), "7 0 1w 2 3");
  for (const [text, from, to] of /** @type {[string, number, number][]} */ ([
    ["7 0 x 2", 4, 5],
    ["-1", 0, 2],
    ["1 99999999999999999999", 2, 22],
    ["1 2.5", 2, 5],
    ["", 0, 0],
    ["# nothing", 0, 9],
  ])) {
    const { error } = readReferences(text);
    assert.deepEqual([error?.from, error?.to], [from, to], text);
  }
});

test("a problem survives its address, and what cannot be falls back to the opening problem", () => {
  for (const named of NAMED) {
    const problem = chosen(named);
    const state = Object.fromEntries(Object.entries(stateOf(problem, {})).filter(([, value]) => value !== undefined));
    assert.deepEqual(problemOf(/** @type {Record<string, string>} */ (state)), problem, named.id);
    assert.equal(nameOf(problem)?.id, named.id);
  }
  const hostile = { policies: "<script>,../..", frames: "-3", preset: "'; drop", "set.__proto__": "1", "set.<b>": "1" };
  assert.deepEqual(problemOf(hostile), { ...OPENING, set: { ["__proto__"]: "1" } });
  assert.deepEqual(problemOf({ frames: "1e99", step: "NaN" }), OPENING);
});

test("the first wrong cell is the first by columns, and an empty column is passed over", async () => {
  const { runs } = await asked({ policies: ["lru"], frames: 3, refs: OPENING.refs, steps: true });
  const { steps } = runs[0];
  const right = [0, 1, 2].map((frame) => steps.map((/** @type {any} */ step) => String(step.frames[frame] ?? "")));
  const letters = steps.map((/** @type {any} */ { hit }) => (hit ? "hit" : "x"));
  assert.equal(firstWrong([...right, letters], steps), null);
  assert.equal(firstWrong(blankTable(3, 20), steps), null);
  const wrong = structuredClone([...right, letters]);
  wrong[2][10] = "9";
  wrong[0][7] = "9";
  assert.deepEqual(firstWrong(wrong, steps), { row: 0, column: 7, given: "9", expected: "4" });
  for (const row of wrong) row[7] = "";
  assert.equal(firstWrong(wrong, steps)?.column, 10);
  const sheet = `\t${OPENING.refs.replaceAll(" ", "\t")}\n${right.map((row, frame) => `Frame ${frame}\t${row.join("\t")}`).join("\n")}`;
  assert.equal(firstWrong(pasted(blankTable(3, 20), sheet, 0, 0, OPENING.refs.split(" ")), steps), null);
});

test("counts, the parting of two policies and Belady's anomaly are read off the steps", async () => {
  const { runs } = await asked({ policies: ["lru", "opt"], frames: 3, refs: OPENING.refs, steps: true });
  assert.equal(countsOf(runs[0].steps).faults.at(-1), 12);
  assert.equal(countsOf(runs[0].steps).cold.at(-1), 6);
  assert.equal(firstDivergence(runs)?.index, 8);
  assert.equal(firstDivergence([runs[0], runs[0]]), null);
  const belady = await asked({ policies: ["fifo"], frames: "1..7", refs: "1 2 3 4 1 2 5 1 2 3 4 5" });
  assert.deepEqual(
    anomaliesOf(belady.runs).map(({ fewer, more }) => [fewer.frames, fewer.faults, more.faults]),
    [[3, 9, 10]],
  );
});

test("memory made from the steps is the server's at the end", async () => {
  const script = "arrive a 3\nwrite a 0\ntouch a 1\narrive b 2\ntouch b 1\nwrite b 0\ntouch a 0\nend b\nwrite a 2";
  for (const body of [{}, { memory_bytes: 128, script }]) {
    const life = await asked(body, "/api/v1/sim/processes");
    const { frames, swap, tables } = sceneAt(life, life.steps.length);
    assert.deepEqual(
      frames.map(({ page, process }, frame) => ({ frame, process, page })),
      life.frames,
    );
    assert.deepEqual(
      swap.map(({ page, process }, slot) => ({ slot, process, page })),
      life.swap,
    );
    const own = tables.map(({ pages, process }) => ({
      process,
      pages: pages.map(({ dirty, frame, page, slot }) => ({
        page,
        present: frame !== null,
        frame,
        dirty,
        swap_slot: slot,
      })),
    }));
    assert.deepEqual(own, life.page_tables);
    for (const [key, count] of Object.entries(countsAt(life, life.steps.length))) assert.equal(count, life[key], key);
  }
});

test("the lab opens with processes in frames: 16 are placed, 4 must replace", async () => {
  const { complaints, page } = await open("");
  assert.equal(await page.textContent("[role=tab][aria-selected=true]"), "Processes in frames");
  assert.match((await sentence(page)) ?? "", /p17 writes its page 0.*page fault/);
  assert.equal(await page.locator(".frames:not(.swap-slots) > .place").count(), 16);
  assert.equal(await page.getAttribute("[data-count=placed]", "data-all"), "16");
  assert.equal(await page.getAttribute("[data-count=replaced]", "data-all"), "4");
  await page.keyboard.press("Home");
  assert.equal(await page.locator(".place[data-free=false]").count(), 0);
  await page.keyboard.press("End");
  assert.equal(await page.locator(".frames:not(.swap-slots) > .place[data-free=false]").count(), 16);
  assert.deepEqual(await layoutShifts(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("steps forward and back by keys give the same sentence, and the server's", async () => {
  const { runs } = await asked({
    policies: ["lru"],
    frames: 3,
    refs: OPENING.refs,
    preset: "silberschatz",
    steps: true,
  });
  const { page } = await open(TEXTBOOK);
  const said = new Map([[4, await sentence(page)]]);
  for (let step = 5; step <= 20; step += 1) {
    await page.keyboard.press("ArrowRight");
    said.set(step, await sentence(page));
  }
  for (const [step, words] of said) assert.equal(words, runs[0].steps[step - 1].explain);
  for (let step = 19; step >= 4; step -= 1) {
    await page.keyboard.press("ArrowLeft");
    assert.equal(await sentence(page), said.get(step));
  }
  await page.keyboard.press("End");
  assert.equal(await place(page), "20");
  await page.keyboard.press("Home");
  assert.equal(await place(page), "0");
  assert.match((await sentence(page)) ?? "", /Memory is empty/);
  await page.keyboard.press(" ");
  await page.waitForFunction(() => document.querySelector(".stepper-place b")?.textContent === "2");
  await page.context().close();
});

test("the textbook string has 15, 12 and 9 faults for FIFO, LRU and OPT, and their grids say so", async () => {
  const { page } = await open("#v1;tab=replacement;policies=fifo,lru,opt;step=20");
  for (const [policy, faults] of /** @type {[string, number][]} */ ([
    ["fifo", 15],
    ["lru", 12],
    ["opt", 9],
  ])) {
    const letters = await page.locator(`[data-policy=${policy}] .grid-result td`).allTextContents();
    assert.equal(letters.length, 20);
    assert.equal(letters.filter((letter) => letter === "F").length, faults, policy);
  }
  assert.deepEqual(
    await page
      .locator("[data-count=faults]")
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("data-all"))),
    ["15", "12", "9"],
  );
  assert.match((await page.textContent(".parting")) ?? "", /FIFO and LRU part at reference \d+/);
  await page.click(".told .ranges button:nth-child(3)");
  await page.waitForFunction(() => location.hash.includes("focus=opt"));
  await page.context().close();
});

test("each policy's own state stands beside the grid: a ring, a stack, next uses, four lists", async () => {
  for (const [policy, selector, words] of /** @type {[string, string, RegExp][]} */ ([
    ["clock", ".ring .ring-hand", /bit/i],
    ["lru", ".stack", /2\s*frame 0.*1\s*frame 2.*0\s*frame 1/s],
    ["opt", ".values", /at \d+/],
    ["arc", ".arc", /Seen once.*Seen again/s],
    ["2q", ".queues .queue", /in →/],
  ])) {
    const { complaints, page } = await open(`#v1;tab=replacement;policies=${policy};step=4`);
    await page.waitForSelector(selector);
    const box = page.locator(".ring, .stack, .values, .arc, .queues").first();
    assert.match((await box.textContent()) ?? "", words, policy);
    assert.deepEqual(complaints, [], policy);
    await page.context().close();
  }
});

test("Belady's anomaly is marked on the curve, and a click there asks for those frames", async () => {
  const { page } = await open("#v1;tab=replacement;policies=fifo;refs=1,2,3,4,1,2,5,1,2,3,4,5");
  assert.match((await page.textContent(".curve-note")) ?? "", /FIFO has 9 faults with 3 frames and 10 with 4/);
  assert.equal(await page.locator(".curve-anomaly").count(), 1);
  await page.click("[data-frames='4'] rect");
  await page.waitForFunction(() => document.querySelectorAll(".grid-frame").length === 4);
  assert.match(page.url(), /frames=4/);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".grid-frame").length === 3);
  await page.context().close();
});

test("a wrong cell is found, its value told on request, and another policy that explains the table is named", async () => {
  const { runs } = await asked({ policies: ["fifo"], frames: 3, refs: OPENING.refs, steps: true });
  const rows = [0, 1, 2].map((frame) =>
    runs[0].steps.map((/** @type {any} */ step) => step.frames[frame] ?? "").join("\t"),
  );
  const { complaints, page } = await open("#v1;mode=check;tab=replacement");
  await page.locator("[data-cell='0,0']").evaluate((cell, text) => {
    const data = new DataTransfer();
    data.setData("text", text);
    cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, rows.join("\n"));
  await page.click(".check-acts .primary");
  await page.waitForSelector("td[data-wrong]");
  const cell = await page.locator("td[data-wrong] input").getAttribute("data-cell");
  const { runs: lru } = await asked({ policies: ["lru"], frames: 3, refs: OPENING.refs, steps: true });
  const column = runs[0].steps.findIndex(
    (/** @type {any} */ step, /** @type {number} */ index) =>
      String(step.frames) !== String(lru[0].steps[index].frames),
  );
  assert.equal(cell?.split(",")[1], String(column));
  assert.ok(!((await page.textContent(".check-verdict")) ?? "").includes("Expected"));
  await page.waitForFunction(() => document.querySelector(".check-verdict")?.textContent?.includes("right for FIFO"));
  await page.click(".check-verdict .why");
  assert.match((await page.textContent(".check-verdict")) ?? "", /Expected/);
  await page.locator("[data-cell='0,0']").click();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-cell")), "1,1");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a link holds the problem and the step", async () => {
  const { page } = await open("#v1;frames=4;policies=clock;refs=1,2w,3,4,1,2,5;tab=replacement");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => location.hash.includes("step=6"));
  const said = await sentence(page);
  await page.click("[popovertarget=share]");
  const link = (await page.textContent("#share .copy code")) ?? "";
  const other = await openPage(browser);
  await other.page.goto(link);
  await other.page.waitForFunction((words) => document.querySelector(".lab-sentence")?.textContent === words, said);
  assert.equal(await place(other.page), "6");
  assert.equal(await other.page.inputValue("#refs"), "1 2w 3 4 1 2 5");
  await other.page.context().close();
  await page.context().close();
});

for (const fragment of [
  "#v1;tab=replacement;policies=;frames=0;step=-5",
  "#v1;tab=replacement;frames=99999999;step=1e9;preset=%00",
  "#v1;tab=replacement;refs=7,0,1,2,0,3,0,4,",
  "#v1;tab=%3Cscript%3E;step=999999",
  "#v1;tab=replacement;policies=%E0%A4%A;refs",
  "#v9;tab=replacement;policies=opt",
  "#v1;memory=NaN;page=-1;processes=1e400;policy=..%2F..",
]) {
  test(`the lab opens from ${fragment}`, async () => {
    const { complaints, page } = await open(fragment);
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    assert.ok(Number(await place(page)) > 0);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
}

test("a string that cannot be read is told in its field, and the last picture stays", async () => {
  const { complaints, page } = await open(TEXTBOOK);
  await page.fill("#refs", "7 0 1 twelve 3");
  await page.waitForSelector(".field-marks mark");
  assert.equal(await page.textContent(".field-marks mark"), "twelve");
  assert.match((await page.textContent("#refs-note")) ?? "", /“twelve” is no page number/);
  assert.equal(await page.locator(".grid-references th").count(), 21);
  await page.fill("#refs", "1 2 3 <b>");
  assert.equal(await page.locator(".field b").count(), 0);
  await page.fill("#refs", "1 2 3 1");
  await page.waitForFunction(() => document.querySelectorAll(".grid-references th").length === 5);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a long string is painted on a canvas, and steps by keys like a short one", async () => {
  const refs = Array.from({ length: 1200 }, (_, index) => (index * index * 7 + index) % 23).join(",");
  for (const fragment of [TEXTBOOK, `#v1;frames=8;refs=${refs};tab=replacement`]) {
    const { page } = await open(fragment);
    assert.equal(await page.locator(".grid-canvas canvas").count(), fragment === TEXTBOOK ? 0 : 1);
    const [begun, said] = [Number(await place(page)), await sentence(page)];
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction((old) => document.querySelector(".lab-sentence")?.textContent !== old, said);
    assert.equal(Number(await place(page)), begun + 1);
    await page.context().close();
  }
});

test("every export is a file with what was on the screen", async () => {
  const { page } = await open(TEXTBOOK, { acceptDownloads: true });
  for (const [index, begins] of [/^\x89PNG/, /^<svg /, /^policy,step,page,/, /^\{/].entries()) {
    const waiting = page.waitForEvent("download");
    await page.click("[popovertarget=export]");
    await page.click(`#export li:nth-child(${index + 1}) button`);
    const file = readFileSync(await (await waiting).path());
    assert.match(file.toString("latin1").slice(0, 200), begins);
    if (index === 3) assert.equal(JSON.parse(file.toString()).runs[0].faults, 12);
  }
  await page.context().close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`the lab in ${colorScheme} has neither violation nor error nor shift`, async () => {
    for (const fragment of ["", "#v1;policies=lru,clock,opt;tab=replacement", "#v1;mode=check;tab=replacement"]) {
      const { complaints, page } = await open(fragment, { colorScheme });
      for (const key of ["End", "ArrowLeft", "Home", "ArrowRight"]) await page.keyboard.press(key);
      assert.deepEqual(await violations(page), [], fragment);
      await page.keyboard.press("t");
      assert.deepEqual(await violations(page), [], `${fragment} as tables`);
      assert.deepEqual(await layoutShifts(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });
}

for (const width of [360, 768, 1280, 1920]) {
  test(`the lab at ${width} px fits, and only grids scroll sideways`, async () => {
    for (const fragment of ["", "#v1;policies=lru,clock,opt;tab=replacement"]) {
      const { page } = await open(fragment, { viewport: { width, height: 800 } });
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(wider <= 0, `${wider} px too wide`);
      assert.deepEqual(await violations(page), []);
      await page.context().close();
    }
  });
}

test("the files of the lab are at most 60 kB gzipped", async (context) => {
  const { gzipSync } = await import("node:zlib");
  const { page } = await openPage(browser);
  /** @type {Promise<[string, number]>[]} */
  const files = [];
  page.on("response", (answer) => {
    const name = new URL(answer.url()).pathname.split("/").at(-1) ?? "";
    if (/^(lab|paging|memo)/.test(name))
      files.push(answer.body().then((body) => [name, gzipSync(body, { level: 9 }).length]));
  });
  await page.goto(`${server.address}/paging`);
  await page.waitForSelector(".page-tables table");
  const sum = (await Promise.all(files)).reduce((bytes, [, size]) => bytes + size, 0);
  context.diagnostic(`${sum} bytes in ${files.length} files`);
  assert.ok(files.length > 10 && sum <= 60_000, `${sum} bytes`);
  await page.context().close();
});
