// The lab "Segmentation", tab "Allocators": what its pictures say against what the machines said, and on a real server its
// pictures, its one selection, its check and its file.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { firstWrongAddress, pastedAddresses } from "../../ui/segmentation-checked.js";
import { courseOfRun, heldAt, holesAt, measured, momentAt } from "../../ui/segmentation-allocators-moment.js";
import { PROBLEMS } from "../../ui/segmentation-allocators-presets.js";
import { named, problemOf, stateOf } from "../../ui/segmentation-allocators-problem.js";
import { structureRows } from "../../ui/segmentation-allocators-table.js";
import { buddyFigure, treesOf } from "../../ui/segmentation-buddy.js";
import { bumpFigure } from "../../ui/segmentation-bump.js";
import { classesFigure } from "../../ui/segmentation-classes.js";
import { bodyOf } from "../../ui/segmentation-list.js";
import { courseOfSeries, csvOf, lineOf, measuresOf, pagesAt, uselessOf, uselessTo } from "../../ui/segmentation-measures.js";
import { programOf } from "../../ui/segmentation-program.js";
import { slabFigure } from "../../ui/segmentation-slab.js";
import { bitsOf, classOf, leastOf, tlsfFigure } from "../../ui/segmentation-tlsf.js";
import { layoutShifts, openBrowser, openPage, Server, violations } from "./machine.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../../ui/segmentation-allocators-moment.js").Run} Run */
/** @typedef {import("../../ui/segmentation-pieces.js").Piece} Piece */

const PATH = "/api/v1/sim/alloc";
const server = new Server(null);
const folder = mkdtempSync(join(tmpdir(), "ramscope-allocators-"));
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
  await opened.page.goto(`${server.address}/segmentation#v1;tab=allocators${fragment}`);
  await opened.page.waitForSelector(".structure svg");
  return opened;
}

/** @param {Page} page @param {string} text */
const stands = (page, text) =>
  page.waitForFunction((wanted) => document.querySelector(".stepper-place b")?.textContent === wanted, text);

/** @param {object} body @returns {Promise<{runs: Run[], divergence: {index: number} | null}>} */
async function asked(body) {
  const answer = await fetch(server.address + PATH, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** @param {string} id */
const preset = (id) => /** @type {typeof PROBLEMS[number]} */ (PROBLEMS.find((known) => known.id === id));

/** A named problem's answer, under these allocators or its own. @param {string} id @param {string[]} [policies] */
async function solved(id, policies) {
  const { capacity, ops, policies: own, set = {} } = preset(id);
  return asked({ policies: policies ?? own, capacity, ops, set, views: true });
}

/** A list as a program makes it, long enough for every structure to be busy. @param {string} policy */
async function busy(policy) {
  const { runs } = await asked({ policies: [policy], capacity: 8192, ops: programOf(3, 200, 900), views: true });
  return runs[0];
}

/** The pieces of a figure that have a name, at any depth. @param {Piece[]} pieces @param {string} name @returns {{data: Record<string, string | number>, pieces: Piece[]}[]} */
function parts(pieces, name) {
  return pieces.flatMap((piece) => ("pieces" in piece ? [...(piece.name === name ? [piece] : []), ...parts(piece.pieces, name)] : []));
}

/** @param {Record<string, string | undefined>} state @returns {Record<string, string>} */
const kept = (state) =>
  /** @type {Record<string, string>} */ (Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)));

test("each named problem survives its address, and shows what its name says", async () => {
  for (const { id, label, step = 1, ...problem } of PROBLEMS) {
    const whole = { base: 0, kept: "", preset: "", set: {}, ...problem };
    assert.deepEqual(problemOf(kept(stateOf(whole))), whole, label);
    assert.equal(named(whole)?.id, id);
    const { runs } = await asked(bodyOf(whole));
    assert.deepEqual(runs.map(({ policy }) => policy), problem.policies, label);
    assert.ok(step <= runs[0].ops.length);
  }
  const hostile = { allocators: "<b>,,1", capacity: "-3", base: "x", set: "a=<b>,;", preset: "'" };
  const { id: _id, label: _label, step: _step, ...opening } = PROBLEMS[0];
  assert.deepEqual(problemOf(hostile), { base: 0, kept: "", preset: "", set: {}, ...opening });

  const failed = async (/** @type {string} */ id) => (await solved(id)).runs.map(({ metrics }) => metrics.failed);
  assert.deepEqual(await failed("above"), [1, 0], "buddy fails for rounding");
  assert.deepEqual((await solved("beside")).runs.map(({ ops }) => ops[6].address), [null, 256], "two free halves of no one block");
  assert.deepEqual((await failed("good-fit")).slice(0, 2), [1, 0], "TLSF passes the exact hole over");
  assert.deepEqual(await failed("one-each"), [2, 0, 0], "a slab a size fills memory");
  assert.deepEqual(await failed("arena"), [1, 0], "dead bytes are no use");
  const [tlsf, first] = (await solved("constant")).runs.map(({ ops }) => ops[60].searched);
  assert.ok(tlsf <= 4 && first > 20, `${tlsf} against ${first}`);
});

