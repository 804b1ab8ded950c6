// JSON merge patch (RFC 7396): how a change of the stream becomes the next state.

/**
 * The document after the patch. Neither argument is changed, and parts the patch does not name are
 * shared with the old document.
 * @template T
 * @param {T} target
 * @param {unknown} patch
 * @returns {T}
 */
export function mergePatch(target, patch) {
  if (!isObject(patch)) return /** @type {T} */ (patch);
  /** @type {Record<string, unknown>} */
  const merged = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return /** @type {T} */ (merged);
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
