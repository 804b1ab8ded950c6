//! Policies with bits, as the textbooks tell them.

use std::collections::VecDeque;

use super::{Access, Said, free_slot};

/// Tanenbaum's second chance: the oldest page goes to the end of the list if its bit is set. Loading sets the bit.
pub(crate) fn second_chance(frames: usize, string: &[Access]) -> Vec<Said> {
    let mut list: VecDeque<(u64, bool)> = VecDeque::new();
    let mut refer = |page| {
        if let Some(entry) = list.iter_mut().find(|entry| entry.0 == page) {
            entry.1 = true;
            return Said::new(true, list.iter().map(|entry| entry.0));
        }
        while list.len() == frames {
            let (oldest, bit) = list.pop_front().unwrap();
            if bit {
                list.push_back((oldest, false));
            }
        }
        list.push_back((page, true));
        Said::new(false, list.iter().map(|entry| entry.0))
    };
    string.iter().map(|&(page, _)| refer(page)).collect()
}

/// A page in a frame.
#[derive(Clone, Copy)]
struct Slot {
    page: u64,
    referenced: bool,
    modified: bool,
    counter: u8,
    /// When it was loaded, or known to be used last, as the policy wants.
    time: usize,
}

/// A memory of slots: `tick` before each reference, `victim` when all are taken, `loaded` after a load.
fn slots(
    frames: usize,
    string: &[Access],
    mut tick: impl FnMut(usize, &mut [Option<Slot>]),
    mut victim: impl FnMut(usize, &mut [Slot]) -> usize,
    mut loaded: impl FnMut(usize, &mut Slot),
) -> Vec<Said> {
    let mut memory: Vec<Option<Slot>> = vec![None; frames];
    let mut said = Vec::new();
    for (now, &(page, write)) in string.iter().enumerate() {
        tick(now, &mut memory);
        let found = memory.iter_mut().flatten().find(|slot| slot.page == page);
        let hit = found.is_some();
        if let Some(slot) = found {
            slot.referenced = true;
            slot.modified |= write;
        } else {
            let at = free_slot(&memory).unwrap_or_else(|| {
                let mut full: Vec<Slot> = memory.iter().flatten().copied().collect();
                let at = victim(now, &mut full);
                memory = full.into_iter().map(Some).collect();
                at
            });
            let slot = Slot { page, referenced: true, modified: write, counter: 0, time: now };
            loaded(at, memory[at].insert(slot));
        }
        said.push(Said::new(hit, memory.iter().flatten().map(|slot| slot.page)));
    }
    said
}

/// Tanenbaum's NRU, ticking every `frames` references; the lowest frame of the lowest class.
pub(crate) fn nru(frames: usize, string: &[Access]) -> Vec<Said> {
    let tick = |now: usize, memory: &mut [Option<Slot>]| {
        if now > 0 && now.is_multiple_of(frames) {
            memory.iter_mut().flatten().for_each(|slot| slot.referenced = false);
        }
    };
    let victim = |_, slots: &mut [Slot]| {
        let class = |at: &usize| (slots[*at].referenced, slots[*at].modified);
        (0..slots.len()).min_by_key(class).unwrap()
    };
    slots(frames, string, tick, victim, |_, _| {})
}

/// Tanenbaum's aging with 8 bits, ticking every `frames` references; of the smallest, the first loaded.
pub(crate) fn aging(frames: usize, string: &[Access]) -> Vec<Said> {
    let tick = |now: usize, memory: &mut [Option<Slot>]| {
        if now > 0 && now.is_multiple_of(frames) {
            for slot in memory.iter_mut().flatten() {
                slot.counter = slot.counter / 2 + if slot.referenced { 128 } else { 0 };
                slot.referenced = false;
            }
        }
    };
    let victim = |_, slots: &mut [Slot]| {
        (0..slots.len()).min_by_key(|&at| (slots[at].counter, slots[at].time)).unwrap()
    };
    let loaded = |_, slot: &mut Slot| {
        slot.counter = 128;
        slot.referenced = false;
    };
    slots(frames, string, tick, victim, loaded)
}

/// Stallings' four passes over (used, modified), the hand behind the last load.
pub(crate) fn enhanced(frames: usize, string: &[Access]) -> Vec<Said> {
    let hand = std::cell::Cell::new(0);
    let victim = |_, slots: &mut [Slot]| {
        let round: Vec<usize> = (0..frames).map(|step| (hand.get() + step) % frames).collect();
        loop {
            for &at in &round {
                if !slots[at].referenced && !slots[at].modified {
                    return at;
                }
            }
            for &at in &round {
                if !slots[at].referenced && slots[at].modified {
                    return at;
                }
                slots[at].referenced = false;
            }
        }
    };
    slots(frames, string, |_, _| {}, victim, |at, _| hand.set((at + 1) % frames))
}

/// Tanenbaum's WSClock with a window of `frames` references and writes that are done by the next round.
pub(crate) fn wsclock(frames: usize, string: &[Access]) -> Vec<Said> {
    let hand = std::cell::Cell::new(0);
    let victim = |now: usize, slots: &mut [Slot]| {
        for _ in 0..2 {
            let mut writes = 0;
            for _ in 0..frames {
                let at = hand.get();
                let slot = &mut slots[at];
                if slot.referenced {
                    slot.referenced = false;
                    slot.time = now;
                } else if now - slot.time > frames {
                    if !slot.modified {
                        return at;
                    }
                    slot.modified = false;
                    writes += 1;
                }
                hand.set((at + 1) % frames);
            }
            if writes == 0 {
                break;
            }
        }
        let round = (0..frames).map(|step| (hand.get() + step) % frames);
        round.clone().find(|&at| !slots[at].modified).unwrap_or(hand.get())
    };
    slots(frames, string, |_, _| {}, victim, |at, _| hand.set((at + 1) % frames))
}
