// What the first view weighs: at most 100 kB gzipped, all files together.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openBrowser, openPage, PRESSED, samples, Server, visit } from "./machine.js";

const MOST_BYTES = 100_000;

/** @param {string} path a file's path, perhaps below the folder that names the build */
const withoutBuild = (path) => path.replace(/^\/@[^/]+/, "");

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

test("the files of the first view are at most 100 kB gzipped", async (context) => {
  const { page } = await openPage(browser);
  /** @type {Promise<[string, number]>[]} */
  const files = [];
  page.on("response", (answer) => {
    const { pathname } = new URL(answer.url());
    if (!pathname.startsWith("/api/"))
      files.push(answer.body().then((body) => [pathname, gzipSync(body, { level: 9 }).length]));
  });
  await visit(page, server.address);
  await samples(page, 2);
  const sizes = await Promise.all(files);
  const sum = sizes.reduce((bytes, [, size]) => bytes + size, 0);
  context.diagnostic(`${sum} bytes in ${sizes.length} files`);
  assert.ok(sizes.some(([path]) => withoutBuild(path) === "/vendor/uplot.js"));
  assert.ok(sum <= MOST_BYTES, `${sum} bytes: ${sizes.map(([path, size]) => `${path} ${size}`).join(", ")}`);
});

test("the page names each module of its first view beforehand, so that none waits for another", async () => {
  const { page } = await openPage(browser);
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => asked.push(withoutBuild(new URL(request.url()).pathname)));
  await visit(page, server.address);
  await samples(page, 2);
  const named = await page
    .locator("link[rel=modulepreload]")
    .evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""))
    .then((paths) => paths.map(withoutBuild));
  const modules = asked.filter((path) => path.endsWith(".js") && path !== "/main.js" && path !== "/early.js");
  assert.deepEqual(named.sort(), [...new Set(modules)].sort());
  const graph = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".js"))
      .map(({ name }) => new URL(name).pathname),
  );
  assert.equal(new Set(graph).size, graph.length, "no module is loaded twice");
});
