// Rows as a file that every spreadsheet reads.

/**
 * Rows as CSV; a text with a comma, a quote or a line's end is quoted (RFC 4180).
 * @param {readonly string[]} names
 * @param {Record<string, any>[]} rows
 */
export function csvOf(names, rows) {
  const field = (/** @type {unknown} */ value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[names.join(","), ...rows.map((row) => names.map((name) => field(row[name])).join(","))].join("\n")}\n`;
}
