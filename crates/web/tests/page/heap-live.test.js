// The view "Heap" while a program runs: told by one stream, its address space looked into, and what it says when it has ended.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openPage, PRESSED, Server, violations } from "./machine.js";

const server = new Server(PRESSED);
/** @type {import("playwright-core").Browser} */
let browser;

/** Holds more and more until its input ends. */
const PROGRAM = `
import select, sys
held = []
while not select.select([sys.stdin], [], [], 0.02)[0]:
    held.append(bytearray(40000))
    held.append([object() for _ in range(50)])
`;

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
});

after(async () => {
  leave();
  await browser.close();
  await server.remove();
});

/** Ends what a test that failed has left. @type {() => void} */
let leave = () => {};

/** Tracks the program where the server sees it. @returns {Promise<{session: string, end: () => Promise<void>}>} */
async function track() {
  const words = ["track", "--data-dir", join(server.directory, "data"), "--", "python3", "-c", PROGRAM];
  const child = server.run(words, "pipe");
  leave = () => void child.stdin?.end();
  let said = "";
  const session = await new Promise((/** @type {(session: string) => void} */ resolve, reject) => {
    child.stderr?.on("data", (/** @type {Buffer} */ part) => {
      said += part;
      const found = /session=([\w-]+)/.exec(said);
      if (found !== null) resolve(found[1]);
    });
    child.once("exit", () => reject(new Error(`it ended before it was to be seen: ${said}`)));
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return { session, end: async () => {
    child.stdin?.end();
    await ended;
  } };
}

test("one stream tells a program that runs, its blocks are looked into on the map, and its end is told", async () => {
  const { end, session } = await track();
  const { complaints, page } = await openPage(browser, { extraHTTPHeaders: server.allowed() });
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => void (request.url().includes("/api/v1/heap") && asked.push(request.url())));
  await page.goto(`${server.address}/heap#v1;session=${session}`);
  await page.waitForSelector(".heap-flame canvas");
  const live = () => page.locator(".heap-head h1 b").last().textContent().then((text) => Number((text ?? "").replaceAll(/\D/g, "")));
  const first = await live();
  await page.waitForFunction((before) => Number((document.querySelector(".heap-head h1 b:last-child")?.textContent ?? "").replaceAll(/\D/g, "")) > before, first);
  assert.deepEqual(asked.filter((url) => /\/(tree|timeline)\?/.test(url)), [], "nothing is asked again and again");
  assert.equal(asked.filter((url) => url.includes("/stream?")).length, 1);

  await page.getByRole("button", { name: "Addresses" }).click();
  const map = page.locator(".heap-space-map");
  await page.waitForFunction(() => Number(document.querySelector(".heap-space-map")?.getAttribute("data-cells")) > 50);
  assert.ok(Number(await map.getAttribute("data-rows")) >= 1);
  assert.deepEqual(await violations(page), []);
  // Nearer, until the blocks are few enough to be told one by one; then a click says whose one is.
  const box = await map.boundingBox();
  assert.ok(box !== null);
  for (let step = 0; step === 0 || (step < 24 && (await map.getAttribute("data-blocks")) === ""); step += 1) {
    const answered = page.waitForResponse((answer) => answer.url().includes("/space?") && answer.url().includes("from=0x"));
    await page.mouse.move(box.x + box.width / 2, box.y + 30);
    await page.mouse.wheel(0, -120);
    await answered;
    await page.waitForFunction(() => location.hash.includes("span="));
  }
  assert.notEqual(await map.getAttribute("data-blocks"), "");
  assert.match(page.url(), /span=[0-9a-f]+-[0-9a-f]+/);
  await page.getByRole("button", { name: "Away" }).click();
  await page.waitForFunction(() => !location.hash.includes("span="));

  await end();
  await page.getByText(/never given back/).waitFor();
  await page.getByRole("tab", { name: "Losses and cost" }).click();
  const cost = await page.locator("tr", { hasText: "Tracking cost" }).textContent();
  assert.match(cost ?? "", /Tracking cost\d+\s(ms|µs)|Tracking cost[\d.]+\s?s/);
  assert.deepEqual(complaints, []);
});

test("the demo's address space needs no token, and its table tells blocks by their addresses", async () => {
  const { complaints, page } = await openPage(browser, { viewport: { width: 360, height: 780 } });
  await page.goto(`${server.address}/heap#v1;session=demo;way=map`);
  await page.waitForFunction(() => Number(document.querySelector(".heap-space-map")?.getAttribute("data-cells")) > 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "only grids scroll sideways");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "load_picture" }).first().click();
  assert.match((await page.locator(".heap-chosen").textContent()) ?? "", /load_picture/);
  assert.deepEqual(complaints, []);
});
