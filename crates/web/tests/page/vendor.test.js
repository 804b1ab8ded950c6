// What is vendored is what was released, as ui/vendor/README.md says.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const VENDOR = new URL("../../ui/vendor/", import.meta.url);
const MODULES = new URL("../../node_modules/", import.meta.url);

/** @param {string} name */
const vendored = (name) => readFileSync(new URL(name, VENDOR), "utf8");
/** @param {string} path */
const released = (path) => readFileSync(new URL(path, MODULES), "utf8");
/** @param {string} text */
const withoutMap = (text) => text.replace(/\/\/# sourceMappingURL=\S*$/m, "");
/** @param {string} text */
const byPath = (text) =>
  withoutMap(text)
    .replaceAll('from"preact"', 'from"./preact.js"')
    .replaceAll('from"preact/hooks"', 'from"./preact-hooks.js"')
    .replaceAll('from"@preact/signals-core"', 'from"./signals-core.js"');

test("every file has the checksum that is written down", () => {
  const lines = vendored("CHECKSUMS")
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/));
  const files = readdirSync(VENDOR).filter((name) => /\.(js|css)$|^LICENSE-/.test(name));
  assert.deepEqual(lines.map(([, name]) => name).sort(), files.sort());
  for (const [sum, name] of lines) {
    assert.equal(
      createHash("sha256")
        .update(readFileSync(new URL(name, VENDOR)))
        .digest("hex"),
      sum,
      name,
    );
  }
});

test("every file is its release with only the change that is told", () => {
  assert.equal(vendored("preact.js"), withoutMap(released("preact/dist/preact.module.js")));
  assert.equal(vendored("preact-hooks.js"), byPath(released("preact/hooks/dist/hooks.module.js")));
  assert.equal(vendored("signals-core.js"), withoutMap(released("@preact/signals-core/dist/signals-core.module.js")));
  assert.equal(vendored("signals.js"), byPath(released("@preact/signals/dist/signals.module.js")));
  assert.equal(vendored("htm.js"), released("htm/dist/htm.module.js"));
  assert.equal(vendored("uplot.js"), `${released("uplot/dist/uPlot.iife.min.js")}export default uPlot;\n`);
  assert.equal(vendored("uplot.css"), released("uplot/dist/uPlot.min.css"));
});

test("the table names the versions that are locked", () => {
  const table = vendored("README.md");
  for (const name of ["preact", "@preact/signals", "@preact/signals-core", "htm", "uplot"]) {
    const { version } = JSON.parse(released(`${name}/package.json`));
    assert.ok(table.includes(`| ${name} | ${version} |`), `${name} ${version}`);
  }
});
