// The ledger as arithmetic: every part of MemTotal in order, with its group, its look and its share.

/** @typedef {"programs" | "cache" | "kernel" | "pools" | "free" | "rest"} Group */
/** @typedef {{key: string, label: string, group: Group, tone: string}} PartLook */
/** @typedef {PartLook & {bytes: number}} Part */

/** The groups' names, as the bar is labelled. @type {Record<Group, string>} */
export const GROUPS = {
  programs: "Programs",
  cache: "File cache",
  kernel: "Kernel",
  pools: "Pools",
  free: "Free",
  rest: "Unaccounted",
};

/** @type {PartLook[]} */
const LOOKS = [
  { key: "anonymous", label: "Anonymous", group: "programs", tone: "used" },
  { key: "shared", label: "Shared memory", group: "programs", tone: "used-2" },
  { key: "cache_clean", label: "Cache, clean", group: "cache", tone: "reclaimable" },
  { key: "cache_dirty", label: "Cache, to be written", group: "cache", tone: "cache-dirty" },
  { key: "slab_reclaimable", label: "Slab, reclaimable", group: "kernel", tone: "reclaimable" },
  { key: "slab_unreclaimable", label: "Slab, in use", group: "kernel", tone: "kernel" },
  { key: "kernel_misc_reclaimable", label: "Kernel, reclaimable", group: "kernel", tone: "reclaimable" },
  { key: "page_tables", label: "Page tables", group: "kernel", tone: "kernel-2" },
  { key: "kernel_stacks", label: "Kernel stacks", group: "kernel", tone: "kernel" },
  { key: "vmalloc", label: "Vmalloc", group: "kernel", tone: "kernel-2" },
  { key: "percpu", label: "Per-CPU", group: "kernel", tone: "kernel" },
  { key: "huge_page_pools", label: "Huge page pools", group: "pools", tone: "pools" },
  { key: "compressed", label: "Compressed", group: "pools", tone: "pools-2" },
  { key: "gpu", label: "Graphics", group: "pools", tone: "pools" },
  { key: "free_pcp", label: "Free, per-CPU lists", group: "free", tone: "free" },
  { key: "free", label: "Free", group: "free", tone: "free" },
];

/**
 * The parts in the ledger's order, then those that this page does not know yet, so that the sum holds, then what
 * is unaccounted (or overlaps).
 * @param {{parts: Record<string, number>, unaccounted_bytes: number, overlap_bytes: number}} ledger
 * @returns {Part[]}
 */
export function partsOf(ledger) {
  const known = LOOKS.filter(({ key }) => key in ledger.parts);
  const strange = Object.keys(ledger.parts).filter((key) => !LOOKS.some((look) => look.key === key));
  const looks = [
    ...known,
    ...strange.map((key) => ({ key, label: key, group: /** @type {Group} */ ("kernel"), tone: "kernel" })),
  ];
  const parts = looks.map((look) => ({ ...look, bytes: ledger.parts[look.key] }));
  if (ledger.overlap_bytes > 0) {
    parts.push({ key: "overlap", label: "Overlap", group: "rest", tone: "overlap", bytes: -ledger.overlap_bytes });
  } else {
    parts.push({
      key: "unaccounted",
      label: "Unaccounted",
      group: "rest",
      tone: "unaccounted",
      bytes: ledger.unaccounted_bytes,
    });
  }
  return parts;
}

/**
 * Neighbours of one group put together: the headings over the bar.
 * @param {Part[]} parts
 * @returns {{group: Group, bytes: number}[]} in order; an overlap has no place on the bar
 */
export function groupsOf(parts) {
  /** @type {{group: Group, bytes: number}[]} */
  const groups = [];
  for (const { bytes, group } of parts) {
    const last = groups.at(-1);
    if (bytes <= 0) continue;
    if (last?.group === group) last.bytes += bytes;
    else groups.push({ group, bytes });
  }
  return groups;
}
