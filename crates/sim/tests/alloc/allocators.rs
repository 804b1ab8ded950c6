//! Buddies, TLSF, segregated fits, slabs and bump: a published run, slow and obvious twins, and the rules of their
//! sources.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ramscope_sim::alloc::{Cache, OpStep, Requests, RequestsBuilder, Span, Want, run};

use super::invariants::{MEMORY, list};
use super::{convention, requests, steps};

/// The memory after a step as a textbook draws it: `4A 2f`, the size of each block and who holds it.
fn drawn(held: &BTreeMap<u64, (Span, char)>, holes: &[Span], unit: u64) -> String {
    let held = held.values().copied();
    let mut blocks: Vec<(Span, char)> = held.chain(holes.iter().map(|&hole| (hole, 'f'))).collect();
    blocks.sort_unstable();
    let words: Vec<String> =
        blocks.iter().map(|(span, owner)| format!("{}{owner}", span.size / unit)).collect();
    words.join(" ")
}

#[test]
fn buddies_lie_where_the_textbook_draws_them() {
    // Bennet, Mississippi College, CS 404, "Buddy System": 16 KiB, blocks down to 1 KiB, the leftmost block of the
    // smallest order that will do.
    const STEPS: &[(char, f64, &str)] = &[
        ('A', 3.6, "4A 4f 8f"),
        ('B', 1.5, "4A 2B 2f 8f"),
        ('C', 1.2, ""),
        ('D', 1.9, ""),
        ('E', 2.7, "4A 2B 2C 2D 2f 4E"),
        ('C', 0.0, "4A 2B 2f 2D 2f 4E"),
        ('B', 0.0, "4A 4f 2D 2f 4E"),
        ('F', 1.5, ""),
        ('G', 1.6, "4A 2G 2f 2D 2F 4E"),
        ('D', 0.0, "4A 2G 2f 2f 2F 4E"),
        ('A', 0.0, "4f 2G 2f 2f 2F 4E"),
        ('G', 0.0, "8f 2f 2F 4E"),
        ('H', 6.8, ""),
        ('E', 0.0, ""),
        ('I', 0.85, "8H 1I 1f 2F 4f"),
        ('J', 0.61, ""),
        ('K', 1.6, ""),
        ('L', 0.75, ""),
        ('H', 0.0, "8f 1I 1J 2F 2K 1L 1f"),
        ('M', 3.9, ""),
        ('N', 1.7, ""),
        ('L', 0.0, ""),
        ('F', 0.0, "4M 2N 2f 1I 1J 2f 2K 2f"),
    ];
    let (mut ids, mut builder) = (BTreeMap::new(), RequestsBuilder::new());
    for &(owner, kib, _) in STEPS {
        if kib == 0.0 {
            builder.free(ids[&owner]).unwrap();
        } else {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "below 16 KiB"
            )]
            ids.insert(owner, builder.alloc((kib * 1024.0) as u64).unwrap());
        }
    }
    let memory = Span::new(0, 16 << 10);
    let found = steps("buddy", &["block.minimum=1024"], memory, &builder.finish().unwrap());
    let mut held = BTreeMap::new();
    for (step, &(owner, _, drawing)) in found.iter().zip(STEPS) {
        let block = step.block.unwrap();
        match step.op {
            "alloc" => held.insert(block.address, (block, owner)),
            _ => held.remove(&block.address),
        };
        let now = drawn(&held, &step.free_list, 1024);
        assert!(drawing.is_empty() || drawing == now, "{owner}: {now}, expected {drawing}");
    }
}

/// What a twin answers: for each operation the block, and the holes by address afterwards.
type Said = (Option<Span>, Vec<Span>);

fn said(step: &OpStep) -> Said {
    let mut holes = step.free_list.clone();
    holes.sort_unstable();
    (step.block.filter(|_| step.op != "compact"), holes)
}

/// Runs a twin over a list: `take` gives a block for so many bytes, `give` takes one back, `holes` are what is free.
trait Twin {
    fn take(&mut self, bytes: u64) -> Option<Span>;
    fn give(&mut self, block: Span);
    fn holes(&self) -> Vec<Span>;
}

