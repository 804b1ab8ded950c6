//! Policies that are a question to the past or the future: the whole string is searched at every fault.

use super::{Access, Said};

/// The string up to a fault, and when each resident page was loaded.
pub(crate) struct Past<'a> {
    string: &'a [Access],
    now: usize,
    resident: &'a [(u64, i64)],
}

impl Past<'_> {
    /// Positions, before now and not before `from`, at which a page was used.
    fn positions(&self, page: u64, from: i64) -> Vec<i64> {
        let used = (0..self.now).filter(|&position| self.string[position].0 == page);
        used.map(|position| i64::try_from(position).unwrap()).filter(|&at| at >= from).collect()
    }

    pub(crate) fn loaded(&self, page: u64) -> i64 {
        self.resident.iter().find(|&&(resident, _)| resident == page).unwrap().1
    }

    pub(crate) fn last_use(&self, page: u64) -> i64 {
        self.use_from_the_end(page, 1, 0)
    }

    /// The `k`-th last use not before `from`; −1 where there is none.
    pub(crate) fn use_from_the_end(&self, page: u64, k: usize, from: i64) -> i64 {
        self.positions(page, from).into_iter().rev().nth(k - 1).unwrap_or(-1)
    }

    pub(crate) fn uses(&self, page: u64) -> i64 {
        i64::try_from(self.positions(page, 0).len()).unwrap()
    }

    pub(crate) fn uses_since_load(&self, page: u64) -> i64 {
        i64::try_from(self.positions(page, self.loaded(page)).len()).unwrap()
    }

    pub(crate) fn next_use(&self, page: u64) -> i64 {
        let ahead = (self.now..self.string.len()).find(|&at| self.string[at].0 == page);
        ahead.map_or(i64::MAX, |position| i64::try_from(position).unwrap())
    }
}

/// Replays a string; the page of the least `key` leaves.
pub(crate) fn replay<K: Ord>(
    frames: usize,
    string: &[Access],
    key: impl Fn(&Past<'_>, u64) -> K,
) -> Vec<Said> {
    let mut resident: Vec<(u64, i64)> = Vec::new();
    let mut said = Vec::new();
    for (now, &(page, _)) in string.iter().enumerate() {
        let hit = resident.iter().any(|&(other, _)| other == page);
        if !hit && resident.len() == frames {
            let past = Past { string, now, resident: &resident };
            let victim =
                resident.iter().map(|&(page, _)| page).min_by_key(|&page| key(&past, page));
            resident.retain(|&(other, _)| Some(other) != victim);
        }
        if !hit {
            resident.push((page, i64::try_from(now).unwrap()));
        }
        said.push(Said::new(hit, resident.iter().map(|&(page, _)| page)));
    }
    said
}
