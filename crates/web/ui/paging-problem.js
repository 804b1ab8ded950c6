// A replacement problem: where it comes from, how a reference string is read, and its form in the address.
// Everything here is a pure function of its arguments.

/**
 * @typedef {{page: number, write: boolean}} Reference
 * @typedef {{policies: string[], frames: number, refs: string, from: string, preset: string,
 *   set: Record<string, string>}} Problem `refs` as it was typed; `from` is empty, or says where the string comes from
 *   instead: the id of one that the server keeps, or the words that make one; `set` holds parameters on top of the
 *   preset
 * @typedef {{from: number, to: number, message: string}} Misreading where in the text, and what is wrong
 * @typedef {{references: Reference[], error: null} | {references: null, error: Misreading}} Reading
 */

const MAX_PAGE = Number.MAX_SAFE_INTEGER;
/** The most frames that the machines have. */
export const MAX_FRAMES = 1_000_000;
/** The longest string that is typed and stands in the address, characters; a longer one is sent to the server once. */
export const MAX_TEXT = 60_000;
const FROM = /^(?:[0-9a-f]{32}|zipf:\d{1,9}:\d{1,9}(?::\d{1,20}(?::[0-9.]{1,5})?)?)$/;
const MOST_POLICIES = 40;
const SEPARATORS = /[\s,;]/;
const MOST_SHOWN = 24;

/** @typedef {{id: string, label: string, refs: string, from: string, frames: number, policies: string[], preset: string}} Named */

const SILBERSCHATZ = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1";
const SCAN = "1 2 1 2 3 4 5 6 3 4 7 8 1 2 3 9 4 1 2 5";

/** Problems that people hold in their hands. @type {Named[]} */
export const NAMED = [
  named("silberschatz", "Silberschatz: 7 0 1 2 …", SILBERSCHATZ, 3, ["lru"], "silberschatz"),
  named("compared", "The same: FIFO, LRU, OPT", SILBERSCHATZ, 3, ["fifo", "lru", "opt"], "silberschatz"),
  named("clocks", "The same: LRU, CLOCK, OPT", SILBERSCHATZ, 3, ["lru", "clock", "opt"], "silberschatz"),
  named("belady", "Belady’s anomaly: 1 2 3 4 …", "1 2 3 4 1 2 5 1 2 3 4 5", 3, ["fifo"], "silberschatz"),
  named("stallings", "Stallings: 2 3 2 1 …", "2 3 2 1 5 2 4 5 3 2 5 2", 3, ["clock"], "stallings"),
  named("tanenbaum", "Tanenbaum: 0 1 7 2 …", "0 1 7 2 3 2 7 1 0 3", 4, ["fifo", "lru"], "tanenbaum"),
  named("scan", "A scan: ARC and LRU", SCAN, 4, ["arc", "lru"], ""),
  made("zipf", "Zipf: 100,000 references", "zipf:100000:1000", 60, ["lru", "arc", "opt"]),
  made("zipf-million", "Zipf: 1,000,000 references", "zipf:1000000:20000", 200, ["lru", "s3-fifo", "opt"]),
];

/**
 * @param {string} id
 * @param {string} label
 * @param {string} refs
 * @param {number} frames
 * @param {string[]} policies
 * @param {string} preset
 * @returns {Named}
 */
function named(id, label, refs, frames, policies, preset) {
  return { id, label, refs, from: "", frames, policies, preset };
}

/**
 * A problem whose string is made.
 * @param {string} id
 * @param {string} label
 * @param {string} from
 * @param {number} frames
 * @param {string[]} policies
 * @returns {Named}
 */
function made(id, label, from, frames, policies) {
  return { id, label, refs: SILBERSCHATZ, from, frames, policies, preset: "" };
}

/** What the lab opens with. @type {Problem} */
export const OPENING = chosen(NAMED[0]);

/**
 * A named problem as one that can be asked.
 * @param {Named} named
 * @returns {Problem}
 */
export function chosen({ frames, from, policies, preset, refs }) {
  return { policies, frames, refs, from, preset, set: {} };
}

/**
 * The named problem that this one is, if it is one.
 * @param {Problem} problem
 * @returns {Named | undefined}
 */
export function nameOf({ frames, from, policies, refs }) {
  const key = canonical(refs);
  const same = NAMED.filter((known) => known.from === from && (from !== "" || canonical(known.refs) === key));
  const exactly = same.find((known) => known.frames === frames && String(known.policies) === String(policies));
  return exactly ?? same.at(0);
}

/**
 * Reads a reference string: page numbers between spaces, commas, semicolons or lines, `3w` writes page 3, `#` begins
 * a comment.
 * @param {string} text
 * @returns {Reading} every reference, or the first place that is none
 */
