// A ramscope on a captured machine, and a browser to look at it: what the tests of the page need.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").Page} Page */

const MACHINES = fileURLToPath(new URL("../../../observe/tests/data/", import.meta.url));
const BINARY = process.env.RAMSCOPE_BIN ?? fileURLToPath(new URL("../../../../target/debug/ramscope", import.meta.url));
const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const BROWSER_ARGS = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The machines that were captured for `observe`'s tests. */
export const PRESSED = "linux-6.6-two-nodes-under-pressure";
export const OLD = "linux-3.10-no-mem-available";

/** The machine that runs the tests: not captured, so that a load can be put on it. */
export const HERE = "here";

/** A running server. */
export class Server {
  /**
   * @param {string | null} machine name of a captured machine, or `HERE`; null for a server of labs alone
   * @param {string[]} further options of `ramscope serve`
   */
  constructor(machine, further = []) {
    this.machine = machine;
    this.further = further;
    this.directory = mkdtempSync(join(tmpdir(), "ramscope-page-"));
    this.address = "";
    /** @type {import("node:child_process").ChildProcess | null} */
    this.child = null;
  }

  /** Starts it, again at the same address if it ran before; resolves when it has said where it is. */
  async start() {
    const listen = this.address === "" ? "127.0.0.1:0" : new URL(this.address).host;
    const data = join(this.directory, "data");
    const captured = this.machine === HERE ? [] : ["--source-root", join(MACHINES, this.machine ?? "")];
    const kind = this.machine === null ? ["--labs-only"] : ["--interval", "100ms", ...captured];
    const words = ["serve", "--listen", listen, "--data-dir", data, ...kind, ...this.further];
    const child = this.run(words);
    this.child = child;
    this.address = await saidAddress(child);
  }

  /** Runs the binary where this server sees its loads. @param {string[]} words @param {"ignore" | "pipe"} input */
  run(words, input = "ignore") {
    return spawn(BINARY, words, { stdio: [input, "pipe", "pipe"], env: { ...process.env, XDG_RUNTIME_DIR: this.directory } });
  }

  /** What a script with the token sends. */
  allowed() {
    return { authorization: `Bearer ${readFileSync(join(this.directory, "data", "token"), "utf8").trim()}` };
  }

  /** Kills it as a crash would. */
  async kill() {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Kills it and removes what it wrote. */
  async remove() {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /**
   * @param {string} path
   * @returns {Promise<any>}
   */
  async json(path) {
    const answer = await fetch(this.address + path);
    return answer.json();
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<string>} `http://host:port`
 */
function saidAddress(child) {
  return new Promise((resolve, reject) => {
    let said = "";
    const listen = (/** @type {Buffer} */ part) => {
      said += part;
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (address !== null) resolve(address[0]);
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.once("error", (error) =>
      reject(new Error(`${BINARY} does not start: ${error.message}; build it with \`cargo build -p ramscope\``)),
    );
    child.once("exit", () => reject(new Error(`the server ended before it said where it is: ${said}`)));
  });
}

/** Opens the browser. */
export function openBrowser() {
  return chromium.launch({ executablePath: BROWSER, args: BROWSER_ARGS });
}

/**
 * A page on which everything that goes wrong is kept, and every shift of its layout.
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").BrowserContextOptions} options
 * @returns {Promise<{page: Page, complaints: string[]}>}
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(watchLayout);
  return { page, complaints };
}

/**
 * Runs in the page: keeps every shift that no input caused. A number set flush right that gains a digit begins
 * further left and ends where it did: that is not a move.
 */
function watchLayout() {
  const kept = /** @type {any} */ (window);
  const differ = (/** @type {number} */ a, /** @type {number} */ b) => Math.abs(a - b) >= 1;
  const isMove = (/** @type {any} */ { currentRect: now, previousRect: then }) =>
    differ(now.top, then.top) || (differ(now.left, then.left) && differ(now.right, then.right));
  kept.layoutShifts = [];
  new PerformanceObserver((list) => {
    for (const entry of /** @type {any[]} */ (list.getEntries())) {
      const sources = entry.sources.filter(isMove);
      if (entry.hadRecentInput || sources.length === 0) continue;
      const nodes = sources.map((/** @type {any} */ { currentRect: now, node, previousRect: then }) => {
        const name = `${node?.parentElement?.className} ${node?.nodeName} "${node?.textContent?.slice(0, 20)}"`;
        return `${name} ${then.left},${then.top} → ${now.left},${now.top}`;
      });
      kept.layoutShifts.push(`${entry.value.toFixed(4)} ${nodes.join("; ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
}

/**
 * Goes to an address of the page and waits until its numbers are there.
 * @param {Page} page
 * @param {string} address
 */
export async function visit(page, address) {
  await page.goto(address);
  await page.waitForSelector("[data-number=used][data-bytes]");
}

/**
 * Waits until a number of further samples have been drawn.
 * @param {Page} page
 * @param {number} count
 */
export async function samples(page, count) {
  const before = await ticks(page);
  await page.waitForFunction(
    (least) => Number(document.querySelector("[data-ticks]")?.getAttribute("data-ticks")) >= least,
    before + count,
  );
}

/** @param {Page} page */
async function ticks(page) {
  return Number(await page.getAttribute("[data-ticks]", "data-ticks"));
}

/** The shifts of the layout so far. @param {Page} page @returns {Promise<string[]>} */
export function layoutShifts(page) {
  return page.evaluate(() => /** @type {any} */ (window).layoutShifts);
}

/**
 * What axe finds wrong, one line a kind.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function violations(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations: found } = await /** @type {any} */ (window).axe.run(document);
    return found.map(
      (/** @type {any} */ { id, nodes }) =>
        `${id}: ${nodes.map((/** @type {any} */ node) => node.target.join(" ")).join(", ")}`,
    );
  });
}
