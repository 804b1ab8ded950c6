// What the page weighs and how it moves, measured in a real Chromium: `node bench.mjs LINK`, where LINK is
// the address that the server printed. Prints a line of JSON a number, which `cargo xtask bench page` reads.

import { gzipSync } from "node:zlib";

import { openBrowser } from "./machine.js";

/** Navigations of which the middle and the worst are told. */
const NAVIGATIONS = 9;

/** How long the page is watched while it is live. */
const LIVE_MS = 20_000;

/** Steps of a lab of which the middle one is told, and places that a scrub comes past. */
const STEPS = 19;
const POSITIONS = 120;

/** How long a lab is left alone before it is measured. */
const SETTLE_MS = 600;

/** Three policies over the textbook's string, and over one of 100,000 references. */
const SHORT = "#v1;policies=lru,clock,opt;tab=replacement";
const LONG = "#v1;frames=6;from=zipf:100000:1000;policies=fifo,lru,opt;preset=none;tab=replacement";

/** A number with its unit, as the page shows amounts of memory. */
const AMOUNT = String.raw`\d\s*[KMGT]iB`;

/**
 * Prints a measure in the form that all benches of the project share.
 * @param {string} name @param {number} value @param {string} unit @param {number} goal
 */
function tell(name, value, unit, goal) {
  console.log(JSON.stringify({ name, value, unit, goal, goal_kind: "at_most" }));
}

/**
 * Runs in the page before its own scripts: remembers when the first amount was painted, in milliseconds
 * since the navigation began.
 * @param {string} amount
 */
function watchForNumbers(amount) {
  const pattern = new RegExp(amount);
  const look = () => {
    if (pattern.test(document.body?.innerText ?? "")) {
      // The frame that holds the amount is painted before the next one begins.
      requestAnimationFrame((now) => Object.assign(window, { firstNumbers: now }));
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
}

/**
 * Runs in the page: the longest task and the longest time between two frames within `duration` milliseconds.
 * @param {number} duration
 * @returns {Promise<{task: number, gap: number}>}
 */
function watchFrames(duration) {
  return new Promise((resolve) => {
    let task = 0;
    let gap = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) task = Math.max(task, entry.duration);
    });
    observer.observe({ type: "longtask" });
    const started = performance.now();
    let last = started;
    const frame = (/** @type {number} */ now) => {
      gap = Math.max(gap, now - last);
      last = now;
      if (now - started < duration) {
        requestAnimationFrame(frame);
      } else {
        observer.disconnect();
        resolve({ task, gap });
      }
    };
    requestAnimationFrame((now) => {
      last = now;
      requestAnimationFrame(frame);
    });
  });
}

/**
 * The weight of the first view in bytes, every file of it gzipped (as the server sends it, or, where it sends
 * a file plain, as gzip would make it), without what the API answers.
 * @param {import("playwright-core").Browser} browser @param {string} origin
 */
async function firstViewBytes(browser, origin) {
  const page = await browser.newPage();
  /** @type {import("playwright-core").Response[]} */
  const responses = [];
  page.on("response", (response) => responses.push(response));
  await page.goto(origin);
  await page.waitForFunction((amount) => new RegExp(amount).test(document.body.innerText), AMOUNT);
  await page.waitForTimeout(1_000);
  let bytes = 0;
  for (const response of responses.filter((response) => !new URL(response.url()).pathname.startsWith("/api/"))) {
    const { responseBodySize } = await response.request().sizes();
    const isGzipped = (await response.headerValue("content-encoding")) === "gzip";
    bytes += isGzipped ? responseBodySize : gzipSync(await response.body()).length;
  }
  await page.close();
  return bytes;
}

/**
 * Milliseconds from the navigation to the first amount on screen, in a browser that has never seen the page.
 * @param {import("playwright-core").Browser} browser @param {string} origin
 */
async function firstNumbers(browser, origin) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watchForNumbers, AMOUNT);
  await page.goto(origin);
  const found = await page.waitForFunction(() => /** @type {any} */ (window).firstNumbers);
  const milliseconds = await found.jsonValue();
  await context.close();
  return milliseconds;
}

/** @param {import("playwright-core").Browser} browser @param {string} origin */
async function liveFrames(browser, origin) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(origin);
  await page.waitForTimeout(2_000);
  const frames = await page.evaluate(watchFrames, LIVE_MS);
  await page.close();
  return frames;
}

/**
 * What a step of a lab costs the page's thread, from the key to the painted picture, in milliseconds of its processor.
 * @param {import("playwright-core").Browser} browser @param {string} address
 */
async function stepCosts(browser, address) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(address);
  await page.waitForSelector(".frame-grid, .grid-canvas");
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const tasks = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
  };
  await page.keyboard.press("Home");
  await page.waitForTimeout(SETTLE_MS);
  /** @type {number[]} */
  const costs = [];
  for (let step = 0; step < STEPS; step += 1) {
    const before = await tasks();
    await page.keyboard.press("ArrowRight");
    await page.waitForTimeout(SETTLE_MS / 5);
    costs.push((await tasks()) - before);
  }
  await page.close();
  return costs.sort((a, b) => a - b);
}

/**
 * The times between frames while a string of 100,000 references is scrubbed from end to end.
 * @param {import("playwright-core").Browser} browser @param {string} origin
 */
async function scrubGaps(browser, origin) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${origin}/paging${LONG}`);
  await page.waitForSelector(".overtime .curve-line");
  await page.waitForTimeout(SETTLE_MS);
  const gaps = await page.evaluate(async (positions) => {
    const input = /** @type {HTMLInputElement} */ (document.querySelector(".scrubber input"));
    const found = [];
    let last = await new Promise(requestAnimationFrame);
    for (let position = 1; position <= positions; position += 1) {
      input.value = String(Math.round((Number(input.max) * position) / positions));
      input.dispatchEvent(new Event("input", { bubbles: true }));
      const now = await new Promise(requestAnimationFrame);
      found.push(now - last);
      last = now;
    }
    return found;
  }, POSITIONS);
  await page.close();
  return gaps.sort((a, b) => a - b);
}

const link = process.argv[2];
if (!link) throw new Error("usage: node bench.mjs LINK");
const origin = new URL(link).origin;
const browser = await openBrowser();
try {
  tell("the page: first view, gzipped", (await firstViewBytes(browser, origin)) / 1000, "kB", 100);
  const times = [];
  for (let at = 0; at < NAVIGATIONS; at += 1) times.push(await firstNumbers(browser, origin));
  times.sort((a, b) => a - b);
  tell(`the page: first numbers, middle of ${NAVIGATIONS}`, times[(NAVIGATIONS - 1) / 2], "ms", 300);
  tell(`the page: first numbers, worst of ${NAVIGATIONS}`, times[NAVIGATIONS - 1], "ms", 300);
  const { task, gap } = await liveFrames(browser, origin);
  tell("the page while live: longest task", task, "ms", 50);
  tell("the page while live: longest time between frames", gap, "ms", 50);
  for (const [words, lab] of /** @type {const} */ ([["20", SHORT], ["100,000", LONG]])) {
    const costs = await stepCosts(browser, `${origin}/paging${lab}`);
    tell(`a lab: a step of three policies over ${words} references, middle of ${STEPS}`, costs[(STEPS - 1) / 2], "ms", 16);
  }
  const gaps = await scrubGaps(browser, origin);
  tell("a lab: 100,000 references scrubbed, 95 of 100 times between frames", gaps[Math.floor(POSITIONS * 0.95)], "ms", 34);
} finally {
  await browser.close();
}
