// The lab "Segmentation", tab "Free space": what its pictures say against what the machines said, and on a real server its
// map, its one selection, what may be done to memory, its checks and its files.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { firstWrongAddress } from "../../ui/segmentation-checked.js";
import { heldAt, holesAt, momentAt } from "../../ui/segmentation-allocators-moment.js";
import { PROBLEMS } from "../../ui/segmentation-fits-problem.js";
import * as fits from "../../ui/segmentation-fits-problem.js";
import { opsAfter } from "../../ui/segmentation-list.js";
import { ganttFigure, lifeAt, pointAt, scaleOf } from "../../ui/segmentation-gantt.js";
import { holesFigure } from "../../ui/segmentation-holes-figure.js";
import { csvOf, holesAfter, lookedAt, partingOf, sizesOf, totalsOf } from "../../ui/segmentation-holes-moment.js";
import * as given from "../../ui/segmentation-holes-problem.js";
import { bodyOf } from "../../ui/segmentation-list.js";
import { memoryRowsFigure, rowsOf } from "../../ui/segmentation-memory-figure.js";
import { addressAt, further, LEAST_BYTES, MOST_ROWS, nearer, partsOf, placeOf, showing, usesOf, wholeOf } from "../../ui/segmentation-memory-rows.js";
import { toneOf } from "../../ui/segmentation-pieces.js";
import { programOf } from "../../ui/segmentation-program.js";
import { layoutShifts, openBrowser, openPage, Server, violations } from "./machine.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../../ui/segmentation-pieces.js").Piece} Piece */

const server = new Server(null);
const folder = mkdtempSync(join(tmpdir(), "ramscope-free-"));
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

/** @param {string} path @param {object} body @returns {Promise<any>} */
async function asked(path, body) {
  const answer = await fetch(`${server.address}/api/v1/sim/${path}`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** @param {string} fragment @param {import("playwright-core").BrowserContextOptions} options */
async function open(fragment, options = {}) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${server.address}/segmentation#v1;tab=free${fragment}`);
  await opened.page.waitForSelector(".lab-stage svg, .check-requests");
  return opened;
}

/** @param {Page} page @param {string} text */
const stands = (page, text) => page.waitForFunction((wanted) => document.querySelector(".stepper-place b")?.textContent === wanted, text);

/** @param {Page} page @param {string} words of the sentence */
const told = (page, words) => page.waitForFunction((wanted) => document.querySelector(".lab-sentence")?.textContent?.includes(wanted), words);

/** The pieces of a figure that have a name, at any depth. @param {Piece[]} pieces @param {string} name @returns {{data: Record<string, string | number>, pieces: Piece[]}[]} */
function parts(pieces, name) {
  return pieces.flatMap((piece) => ("pieces" in piece ? [...(piece.name === name ? [piece] : []), ...parts(piece.pieces, name)] : []));
}

/** @param {Record<string, string | undefined>} state @returns {Record<string, string>} */
const kept = (state) =>
  /** @type {Record<string, string>} */ (Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)));

test("each named problem of given holes survives its address, and shows what its name says", async () => {
  for (const { id, label, ...problem } of given.PROBLEMS) {
    assert.deepEqual(given.problemOf(kept(given.stateOf(problem))), problem, label);
    assert.equal(given.named(problem)?.id, id);
  }
  const placed = async (/** @type {string} */ id) => {
    const problem = /** @type {typeof given.PROBLEMS[number]} */ (given.PROBLEMS.find((known) => known.id === id));
    const { runs } = await asked("holes", given.bodyOf(problem));
    return runs.map((/** @type {any} */ { placements }) => placements.filter((/** @type {number | null} */ hole) => hole !== null).length);
  };
  assert.deepEqual(await placed("four"), [3, 3, 4, 3], "only best fit holds all");
  const [first, , best] = await placed("first-wins");
  assert.ok(first > best, "first fit holds what best fit cannot");
  const [early, , tight] = await placed("best-wins");
  assert.ok(tight > early, "best fit holds what first fit cannot");
  const [, , small, large] = await placed("worst-wins");
  assert.ok(large > small, "worst fit leaves rests that are of use");
});

