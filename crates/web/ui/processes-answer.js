// The shapes of the answers about processes, and the little arithmetic on a row of them.

import { age, duration, exact, iec, NONE, signedIec } from "./format.js";

/**
 * @typedef {{rss_bytes: number, anon_bytes: number, file_bytes: number, shared_bytes: number, swap_bytes: number,
 *   memory_bytes: number, threads: number, pss_bytes: number | null, uss_bytes: number | null,
 *   growth_bytes: number | null, growth_window_ms: number | null}} Amounts `memory_bytes` is RSS + swap
 * @typedef {Amounts & {pid: number, start_time_ms: number, parent_pid: number, kind: "process" | "kernel", state: string,
 *   command: string, application: string, command_line: string | null, masked: boolean, user: string, uid: number,
 *   cgroup: string, virtual_bytes: number, peak_bytes: number, minor_faults: number, major_faults: number,
 *   detail_age_ms: number, swap_pss_bytes: number | null, pss_age_ms: number | null, pss_why: string | null,
 *   watched_ms: number, started?: boolean, ended?: boolean}} Process
 * @typedef {Amounts & {key: string, name: string, processes: number, pss_known: number, pid: number | null,
 *   start_time_ms?: number | null, depth: number | null, parent_pid: number | null}} Group
 * @typedef {{schema_version: number, time_ms: number, live: boolean, step_ms: number, window_ms: number,
 *   compare_ms?: number | null, seen: number, hidden?: number, kernel_threads: number, threads: number, matched: number,
 *   forks: number | null, sums: Record<string, number | null>, processes: Process[], groups?: Group[],
 *   folded?: {application: string, cgroup: string, lives: number, rss_bytes: number}[]}} List
 * @typedef {{window_ms: number, growth_bytes: number | null, growth_window_ms: number | null}} Growth
 * @typedef {{time_ms: number[], rss_bytes: (number | null)[], anon_bytes: (number | null)[],
 *   file_bytes: (number | null)[], shared_bytes: (number | null)[], swap_bytes: (number | null)[],
 *   pss_bytes: (number | null)[]}} Past
 * @typedef {{time_ms: number, live: boolean, process: Process, growth: Growth[], history: Past | null,
 *   children: number[]}} Detail
 */

/** What RSS is made of, and swap beside it: the colours are those of the ledger. */
export const SPLIT = /** @type {const} */ ([
  { key: "anon_bytes", label: "anonymous", tone: "used", token: "--used" },
  { key: "shared_bytes", label: "shared", tone: "used-2", token: "--owner-5" },
  { key: "file_bytes", label: "file", tone: "reclaimable", token: "--reclaimable" },
  { key: "swap_bytes", label: "swap", tone: "swap", token: "--swap" },
]);

/** States of a process in the kernel's letters (proc(5)). @type {Record<string, string>} */
const STATES = {
  R: "running",
  S: "sleeping",
  D: "waiting for a device",
  Z: "ended, not yet fetched by its parent",
  T: "stopped",
  t: "stopped by a tracer",
  I: "idle",
  X: "ended",
};

/** @param {string} letter */
export function stateInWords(letter) {
  return STATES[letter] ?? letter;
}

/**
 * Growth over a window in words: what is not known yet is never a nought.
 * @param {{growth_bytes: number | null, growth_window_ms: number | null}} row
 * @param {number} windowMs what was asked for
 * @returns {{text: string, tip: string, bytes: number | null}} `bytes` is null where it was not watched so long
 */
export function growthOf({ growth_bytes: bytes, growth_window_ms: overMs }, windowMs) {
  if (bytes === null || overMs === null) return { text: NONE, tip: "Growth\nnot seen twice yet", bytes: null };
  if (overMs < windowMs * 0.98) {
    const tip = `Growth\n${signedExact(bytes)} in the ${duration(overMs)} that it was watched`;
    return { text: `${NONE} (watched ${duration(overMs)})`, tip, bytes: null };
  }
  return { text: bytes === 0 ? "0" : signedIec(bytes), tip: `Growth in ${duration(overMs)}\n${signedExact(bytes)}`, bytes };
}

/** @param {number} bytes */
function signedExact(bytes) {
  return bytes > 0 ? `+${exact(bytes)}` : exact(bytes);
}

/**
 * A proportional set size with the age that it has: it is read seldom, for reading it stalls the process.
 * @param {{pss_bytes: number | null, pss_age_ms?: number | null, pss_why?: string | null, pss_known?: number, processes?: number}} row
 * @returns {{text: string, age: string, tip: string}}
 */
export function pssOf({ processes, pss_age_ms: ageMs, pss_bytes: bytes, pss_known: known, pss_why: why }) {
  if (bytes === null) return { text: NONE, age: "", tip: `PSS\n${WHYS[why ?? ""] ?? "not read yet"}` };
  if (known !== undefined && known !== processes) {
    return { text: iec(bytes), age: `${known}/${processes}`, tip: `PSS\n${exact(bytes)}\nread of ${known} of ${processes} processes` };
  }
  const old = ageMs ?? null;
  return { text: iec(bytes), age: old === null ? "" : age(old), tip: `PSS\n${exact(bytes)}${old === null ? "" : `\nread ${age(old)} ago`}` };
}

/** Why there is no PSS. @type {Record<string, string>} */
const WHYS = {
  waiting: "not read yet: it is read in turn, on a small budget of CPU time",
  denied: "the kernel does not show it to this server: another user’s process",
  "too large": "not read: reading it would hold up so large a process",
  off: "not read on this server",
};

/**
 * A round number of bytes that bars are measured by: it stays while the largest row grows a little.
 * @param {number} bytes
 */
export function scaleOf(bytes) {
  return 2 ** (Math.ceil(Math.log2(Math.max(bytes, 4096)) * 2) / 2);
}

/**
 * The last part of a cgroup's path, which tells it from its neighbours.
 * @param {string} path
 */
export function cgroupName(path) {
  return path.split("/").filter(Boolean).at(-1) ?? "/";
}
