// A class server: labs alone, in a window of their own and in a frame of a course page.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { openBrowser, openPage, Server, violations } from "./machine.js";

const server = new Server(null, ["--allow-embed"]);
/** @type {import("playwright-core").Browser} */
let browser;
/** A course page of another site. */
const course = createServer((_, answer) => {
  answer.setHeader("content-type", "text/html");
  answer.end(`<!doctype html><html lang="en"><title>Course</title><link rel="icon" href="data:,">
    <iframe title="Lab" width="900" height="700" src="${server.address}/paging#v1;tab=replacement"></iframe></html>`);
});

before(async () => {
  [browser] = await Promise.all([openBrowser(), server.start()]);
  await new Promise((resolve) => course.listen(0, "localhost", () => resolve(undefined)));
});

after(async () => {
  await browser.close();
  await server.remove();
  course.closeAllConnections();
  course.close();
});

test("the address of a class server opens a lab, and nothing asks for a machine", async () => {
  const { complaints, page } = await openPage(browser);
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(server.address);
  await page.waitForSelector(".page-tables");
  assert.equal(new URL(page.url()).pathname, "/paging");
  assert.deepEqual(await page.locator(".rail-group").allTextContents(), ["Labs"]);
  assert.equal(await page.locator(".recorder").count(), 0);
  assert.deepEqual(
    asked.filter((path) => /^\/api\/v1\/(stream|memory|history|series|events)/.test(path)),
    [],
  );
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette");
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a frame on a course page steps, and has no rail", async () => {
  const { complaints, page } = await openPage(browser);
  const { port } = /** @type {import("node:net").AddressInfo} */ (course.address());
  await page.goto(`http://localhost:${port}/`);
  const frame = page.frameLocator("iframe");
  await frame.locator(".curve-line").first().waitFor();
  assert.equal(await frame.locator(".rail").isVisible(), false);
  const before = await frame.locator(".stepper-place b").textContent();
  await frame.getByRole("button", { name: "A step forward" }).click();
  await frame.locator(".stepper-place b", { hasText: String(Number(before) + 1) }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});