test("holes after each request are those of the machines, and what was looked at is as many as they say", async () => {
  for (const partitions of ["split", "fixed"]) {
    const holes = "100,500,200,300,600,40";
    const { runs } = await asked("holes", { holes, requests: "212,417,112,426,30,30,90", partitions, policies: ["all"] });
    const sizes = sizesOf(holes);
    for (const run of runs) {
      for (const step of run.steps) {
        const after = holesAfter(sizes, run, step.index);
        assert.deepEqual(after.map(({ free }) => free).filter((free) => free > 0), step.holes, `${run.policy} ${partitions} ${step.index}`);
        assert.equal(lookedAt(sizes, run, step.index).length, step.searched, `${run.policy} ${partitions} ${step.index}`);
        if (step.hole !== null) assert.ok(lookedAt(sizes, run, step.index).includes(step.hole));
        for (const { free, lost, placed, size } of after) assert.equal(placed.reduce((sum, each) => sum + each.size, 0) + free + lost, size);
      }
      assert.equal(totalsOf(sizes, run, run.steps.length).placed, run.placements.filter((/** @type {number | null} */ hole) => hole !== null).length);
    }
    assert.equal(csvOf(runs).trim().split("\n").length, 1 + 4 * 7);
    assert.equal(partingOf(runs)?.index, 1, "best fit takes 300 for 212, first fit 500");
    const figure = holesFigure({ sizes, runs, at: 4, focus: runs[0], titleOf: (name) => name }, 900);
    assert.equal(parts(figure.pieces, "fit").length, 4);
  }
});

test("each named list survives its address, and shows what its name says", async () => {
  for (const { id, label, step = 1, ...problem } of PROBLEMS) {
    const whole = { base: 0, kept: "", preset: "", set: {}, ...problem };
    assert.deepEqual(fits.problemOf(kept(fits.stateOf(whole))), whole, label);
    assert.equal(fits.named(whole)?.id, id);
    const { runs } = await asked("alloc", bodyOf(whole));
    assert.ok(step <= runs[0].ops.length, label);
  }
  const run = async (/** @type {string} */ id) => {
    const known = PROBLEMS.find((each) => each.id === id);
    return (await asked("alloc", bodyOf(fits.wholeOf(/** @type {typeof PROBLEMS[number]} */ (known))))).runs[0];
  };
  const compacted = await run("compact");
  assert.deepEqual(compacted.ops.slice(7, 10).map((/** @type {any} */ { address, op }) => [op, address === null]), [["alloc", true], ["compact", true], ["alloc", false]]);
  assert.ok(compacted.ops[8].moved.length > 0);
  const moved = await run("on-failure");
  assert.ok(moved.ops[7].moved.length > 0 && moved.ops[7].address !== null);
  assert.equal((await run("apart")).ops[6].address, null, "90 bytes are free, and no 50 in one piece");
});

test("an operation that is put behind another is one that the machines take, whatever the list calls its requests", async () => {
  const text = "# ramscope alloc-trace 1\na 140737488355328 10 0 1\na 7 20 1 1\nf 140737488355328 2 1\na 140737488355328 30 3 1\n";
  const { runs } = await asked("alloc", { policies: ["first"], capacity: 100, ops: text });
  const { ops } = runs[0];
  assert.equal(opsAfter(ops, 4, { op: "free", id: 140737488355328 }), "+10,+20,-0,+30,-2");
  assert.equal(opsAfter(ops, 1, { op: "alloc", size: 5 }), "+10,+5");
  assert.equal(opsAfter(ops, 2, { op: "compact" }), "+10,+20,compact");
});

test("every byte of memory stands in one use, in the map once, and where a press finds it", async () => {
  const body = { policies: ["first", "best", "quick"], capacity: 8192, ops: programOf(5, 200, 900), set: { "block.align": "8", "block.header": "8" }, views: true };
  for (const run of (await asked("alloc", body)).runs) {
    for (const at of [0, 50, 150, run.ops.length]) {
      const moment = momentAt(run, at, null);
      const uses = usesOf(moment, holesAt(run, at));
      assert.equal(uses.reduce((sum, { size }) => sum + size, 0), 8192, `${run.policy} ${at}`);
      for (const [place, { from, size }] of uses.entries()) assert.equal(from + size, uses[place + 1]?.from ?? 8192);
      for (const block of heldAt(run, at)) {
        const { asked: bytes, header, padding } = partsOf(block, 8);
        assert.equal(header + bytes + padding, block.size);
        assert.equal(bytes, block.asked);
      }
      for (const look of [wholeOf(run), nearer(wholeOf(run), run, 3000, 3), nearer(wholeOf(run), run, 8000, 20)]) {
        const figure = memoryRowsFigure({ moment, uses, look, hole: null }, 900);
        const rows = rowsOf(moment, look, 900);
        const end = Math.min(8192, look.from + look.perRow * MOST_ROWS);
        for (let address = look.from; address < end; address += 97) {
          const { x, y } = placeOf(rows, address);
          assert.equal(addressAt(rows, x + 0.01, y + 5), address);
        }
        const inside = uses.filter(({ from, size }) => from < end && from + size > look.from);
        const named = new Set([...parts(figure.pieces, "held"), ...parts(figure.pieces, "hole")].map(({ data }) => data.address));
        const merged = parts(figure.pieces, "merged").reduce((sum, { data }) => sum + Number(data.count), 0);
        assert.ok(named.size + merged <= inside.length + MOST_ROWS && named.size > 0);
      }
    }
  }
});