test("a list of a seed is the same each time, and one that the machines take", async () => {
  assert.equal(programOf(7, 50, 500), programOf(7, 50, 500));
  assert.notEqual(programOf(7, 50, 500), programOf(8, 50, 500));
  const { runs } = await asked({ policies: ["first"], capacity: 100_000, ops: programOf(11, 400, 500) });
  assert.equal(runs[0].metrics.allocs, 400);
  assert.ok(runs[0].metrics.frees > 300);
});

test("measures after every operation are the machines' own", async () => {
  for (const policy of ["buddy", "tlsf", "slab", "segregated", "quick", "bump", "next"]) {
    const run = await busy(policy);
    const { metrics, ops } = run;
    const course = courseOfRun(run);
    const now = measuresOf(heldAt(run, ops.length), holesAt(run, ops.length));
    const { series } = metrics;
    assert.deepEqual([now.allocated, now.requested, now.free, now.largest], [metrics.allocated_bytes, metrics.requested_bytes, metrics.free_bytes, metrics.largest_hole_bytes], policy);
    assert.deepEqual([now.internal, now.external], [metrics.internal_fragmentation, metrics.external_fragmentation], policy);
    assert.equal(course.overhead.at(-1), metrics.overhead_bytes, policy);
    assert.deepEqual(course.allocated, series.allocated_bytes.max, policy);
    assert.deepEqual(course.largest, series.largest_hole_bytes.max, policy);
    assert.deepEqual(lineOf(course, "external"), series.external_fragmentation.max, policy);
    assert.deepEqual(lineOf(course, "searched"), series.searched.max, policy);
    assert.equal(lineOf(course, "failed").at(-1), metrics.failed);
    const drawn = courseOfSeries(series, ops.length, ["slab", "bump"].includes(policy) ? run.capacity : null);
    assert.deepEqual([drawn.op, drawn.largest, drawn.overhead, lineOf(drawn, "internal")], [course.op, course.largest, course.overhead, lineOf(course, "internal")]);
    for (const [place, bytes] of course.free.entries()) assert.ok(Math.abs(drawn.free[place] - bytes) < 0.5 || bytes === 0);
    assert.deepEqual(pagesAt(course, ops.length, holesAt(run, ops.length)), { touched: metrics.pages_touched, returnable: metrics.pages_returnable }, policy);
    assert.deepEqual(uselessOf(holesAt(run, ops.length)), metrics.useless_bytes, policy);
    for (const [n, bytes] of metrics.useless_bytes) assert.equal(uselessTo(holesAt(run, ops.length), n), bytes);
    assert.equal(heldAt(run, ops.length).length, metrics.live, policy);
  }
});

test("blocks that requests hold are those of a slow count, at every operation and after compactions", async () => {
  const { runs } = await asked({ policies: ["first"], capacity: 400, ops: "+50,+60,+70,-0,compact,+90,-1,compact,+200,-2", views: true });
  const [run] = runs;
  assert.deepEqual(heldAt(run, 5).map(({ address, id }) => [id, address]), [[1, 0], [2, 60]]);
  const long = await busy("tlsf");
  for (const at of [0, 1, 255, 256, 257, long.ops.length]) {
    const slow = new Map();
    for (const step of long.ops.slice(0, at)) {
      if (step.op === "free") slow.delete(step.id);
      else if (step.block !== null) slow.set(step.id, step.block[0]);
    }
    assert.deepEqual(heldAt(long, at).map(({ address, id }) => [id, address]), [...slow], `operation ${at}`);
  }
});

