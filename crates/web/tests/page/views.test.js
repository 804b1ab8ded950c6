// Every view, in both themes: the actions are where they belong, and nothing is wrong with it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HERE, layoutShifts, openBrowser, openPage, PRESSED, samples, Server, violations, visit } from "./machine.js";

/**
 * Each view: what is there once it has drawn, what of it is printed, and whether it follows the machine.
 * `here` is a view that only the machine itself has.
 * @type {{path: string, drawn: string, printed: string, live: boolean, here?: boolean}[]}
 */
const VIEWS = [
  { path: "/", drawn: ".uplot", printed: ".ledger", live: true },
  { path: "/processes", drawn: ".rows [data-row]", printed: ".rows", live: false, here: true },
  { path: "/processes#v1;tab=cgroups", drawn: ".rows [data-row], .cgroup-said", printed: ".rows", live: false, here: true },
  { path: "/processes#v1;tab=events", drawn: ".told", printed: ".told-list", live: false, here: true },
  { path: "/heap#v1;session=demo", drawn: ".heap-flame[data-boxes]", printed: ".heap", live: false },
  { path: "/heap#v1;session=demo;way=map", drawn: ".heap-space-map[data-blocks]", printed: ".heap", live: false },
  { path: "/stress", drawn: ".stress-picture svg", printed: ".stress-stage", live: false, here: true },
  { path: "/paging", drawn: ".page-tables", printed: ".lab-stage", live: false },
  { path: "/paging#v1;tab=replacement", drawn: ".curve-line", printed: ".lab-stage", live: false },
  { path: "/paging#v1;tab=translation", drawn: ".lab-stage svg", printed: ".lab-stage", live: false },
  { path: "/paging#v1;tab=demand", drawn: ".demand-frames", printed: ".lab-stage", live: false },
  { path: "/segmentation", drawn: ".lab-stage svg", printed: ".lab-stage", live: false },
  { path: "/segmentation#v1;tab=free", drawn: ".holes-picture svg", printed: ".lab-stage", live: false },
  { path: "/segmentation#v1;tab=free;part=time", drawn: ".memory-picture svg", printed: ".lab-stage", live: false },
  { path: "/segmentation#v1;tab=allocators", drawn: ".structure svg", printed: ".lab-stage", live: false },
];
const ACTIONS = ["Share", "Export", "JSON", "Table", "Print"];

const captured = new Server(PRESSED);
const here = new Server(HERE);
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [browser] = await Promise.all([openBrowser(), captured.start(), here.start()]);
});

after(async () => {
  await browser.close();
  await Promise.all([captured.remove(), here.remove()]);
});

/**
 * Opens a view and waits for its picture, and for some samples where it shows them.
 * @param {import("playwright-core").Page} page
 * @param {typeof VIEWS[number]} view
 * @param {number} count
 */
async function opened(page, { drawn, here: machine = false, live, path }, count) {
  const server = machine ? here : captured;
  if (live) {
    await visit(page, server.address + path);
    await samples(page, count);
  } else {
    await page.goto(server.address + path);
  }
  await page.waitForSelector(drawn);
}

for (const view of VIEWS) {
  const { drawn, path, printed } = view;
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    test(`${path} in ${colorScheme} has its actions, and neither violation nor error nor shift`, async () => {
      const { complaints, page } = await openPage(browser, { colorScheme });
      await opened(page, view, 5);
      const actions = await page
        .locator(".actions > button")
        .evaluateAll((buttons) => buttons.map((button) => button.textContent));
      assert.deepEqual(actions, ACTIONS);
      for (const id of ["share", "export", "json"]) {
        await page.click(`[popovertarget=${id}]`);
        await page.waitForSelector(`#${id}:popover-open`);
        assert.deepEqual(await violations(page), [], id);
        await page.keyboard.press("Escape");
      }
      await page.keyboard.press("t");
      await page.waitForSelector(".twin");
      assert.deepEqual(await violations(page), [], "as tables");
      await page.keyboard.press("t");
      await page.waitForSelector(drawn);
      assert.deepEqual(await violations(page), [], "as pictures");
      assert.deepEqual(await layoutShifts(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });
  }

  for (const width of [360, 768, 1920]) {
    test(`${path} at ${width} px fits, and the page never scrolls sideways`, async () => {
      const { complaints, page } = await openPage(browser, { viewport: { width, height: 800 } });
      await opened(page, view, 3);
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(wider <= 0, `${wider} px too wide`);
      assert.deepEqual(await layoutShifts(page), []);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(complaints, []);
      const bottom = await page
        .locator(".rail")
        .evaluate(
          (rail) => rail.getBoundingClientRect().bottom === innerHeight && rail.getBoundingClientRect().height < 80,
        );
      assert.equal(bottom, width === 360);
      await page.context().close();
    });
  }

  test(`${path} presents with P: only the view, half as large again, contrast 7:1`, async () => {
    const { page } = await openPage(browser);
    await opened(page, view, 1);
    await page.keyboard.press("p");
    await page.waitForSelector(".rail", { state: "hidden" });
    assert.equal(await page.isVisible(".bar"), false);
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize), "24px");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".rail", { state: "visible" });
    await page.context().close();
  });

  test(`${path} prints without its chrome`, async () => {
    const { page } = await openPage(browser, { colorScheme: "dark" });
    await opened(page, view, 1);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.isVisible(".rail"), false);
    assert.equal(await page.isVisible(".actions"), false);
    assert.equal(await page.isVisible(printed), true);
    await page.context().close();
  });
}
