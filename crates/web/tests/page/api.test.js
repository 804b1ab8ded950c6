// Questions to the server: a dropped one stays dropped, and a refusal has the server's words.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { getJson, Refused } from "../../ui/api.js";

/**
 * @param {import("node:test").TestContext} t ends the server
 * @param {import("node:http").RequestListener} answer
 */
async function serving(t, answer) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}/`;
}

test("a question that is dropped while its answer comes is dropped, not answered with nothing", async (t) => {
  const left = new AbortController();
  const at = await serving(t, (_, answer) => {
    answer.writeHead(200, { "content-type": "application/json" });
    answer.write('{"steps": [');
  });
  const { fetch } = globalThis;
  t.mock.method(globalThis, "fetch", async (/** @type {[any]} */ ...question) => {
    const answer = await fetch(...question);
    setImmediate(() => left.abort());
    return answer;
  });
  await assert.rejects(getJson(at, left.signal), { name: "AbortError" });
});

test("a refusal has the words of its problem, or those that it can have", async (t) => {
  const bodies = ['{"title": "Bad question", "detail": "`frames` is 0"}', '{"title": "Bad question"}', "<p>no</p>"];
  const at = await serving(t, (_, answer) => answer.writeHead(400).end(bodies.shift()));
  const refused = async () => getJson(at).then(assert.fail, (error) => [error instanceof Refused, error.status, error.message]);
  assert.deepEqual(await refused(), [true, 400, "`frames` is 0"]);
  assert.deepEqual(await refused(), [true, 400, "Bad question"]);
  assert.deepEqual(await refused(), [true, 400, `${at} answered 400`]);
});