fn twin_says(twin: &mut impl Twin, steps: &[OpStep]) -> Vec<Said> {
    let mut held = BTreeMap::new();
    let answer = steps.iter().map(|step| {
        let block = match (step.op, step.id, step.size) {
            ("alloc", Some(id), Some(size)) => {
                let block = twin.take(size);
                block.map(|block| held.insert(id, block));
                block
            }
            ("free", Some(id), _) => {
                let block = held.remove(&id);
                if let Some(block) = block {
                    twin.give(block);
                }
                block
            }
            _ => None,
        };
        let mut holes = twin.holes();
        holes.sort_unstable();
        (block, holes)
    });
    answer.collect()
}

/// Every block of a memory in a plain list, and who is whose buddy by arithmetic on its offset.
struct Buddies {
    unit: u64,
    lowest: bool,
    /// The latest first.
    free: Vec<Span>,
}

impl Twin for Buddies {
    fn take(&mut self, bytes: u64) -> Option<Span> {
        let size = bytes.max(self.unit).next_power_of_two();
        let holds = self.free.iter().filter(|free| free.size >= size);
        let rank = |free: &Span| if self.lowest { free.address } else { 0 };
        let mut block = *holds.min_by_key(|free| (free.size, rank(free)))?;
        self.free.retain(|&free| free != block);
        while block.size > size {
            block.size /= 2;
            self.free.insert(0, Span::new(block.end(), block.size));
        }
        Some(block)
    }

    fn give(&mut self, mut block: Span) {
        let offset = |span: Span| span.address - MEMORY.address;
        let buddy = |other: Span, span: Span| {
            other.size == span.size && offset(other) == offset(span) ^ span.size
        };
        while let Some(at) = self.free.iter().position(|&other| buddy(other, block)) {
            let other = self.free.remove(at);
            block = Span::new(block.address.min(other.address), block.size * 2);
        }
        self.free.insert(0, block);
    }

    fn holes(&self) -> Vec<Span> {
        self.free.clone()
    }
}

/// Free blocks in the order in which they became free, the latest first, and classes by a plain list of their bounds.
struct Recent {
    /// The least size of each class.
    classes: Vec<u64>,
    /// Whether a block of the size's own class may be too small to be looked at.
    good_fit: bool,
    look: usize,
    minimum: u64,
    free: Vec<Span>,
}

impl Recent {
    fn new(bits: u32, good_fit: bool, look: usize, minimum: u64) -> Recent {
        let ways = 1 << bits;
        let doublings = (0..12).flat_map(|level| (ways..2 * ways).map(move |way| way << level));
        let classes = (0..ways).chain(doublings).collect();
        Recent { classes, good_fit, look, minimum, free: vec![MEMORY] }
    }

    fn class(&self, size: u64) -> usize {
        self.classes.iter().rposition(|&least| least <= size).unwrap()
    }

    /// The latest block of the least class from `class` on.
    fn from(&self, class: usize) -> Option<Span> {
        let above = self.free.iter().filter(|free| self.class(free.size) >= class);
        above.copied().min_by_key(|free| self.class(free.size))
    }

    fn choose(&self, bytes: u64) -> Option<Span> {
        if self.good_fit {
            return self.from(self.classes.iter().position(|&least| least >= bytes).unwrap());
        }
        let class = self.class(bytes);
        let own: Vec<Span> =
            self.free.iter().copied().filter(|free| self.class(free.size) == class).collect();
        let (first, late) = own.split_at(self.look.min(own.len()));
        let holds = |free: &&Span| free.size >= bytes;
        let near = first.iter().find(holds).copied();
        near.or_else(|| self.from(class + 1)).or_else(|| late.iter().find(holds).copied())
    }
}

impl Twin for Recent {
    fn take(&mut self, bytes: u64) -> Option<Span> {
        let bytes = bytes.max(self.minimum);
        let mut block = self.choose(bytes)?;
        self.free.retain(|&free| free != block);
        if block.size - bytes >= self.minimum {
            self.free.insert(0, Span::new(block.address + bytes, block.size - bytes));
            block.size = bytes;
        }
        Some(block)
    }

