// A lab as one HTML file: saved, opened from the disk without a server, and stepped.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { openBrowser, openPage, PRESSED, Server, violations } from "./machine.js";

const server = new Server(PRESSED);
const folder = mkdtempSync(join(tmpdir(), "ramscope-file-"));
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
 * Saves a lab and opens the file.
 * @param {string} fragment
 */
async function savedAndOpened(fragment) {
  const online = await openPage(browser);
  await online.page.goto(`${server.address}/paging${fragment}`);
  await online.page.waitForSelector(".stepper-play:not([disabled])");
  await online.page.click("[popovertarget=share]");
  const [download] = await Promise.all([
    online.page.waitForEvent("download"),
    online.page.getByRole("button", { name: "Save the file" }).click(),
  ]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  assert.deepEqual(online.complaints, []);
  const offline = await openPage(browser);
  /** @type {string[]} */
  const asked = [];
  offline.page.on("request", (request) => asked.push(request.url()));
  await offline.page.goto(pathToFileURL(path).href);
  await offline.page.waitForSelector(".stepper-play:not([disabled])");
  return { asked, online: online.page, path, ...offline };
}

/** What the lab shows, without the panels that need a server. @param {import("playwright-core").Page} page */
const shown = (page) =>
  page.evaluate(() => {
    const stage = /** @type {Element} */ (document.querySelector(".lab-stage")).cloneNode(true);
    for (const button of /** @type {Element} */ (stage).querySelectorAll(".open-panel")) button.remove();
    return stage.textContent;
  });

for (const [what, fragment] of [
  ["processes in frames", "#v1;step=3"],
  ["replacement", "#v1;step=4;tab=replacement"],
  ["translation", "#v1;step=4;tab=translation"],
]) {
  test(`${what}: a saved file shows what the page showed, and steps without a server`, async () => {
    const { asked, complaints, online, page, path } = await savedAndOpened(fragment);
    assert.equal(await shown(page), await shown(online));
    await Promise.all([page.keyboard.press("ArrowRight"), online.keyboard.press("Escape")]);
    await online.locator("main").click({ position: { x: 2, y: 2 } });
    await online.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector(".stepper-place b")?.textContent !== "");
    assert.equal(await page.textContent(".lab-sentence"), await online.textContent(".lab-sentence"));
    await page.keyboard.press("End");
    await page.keyboard.press("Home");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      asked.filter((url) => !/^(file|data|blob):/.test(url)),
      [],
      "nothing is asked of anyone",
    );
    const text = readFileSync(path, "utf8");
    assert.ok(!text.includes(server.address), "the file does not know where it came from");
    assert.ok(text.length < 1_000_000, `${text.length} bytes`);
    await page.context().close();
    await online.context().close();
  });
}