export function readReferences(text) {
  /** @type {Reference[]} */
  const references = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === "#") at = endOf(text, at, (sign) => sign === "\n");
    else if (SEPARATORS.test(text[at])) at += 1;
    else {
      const end = endOf(text, at, (sign) => SEPARATORS.test(sign) || sign === "#");
      const word = text.slice(at, end);
      const message = faultOf(word);
      if (message !== null) return { references: null, error: { from: at, to: end, message } };
      references.push({ page: Number.parseInt(word, 10), write: /w$/i.test(word) });
      at = end;
    }
  }
  const message =
    references.length === 0 ? "No reference yet: write page numbers, such as 7 0 1 2." : lengthFault(references);
  if (message !== null) return { references: null, error: { from: 0, to: text.length, message } };
  return { references, error: null };
}

/**
 * @param {string} text
 * @param {number} from
 * @param {(sign: string) => boolean} ends
 */
function endOf(text, from, ends) {
  let at = from + 1;
  while (at < text.length && !ends(text[at])) at += 1;
  return at;
}

/** Why a word is no reference, or null. @param {string} word */
function faultOf(word) {
  const shown = word.length > MOST_SHOWN ? `${word.slice(0, MOST_SHOWN)}…` : word;
  if (/^-\d+$/.test(word)) return `“${shown}” is negative: page numbers begin at 0.`;
  if (!/^\d+w?$/i.test(word)) return `“${shown}” is no page number: write integers, and 3w to write page 3.`;
  if (Number.parseInt(word, 10) > MAX_PAGE) return `“${shown}” is too large: the largest page number is 2⁵³ − 1.`;
  return null;
}

/** @param {Reference[]} references */
function lengthFault(references) {
  const { length } = textOf(references);
  if (length <= MAX_TEXT) return null;
  return `${references.length} references are too many to type: read them from a file.`;
}

/**
 * References as the server reads them.
 * @param {Reference[]} references
 */
export function textOf(references) {
  return references.map(({ page, write }) => (write ? `${page}w` : String(page))).join(" ");
}

/** @param {string} refs */
function canonical(refs) {
  const { references } = readReferences(refs);
  return references === null ? refs : textOf(references);
}

/**
 * The problem that an address holds. What is missing or cannot be is as in the opening problem: a link that was cut
 * or forged opens the lab, with what is left of it.
 * @param {Record<string, string>} state
 * @returns {Problem}
 */
export function problemOf(state) {
  const policies = (state.policies ?? "").split(",").filter((name) => /^[a-z0-9-]{1,40}$/.test(name));
  const frames = Number(state.frames);
  const set = Object.entries(state)
    .filter(([key]) => /^set\.[a-z0-9._-]{1,60}$/.test(key))
    .map(([key, value]) => [key.slice("set.".length), value.slice(0, 40)]);
  return {
    policies: policies.length > 0 ? [...new Set(policies)].slice(0, MOST_POLICIES) : OPENING.policies,
    frames: Number.isInteger(frames) && frames >= 1 && frames <= MAX_FRAMES ? frames : OPENING.frames,
    refs: state.refs === undefined ? OPENING.refs : state.refs.replaceAll(",", " ").slice(0, MAX_TEXT),
    from: FROM.test(state.from ?? "") ? state.from : "",
    preset: presetOf(state.preset),
    set: Object.fromEntries(set),
  };
}

/** @param {string | undefined} preset `none` is no preset: the defaults */
function presetOf(preset) {
  if (preset === "none") return "";
  return preset !== undefined && /^[a-z0-9-]{1,40}$/.test(preset) ? preset : OPENING.preset;
}

/**
 * A problem's keys in the address; what is as in the opening problem needs none. Keys that `before` has and the
 * problem has not are taken out.
 * @param {Problem} problem
 * @param {Record<string, string>} before
 * @returns {Record<string, string | undefined>}
 */
export function stateOf(problem, before) {
  const cleared = Object.fromEntries(
    Object.keys(before)
      .filter((key) => key.startsWith("set."))
      .map((key) => [key, undefined]),
  );
  const set = Object.fromEntries(Object.entries(problem.set).map(([name, value]) => [`set.${name}`, value]));
  const { references } = readReferences(problem.refs);
  const refs = references === null ? problem.refs : textOf(references).replaceAll(" ", ",");
  return {
    ...cleared,
    ...set,
    policies: String(problem.policies) === String(OPENING.policies) ? undefined : String(problem.policies),
    frames: problem.frames === OPENING.frames ? undefined : String(problem.frames),
    refs: problem.from !== "" || canonical(problem.refs) === OPENING.refs ? undefined : refs,
    from: problem.from || undefined,
    preset: problem.preset === OPENING.preset ? undefined : problem.preset || "none",
    step: undefined,
  };
}