test("the buddy tree shows each leaf once, the path that the sentence splits, and the halves that it joins", async () => {
  const run = await busy("buddy");
  for (const step of run.ops) {
    const moment = momentAt(run, step.index, null);
    const { pieces } = buddyFigure(moment, 1000);
    const [root] = treesOf(moment.view.tree ?? []);
    assert.equal(root.held, moment.held.length);
    const folded = parts(pieces, "folded").reduce((sum, { data }) => sum + Number(data.held) + Number(data.free), 0);
    assert.equal(parts(pieces, "held").length + parts(pieces, "free").length + folded, root.held + root.free, step.explain);
    const lowest = /it splits until its lowest part is (\d+), and (.*) stay free/.exec(step.explain);
    const whole = /they join to (\d+) with (\d+)\.$/.exec(step.explain);
    const marked = parts(pieces, "row").filter(({ data }) => data.needed === "true");
    if (lowest !== null && marked.length > 0) assert.equal(String(marked[0].data.size), lowest[1]);
    if (whole !== null) assert.deepEqual(step.merged?.at(-1), [Number(whole[1]), Number(whole[2])]);
  }
  const { runs } = await solved("buddies", ["buddy"]);
  const split = buddyFigure(momentAt(runs[0], 6, null), 1000).pieces;
  assert.deepEqual(parts(split, "split").filter(({ data }) => data.now === "true").map(({ data }) => [data.address, data.size]), [[256, 128], [256, 64]]);
  assert.deepEqual(parts(split, "free").filter(({ data }) => data.state === "left").map(({ data }) => [data.address, data.size]), [[288, 32], [320, 64]]);
  const joined = buddyFigure(momentAt(runs[0], 10, null), 1000).pieces;
  assert.deepEqual(parts(joined, "joined").map(({ data }) => [data.address, data.size, data.freed]), [[256, 64, "false"], [320, 64, "true"], [256, 128, "false"], [384, 128, "false"]]);
});

test("a memory that is no power of two is several trees, and a window looks into one", async () => {
  const { runs } = await asked({ policies: ["buddy"], capacity: 1000, base: 5000, ops: "+10,+300", views: true });
  const moment = momentAt(runs[0], 2, 1);
  assert.deepEqual(treesOf(moment.view.tree ?? []).map(({ address, size }) => [address, size]), [[5000, 512], [5512, 256], [5768, 128], [5896, 64], [5960, 32], [5992, 8]]);
  const inside = buddyFigure(moment, 1000, [5512, 256]);
  assert.deepEqual(parts(inside.pieces, "free").map(({ data }) => data.size), [256]);
});

test("TLSF's bits are its lists, and the classes wanted and found are those of the sentence", async () => {
  for (const bits of [2, 4, 5]) {
    const { runs } = await asked({ policies: ["tlsf"], capacity: 8192, ops: programOf(3, 200, 900), set: { "tlsf.second_level": bits }, views: true });
    for (const step of runs[0].ops) {
      const moment = momentAt(runs[0], step.index, null);
      const read = bitsOf(moment);
      const lists = (moment.view.lists ?? []).map(({ holes }) => leastOf(classOf(holes[0][1], bits), bits));
      assert.deepEqual([...read.set].sort((a, b) => a - b), lists.sort((a, b) => a - b));
      const wanted = /looks from the class of (\d+)/.exec(step.explain)?.[1];
      if (wanted !== undefined) assert.equal(String(leastOf(/** @type {any} */ (read.wanted), bits)), wanted, step.explain);
      const found = /leads to the list of (\d+)/.exec(step.explain)?.[1];
      assert.equal(read.found === null ? undefined : String(leastOf(read.found, bits)), found, step.explain);
    }
  }
  const { runs } = await solved("good-fit", ["tlsf"]);
  const { pieces } = tlsfFigure(momentAt(runs[0], 10, null), 1000);
  assert.deepEqual(parts(pieces, "way").map(({ data }) => data.least), [58], "57 bytes are looked for from 58 on");
  const changed = parts(pieces, "bit").filter(({ data }) => data.changed === "true").map(({ data }) => [data.from, data.set]);
  assert.deepEqual(changed, [[3, "true"], [60, "false"]], "the list of 60 is empty now, that of the rest has a block");
});

