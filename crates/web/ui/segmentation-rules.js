// What decides where a request goes, without saying where: told to those who have their answers checked.

/** A rule a policy. @type {Record<string, string>} */
export const RULES = {
  buddy: "the size is rounded up to a power of two; of the least size that has a free block the lowest is split, its lower half each time.",
  tlsf: "the size is rounded up to a class; the first block of the first list from there on is taken, from its beginning.",
  slab: "the first partial slab of the cache gives its lowest free object; else an empty slab, else a new one.",
  segregated: "the request’s own class is searched first; then the first block of the next class that has one.",
  quick: "a freed block of exactly that size is taken first, the last freed before others; else first fit in the general list.",
  bump: "the next bytes of the arena are taken; only the last block, or all together, come back.",
  first: "the first hole that is large enough is taken.",
  next: "the search goes on where the last one ended.",
  best: "the smallest hole that is large enough is taken.",
  worst: "the largest hole is taken.",
};
