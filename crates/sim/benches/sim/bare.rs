//! The least that a policy costs: bare loops over arrays, for the one string that the bench makes.

use crate::{FRAMES, PAGES};

/// The faults of a string.
pub(crate) type Loop = fn(&[u32]) -> u64;

/// The bare loop of a policy, where there is one.
pub(crate) fn of(policy: &str) -> Option<Loop> {
    match policy {
        "fifo" => Some(fifo),
        "lru" => Some(lru),
        "clock" => Some(clock),
        _ => None,
    }
}

fn fifo(pages: &[u32]) -> u64 {
    let mut resident = vec![false; PAGES];
    let mut ring = vec![u32::MAX; FRAMES];
    let (mut hand, mut faults) = (0, 0);
    for &page in pages {
        if resident[page as usize] {
            continue;
        }
        faults += 1;
        let victim = std::mem::replace(&mut ring[hand], page);
        if victim != u32::MAX {
            resident[victim as usize] = false;
        }
        resident[page as usize] = true;
        hand = if hand + 1 == FRAMES { 0 } else { hand + 1 };
    }
    faults
}

/// The reference bit is not set on load, as in libCacheSim.
fn clock(pages: &[u32]) -> u64 {
    let mut frame_of = vec![u32::MAX; PAGES];
    let mut ring = vec![u32::MAX; FRAMES];
    let mut referenced = vec![false; FRAMES];
    let (mut hand, mut faults) = (0, 0);
    for &page in pages {
        let frame = frame_of[page as usize];
        if frame != u32::MAX {
            referenced[frame as usize] = true;
            continue;
        }
        faults += 1;
        while referenced[hand] {
            referenced[hand] = false;
            hand = if hand + 1 == FRAMES { 0 } else { hand + 1 };
        }
        let victim = std::mem::replace(&mut ring[hand], page);
        if victim != u32::MAX {
            frame_of[victim as usize] = u32::MAX;
        }
        frame_of[page as usize] = hand as u32;
        hand = if hand + 1 == FRAMES { 0 } else { hand + 1 };
    }
    faults
}

/// A list through all pages with a sentinel behind the last; `prev` of a page that is not resident is `ABSENT`.
fn lru(pages: &[u32]) -> u64 {
    const ABSENT: u32 = u32::MAX;
    let mut links = vec![(ABSENT, ABSENT); PAGES + 1];
    let head = PAGES;
    links[head] = (head as u32, head as u32);
    let (mut resident, mut faults) = (0, 0);
    for &page in pages {
        let (prev, next) = links[page as usize];
        if prev != ABSENT {
            links[prev as usize].1 = next;
            links[next as usize].0 = prev;
        } else {
            faults += 1;
            if resident == FRAMES {
                let victim = links[head].0 as usize;
                let before = links[victim].0;
                links[before as usize].1 = head as u32;
                links[head].0 = before;
                links[victim].0 = ABSENT;
            } else {
                resident += 1;
            }
        }
        let first = links[head].1;
        links[page as usize] = (head as u32, first);
        links[first as usize].0 = page;
        links[head].1 = page;
    }
    faults
}