    fn give(&mut self, block: Span) {
        let mut whole = block;
        self.free.retain(|free| {
            let touches = free.end() == block.address || block.end() == free.address;
            if touches {
                whole = Span::new(whole.address.min(free.address), whole.size + free.size);
            }
            !touches
        });
        self.free.insert(0, whole);
    }

    fn holes(&self) -> Vec<Span> {
        self.free.clone()
    }
}

/// Checks a policy against its twin on one list.
fn agree(policy: &str, settings: &[&str], list: &Requests, mut twin: impl Twin) {
    let found = steps(policy, settings, MEMORY, list);
    for (step, expected) in found.iter().zip(twin_says(&mut twin, &found)) {
        assert_eq!(said(step), expected, "{policy} {settings:?} {step:?}");
    }
}

proptest! {
    #[test]
    fn buddies_agree_with_arithmetic_on_their_offsets(
        list in list(), order in 0u32..5, lowest: bool,
    ) {
        let unit = 1 << order;
        let whole = Buddies { unit, lowest, free: vec![MEMORY] };
        let take = if lowest { "buddy.take=lowest" } else { "buddy.take=recent" };
        agree("buddy", &[&format!("block.minimum={unit}"), take], &list, whole);
    }

    #[test]
    fn tlsf_takes_the_latest_block_of_the_least_class_that_certainly_holds_the_size(
        list in list(), bits in 1u32..=5, minimum in 1u64..9,
    ) {
        let settings = [format!("tlsf.second_level={bits}"), format!("block.minimum={minimum}")];
        let settings = [settings[0].as_str(), settings[1].as_str()];
        agree("tlsf", &settings, &list, Recent::new(bits, true, 0, minimum));
    }

    #[test]
    fn segregated_fits_look_at_their_own_class_then_above_then_at_the_rest_of_it(
        list in list(), bits in 0u32..=4, look in 0usize..4, minimum in 1u64..9,
    ) {
        let settings = [
            format!("segregated.classes={}", 1 << bits),
            format!("segregated.look={look}"),
            format!("block.minimum={minimum}"),
        ];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        agree("segregated", &settings, &list, Recent::new(bits, false, look, minimum));
    }

    #[test]
    fn a_memory_that_is_no_power_of_two_is_used_up_to_the_smallest_block(
        size in 64u64..600, requests_of in 1u64..40,
    ) {
        let list = requests((0..size).map(|_| ('+', requests_of)));
        let memory = Span::new(8, size);
        let last = steps("buddy", &["block.minimum=4"], memory, &list).pop().unwrap();
        prop_assert_eq!(last.overhead_bytes, size % 4);
        let block = requests_of.max(4).next_power_of_two();
        prop_assert!(last.free_list.iter().all(|hole| hole.size < block));
    }

    #[test]
    fn bump_goes_on_at_the_end_and_comes_back_as_a_whole(list in list()) {
        let (mut held, mut next): (Vec<(u64, Span)>, u64) = (Vec::new(), MEMORY.address);
        for step in steps("bump", &[], MEMORY, &list) {
            match (step.op, step.id, step.block) {
                ("alloc", Some(id), Some(block)) => {
                    prop_assert_eq!((block.address, Some(block.size)), (next, step.size));
                    next = block.end();
                    held.push((id, block));
                }
                ("alloc", ..) => prop_assert!(next + step.size.unwrap() > MEMORY.end()),
                ("free", Some(id), Some(block)) => {
                    held.retain(|&(other, _)| other != id);
                    next = if held.is_empty() { MEMORY.address } else if block.end() == next { block.address } else { next };
                }
                _ => {}
            }
            let rest = Span::new(next, MEMORY.end() - next);
            prop_assert_eq!(step.free_list, if rest.size > 0 { vec![rest] } else { vec![] });
        }
    }
}