test("requests that are named by addresses have all hues", () => {
  const tones = new Set(Array.from({ length: 64 }, (_, index) => toneOf(139_638_979_000_000 + index * 64)));
  assert.equal(tones.size, 8);
  assert.equal(toneOf(9), "owner-2");
});

test("looking nearer keeps the address under the pointer, ends at single bytes, and comes back to all of memory", () => {
  const memory = { base: 1000, capacity: 100_000 };
  let look = wholeOf(memory);
  assert.equal(look.from, 1000);
  for (let step = 0; step < 30; step += 1) {
    look = nearer(look, memory, 61_234, 1);
    assert.ok(61_234 >= look.from && 61_234 < look.from + look.perRow * MOST_ROWS);
  }
  assert.equal(look.perRow, LEAST_BYTES);
  assert.deepEqual(showing(look, memory, 61_234), look);
  assert.ok(showing(look, memory, 1000).from === 1000);
  assert.equal(further(look, memory, -1e9).from, 1000);
  const last = further(look, memory, 1e9);
  assert.ok(last.from + last.perRow * MOST_ROWS >= 101_000);
  for (let step = 0; step < 30; step += 1) look = nearer(look, memory, 61_234, -1);
  assert.deepEqual(look, wholeOf(memory));
});

test("blocks over the operations are the machines' own, and a press finds the one that stood there", async () => {
  const body = { policies: ["first"], capacity: 400, ops: "+50,+60,+70,-0,+90,-2,compact,+200,-1", lives: { from: 1, count: 100, most: 100 } };
  const [run] = (await asked("alloc", body)).runs;
  const scene = { lives: run.lives.blocks, length: run.metrics.ops, base: 0, capacity: 400, at: 3, selected: 1, failed: [] };
  const figure = ganttFigure(scene, 900);
  assert.equal(parts(figure.pieces, "life").length, run.lives.blocks.length);
  assert.equal(parts(figure.pieces, "life").filter(({ data }) => data.id === 1).length, 2, "compaction moved it");
  const { x, y } = scaleOf(scene, 900);
  for (let at = 1; at <= run.ops.length; at += 1) {
    for (const { address, id, size } of heldAt(run, at)) {
      const point = pointAt(scene, 900, x(at) + 2, y(address + size / 2));
      assert.equal(point?.op, at);
      assert.equal(lifeAt(scene.lives, at, point?.address ?? -1)?.id, id, `operation ${at}`);
    }
  }
});