test("segregated and quick lists show what was looked at, what was taken, and what is new", async () => {
  const { runs } = await solved("again", ["quick", "segregated"]);
  const lists = parts(classesFigure(momentAt(runs[0], 12, null), 700).pieces, "list");
  const own = lists.find(({ data }) => data.own === "true");
  assert.deepEqual([own?.data.least, own?.data.source], [20, "true"], "its own list had one");
  for (const policy of ["segregated", "quick", "first"]) {
    const run = await busy(policy);
    for (const step of run.ops.slice(1)) {
      const { pieces } = classesFigure(momentAt(run, step.index, null), 900);
      const taken = parts(pieces, "hole").filter(({ data }) => data.taken === "true");
      const sources = parts(pieces, "list").filter(({ data }) => data.source === "true");
      if (step.op !== "alloc") assert.equal(taken.length, 0);
      else if (step.block !== null) assert.equal(sources.length, 1, `${policy}: ${step.explain}`);
    }
  }
});

test("slabs show each object once, and what fits none is named", async () => {
  const run = await busy("slab");
  for (const step of run.ops) {
    const moment = momentAt(run, step.index, null);
    const caches = parts(slabFigure(moment, 900).pieces, "cache");
    const inSlabs = caches.reduce((sum, { data }) => sum + Number(data.used), 0);
    const own = moment.held.filter(({ size }) => !caches.some(({ data }) => data.object === size)).length;
    assert.equal(inSlabs + own, moment.held.length, step.explain);
    const cache = /The cache of (\d+) bytes takes/.exec(step.explain)?.[1];
    if (cache !== undefined) assert.deepEqual(caches.filter(({ data }) => data.mine === "true").map(({ data }) => String(data.object)), [cache]);
    const left = /at (\d+): .*; (\d+) objects? of the slab stay free/.exec(step.explain);
    const now = parts(slabFigure(moment, 900).pieces, "slab").filter(({ data }) => data.now === "true");
    if (left !== null && now.length > 0) assert.equal(String(now[0].data.address), left[1]);
  }
  const { runs } = await solved("objects", ["slab"]);
  const waste = parts(slabFigure(momentAt(runs[0], 12, null), 900).pieces, "waste");
  assert.deepEqual(waste.map(({ data }) => data.bytes), [64], "256 bytes hold two objects of 96");
});

test("an arena's blocks, dead bytes and rest are its memory", async () => {
  const { runs } = await solved("arena", ["bump"]);
  for (const step of runs[0].ops) {
    const moment = momentAt(runs[0], step.index, null);
    const { pieces } = bumpFigure(moment, 900);
    const dead = parts(pieces, "dead").reduce((sum, { data }) => sum + Number(data.bytes), 0);
    assert.equal(dead, step.overhead_bytes ?? 0, step.explain);
    assert.equal(parts(pieces, "next").length, 1);
  }
});

test("a student's addresses are read as people write them, and the first that is wrong is found", () => {
  const step = (/** @type {number} */ id, /** @type {number | null} */ address) => /** @type {any} */ ({ id, address, op: "alloc", index: id + 1 });
  const requests = [step(0, 0), step(1, 128), step(2, null)];
  assert.equal(firstWrongAddress(["0", "0x80", "–"], requests), null);
  assert.equal(firstWrongAddress(["", "", ""], requests), null);
  assert.equal(firstWrongAddress(["0", "100", "5"], requests)?.id, 1);
  assert.equal(firstWrongAddress(["", "", "0"], requests)?.id, 2);
  assert.deepEqual(pastedAddresses("0\n128\t–\n"), ["0", "128", "–"]);
});

test("the table is every part of the structure, and the CSV a row an allocator and operation", async () => {
  for (const policy of ["buddy", "tlsf", "slab", "segregated", "quick", "bump"]) {
    const run = await busy(policy);
    const moment = momentAt(run, run.ops.length, null);
    const rows = structureRows(moment);
    for (const { id } of moment.held) {
      if (policy !== "slab") assert.ok(rows.some(({ what }) => what.startsWith(`request ${id},`)), `${policy}: request ${id}`);
    }
    assert.equal(csvOf([measured(run)]).trim().split("\n").length, run.ops.length + 1);
  }
});

