// The tab "Translation & TLB": its arithmetic, and on a real server its walks, its faults, its TLB and its links.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import {
  bodyOf as tlbBody,
  countsAt,
  levelAt,
  NAMED as TLBS,
  problemOf as tlbOf,
  stateOf as tlbState,
} from "../../ui/paging-tlb-problem.js";
import { figureOf } from "../../ui/paging-translation-figure.js";
import { bitsOf } from "../../ui/figure-pieces.js";
import { bodyOf, endsOf, NAMED, nameOf, problemOf, stateOf, stepsOf, tableOf, textOfTable } from "../../ui/paging-translation-problem.js";
import { layoutShifts, openBrowser, openPage, PRESSED, Server, violations } from "./machine.js";

/** @typedef {import("playwright-core").Page} Page */

const TAB = "#v1;tab=translation";
const TLB = "#v1;part=tlb;tab=translation";
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
 * Opens the tab and waits for its picture.
 * @param {string} fragment
 * @param {import("playwright-core").BrowserContextOptions} options
 */
async function open(fragment, options = {}) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${server.address}/paging${fragment}`);
  await opened.page.waitForSelector(".figure svg, .twin");
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
async function asked(body, path = "/api/v1/sim/translate") {
  const answer = await fetch(server.address + path, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, JSON.stringify(body));
  return answer.json();
}

/** @param {Record<string, string | undefined>} state @returns {Record<string, string>} */
const kept = (state) => JSON.parse(JSON.stringify(state));

test("a problem survives its address, and what cannot be falls back to the opening one", () => {
  for (const named of NAMED) {
    const back = problemOf(kept(stateOf(named)));
    assert.deepEqual(back, { table: named.table, script: named.script }, named.id);
    assert.equal(nameOf(back)?.id, named.id);
    assert.deepEqual(tableOf(textOfTable(named.table)), named.table);
  }
  for (const named of TLBS) assert.deepEqual(tlbOf(kept(tlbState(named.problem))), named.problem, named.id);
  for (const text of ["", "x86_64", "10,10", "+12", "inverted:4", "hashed:-1+12", "<script>"]) assert.equal(tableOf(text), null);
  assert.deepEqual(tlbOf({ "tlb.entries": "-4", "tlb.ways": "1e999", "tlb.replacement": "<b>" }), TLBS[0].problem);
});

test("every named problem is answered, and its steps end where its accesses end", async () => {
  for (const named of NAMED) {
    const answer = await asked(bodyOf(named));
    const steps = stepsOf(answer);
    const ends = endsOf(steps);
    assert.equal(ends.length, answer.steps.length, named.id);
    assert.equal(ends.at(-1), steps.length, named.id);
    assert.ok(steps.every(({ explain }) => explain !== ""), named.id);
  }
  for (const named of TLBS) {
    const answer = await asked(tlbBody(named.problem), "/api/v1/sim/tlb");
    assert.deepEqual(countsAt(answer, answer.references).hits, answer.hits, named.id);
  }
});

test("published answers: Silberschatz's four-byte pages, OSTEP's two levels and its array of ten", async () => {
  /** @param {string} id */
  const found = async (id) => {
    const { steps } = await asked(bodyOf(/** @type {any} */ (NAMED.find((named) => named.id === id))));
    return steps.map((/** @type {any} */ { walks }) => walks[0].physical_address);
  };
  assert.deepEqual(await found("silberschatz"), ["0x14", "0x17", "0x18", "0x9"]);
  assert.equal((await found("ostep"))[0], "0x6bc");
  assert.deepEqual((await found("linear")).slice(0, 3), ["0x709f", "0x47e1", null]);
  const array = TLBS.find(({ id }) => id === "array");
  const { hit_ratio } = await asked(tlbBody(/** @type {any} */ (array).problem), "/api/v1/sim/tlb");
  assert.equal(hit_ratio, 0.7);
});

test("what a level holds is made from the look-ups, and never holds a page twice", async () => {
  for (const { problem } of TLBS) {
    const answer = await asked(tlbBody(problem), "/api/v1/sim/tlb");
    for (let at = 0; at <= answer.references; at += 1) {
      for (const unit of answer.units) {
        const { held, now } = levelAt(answer, unit, at);
        const names = held.flatMap((each) => (each === null ? [] : [`${each.asid}:${each.page}`]));
        assert.equal(new Set(names).size, names.length);
        for (const { page, set, way } of now) assert.equal(held[set * unit.ways + way]?.page, page);
        held.forEach((each, index) => each && assert.equal(each.page % unit.sets, Math.floor(index / unit.ways)));
      }
    }
  }
});

test("a figure stays as high at every step, and has every bit of the address", async () => {
  const answer = await asked(bodyOf(NAMED[0]));
  for (const width of [320, 600, 760, 1400]) {
    const heights = stepsOf(answer).map((step) => {
      const walk = answer.steps[step.access].walks[step.walk];
      const names = ["PML4", "PDPT", "PD", "PT"];
      const scene = { answer, names, physicalBits: 32, walk, step, signed: true, mostChecks: 4, faults: true };
      const { height, pieces } = figureOf(scene, width);
      const bits = pieces.flatMap((piece) => ("data" in piece && piece.name === "field" ? [piece.data.bits] : []));
      assert.equal(bits.join(""), bitsOf(BigInt(walk.virtual_address), 0, 48));
      return height;
    });
    assert.equal(new Set(heights).size, 1, `${width} px: ${heights}`);
  }
});

test("the tab opens on a solved four-level walk whose bits are the server's", async () => {
  const { complaints, page } = await open(TAB);
  const { steps } = await asked(bodyOf(NAMED[0]));
  const [walk] = steps[0].walks;
  assert.equal(await page.textContent("[role=tab][aria-selected=true]"), "Translation & TLB");
  const fields = await page
    .locator("[data-figure=walk] [data-part=field]:not([data-part=physical] *)")
    .evaluateAll((parts) => parts.map((part) => [part.getAttribute("data-field"), part.getAttribute("data-bits")]));
  const levels = walk.levels.map((/** @type {any} */ { bits, name }) => [name, bits]);
  assert.deepEqual(fields, [...levels, ["offset", bitsOf(BigInt(walk.virtual_address), 0, 12)]]);
  const tables = await page
    .locator("[data-part=table]")
    .evaluateAll((parts) => parts.map((part) => [Number(part.getAttribute("data-index")), Number(part.getAttribute("data-frame"))]));
  assert.deepEqual(tables, walk.levels.map((/** @type {any} */ { frame, index }) => [index, frame]));
  const texts = (await page.textContent("[data-figure=walk]")) ?? "";
  for (const { bytes } of walk.levels) assert.ok(texts.includes(bytes), bytes);
  assert.equal(await page.getAttribute("[data-part=physical]", "data-address"), walk.physical_address);
  assert.equal(await sentence(page), walk.conclusion);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("each level is a step, forward and back, with the server's sentence", async () => {
  const { complaints, page } = await open(TAB);
  const { steps } = await asked(bodyOf(NAMED[0]));
  await page.keyboard.press("Home");
  assert.match((await sentence(page)) ?? "", /Nothing has been translated yet/);
  assert.equal(await page.locator("[data-part=table][data-state=read]").count(), 0);
  for (const [index, level] of steps[0].walks[0].levels.entries()) {
    await page.keyboard.press("ArrowRight");
    assert.equal(await sentence(page), level.explain);
    assert.equal(await page.locator("[data-part=table][data-state=read]").count(), index + 1);
  }
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator("[data-part=table][data-state=read]").count(), 3);
  assert.equal(await place(page), "3");
  await page.keyboard.press("End");
  assert.equal(await page.getAttribute("[data-part=high]", "data-wrong"), "true");
  assert.deepEqual(await layoutShifts(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a fault is drawn at its level with its rule, and what lies behind it is not reached", async () => {
  const named = /** @type {any} */ (NAMED.find(({ id }) => id === "faults"));
  const answer = await asked(bodyOf(named));
  const ends = endsOf(stepsOf(answer));
  const { page } = await open(`${TAB};split=10/10/12;events=${encodeURIComponent(named.script)}`);
  for (const [index, { walks }] of answer.steps.entries()) {
    await page.click(`.accesses li:nth-child(${index + 1}) button`);
    assert.equal(await place(page), String(ends[index]));
    const [{ fault, levels }] = walks;
    assert.equal(await page.locator("[data-part=table][data-state=fault]").count(), fault === null ? 0 : 1, `${index}`);
    if (fault === null) continue;
    assert.equal(await page.getAttribute("[data-part=table][data-state=fault]", "data-level"), String(fault.level));
    assert.equal(await page.getAttribute("[data-part=fault]", "data-kind"), fault.kind);
    const broken = levels.at(-1).checked.find((/** @type {any} */ { holds }) => !holds);
    assert.ok((await page.textContent("[data-part=table][data-state=fault]"))?.includes(`✕ ${broken.what}`));
    assert.equal(await page.locator("[data-part=table][data-state=unread]").count(), 2 - levels.length);
  }
  await page.context().close();
});

test("a huge page ends the walk early, and a copy on write is told between two walks", async () => {
  const huge = await open(TAB);
  await huge.page.selectOption("select", { label: "Sv39: a huge page ends early" });
  await huge.page.waitForFunction(() => document.querySelector("[data-figure]")?.textContent?.includes("no table: a huge page"));
  assert.equal(await huge.page.locator("[data-part=table][data-state=read]").count(), 2);
  await huge.page.selectOption("select", { label: "Copy on write after a fork" });
  await huge.page.waitForFunction(() => document.querySelector(".accesses")?.textContent?.includes("copied to frame 0x0"));
  await huge.page.click(".accesses li:nth-child(2) button");
  assert.match((await huge.page.textContent(".lab-head h1")) ?? "", /write 0x10004 in child, again/);
  for (let back = 0; back < 3; back += 1) await huge.page.keyboard.press("ArrowLeft");
  assert.match((await sentence(huge.page)) ?? "", /Frame 0x5 is copied to frame 0x0/);
  assert.deepEqual(huge.complaints, []);
  await huge.page.context().close();
});

test("inverted and hashed tables show each entry that is looked at", async () => {
  for (const id of ["inverted", "hashed"]) {
    const named = /** @type {any} */ (NAMED.find((each) => each.id === id));
    const { steps } = await asked(bodyOf(named));
    const fragment = `${TAB};split=${encodeURIComponent(textOfTable(named.table))};events=${encodeURIComponent(named.script)}`;
    const { complaints, page } = await open(fragment);
    const states = await page
      .locator("[data-part=probe]")
      .evaluateAll((parts) => parts.map((part) => part.getAttribute("data-state")));
    assert.equal(states.filter((state) => state === "other").length, steps[0].probes.length - 1, id);
    assert.equal(states.filter((state) => state === "match").length, 1);
    assert.equal(await page.getAttribute("[data-part=physical]", "data-address"), steps[0].physical_address);
    await page.keyboard.press("End");
    assert.match((await page.textContent("[data-part=fault]")) ?? "", /Page fault/);
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});

test("the TLB shows its ways, a tag of another address space is no hit, and a flush empties it", async () => {
  const { complaints, page } = await open(`${TLB};step=5`);
  const answer = await asked(tlbBody(TLBS[0].problem), "/api/v1/sim/tlb");
  assert.equal(await sentence(page), answer.steps[4].explain);
  assert.match(answer.steps[4].explain, /of address space 1, whose tag is another/);
  assert.equal(await page.locator(".tlb-grid tbody tr").count(), answer.units[0].sets);
  assert.equal(await page.locator(".tlb-cell[data-what=miss]").count(), 1);
  assert.deepEqual(await page.locator("[data-count]").evaluateAll((cells) => cells.map((cell) => cell.getAttribute("data-all"))), [
    String(answer.hits),
    String(answer.misses),
    String(answer.walks),
    String(answer.flushes),
  ]);
  assert.ok((await page.textContent(".tlb-result"))?.startsWith(String(answer.effective[0].time)));
  await page.click(".tlb-time .ranges button:nth-child(2)");
  await page.waitForFunction((time) => document.querySelector(".tlb-result")?.textContent?.startsWith(time), String(answer.effective[1].time));
  assert.equal(await place(page), "5");
  await page.selectOption("select", { label: "The same, flushed on a switch" });
  await page.waitForSelector(".tlb-flush");
  await page.click(".tlb-strip li:nth-child(5) button");
  assert.equal(await page.locator(".tlb-cell[data-state=held]").count(), 1);
  await page.waitForSelector(".tlb-sizes tr:nth-child(4)");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a link restores the problem and the step", async () => {
  const { page } = await open(TAB);
  await page.fill("#events", "map 0x5 9 r\nmap 0x6 10 rw\nread 0x5123\nwrite 0x5123");
  await page.waitForFunction(() => document.querySelectorAll(".accesses li").length === 2);
  await page.keyboard.press("Escape");
  await page.locator(".accesses li:nth-child(2) button").click();
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => location.hash.includes("step=8"));
  const said = await sentence(page);
  await page.click("[popovertarget=share]");
  const link = (await page.textContent("#share .copy code")) ?? "";
  const other = await openPage(browser);
  await other.page.goto(link);
  await other.page.waitForFunction((words) => document.querySelector(".lab-sentence")?.textContent === words, said);
  assert.equal(await place(other.page), "8");
  assert.match(await other.page.inputValue("#events"), /^map 0x5 9 r\n/);
  await other.page.context().close();
  await page.context().close();
});

test("a wrong line is pointed at in its field, and the last picture stays", async () => {
  const { page } = await open(TAB);
  await page.fill("#events", "map 0x5 9 r\nraed 0x5123");
  await page.waitForSelector(".field-marks mark");
  assert.equal(await page.textContent(".field-marks mark"), "raed");
  assert.match((await page.textContent(".refusal")) ?? "", /did you mean read\?/);
  assert.equal(await page.locator("[data-figure=walk] svg").count(), 1);
  await page.fill("#events", "map 0x5 9 r");
  await page.waitForFunction(() => document.querySelector(".refusal")?.textContent?.includes("there is no access yet"));
  await page.fill("#events", "");
  await page.waitForFunction(() => document.querySelector(".refusal")?.textContent?.includes("the script is empty"));
  await page.selectOption("select >> nth=1", "levels");
  await page.waitForSelector("[data-sum]");
  assert.match((await page.textContent("[data-sum]")) ?? "", /10 \+ 10 \+ 12 = 32 bits/);
  await page.context().close();
  const tlb = await open(TLB);
  await tlb.page.fill("#accesses", "0x1000 0xzz");
  await tlb.page.waitForSelector(".field-marks mark");
  assert.equal(await tlb.page.textContent(".field-marks mark"), "0xzz");
  await tlb.page.fill("#accesses", "0x1000");
  await tlb.page.getByLabel("Ways", { exact: true }).fill("3");
  await tlb.page.waitForSelector(".field input[aria-invalid=true]");
  assert.match((await tlb.page.textContent(".refusal")) ?? "", /the ways must divide the entries/);
  await tlb.page.context().close();
});

for (const fragment of [
  `${TAB};split=%3Cscript%3E;step=-5`,
  `${TAB};events=;step=1e9`,
  `${TAB};split=30,30,30%2B12`,
  `${TLB};tlb.entries=0;tlb.ways=99;step=NaN`,
  `${TLB};tlb.accesses=%3Cb%3E;tlb.times=x`,
]) {
  test(`the tab opens from ${fragment}`, async () => {
    const { page } = await openPage(browser);
    await page.goto(`${server.address}/paging${fragment}`);
    await page.waitForSelector(".figure svg, .refusal");
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await page.locator(".lab-stage script, .refusal b:not(.fault)").count(), 0);
    await page.context().close();
  });
}

test("every export is a file with what was on the screen", async () => {
  for (const [fragment, csv] of /** @type {[string, RegExp][]} */ ([
    [TAB, /^access,space,virtual_address,/],
    [TLB, /^access,asid,address,/],
  ])) {
    const { page } = await open(fragment, { acceptDownloads: true });
    for (const [index, begins] of [/^\x89PNG/, /^<svg /, csv, /^\{/].entries()) {
      const waiting = page.waitForEvent("download");
      await page.click("[popovertarget=export]");
      await page.click(`#export li:nth-child(${index + 1}) button`);
      const file = readFileSync(await (await waiting).path());
      assert.match(file.toString("latin1").slice(0, 200), begins);
    }
    await page.context().close();
  }
});

