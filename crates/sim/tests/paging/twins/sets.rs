//! Resident sets of changing size, by their definitions.

use super::{Access, Said};

/// Denning's W(t, τ), capped by the frames: then the least recently used page leaves.
pub(crate) fn working_set(frames: usize, window: usize, string: &[Access]) -> Vec<Said> {
    let mut resident: Vec<u64> = Vec::new();
    let mut said = Vec::new();
    for (now, &(page, _)) in string.iter().enumerate() {
        let hit = resident.contains(&page);
        let recent = &string[(now + 1).saturating_sub(window)..=now];
        resident.retain(|&other| other != page && recent.iter().any(|access| access.0 == other));
        if resident.len() == frames {
            resident.remove(0);
        }
        resident.push(page);
        said.push(Said::new(hit, resident.clone()));
    }
    said
}

/// Chu's and Opderbeck's rule with use bits that every fault clears, capped in the same way.
pub(crate) fn pff(frames: usize, threshold: usize, string: &[Access]) -> Vec<Said> {
    // In the order of last use: the page and its use bit.
    let mut resident: Vec<(u64, bool)> = Vec::new();
    let mut last_fault = None;
    let mut said = Vec::new();
    for (now, &(page, _)) in string.iter().enumerate() {
        let hit = resident.iter().any(|entry| entry.0 == page);
        if !hit {
            if now + 1 - last_fault.map_or(0, |fault: usize| fault + 1) >= threshold {
                resident.retain(|entry| entry.1);
            }
            resident.iter_mut().for_each(|entry| entry.1 = false);
            last_fault = Some(now);
            if resident.len() == frames {
                resident.remove(0);
            }
        }
        resident.retain(|entry| entry.0 != page);
        resident.push((page, true));
        said.push(Said::new(hit, resident.iter().map(|entry| entry.0)));
    }
    said
}