test("the tab opens on a split that the tree, the sentence and the memories show", async () => {
  const { complaints, page } = await open("");
  assert.equal(await page.textContent(".stepper-place b"), "6");
  assert.match((await page.textContent(".lab-sentence")) ?? "", /splits until its lowest part is 32/);
  const split = await page.locator("[data-part=split][data-now=true]").evaluateAll((all) => all.map((each) => each.getAttribute("data-size")));
  assert.deepEqual(split, ["128", "64"]);
  assert.equal(await page.locator("[data-part=memory]").count(), 3);
  assert.equal(await page.locator("[data-part=memory][data-differs=true]").count(), 2);
  await page.getByRole("button", { name: /part at operation 2/ }).click();
  await stands(page, "2");
  assert.deepEqual(await layoutShifts(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a request that is pressed is strong in every picture, and a link keeps it", async () => {
  const { page } = await open("");
  await page.locator(".structure [data-part=held][data-id='2']").first().click();
  const pictures = [".memory-picture", ".memories", ".structure"];
  await page.waitForFunction((all) => all.every((each) => document.querySelector(`${each} [data-part=held][data-id='2'][data-selected=true]`) !== null), pictures);
  assert.match(page.url(), /request=2/);
  await page.locator(".memories [data-part=held][data-id='2']").first().click();
  await page.waitForFunction(() => document.querySelectorAll("[data-selected=true]").length === 0);
  await page.context().close();
});

test("a request is asked for and freed in a buddy's memory, which says that it cannot compact, as a fit's can", async () => {
  const { complaints, page } = await open("", { viewport: { width: 1280, height: 1400 } });
  const told = (/** @type {string} */ words) => page.waitForFunction((wanted) => new RegExp(wanted).test(document.querySelector(".lab-sentence")?.textContent ?? ""), words);
  const compact = page.getByRole("button", { name: "Compact", exact: true });
  assert.equal(await compact.isDisabled(), true);
  assert.equal(await compact.getAttribute("data-tip"), "Buddy cannot move blocks");
  await page.getByRole("button", { name: "Ask for them" }).click();
  await told("Operation 7: request \\d+ asks for 40 bytes");
  await page.locator(".memory-picture [data-part=held]").first().click({ position: { x: 4, y: 4 } });
  await page.getByRole("button", { name: /^Free request/ }).click();
  await told("Operation 8: request \\d+ gives back");
  await page.getByRole("group", { name: "Explain" }).getByRole("button", { name: "First fit" }).click();
  await compact.click();
  await told("Operation 9: compaction is asked for");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("each allocator's picture is chosen by its name or its memory", async () => {
  const all = "buddy,tlsf,slab,segregated,quick,bump";
  const { complaints, page } = await open(`;allocators=${all}`);
  for (const policy of all.split(",")) {
    await page.locator(`[data-part=memory][data-policy=${policy}] text`).first().click();
    await page.waitForSelector(`[data-structure=${policy}] svg`);
  }
  await page.getByRole("group", { name: "Explain" }).getByRole("button", { name: "Slab" }).click();
  await page.waitForSelector("[data-structure=slab] svg");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a press on the memory over time goes to the operation under it, and another measure is a choice", async () => {
  const { page } = await open("");
  const plot = page.locator("[data-figure=course] [data-part=plot]");
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  assert.ok(box !== null);
  await page.mouse.click(box.x + (box.width * 10.5) / 13, box.y + box.height / 2);
  await stands(page, "11");
  assert.equal(await page.getAttribute("[data-figure=course] [data-part=here]", "data-at"), "11");
  assert.equal(await page.locator("[data-figure=course] [data-part=failed]").count(), 1, "buddy has no block of 512");
  await page.getByLabel("Measure").selectOption("internal");
  await page.waitForFunction(() => document.querySelector(".course-head h2")?.textContent?.startsWith("Internal"));
  await page.context().close();
});

test("a tree that is too narrow is folded, and a press looks into it", async () => {
  const ops = encodeURIComponent(programOf(5, 150, 300)).replaceAll("%2C", ",");
  const { complaints, page } = await open(`;allocators=buddy;capacity=65536;ops=${ops};step=120`);
  const [first] = await page.locator("[data-part=folded]").evaluateAll((all) => all.map((each) => Number(each.getAttribute("data-size"))));
  await page.locator("[data-part=folded]").first().click();
  await page.waitForSelector(".structure h2 button");
  const sizes = await page.locator("[data-part=row]").evaluateAll((all) => all.map((each) => Number(each.getAttribute("data-size"))));
  assert.equal(Math.max(...sizes), first);
  await page.getByRole("button", { name: /show all/ }).click();
  await page.waitForFunction(() => document.querySelector(".structure h2 button") === null);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("addresses are checked, the first wrong one is pointed at, and another allocator that gives them is named", async () => {
  const { complaints, page } = await openPage(browser);
  await page.goto(`${server.address}/segmentation#v1;tab=allocators;mode=check`);
  await page.getByLabel("Address of request 0").fill("0");
  await page.getByLabel("Address of request 1").fill("200");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.waitForSelector("li[data-wrong]");
  assert.match((await page.textContent("li[data-wrong]")) ?? "", /^1 asks for 100/);
  await page.waitForFunction(() => /right for.*TLSF/.test(document.querySelector(".check-verdict")?.textContent ?? ""));
  await page.getByRole("button", { name: "Show what is expected" }).click();
  assert.match((await page.textContent(".check-verdict")) ?? "", /Expected: 256/);
  await page.getByLabel("Address of request 1").fill("256");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.waitForSelector(".right");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a list that no program could make is pointed at, and the last picture stays", async () => {
  const { page } = await open("");
  await page.fill("#ops", "+10,-0,-0");
  await page.waitForSelector("[role=alert]");
  assert.match((await page.textContent("[role=alert]")) ?? "", /0/);
  assert.equal(await page.locator(".structure svg").count(), 1);
  await page.context().close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`every picture in ${colorScheme} has no violation, also as a table`, async () => {
    const { complaints, page } = await open(";allocators=buddy,tlsf,slab,segregated,quick,bump", { colorScheme });
    for (const name of ["Buddy", "TLSF", "Slab", "Segregated fits", "Quick fit", "Bump"]) {
      await page.getByRole("group", { name: "Explain" }).getByRole("button", { name }).click();
      await page.waitForSelector(`.structure[aria-label^="${name}"]`);
      assert.deepEqual(await violations(page), [], name);
    }
    await page.keyboard.press("t");
    await page.waitForSelector(".twin");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
}

for (const width of [360, 768, 1280, 1920]) {
  test(`at ${width} px every picture fits, and the page never scrolls sideways`, async () => {
    for (const { capacity, ops, policies } of [preset("buddies"), preset("objects"), preset("good-fit"), preset("program")]) {
      const fragment = kept(stateOf({ base: 0, kept: "", preset: "", set: {}, capacity, ops, policies }));
      const { complaints, page } = await open(Object.entries(fragment).map(([name, value]) => `;${name}=${encodeURIComponent(value)}`).join(""), { viewport: { width, height: 800 } });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wider <= 0, `${policies}: ${wider} px too wide`);
      const outside = await page.evaluate(() =>
        [...document.querySelectorAll(".allocators-body svg")].flatMap((svg) => {
          const frame = svg.getBoundingClientRect();
          return [...svg.querySelectorAll("text")].filter((text) => {
            const { bottom, left, right } = text.getBoundingClientRect();
            return left < frame.left - 2 || right > frame.right + 2 || bottom > frame.bottom + 2;
          }).map((text) => `${svg.closest("[data-figure]")?.getAttribute("data-figure")}: ${text.textContent}`);
        }),
      );
      assert.deepEqual(outside, [], `${policies} at ${width}`);
      assert.deepEqual(await layoutShifts(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });
}

test("the tab is shared, exported and saved as one file that steps without a server", async () => {
  const { complaints, page } = await open(";focus=tlsf;step=6");
  await page.click("[popovertarget=export]");
  const [svg] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /SVG/ }).click()]);
  assert.match(svg.suggestedFilename(), /^ramscope-allocators-buddy-tlsf-first.*\.svg$/);
  await page.keyboard.press("Escape");
  await page.click("[popovertarget=share]");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the file" }).click()]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  const offline = await openPage(browser);
  await offline.page.goto(pathToFileURL(path).href);
  await offline.page.waitForSelector("[data-structure=tlsf] svg");
  assert.equal(await offline.page.textContent(".lab-sentence"), await page.textContent(".lab-sentence"));
  await offline.page.keyboard.press("ArrowRight");
  await stands(offline.page, "7");
  assert.deepEqual(await violations(offline.page), []);
  assert.deepEqual(offline.complaints, []);
  assert.deepEqual(complaints, []);
  await page.context().close();
  await offline.page.context().close();
});
