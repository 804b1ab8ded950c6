//! Linux's two ways of keeping pages, as its comments and documentation tell them.

use std::collections::HashMap;

use super::{Access, Said};

/// A page on a list and its referenced mark.
type Entry = (u64, bool);

/// Active and inactive lists, the head at the end of each, with shadows for refault distances.
pub(crate) fn two_lists(frames: usize, string: &[Access]) -> Vec<Said> {
    let (mut active, mut inactive): (Vec<Entry>, Vec<Entry>) = Default::default();
    let mut shadows: HashMap<u64, usize> = HashMap::new();
    let mut age = 0;
    let mut said = Vec::new();
    for &(page, _) in string {
        let on_active = active.iter_mut().find(|entry| entry.0 == page);
        let hit = on_active.is_some() || inactive.iter().any(|entry| entry.0 == page);
        if let Some(entry) = on_active {
            entry.1 = true;
        } else if let Some(at) = inactive.iter().position(|entry| entry.0 == page) {
            if inactive[at].1 {
                inactive.remove(at);
                active.push((page, false));
                age += 1;
            } else {
                inactive[at].1 = true;
            }
        } else {
            if active.len() + inactive.len() == frames {
                while inactive.len() < active.len() {
                    inactive.push(active.remove(0));
                }
                shadows.insert(inactive.remove(0).0, age);
                age += 1;
            }
            if shadows.get(&page).is_some_and(|&shadow| age - shadow <= active.len()) {
                active.push((page, false));
                age += 1;
            } else {
                inactive.push((page, true));
            }
        }
        said.push(Said::new(hit, active.iter().chain(&inactive).map(|entry| entry.0)));
    }
    said
}

/// Generations from the oldest to the youngest, each with its first page first; frames remember the order of the walk.
pub(crate) fn generations(frames: usize, string: &[Access]) -> Vec<Said> {
    let mut generations: Vec<Vec<u64>> = vec![Vec::new(), Vec::new()];
    let mut frame_of: Vec<Option<u64>> = vec![None; frames];
    let mut accessed: HashMap<u64, bool> = HashMap::new();
    let mut said = Vec::new();
    for &(page, _) in string {
        let hit = frame_of.contains(&Some(page));
        if !hit {
            let at = super::free_slot(&frame_of).unwrap_or_else(|| {
                let victim = evict(&mut generations, &mut accessed, &frame_of);
                frame_of.iter().position(|&held| held == Some(victim)).unwrap()
            });
            frame_of[at] = Some(page);
            generations.last_mut().unwrap().push(page);
        }
        accessed.insert(page, true);
        said.push(Said::new(hit, frame_of.iter().flatten().copied()));
    }
    said
}

fn evict(
    generations: &mut Vec<Vec<u64>>,
    accessed: &mut HashMap<u64, bool>,
    frame_of: &[Option<u64>],
) -> u64 {
    loop {
        while generations[0].is_empty() {
            if generations.len() <= 2 {
                for page in frame_of.iter().flatten().filter(|page| accessed[page]) {
                    generations.iter_mut().for_each(|pages| pages.retain(|other| other != page));
                    generations.last_mut().unwrap().push(*page);
                }
                accessed.values_mut().for_each(|bit| *bit = false);
                generations.push(Vec::new());
            }
            generations.remove(0);
        }
        let page = generations[0].remove(0);
        if !std::mem::take(accessed.get_mut(&page).unwrap()) {
            return page;
        }
        generations.last_mut().unwrap().push(page);
    }
}