/// The state of a cache after each step.
fn slab_views(settings: &[&str], memory: Span, list: &Requests) -> Vec<(OpStep, Vec<Cache>)> {
    let found = run("slab", memory, list, &convention(settings), Want::Views).unwrap();
    let with_view = |mut step: OpStep| {
        let caches = step.view.take().unwrap().caches;
        (step, caches)
    };
    found.ops.unwrap().into_iter().map(with_view).collect()
}

proptest! {
    #[test]
    fn slabs_keep_to_the_rules_of_their_paper(list in list(), keep in 0usize..3) {
        let memory = Span::new(4096, 1024);
        let keep_setting = format!("slab.keep={keep}");
        let mut before: Vec<Cache> = Vec::new();
        for (step, caches) in slab_views(&["slab.bytes=64", &keep_setting], memory, &list) {
            for cache in &caches {
                let held = |held: &[bool]| held.iter().filter(|&&held| held).count();
                prop_assert!(cache.partial.iter().all(|slab| (1..slab.held.len()).contains(&held(&slab.held))));
                prop_assert!(cache.full.iter().all(|slab| held(&slab.held) == slab.held.len()));
                prop_assert!(cache.empty.iter().all(|slab| held(&slab.held) == 0));
                prop_assert!(cache.empty.len() <= keep, "{} empty slabs, {}", cache.empty.len(), keep);
            }
            if let ("alloc", Some(block), Some(size)) = (step.op, step.block, step.size)
                && size <= 32
            {
                prop_assert_eq!(block.size, size.max(8).next_power_of_two(), "the least object that holds it");
                let of_size = |caches: &[Cache]| caches.iter().find(|cache| cache.object_bytes == block.size).cloned();
                if let Some(partial) = of_size(&before).and_then(|cache| cache.partial.first().cloned()) {
                    let lowest = partial.held.iter().position(|held| !held).unwrap() as u64;
                    prop_assert_eq!(block.address, partial.address + lowest * block.size, "the first partial slab");
                }
            }
            before = caches;
        }
    }
}

#[test]
fn a_request_of_more_than_half_a_slab_has_pages_of_its_own() {
    let list = requests([('+', 33), ('+', 200), ('-', 0)]);
    let found = steps("slab", &["slab.bytes=64"], Span::new(0, 1024), &list);
    assert_eq!(found[0].block, Some(Span::new(0, 64)));
    assert_eq!(found[1].block, Some(Span::new(256, 256)));
    assert!(found[0].explain.contains("pages of its own"), "{}", found[0].explain);
    assert_eq!(found[2].free_list, [Span::new(0, 256), Span::new(512, 512)]);
}

#[test]
fn each_allocator_says_what_it_looked_at() {
    let list = requests([('+', 20), ('+', 20), ('-', 0), ('+', 12), ('-', 1), ('-', 2), ('+', 41)]);
    for (policy, step, words) in [
        ("buddy", 0, "20 bytes round up to a block of 32"),
        (
            "buddy",
            0,
            "it splits until its lowest part is 32, and 1128 with 128, 1064 with 64, 1032 with 32 stay free",
        ),
        ("buddy", 2, "Its buddy is not free"),
        ("buddy", 5, "Its buddy 1016 with 16 is free too: they join to 1000 with 32"),
        ("tlsf", 0, "TLSF looks from the class of 20 bytes on"),
        ("tlsf", 6, "TLSF rounds 41 bytes up to 42, so that every block found will do"),
        ("tlsf", 3, "leads to the list of"),
        ("segregated", 0, "The list of 20 to 23 bytes is empty"),
        (
            "segregated",
            3,
            "The next class with a block is 20 to 23 bytes; its first is 1000 with 20",
        ),
        ("slab", 0, "The cache of 32 bytes takes a new slab, as none is partial or empty"),
        ("slab", 1, "its first partial slab"),
        ("bump", 1, "Bump takes the next 20 bytes at 1020; 216 bytes are left"),
        ("bump", 2, "Its bytes are dead until nothing is held any more"),
    ] {
        let explain = &steps(policy, &[], MEMORY, &list)[step].explain;
        assert!(explain.contains(words), "{policy} {step}: {explain}");
    }
}
