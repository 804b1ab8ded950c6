// The address's fragment holds the whole state of a view, with a version in front:
// `#v1;range=1h;slices=2`. A link that somebody kept keeps its meaning when the format changes.

const VERSION = "v1";

/**
 * Reads a fragment. An unknown version or a broken pair is left out: an old link opens the view, not an error.
 * @param {string} hash with or without the leading `#`
 * @returns {Record<string, string>}
 */
export function parseFragment(hash) {
  const [version, ...pairs] = hash.replace(/^#/, "").split(";");
  if (version !== VERSION) return {};
  /** @type {Record<string, string>} */
  const state = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) continue;
    const value = decoded(pair.slice(at + 1));
    if (value !== null) state[decoded(pair.slice(0, at)) ?? ""] = value;
  }
  return state;
}

/**
 * Writes a fragment, keys in alphabetical order, so that equal states have equal links.
 * @param {Record<string, string | undefined>} state undefined leaves a key out
 * @returns {string} with its `#`, or empty where there is nothing to say
 */
export function formatFragment(state) {
  const pairs = Object.entries(state)
    .filter((pair) => pair[1] !== undefined && pair[1] !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${encoded(key)}=${encoded(value ?? "")}`);
  return pairs.length === 0 ? "" : `#${[VERSION, ...pairs].join(";")}`;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** @param {string} text */
function encoded(text) {
  return encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":");
}
