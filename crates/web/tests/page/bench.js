// How fast the page is: milliseconds from navigation to the first numbers, and the longest frame while live.
// Run by `npm run bench`; it prints, and judges nothing, for a busy machine is no fault of the page.

import { openBrowser, openPage, PRESSED, samples, Server, visit } from "./machine.js";

const ROUNDS = 10;

const server = new Server(PRESSED);
await server.start();
const browser = await openBrowser();
const first = [];
let longest = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  const { page } = await openPage(browser);
  await page.addInitScript(() => {
    const kept = /** @type {any} */ (window);
    kept.longTasks = [];
    new PerformanceObserver((list) =>
      kept.longTasks.push(...list.getEntries().map(({ duration, startTime }) => [startTime, duration])),
    ).observe({ type: "longtask", buffered: true });
    const look = () => {
      if (document.querySelector("[data-number=used][data-bytes]") !== null) kept.firstNumbers = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
  await visit(page, server.address);
  const at = await page.evaluate(() => /** @type {any} */ (window).firstNumbers);
  first.push(at);
  await samples(page, 20);
  const tasks = await page.evaluate(() => /** @type {any} */ (window).longTasks);
  for (const [began, lasted] of tasks) if (began > at + 500) longest = Math.max(longest, lasted);
  await page.context().close();
}
first.sort((a, b) => a - b);
console.log(
  `first numbers: median ${first[ROUNDS / 2].toFixed(0)} ms, worst ${first[ROUNDS - 1].toFixed(0)} ms (goal 300)`,
);
console.log(`longest task while live: ${longest === 0 ? "below 50" : longest.toFixed(0)} ms (goal 50)`);
await browser.close();
await server.remove();
