// Addresses of a student against the machine's. Everything here is a pure function of its arguments.

/**
 * The first whose address is another; one that was not filled in is passed over.
 * @template {{address: number | null}} Item
 * @param {string[]} given an address an item, in their order
 * @param {Item[]} items
 * @returns {Item | null}
 */
export function firstWrongAddress(given, items) {
  const wrong = items.find(({ address }, place) => {
    const cell = tidy(given[place] ?? "");
    return cell !== "" && cell !== (address === null ? "none" : String(address));
  });
  return wrong ?? null;
}

/** An address without what people write around it: a dash, a cross and words for it are none. @param {string} cell */
function tidy(cell) {
  const text = cell.trim();
  if (/^([-–—✕✗x]|none|null|nothing|fails?|failed|refused|traps?|faults?|-1)$/i.test(text)) return "none";
  if (/^0x[0-9a-f]+$/i.test(text)) return String(BigInt(text));
  return /^\d+$/.test(text) ? String(BigInt(text)) : text;
}

/** What was pasted, a cell a line, or between tabs, commas or spaces. @param {string} text */
export function pastedAddresses(text) {
  return text.trim().split(/[\s,;]+/).filter((cell) => cell !== "");
}
