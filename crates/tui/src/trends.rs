//! The recent course of each process, in as few numbers as a sparkline has.

use std::collections::HashMap;

use ramscope_observe::TimeMs;
use ramscope_observe::processes::ProcessTable;

use crate::rows::ProcessId;

/// Points of a sparkline: two a cell of braille.
pub(crate) const POINTS: usize = 12;
/// The time between two of them: a minute in all.
const STEP_MS: i64 = 5000;
/// Processes that are followed at most; beyond, the largest need no ranking, the table is only shorter.
const MAX_FOLLOWED: usize = 65_536;

/// The last minute of every process, by its resident memory and swap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trends {
    /// The number of the newest step, in steps since 1970.
    step: i64,
    lines: HashMap<ProcessId, Line>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    /// Bytes, newest last; only the last `seen` were watched.
    points: [u64; POINTS],
    seen: usize,
    /// The step that it was last seen in.
    alive: i64,
}

impl Trends {
    /// Takes the newest processes. Those that are gone are forgotten.
    pub(crate) fn push(&mut self, time_ms: TimeMs, table: &ProcessTable) {
        let step = time_ms.div_euclid(STEP_MS);
        let moved = usize::try_from(step - self.step).unwrap_or(POINTS).min(POINTS);
        self.step = step;
        for process in &table.processes {
            let bytes = process.memory_bytes();
            let id = ProcessId::of(process);
            if self.lines.len() >= MAX_FOLLOWED && !self.lines.contains_key(&id) {
                continue;
            }
            let fresh = Line { points: [bytes; POINTS], seen: 1, alive: step };
            let line = self.lines.entry(id).or_insert(fresh);
            if line.alive < step {
                line.points.rotate_left(moved);
                line.seen = (line.seen + moved).min(POINTS);
            }
            for point in &mut line.points[POINTS - moved.max(1)..] {
                *point = bytes;
            }
            line.alive = step;
        }
        self.lines.retain(|_, line| line.alive == step);
    }

    /// The watched part of a process's last minute, newest last.
    pub(crate) fn of(&self, id: ProcessId) -> &[u64] {
        self.lines.get(&id).map_or(&[], |line| &line.points[POINTS - line.seen..])
    }
}

/// A sparkline in braille, two points a cell: the lowest of the points at the bottom, the highest at the top. A course
/// that moves by less than a hundredth of itself is a flat line at the bottom, since that is noise.
pub(crate) fn braille(points: &[u64]) -> String {
    let levels = levels(points, 3);
    // Dots of a braille cell from the bottom up, left and right column (Unicode chart 2800).
    const LEFT: [u32; 4] = [0x40, 0x44, 0x46, 0x47];
    const RIGHT: [u32; 4] = [0x80, 0xa0, 0xb0, 0xb8];
    let missing = POINTS - levels.len();
    let dots = |at: usize, column: [u32; 4]| match at.checked_sub(missing) {
        Some(at) => column[levels[at].min(3)],
        None => 0,
    };
    let cell = |cell: usize| {
        let pattern = 0x2800 + dots(2 * cell, LEFT) + dots(2 * cell + 1, RIGHT);
        char::from_u32(pattern).unwrap_or(' ')
    };
    (0..POINTS / 2).map(cell).collect()
}

/// The same in block elements, or in ASCII: a point a cell, every second one.
pub(crate) fn blocks(points: &[u64], steps: &[char]) -> String {
    let levels = levels(points, steps.len() - 1);
    let missing = POINTS - levels.len();
    let cell = |cell: usize| match (2 * cell + 1).checked_sub(missing) {
        Some(at) => steps[levels[at.min(levels.len() - 1)]],
        None => ' ',
    };
    (0..POINTS / 2).map(cell).collect()
}

/// Whether a course moves by no more than a hundredth of itself.
pub(crate) fn is_flat(points: &[u64]) -> bool {
    let high = points.iter().max().copied().unwrap_or(0);
    high - points.iter().min().copied().unwrap_or(0) <= high / 100
}

/// Each point as a level from 0 to `top`.
fn levels(points: &[u64], top: usize) -> Vec<usize> {
    let low = points.iter().min().copied().unwrap_or(0);
    let high = points.iter().max().copied().unwrap_or(0);
    let height = u128::from(high - low).max(1);
    let flat = is_flat(points);
    let level = |point: &u64| {
        if flat {
            return 0;
        }
        let above = u128::from(point - low) * u128::try_from(top).unwrap_or(0);
        usize::try_from((above + height / 2) / height).unwrap_or(top)
    };
    points.iter().take(POINTS).map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{process, table};

    #[test]
    fn a_line_moves_on_by_time_and_not_by_looks() {
        let mut trends = Trends::default();
        let id = ProcessId { pid: 7, start_ms: 0 };
        let at = |trends: &mut Trends, seconds: i64, rss| {
            trends.push(seconds * 1000, &table(&[process(7, "a", rss)]));
        };
        at(&mut trends, 100, 10);
        at(&mut trends, 101, 20);
        assert_eq!(trends.of(id), [20]);
        at(&mut trends, 105, 30);
        assert_eq!(trends.of(id), [20, 30]);
        at(&mut trends, 119, 40);
        assert_eq!(trends.of(id), [20, 30, 40, 40], "steps without a look hold what came after");
    }

    #[test]
    fn a_pid_that_is_used_again_has_a_line_of_its_own() {
        let mut trends = Trends::default();
        trends.push(0, &table(&[process(7, "a", 10)]));
        trends.push(5000, &table(&[]));
        assert_eq!(trends.of(ProcessId { pid: 7, start_ms: 0 }), [0u64; 0]);
    }

    #[test]
    fn sparklines_rise_from_the_lowest_to_the_highest() {
        let rising: Vec<u64> = (0..12).map(|at| 1000 + at * 100).collect();
        assert_eq!(braille(&rising), "⣀⣤⣤⣶⣶⣿");
        assert_eq!(braille(&[5; 12]), "⣀⣀⣀⣀⣀⣀");
        assert_eq!(braille(&[5]), "⠀⠀⠀⠀⠀⢀");
        assert_eq!(blocks(&rising, &['.', ':', '|']).len(), 6);
        assert_eq!(braille(&[]), "⠀⠀⠀⠀⠀⠀");
    }
}
