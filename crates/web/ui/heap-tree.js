// A call tree as the server sends it, and what a reader makes of it: upside down, without some frames, recursion folded, in an
// order that stays, around one function, searched. Everything here is a pure function of its arguments.

/**
 * `internal` frames are the allocator's, the loader's and the language's own.
 * @typedef {{function: string, file: string | null, line: number | null, module: string, inlined: boolean, internal: boolean}} Frame
 * @typedef {{parent: number[], frame: number[], value: number[], self: number[], blocks: number[]}} Columns parents before children
 * @typedef {{by: string, unit: "bytes" | "count", total: number, from_ms: number | null, to_ms: number | null,
 *   nodes_in_all: number, left_off: {nodes: number, value: number}, frames: Frame[], nodes: Columns}} TreeAnswer
 * @typedef {{frame: Frame, key: string, value: number, self: number, blocks: number, depth: number, parent: Node | null,
 *   children: Node[]}} Node
 * @typedef {{invert: boolean, fold: boolean, hide: boolean, fixed: boolean}} Look
 * @typedef {{frame: Frame, name: string, total: number, self: number, blocks: number}} Entry a function over all its nodes
 */

/** The frame of the root: everything. @type {Frame} */
const ALL = { function: "all", file: null, line: null, module: "", inlined: false, internal: false };

/** What names a function: two of one name in different files are two. @param {Pick<Frame, "function" | "module">} frame */
export function nameOf({ function: name, module }) {
  return `${name}\n${module}`;
}

