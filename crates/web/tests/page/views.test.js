// Every view, in both themes: the actions are where they belong, and nothing is wrong with it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { layoutShifts, openBrowser, openPage, PRESSED, samples, Server, violations, visit } from "./machine.js";

const VIEWS = ["/"];
const ACTIONS = ["Share", "Export", "JSON", "Table", "Print"];

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

for (const path of VIEWS) {
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    test(`${path} in ${colorScheme} has its actions, and neither violation nor error nor shift`, async () => {
      const { complaints, page } = await openPage(browser, { colorScheme });
      await visit(page, server.address + path);
      await samples(page, 5);
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
      await page.waitForSelector(".uplot");
      assert.deepEqual(await violations(page), [], "as pictures");
      assert.deepEqual(await layoutShifts(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });
  }

  for (const width of [360, 768, 1920]) {
    test(`${path} at ${width} px fits, and the page never scrolls sideways`, async () => {
      const { complaints, page } = await openPage(browser, { viewport: { width, height: 800 } });
      await visit(page, server.address + path);
      await samples(page, 3);
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
    await visit(page, server.address + path);
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
    await visit(page, server.address + path);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.isVisible(".rail"), false);
    assert.equal(await page.isVisible(".actions"), false);
    assert.equal(await page.isVisible(".ledger"), true);
    await page.context().close();
  });
}