test("the tab opens on four fits for given holes, with the one that holds all named", async () => {
  const { complaints, page } = await open("");
  await stands(page, "4");
  assert.equal(await page.locator("[data-part=fit]").count(), 4);
  assert.equal(await page.textContent("[data-policy=best] [data-count=placed]"), "4 / 4");
  await page.locator("[data-part=fit][data-policy=best]").click({ position: { x: 20, y: 6 } });
  await told(page, "best fit");
  await page.locator(".parting button").click();
  await stands(page, "1");
  assert.deepEqual(await layoutShifts(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a table of holes is checked, and fixed partitions are named as what explains it", async () => {
  const { page } = await open(";mode=check");
  for (const [request, hole] of [["1", "500"], ["2", "600"], ["3", "200"]]) await page.getByLabel(`Hole of request ${request}`).fill(hole);
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.waitForFunction(() => /right for First fit with fixed partitions/.test(document.querySelector(".check-verdict")?.textContent ?? ""));
  assert.match((await page.textContent(".check-verdict")) ?? "", /✕ Request 3/);
  await page.context().close();
  assert.equal(firstWrongAddress(["–", "x", "refused", "trap"], [null, null, null, null].map((address) => ({ address }))), null);
});

test("one block and one hole are selected in map, free list, time and table at once, and a link keeps them", async () => {
  const { complaints, page } = await open(";part=time;step=8", { viewport: { width: 1280, height: 2600 } });
  await page.locator(".memory-picture [data-part=held][data-id='2']").first().click({ position: { x: 4, y: 4 } });
  await page.waitForSelector(".memory-picture [data-part=held][data-id='2'][data-selected=true]");
  await page.waitForSelector("[data-figure=gantt] [data-part=life][data-id='2'][data-selected=true]");
  await page.waitForSelector(".blocks tr[data-id='2'][data-selected=true]");
  await page.waitForSelector("[data-figure=memories] [data-part=held][data-id='2'][data-selected=true]");
  await page.locator(".blocks tr[data-hole='450']").click();
  await page.waitForSelector(".memory-picture [data-part=hole][data-address='450'][data-selected=true]");
  await page.waitForSelector("[data-structure=first] [data-part=hole][data-address='450'][data-selected=true]");
  assert.match(page.url(), /hole=450/);
  await page.locator("[data-structure=first] [data-part=hole][data-address='800']").click();
  await page.waitForSelector(".blocks tr[data-hole='800'][data-selected=true]");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("the wheel looks nearer down to single bytes and away again, and the address stays in its place", async () => {
  const { page } = await open(";part=time;step=8", { viewport: { width: 1280, height: 1200 } });
  const range = () => page.textContent(".memory-range");
  assert.match((await range()) ?? "", /all of it, 128 bytes a row/);
  const box = await page.locator(".memory-picture svg").boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + box.width / 2, box.y + 90);
  for (let turn = 0; turn < 3; turn += 1) await page.mouse.wheel(0, -120);
  await page.waitForFunction(() => document.querySelector(".memory-range")?.textContent?.includes("16 bytes a row"));
  assert.equal(await page.getByRole("button", { name: "Nearer" }).isDisabled(), true);
  await page.getByRole("button", { name: "All of memory" }).click();
  assert.match((await range()) ?? "", /all of it/);
  await page.context().close();
});

test("a request is pressed or dragged in, another freed, memory compacted, and Back brings back what was", async () => {
  const { complaints, page } = await open(";part=time;step=8", { viewport: { width: 1280, height: 1400 } });
  await page.getByRole("button", { name: "Ask for them" }).click();
  await told(page, "Operation 9: request 6 asks for 40 bytes");
  await page.locator(".acts .grip").dragTo(page.locator(".memory-map"));
  await told(page, "Operation 10: request 7 asks for 40 bytes");
  await page.locator(".memory-picture [data-part=held][data-id='2']").first().click({ position: { x: 4, y: 4 } });
  await page.getByRole("button", { name: "Free request 2" }).click();
  await told(page, "Operation 11: request 2 gives back 150 bytes");
  await page.getByRole("button", { name: "Compact", exact: true }).click();
  await told(page, "Operation 12: compaction is asked for");
  await page.waitForFunction(() => document.querySelectorAll(".memory-picture [data-part=hole]").length > 0);
  assert.equal(await page.locator(".blocks tr[data-hole]").count(), 1);
  for (let back = 0; back < 4; back += 1) await page.goBack();
  await page.waitForFunction(() => document.querySelector(".stepper-place")?.textContent?.endsWith("of 11"));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a recorded trace is read from a file, in a memory of twice its peak, and scrubbed in stretches", async () => {
  const file = join(folder, "recorded.txt");
  const lines = ["# ramscope alloc-trace 1"];
  for (let index = 0; index < 30_000; index += 1) {
    lines.push(`a ${140_000_000_000_000 + index * 64} ${1 + ((index * 37) % 300)} ${index} 1`);
    if (index >= 500) lines.push(`f ${140_000_000_000_000 + (index - 500) * 64} ${index} 1`);
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
  const { complaints, page } = await open(";part=time");
  await page.setInputFiles(".list-field input[type=file]", file);
  await page.waitForFunction(() => document.querySelector(".stepper-place")?.textContent?.endsWith("of 59,500"));
  await page.waitForSelector(".source b");
  assert.match((await page.textContent(".source")) ?? "", /recorded\.txt.*59,500 operations, 30,000 requests/);
  await page.locator(".scrubber input").fill("40000");
  await told(page, "Operation 40000");
  assert.ok((await page.locator(".memory-picture svg *").count()) > 20);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`every picture of the tab in ${colorScheme} has no violation, also as a table and to be checked`, async () => {
    for (const fragment of ["", ";mode=check", ";part=time;step=8", ";part=time;mode=check"]) {
      const { complaints, page } = await open(fragment, { colorScheme });
      assert.deepEqual(await violations(page), [], fragment);
      await page.keyboard.press("t");
      assert.deepEqual(await violations(page), [], `${fragment} as tables`);
      assert.deepEqual(await layoutShifts(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });
}

test("both parts are saved as one file each that steps without a server", async () => {
  for (const [fragment, last, place] of [["", "4", ".holes-picture"], [";part=time;step=8", "8", ".memory-picture"]]) {
    const { page } = await open(fragment);
    await stands(page, last);
    await page.click("[popovertarget=share]");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the file" }).click()]);
    const file = join(folder, `${place.slice(1)}.html`);
    await download.saveAs(file);
    await page.context().close();
    const offline = await openPage(browser);
    await offline.page.goto(pathToFileURL(file).href);
    await offline.page.waitForSelector(`${place} svg`);
    await offline.page.keyboard.press("ArrowLeft");
    await stands(offline.page, String(Number(last) - 1));
    assert.deepEqual(offline.complaints, []);
    await offline.page.context().close();
  }
});
