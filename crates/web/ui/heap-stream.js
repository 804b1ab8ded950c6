// One session as the server tells it: everything once, then what changed. Comes back by itself when the server was away.

import { getJson } from "./api.js";
import { mergePatch } from "./merge.js";

/** @typedef {import("./heap-source.js").Detail} Detail */
/** @typedef {import("./heap-source.js").Course} Course */
/** @typedef {import("./heap-tree.js").Frame} Frame */
/** @typedef {import("./heap-tree.js").TreeAnswer} TreeAnswer */
/** @typedef {Omit<TreeAnswer, "frames" | "nodes">} Head */
/**
 * @typedef {Head & {frames: (Frame & {id: number})[], gone: number[],
 *   nodes: {id: number[], parent: number[], frame: number[], value: number[], self: number[], blocks: number[]}}} TreeChange
 * @typedef {{parent: number, frame: number, value: number, self: number, blocks: number}} Row
 * @typedef {{head: Head, frames: Frame[], rows: Map<number, Row>}} Held a tree as it was told, by the numbers of its nodes
 * @typedef {{detail: Detail, course: Course, tree: Held}} Session
 */

/** Waits between two tries, ms. */
const BACKOFF_MS = [250, 500, 1000, 2000, 4000];

/**
 * A tree after a change; what it was before is not looked at again.
 * @param {Held | null} before
 * @param {TreeChange} change
 * @returns {Held}
 */
export function treeAfter(before, { frames: newFrames, gone, nodes, ...head }) {
  const frames = before === null ? [] : [...before.frames];
  const rows = before === null ? new Map() : new Map(before.rows);
  for (const id of gone) rows.delete(id);
  for (const { id, ...frame } of newFrames) frames[id] = frame;
  nodes.id.forEach((id, at) => rows.set(id, { parent: nodes.parent[at], frame: nodes.frame[at], value: nodes.value[at], self: nodes.self[at], blocks: nodes.blocks[at] }));
  return { head, frames, rows };
}

/**
 * The tree as one answer: parents before their children, numbered by their places.
 * @param {Held} held
 * @returns {TreeAnswer}
 */
export function answerOf({ frames, head, rows }) {
  const ids = [...rows.keys()].sort((a, b) => a - b);
  const places = new Map(ids.map((id, place) => [id, place]));
  /** @type {import("./heap-tree.js").Columns} */
  const nodes = { parent: [], frame: [], value: [], self: [], blocks: [] };
  for (const id of ids) {
    const row = /** @type {Row} */ (rows.get(id));
    nodes.parent.push(row.parent < 0 ? -1 : places.get(row.parent) ?? 0);
    nodes.frame.push(row.frame);
    nodes.value.push(row.value);
    nodes.self.push(row.self);
    nodes.blocks.push(row.blocks);
  }
  return { ...head, frames, nodes };
}

/**
 * A timeline whose rows from `from` on are others.
 * @template T
 * @param {T} before columns, or columns by name
 * @param {any} change the same, from that row on
 * @param {number} from
 * @returns {T}
 */
export function rowsAfter(before, change, from) {
  const after = Object.entries(/** @type {object} */ (before)).map(([name, column]) => {
    if (Array.isArray(column)) return [name, [...column.slice(0, from), ...change[name]]];
    return [name, typeof column === "object" && column !== null ? rowsAfter(column, change[name], from) : column];
  });
  return Object.fromEntries(after);
}

/**
 * A session after an event of its stream; null for a change of what is not held.
 * @param {Session | null} before
 * @param {string} type
 * @param {any} data
 * @returns {Session | null}
 */
export function sessionAfter(before, type, data) {
  if (type === "state") return { detail: data.detail, course: data.timeline, tree: treeAfter(null, data.tree) };
  if (before === null) return null;
  return {
    detail: data.detail === undefined ? before.detail : mergePatch(before.detail, data.detail),
    course: data.timeline === undefined ? before.course : rowsAfter(before.course, data.timeline, data.timeline.from),
    tree: data.tree === undefined ? before.tree : treeAfter(before.tree, data.tree),
  };
}

/**
 * Follows a session until it can change no more; what to call to stop before.
 * @param {string} path of the stream
 * @param {string} about of the session, which tells why there is no stream
 * @param {(session: Session, changed: {tree: boolean}) => void} onSession
 * @param {(error: unknown) => boolean} onFailure whether it may be tried again
 */
export function followSession(path, about, onSession, onFailure) {
  /** @type {Session | null} */
  let held = null;
  return followStream(path, about, (type, change) => {
    held = sessionAfter(held, type, change);
    if (held === null) return true;
    onSession(held, { tree: change.tree !== undefined });
    return held.detail.session.state === "live";
  }, onFailure);
}

/**
 * Follows a document that is told once, and then by merge patches; what to call to stop.
 * @param {string} path of the stream
 * @param {string} about of the document
 * @param {(document: any) => void} onDocument
 * @param {(error: unknown) => boolean} onFailure whether it may be tried again
 */
export function followDocument(path, about, onDocument, onFailure) {
  /** @type {any} */
  let held = null;
  return followStream(path, about, (type, change) => {
    held = type === "state" ? change : mergePatch(held, change);
    onDocument(held);
    return true;
  }, onFailure);
}

/**
 * @param {string} path of the stream
 * @param {string} about what is asked for the reason where there is no stream
 * @param {(type: string, data: any) => boolean} onEvent whether more may come
 * @param {(error: unknown) => boolean} onFailure
 */
function followStream(path, about, onEvent, onFailure) {
  let failures = 0;
  /** @type {EventSource | null} */
  let source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  const left = new AbortController();
  const stop = () => {
    left.abort();
    clearTimeout(retry);
    source?.close();
  };
  const take = (/** @type {MessageEvent} */ { data, type }) => {
    failures = 0;
    if (!onEvent(type, JSON.parse(data))) stop();
  };
  // The browser does not say why a stream was refused: the document's own address does.
  const lose = async () => {
    source?.close();
    source = null;
    const error = await getJson(about, left.signal).then(() => null, (failure) => failure);
    if (left.signal.aborted || (error !== null && !onFailure(error))) return;
    retry = setTimeout(open, BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)]);
    failures += 1;
  };
  const open = () => {
    source = new EventSource(path);
    source.addEventListener("state", take);
    source.addEventListener("change", take);
    source.addEventListener("error", () => void lose());
  };
  open();
  return stop;
}