/** The last part of a path. @param {string} path */
export function baseOf(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Where a function stands, for people: file and line, else the module. @param {Frame} frame */
export function placeOf({ file, line, module }) {
  if (file === null) return baseOf(module);
  return line === null ? baseOf(file) : `${baseOf(file)}:${line}`;
}

/** A number that two texts hardly ever share. @param {string} text @param {number} seed */
function hashOf(text, seed) {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** Two numbers of each function's name, so that a path is named by what it goes through. @type {Map<string, [number, number]>} */
const hashes = new Map();

/** @param {string} name @returns {[number, number]} */
function hashesOf(name) {
  const known = hashes.get(name);
  if (known !== undefined) return known;
  /** @type {[number, number]} */
  const made = [hashOf(name, 0x811c9dc5), hashOf(name, 0x3c6ef372)];
  hashes.set(name, made);
  return made;
}

/** The key of a child of `parent`: the same for the same path, in this answer and in the next one. @param {string} parent @param {string} name */
function keyBelow(parent, name) {
  const [one, other] = hashesOf(name);
  const [a, b] = parent === "" ? [0, 0] : parent.split(".").map((part) => Number.parseInt(part, 36));
  const mixed = [Math.imul(a ^ one, 0x85ebca6b) >>> 0, Math.imul(b ^ other, 0xc2b2ae35) >>> 0];
  return `${mixed[0].toString(36)}.${mixed[1].toString(36)}`;
}

/** @param {Frame} frame @param {Node | null} parent @returns {Node} */
function nodeOf(frame, parent) {
  const key = parent === null ? "" : keyBelow(parent.key, nameOf(frame));
  return { frame, key, value: 0, self: 0, blocks: 0, depth: parent === null ? 0 : parent.depth + 1, parent, children: [] };
}

/**
 * The server's answer as a tree.
 * @param {TreeAnswer} answer
 * @returns {Node}
 */
export function treeOf({ frames, nodes }) {
  const root = nodeOf(ALL, null);
  /** @type {Node[]} */
  const made = [];
  for (let at = 0; at < nodes.parent.length; at += 1) {
    const above = nodes.parent[at] < 0 ? null : made[nodes.parent[at]];
    const node = above === null ? root : nodeOf(frames[nodes.frame[at]] ?? ALL, above);
    node.value = nodes.value[at];
    node.self = nodes.self[at];
    node.blocks = nodes.blocks[at];
    if (above !== null) above.children.push(node);
    made.push(node);
  }
  return root;
}

/**
 * Visits a tree without a call a level: stacks can be ten thousand deep.
 * @param {Node} root
 * @param {(node: Node) => void} visit parents first
 */
export function walk(root, visit) {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    visit(node);
    for (let at = node.children.length - 1; at >= 0; at -= 1) waiting.push(node.children[at]);
  }
}

/** The nodes from the outermost caller to this one, without the root. @param {Node} node */
export function pathOf(node) {
  /** @type {Node[]} */
  const path = [];
  for (let at = node; at.parent !== null; at = at.parent) path.push(at);
  return path.reverse();
}

/** @param {Node} root @param {string | undefined} key @returns {Node | null} */
export function find(root, key) {
  if (key === undefined || key === "") return null;
  /** @type {Node | null} */
  let found = null;
  walk(root, (node) => {
    if (found === null && node.key === key) found = node;
  });
  return found;
}

/** Largest first, as the eye expects; the same name decides ties. @param {Node} a @param {Node} b */
const bySize = (a, b) => b.value - a.value || (a.frame.function < b.frame.function ? -1 : 1);
/** By name: two moments can be laid over each other. @param {Node} a @param {Node} b */
const byName = (a, b) => (nameOf(a.frame) < nameOf(b.frame) ? -1 : 1);

/**
 * Puts stacks together to a tree.
 * @param {Iterable<{frames: Frame[], value: number, blocks: number}>} stacks outermost frame first
 * @param {boolean} fixed whether children stand by name
 * @returns {Node}
 */
export function grown(stacks, fixed) {
  const root = nodeOf(ALL, null);
  /** @type {Map<Node, Map<string, Node>>} */
  const below = new Map();
  for (const { blocks, frames, value } of stacks) {
    let at = root;
    at.value += value;
    at.blocks += blocks;
    for (const frame of frames) {
      const children = below.get(at) ?? new Map();
      below.set(at, children);
      const name = nameOf(frame);
      const child = children.get(name) ?? nodeOf(frame, at);
      if (!children.has(name)) {
        children.set(name, child);
        at.children.push(child);
      }
      child.value += value;
      child.blocks += blocks;
      at = child;
    }
    at.self += value;
  }
  walk(root, ({ children }) => void children.sort(fixed ? byName : bySize));
  return root;
}

/**
 * The stacks that end in a node with something of its own.
 * @param {Node} root
 * @returns {{frames: Frame[], value: number, blocks: number}[]}
 */
export function stacksOf(root) {
  /** @type {{frames: Frame[], value: number, blocks: number}[]} */
  const stacks = [];
  walk(root, (node) => {
    if (node.self === 0) return;
    const below = node.children.reduce((sum, { blocks }) => sum + blocks, 0);
    stacks.push({ frames: pathOf(node).map(({ frame }) => frame), value: node.self, blocks: node.blocks - below });
  });
  return stacks;
}

/** A stack in which a function that calls itself stands once, where it was called first. @param {Frame[]} frames */
function folded(frames) {
  const seen = new Set();
  return frames.filter((frame) => {
    const name = nameOf(frame);
    return seen.has(name) ? false : seen.add(name);
  });
}

/** A stack without internal frames; one that has no other keeps its innermost. @param {Frame[]} frames */
function bare(frames) {
  const own = frames.filter(({ internal }) => !internal);
  return own.length > 0 ? own : frames.slice(-1);
}

/**
 * The tree as a reader wants to see it.
 * @param {Node} root
 * @param {Look} look
 * @returns {Node}
 */
export function seen(root, { fixed, fold, hide, invert }) {
  if (!fixed && !fold && !hide && !invert) return root;
  const stacks = stacksOf(root).map(({ blocks, frames, value }) => {
    let shown = hide ? bare(frames) : frames;
    if (fold) shown = folded(shown);
    return { blocks, value, frames: invert ? [...shown].reverse() : shown };
  });
  return grown(stacks, fixed);
}

/**
 * What stands around a function: everything below it, and everything above it upside down. A stack that goes through it more
 * than once counts once, from the outermost.
 * @param {Node} root
 * @param {string} name as `nameOf` gives it
 * @returns {{callers: Node, callees: Node}}
 */
export function around(root, name) {
  const through = stacksOf(root).flatMap(({ blocks, frames, value }) => {
    const at = frames.findIndex((frame) => nameOf(frame) === name);
    return at < 0 ? [] : [{ above: frames.slice(0, at + 1).reverse(), below: frames.slice(at), blocks, value }];
  });
  return {
    callers: grown(through.map(({ above, blocks, value }) => ({ frames: above, blocks, value })), false),
    callees: grown(through.map(({ below, blocks, value }) => ({ frames: below, blocks, value })), false),
  };
}

/**
 * Every function with what it holds: in total (once a stack, however often it stands in it) and itself.
 * @param {Node} root
 * @returns {Entry[]} the largest total first
 */
export function functionsOf(root) {
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  /** @type {Map<string, number>} */
  const open = new Map();
  /** @type {({enter: Node} | {leave: string})[]} */
  const waiting = root.children.map((node) => ({ enter: node }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if ("leave" in next) {
      open.set(next.leave, (open.get(next.leave) ?? 1) - 1);
      continue;
    }
    const node = next.enter;
    const name = nameOf(node.frame);
    const entry = entries.get(name) ?? { frame: node.frame, name, total: 0, self: 0, blocks: 0 };
    entries.set(name, entry);
    entry.self += node.self;
    if ((open.get(name) ?? 0) === 0) {
      entry.total += node.value;
      entry.blocks += node.blocks;
    }
    open.set(name, (open.get(name) ?? 0) + 1);
    waiting.push({ leave: name }, ...node.children.map((child) => ({ enter: child })));
  }
  return [...entries.values()].sort((a, b) => b.total - a.total || b.self - a.self || (a.name < b.name ? -1 : 1));
}

/**
 * Whether a frame is meant by what was typed: its function, file or module holds it, upper and lower case alike.
 * @param {string} query
 * @returns {((frame: Frame) => boolean) | null} null where nothing was typed
 */
export function matcherOf(query) {
  const letters = query.trim().toLowerCase();
  if (letters === "") return null;
  /** @type {Map<Frame, boolean>} */
  const known = new Map();
  return (frame) => {
    const before = known.get(frame);
    if (before !== undefined) return before;
    const meant = `${frame.function}\n${frame.file ?? ""}\n${frame.module}`.toLowerCase().includes(letters);
    known.set(frame, meant);
    return meant;
  };
}

/**
 * How much the stacks hold that go through a frame that is meant.
 * @param {Node} root
 * @param {(frame: Frame) => boolean} meant
 * @returns {{value: number, nodes: number}}
 */
export function matched(root, meant) {
  let value = 0;
  let nodes = 0;
  /** @type {[Node, boolean][]} */
  const waiting = [[root, false]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, inside] = next;
    const hit = node.parent !== null && meant(node.frame);
    if (hit) nodes += 1;
    if (hit && !inside) value += node.value;
    for (const child of node.children) waiting.push([child, inside || hit]);
  }
  return { value, nodes };
}

/**
 * A rectangle of the picture: `x` and `width` in pixels, `row` from the root. `node` is null where several are too narrow
 * to be told apart: they are `more`.
 * @typedef {{x: number, width: number, row: number, node: Node | null, more: number}} Box
 */

/** A node narrower than this is drawn together with its neighbours, pixels. */
const NARROWEST = 1;

/**
 * The rectangles of the rows that are looked at. What is in focus has the whole width, and so have those above it.
 * @param {Node} root
 * @param {Node} focus
 * @param {number} width pixels
 * @param {{from: number, to: number}} rows the first row, and the one after the last
 * @returns {Box[]}
 */
export function boxesOf(root, focus, width, { from, to }) {
  /** @type {Box[]} */
  const boxes = [];
  const put = (/** @type {Box} */ box) => {
    if (box.row >= from && box.row < to) boxes.push(box);
  };
  for (const node of [root, ...pathOf(focus)]) if (node !== focus) put({ x: 0, width, row: node.depth, node, more: 1 });
  /** @type {[Node, number, number][]} */
  const waiting = [[focus, 0, width]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, x, wide] = next;
    put({ x, width: wide, row: node.depth, node, more: 1 });
    if (node.depth + 1 >= to || node.value <= 0) continue;
    const scale = wide / node.value;
    let at = x;
    let narrow = { x: at, width: 0, more: 0 };
    const flush = () => {
      if (narrow.more > 0 && narrow.width >= 0.25) put({ ...narrow, row: node.depth + 1, node: null });
    };
    for (const child of node.children) {
      const room = child.value * scale;
      if (room < NARROWEST) {
        if (narrow.more === 0) narrow = { x: at, width: 0, more: 0 };
        narrow.width += room;
        narrow.more += 1;
      } else {
        flush();
        narrow = { x: at, width: 0, more: 0 };
        waiting.push([child, at, room]);
      }
      at += room;
    }
    flush();
  }
  return boxes;
}

/** How many rows a tree has below and with `node`. @param {Node} node */
export function rowsOf(node) {
  let deepest = node.depth;
  walk(node, ({ depth }) => {
    if (depth > deepest) deepest = depth;
  });
  return deepest + 1;
}
