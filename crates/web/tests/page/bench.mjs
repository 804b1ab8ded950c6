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

/** A list of requests as a program makes it, and who places them: the fits, and allocators with a structure of their own. */
const OPERATIONS = 100_000;
const PLACERS = {
  fits: (/** @type {string} */ kept, /** @type {number} */ bytes) => `#v1;tab=free;part=time;fits=first,next,best,worst;bytes=${bytes};sent=${kept};step=${OPERATIONS / 2}`,
  allocators: (/** @type {string} */ kept, /** @type {number} */ bytes) => `#v1;tab=allocators;allocators=buddy,tlsf,slab,segregated;capacity=${bytes};kept=${kept};step=${OPERATIONS / 2}`,
};
/** Stretches of a long list that are asked for, each somewhere else. */
const STRETCHES = 20;

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
 * @param {boolean} [anew] whether the walk goes to its beginning first
 */
async function stepCosts(browser, address, anew = true) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(address);
  await page.waitForSelector(".frame-grid, .grid-canvas, .memory-picture svg");
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const tasks = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
  };
  if (anew) await page.keyboard.press("Home");
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
 * The times between frames while a long lab is scrubbed from end to end.
 * @param {import("playwright-core").Browser} browser @param {string} address
 * @param {string} ready what is there when it has its first answer
 */
async function scrubGaps(browser, address, ready) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(address);
  await page.waitForSelector(ready);
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

/** Sizes from a log-normal, lifetimes from two exponentials, of which some are long: about 1,500 blocks are live. @returns {string} */
function requests() {
  let seed = 5;
  const chance = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const normal = () => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  /** Who is freed at which operation. @type {Map<number, number[]>} */
  const ends = new Map();
  const words = [];
  for (let id = 0; words.length < OPERATIONS; id += 1) {
    words.push(`+${Math.min(100_000, Math.max(1, Math.round(64 * Math.exp(1.1 * normal()))))}`);
    const until = words.length + 1 + Math.round(-Math.log(1 - chance()) * (chance() < 0.9 ? 100 : 20_000));
    ends.set(until, [...(ends.get(until) ?? []), id]);
    for (let due = ends.get(words.length); due !== undefined; due = ends.get(words.length)) {
      ends.delete(words.length);
      const [first, ...others] = due;
      words.push(`-${first}`);
      if (others.length > 0) ends.set(words.length, [...others, ...(ends.get(words.length) ?? [])]);
    }
  }
  return words.slice(0, OPERATIONS).join(" ");
}

/** An answer of the server, and the milliseconds that it took. @param {string} address @param {string} body @returns {Promise<[any, number]>} */
async function timed(address, body) {
  const begun = performance.now();
  const answer = await fetch(address, { method: "POST", body });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail);
  return [found, performance.now() - begun];
}

/**
 * A list of 100,000 requests and frees in the lab: its first answer, stretches anywhere in it, steps, and a scrub.
 * @param {import("playwright-core").Browser} browser @param {string} origin
 */
async function tellOfLists(browser, origin) {
  const [kept] = await timed(`${origin}/api/v1/sim/requests`, requests());
  const bytes = 2 ** Math.ceil(Math.log2(2 * kept.peak_bytes));
  for (const [words, fragment] of Object.entries(PLACERS)) {
    const policies = /** @type {string} */ (/;(?:fits|allocators)=([^;]*)/.exec(fragment("", 1))?.[1]);
    const asked = { policies, capacity: bytes, ops: { id: kept.id }, views: words === "allocators" };
    const about = `100,000 operations under four ${words}`;
    const lives = { from: 1, count: OPERATIONS, most: 3000 };
    const [, first] = await timed(`${origin}/api/v1/sim/alloc`, JSON.stringify({ ...asked, lives, window: { from: OPERATIONS / 2, count: 8 } }));
    tell(`a lab: the first answer about ${about}`, first, "ms", 1000);
    const stretches = [];
    for (let at = 1; at <= STRETCHES; at += 1) {
      const window = { from: 1 + ((at * 7_919) % STRETCHES) * (OPERATIONS / STRETCHES), count: 8 };
      const [, took] = await timed(`${origin}/api/v1/sim/alloc`, JSON.stringify({ ...asked, metrics: false, window }));
      stretches.push(took);
    }
    tell(`a lab: a stretch anywhere in ${about}, worst of ${STRETCHES}`, Math.max(...stretches), "ms", 100);
    const address = `${origin}/segmentation${fragment(kept.id, bytes)}`;
    const costs = await stepCosts(browser, address, false);
    tell(`a lab: a step of ${about}, middle of ${STEPS}`, costs[(STEPS - 1) / 2], "ms", 16);
    const gaps = await scrubGaps(browser, address, ".memory-picture svg");
    tell(`a lab: ${about} scrubbed, 95 of 100 times between frames`, gaps[Math.floor(POSITIONS * 0.95)], "ms", 34);
  }
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
  const gaps = await scrubGaps(browser, `${origin}/paging${LONG}`, ".overtime .curve-line");
  tell("a lab: 100,000 references scrubbed, 95 of 100 times between frames", gaps[Math.floor(POSITIONS * 0.95)], "ms", 34);
  await tellOfLists(browser, origin);
} finally {
  await browser.close();
}
