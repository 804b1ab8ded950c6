// The questions behind the tab "Cgroups": each level of the tree when it is opened, or a flat list where one looks for
// something. A tree of twenty thousand costs what is open.

import { settled } from "./lab-question.js";
import { live, wish as moments } from "./processes-ask.js";
import { Asked } from "./processes-asked.js";
import { state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/**
 * @typedef {{avg10: number, avg60: number, avg300: number, total_us: number}} Averages
 * @typedef {{path: string, parent: string | null, depth: number, name: string, kind: string, container_id: string | null,
 *   children: number, age_ms: number | null, current_age_ms: number, current_bytes: number, peak_bytes: number | null,
 *   limit_bytes: number | null, high_bytes: number | null, low_bytes: number | null, min_bytes: number | null,
 *   binding: {limit_bytes: number, kind: string, path: string, name: string, used_bytes: number} | null,
 *   room: {bytes: number, path: string, name: string} | null, swap_bytes: number | null, swap_limit_bytes: number | null,
 *   zswap_bytes: number | null, zswapped_bytes: number | null, anon_bytes: number | null, file_bytes: number | null,
 *   shmem_bytes: number | null, kernel_bytes: number | null, slab_bytes: number | null, inactive_file_bytes: number | null,
 *   pressure: {some: Averages, full: Averages | null} | null,
 *   events: {high: number | null, max: number | null, oom: number | null, oom_kill: number | null},
 *   growth_bytes: number | null, growth_window_ms: number | null, stat?: Record<string, number>}} Cgroup
 * @typedef {{time_ms: number, hierarchy: string, controller: string | null, note: string | null, own_path: string,
 *   container: {name: string, sentence: string} | null, seen: number, left_out: number, matched: number,
 *   full_pass_ms: number, cgroups: Cgroup[]}} Answer
 */

const PATH = "/api/v1/cgroups";
/** Cgroups of a level that are listed at first, and those that "more" adds. */
const LEVEL_ROWS = 100;
/** Levels that are open at once; the one opened the longest ago closes. */
const MOST_OPEN = 40;
const PACE_MS = 2000;

/** What cgroups are sorted by. */
export const SORTS = [
  { id: "current", label: "Memory", ascending: false },
  { id: "path", label: "Path", ascending: true },
  { id: "limit", label: "Limit", ascending: false },
  { id: "room", label: "Room", ascending: true },
  { id: "pressure", label: "Pressure", ascending: false },
  { id: "swap", label: "Swap", ascending: false },
  { id: "anon", label: "Anonymous", ascending: false },
  { id: "growth", label: "Growth", ascending: false },
  { id: "oom", label: "OOM kills", ascending: false },
];

/** What the address asks for. */
export const wish = settled(() => {
  const { cgroup, cgroups = "current", find = "", limited, under = "/" } = state.value;
  const sort = SORTS.find(({ id }) => id === cgroups) ?? SORTS[0];
  return { sort: sort.id, under: under.startsWith("/") ? under : "/", find: find.trim(), limited: limited === "1", chosen: cgroup ?? null };
});

/** Whether the tab shows what was found in place of the tree. */
export const flat = computed(() => wish.value.find !== "" || wish.value.limited);

const active = computed(() => state.value.tab === "cgroups");

/** How many rows of a level are asked for. @type {import("./vendor/signals.js").Signal<Record<string, number>>} */
const lengths = signal({});
/** The levels that are open below the first one, by path, the one opened the longest ago first. */
export const open = signal(/** @type {string[]} */ ([]));

/** The moments on show, as a question has them. */
function when() {
  const { atMs, compareMs } = moments.value;
  return `${atMs === null ? "" : `&at=${atMs}`}${compareMs === null ? "" : `&compare=${compareMs}`}`;
}

/** @param {string} under @param {number} limit */
export function levelPath(under, limit) {
  return `${PATH}?under=${encodeURIComponent(under)}&depth=1&sort=${wish.value.sort}${when()}&limit=${limit + 1}`;
}

/** @param {number} limit */
function foundPath(limit) {
  const { find, limited, sort, under } = wish.value;
  const words = [`sort=${sort}`, ...(under === "/" ? [] : [`under=${encodeURIComponent(under)}`]), ...(find === "" ? [] : [`filter=${encodeURIComponent(find)}`]), ...(limited ? ["limited=true"] : [])];
  return `${PATH}?${words.join("&")}${when()}&limit=${limit}`;
}

/** @param {string} level */
const lengthOf = (level) => lengths.value[level] ?? LEVEL_ROWS;

/** More of a level. @param {string} level */
export function more(level) {
  lengths.value = { ...lengths.peek(), [level]: Math.min(10_000, (lengths.peek()[level] ?? LEVEL_ROWS) * 4) };
}

/** The name under which the flat list counts its rows. */
export const FOUND = "?";

/** What is asked at the top: the first level, or what was found. */
export const topPath = computed(() => (flat.value ? foundPath(lengthOf(FOUND)) : levelPath(wish.value.under, lengthOf(wish.value.under))));

/** @type {Asked<Answer>} */
export const top = new Asked(() => (active.value ? topPath.value : null), () => live.peek(), PACE_MS);

/** The levels below, while they are open. @type {Map<string, {asked: Asked<Answer>, end: () => void}>} */
const levels = new Map();
/** Grows when a level opened or closed. */
const revision = signal(0);

/** The chosen cgroup with all that the kernel says of it. @type {Asked<Answer>} */
export const chosen = new Asked(
  () => (active.value && wish.value.chosen !== null ? `${PATH}?under=${encodeURIComponent(wish.value.chosen)}&sort=path${when()}&limit=1&stat=true` : null),
  () => live.peek(),
  PACE_MS,
);

/** Begins to ask. */
export function follow() {
  top.follow();
  chosen.follow();
  effect(() => {
    const wanted = open.value;
    queueMicrotask(() => keep(wanted));
  });
}

/** Opens and closes questions as levels are. @param {string[]} wanted */
function keep(wanted) {
  for (const [path, { end }] of levels) {
    if (wanted.includes(path)) continue;
    end();
    levels.delete(path);
  }
  for (const path of wanted) {
    if (levels.has(path)) continue;
    const asked = /** @type {Asked<Answer>} */ (new Asked(() => (active.value && !flat.value ? levelPath(path, lengthOf(path)) : null), () => live.peek(), PACE_MS));
    levels.set(path, { asked, end: asked.follow() });
  }
  revision.value += 1;
}

/** Opens or closes a level. @param {string} path */
export function toggle(path) {
  const others = open.peek().filter((each) => each !== path && !each.startsWith(`${path}/`));
  open.value = open.peek().includes(path) ? others : [...others, path].slice(-MOST_OPEN);
}

/**
 * The rows on show, parents before children, with those of open levels in their place.
 * @returns {{row: Cgroup, indent: number, opened: boolean}[]}
 */
export function rowsOf() {
  void revision.value;
  const answer = top.answer.value?.value;
  if (answer === undefined) return [];
  if (flat.value) return answer.cgroups.map((row) => ({ row, indent: 0, opened: false }));
  return levelRows(wish.value.under, answer, 0);
}

/** @param {string} under @param {Answer} answer @param {number} indent @returns {{row: Cgroup, indent: number, opened: boolean}[]} */
function levelRows(under, answer, indent) {
  const own = indent === 0 ? answer.cgroups.filter(({ path }) => path === under).map((row) => ({ row, indent: 0, opened: true })) : [];
  const below = answer.cgroups.filter(({ path }) => path !== under);
  return [...own, ...below.flatMap((row) => {
    const opened = open.value.includes(row.path);
    const inner = opened ? levels.get(row.path)?.asked.answer.value?.value : undefined;
    return [{ row, indent: indent + 1, opened }, ...(inner === undefined ? [] : levelRows(row.path, inner, indent + 1))];
  })];
}

/** Levels of which not all is listed: their path, and how many more there are. @returns {{level: string, count: number}[]} */
export function unlisted() {
  void revision.value;
  const answer = top.answer.value?.value;
  if (answer === undefined) return [];
  const inner = [...levels].map(([level, { asked }]) => ({ level, answer: asked.answer.value?.value }));
  const all = [{ level: flat.value ? FOUND : wish.value.under, answer }, ...(flat.value ? [] : inner)];
  return all.flatMap(({ answer: each, level }) => {
    const count = each === undefined ? 0 : each.matched - each.cgroups.length;
    return count > 0 ? [{ level, count }] : [];
  });
}
