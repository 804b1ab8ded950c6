// What the view "Processes" asks for: the state of the address, read, and the questions and commands made of it.

/** @typedef {"none" | "app" | "user" | "cgroup" | "tree"} Group */
/**
 * `atMs` is the moment on show, null for now; `compareMs` the one it is compared with, null for none; `chosen` and
 * `followed` are processes by pid and start.
 * @typedef {{sort: string, ascending: boolean, group: Group, window: string, filter: string, kernel: boolean,
 *   atMs: number | null, compareMs: number | null, chosen: Key | null, followed: Key | null}} Wish
 * @typedef {{pid: number, startMs: number}} Key a process: pids are used again
 */

/** The stretches over which growth is told. */
export const WINDOWS = [
  { id: "1m", label: "1 min", ms: 60_000 },
  { id: "10m", label: "10 min", ms: 600_000 },
  { id: "1h", label: "1 h", ms: 3_600_000 },
  { id: "1d", label: "1 day", ms: 86_400_000 },
];

/** What rows are sorted by; words begin with the first letter, numbers with the largest. */
export const SORTS = [
  { id: "memory", label: "Memory", ascending: false },
  { id: "growth", label: "Growth", ascending: false },
  { id: "rss", label: "RSS", ascending: false },
  { id: "anon", label: "Anonymous", ascending: false },
  { id: "file", label: "File", ascending: false },
  { id: "shared", label: "Shared", ascending: false },
  { id: "swap", label: "Swap", ascending: false },
  { id: "pss", label: "PSS", ascending: false },
  { id: "uss", label: "USS", ascending: false },
  { id: "peak", label: "Peak", ascending: false },
  { id: "faults", label: "Major faults", ascending: false },
  { id: "threads", label: "Threads", ascending: false },
  { id: "command", label: "Name", ascending: true },
  { id: "pid", label: "PID", ascending: true },
  { id: "user", label: "User", ascending: true },
  { id: "cgroup", label: "Cgroup", ascending: true },
];

/** @type {{id: Group, label: string}[]} */
export const GROUPS = [
  { id: "none", label: "Process" },
  { id: "app", label: "App" },
  { id: "user", label: "User" },
  { id: "cgroup", label: "Cgroup" },
  { id: "tree", label: "Tree" },
];

/** Where the list is, for scripts and for the page. */
export const PATH = "/api/v1/processes";

/**
 * What an address asks for; what cannot be understood is as if it were not said.
 * @param {Record<string, string>} state
 * @returns {Wish}
 */
export function wishOf(state) {
  const compareMs = momentOf(state.compare);
  const usual = compareMs === null ? "memory" : "growth";
  const [name, direction] = (state.sort ?? usual).split(".");
  const sort = SORTS.find(({ id }) => id === name) ?? SORTS[0];
  return {
    sort: sort.id,
    ascending: direction === "up" ? true : direction === "down" ? false : sort.ascending,
    group: GROUPS.find(({ id }) => id === state.group)?.id ?? "none",
    window: WINDOWS.find(({ id }) => id === state.window)?.id ?? "1m",
    filter: (state.filter ?? "").trim(),
    kernel: state.kernel === "1",
    atMs: momentOf(state.at),
    compareMs,
    chosen: keyOf(state.process),
    followed: keyOf(state.follow),
  };
}

/** @param {string | undefined} text */
function momentOf(text) {
  const ms = Number(text);
  return text !== undefined && text !== "" && Number.isFinite(ms) && ms >= 0 ? Math.round(ms) : null;
}

/** @param {string | undefined} text `PID-START` @returns {Key | null} */
function keyOf(text) {
  const found = /^(\d{1,10})-(\d{1,16})$/.exec(text ?? "");
  return found === null ? null : { pid: Number(found[1]), startMs: Number(found[2]) };
}

/** @param {Key} key */
export function textOf({ pid, startMs }) {
  return `${pid}-${startMs}`;
}

/**
 * The state of a column's heading when it was pressed: once more turns the order round.
 * @param {Wish} wish
 * @param {string} id
 */
export function sortedBy(wish, id) {
  const usual = SORTS.find((sort) => sort.id === id)?.ascending ?? false;
  const ascending = wish.sort === id ? !wish.ascending : usual;
  return ascending === usual ? id : `${id}.${ascending ? "up" : "down"}`;
}

/**
 * The question for a window of the list.
 * @param {Wish} wish
 * @param {number} offset rows before it
 * @param {number} limit rows of it
 */
export function listPath(wish, offset, limit) {
  const usual = SORTS.find(({ id }) => id === wish.sort)?.ascending ?? false;
  const words = [
    `sort=${wish.sort}`,
    ...(wish.ascending === usual ? [] : [`order=${wish.ascending ? "asc" : "desc"}`]),
    `window=${wish.window}`,
    ...(wish.group === "none" ? [] : [`group=${wish.group}`]),
    ...(wish.filter === "" ? [] : [`filter=${encodeURIComponent(wish.filter)}`]),
    ...(wish.kernel ? ["kernel=true"] : []),
    ...(wish.atMs === null ? [] : [`at=${wish.atMs}`]),
    ...(wish.compareMs === null ? [] : [`compare=${wish.compareMs}`]),
    ...(offset === 0 ? [] : [`offset=${offset}`]),
    `limit=${limit}`,
  ];
  return `${PATH}?${words.join("&")}`;
}

/**
 * The question for one process and its past.
 * @param {Key} key
 * @param {string} since how far back, `1h`
 * @param {number} points
 */
export function processPath({ pid, startMs }, since, points) {
  return `${PATH}/${pid}?start=${startMs}&since=${since}&points=${points}`;
}

/**
 * The same list in a terminal.
 * @param {Wish} wish
 */
export function commandOf(wish) {
  const words = ["ramscope processes", `--sort ${wish.sort}`];
  if (wish.compareMs !== null) words.push(`--between ${wish.compareMs},${wish.atMs ?? "now"}`);
  else if (wish.atMs !== null) words.push(`--at ${wish.atMs}`);
  else words.push(`--window ${wish.window}`);
  if (wish.group !== "none") words.push(`--group ${wish.group}`);
  if (wish.filter !== "") words.push(`--filter ${quoted(wish.filter)}`);
  if (wish.kernel) words.push("--kernel");
  return words.join(" ");
}

/** @param {string} text as one word of a shell */
function quoted(text) {
  return /^[\w:/.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A filter with one more condition, such as `user:root`; a value with blanks is left to be found as text.
 * @param {string} filter
 * @param {string} name
 * @param {string} value
 */
export function filteredBy(filter, name, value) {
  const word = /\s/.test(value) ? value : `${name}:${value}`;
  const others = filter.split(/\s+/).filter((each) => each !== "" && !each.startsWith(`${name}:`));
  return [...others, word].join(" ");
}