const VIEWS = [
  TAB,
  `${TAB};step=14`,
  `${TAB};split=hashed:8%2B12;events=map%201%202%0Aread%200x1000`,
  `${TLB};step=5`,
];

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`the tab in ${colorScheme} has neither violation nor error nor shift`, async () => {
    for (const fragment of VIEWS) {
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
  test(`the tab at ${width} px fits, and only grids scroll sideways`, async () => {
    for (const fragment of VIEWS) {
      const { page } = await open(fragment, { viewport: { width, height: 800 } });
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(wider <= 0, `${fragment}: ${wider} px too wide`);
      const outside = await page.locator(".figure svg").evaluateAll((figures) =>
        figures.flatMap((figure) => {
          const box = figure.getBoundingClientRect();
          return [...figure.querySelectorAll("text")]
            .filter((text) => text.getBoundingClientRect().right > box.right + 1 || text.getBoundingClientRect().left < box.left - 1)
            .map((text) => text.textContent);
        }),
      );
      assert.deepEqual(outside, [], fragment);
      await page.context().close();
    }
  });
}

test("the tab presents, and prints without its chrome", async () => {
  const { page } = await open(TAB);
  await page.keyboard.press("p");
  await page.waitForSelector(".lab-problem", { state: "hidden" });
  assert.equal(await page.locator("[data-part=table]").count(), 4);
  await page.keyboard.press("Escape");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible(".stepper"), false);
  assert.equal(await page.isVisible(".figure svg"), true);
  await page.context().close();
});

test("nothing of the tab is loaded before it is opened", async () => {
  const { page } = await openPage(browser);
  /** @type {string[]} */
  const asked_ = [];
  page.on("request", (request) => asked_.push(new URL(request.url()).pathname));
  await page.goto(`${server.address}/paging`);
  await page.waitForSelector(".page-tables table");
  const own = () => asked_.filter((path) => /paging-(translation-|translation\.css|tlb)/.test(path));
  assert.deepEqual(own(), []);
  await page.click("#tab-translation");
  await page.waitForSelector(".figure svg");
  assert.ok(own().length > 5);
  await page.context().close();
});
