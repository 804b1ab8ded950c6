//! What the kernel says of a tracked process: resident bytes, and how many of them are the allocator's.
//!
//! The allocator's own mappings do not pass through the hooks. They are what is left of the anonymous, private, writable
//! mappings: `[heap]` and all that has no name, without the program's own mappings, the zeroed data of its
//! modules, and stacks. A stack follows its guard pages; so may an arena of glibc, but that begins at a
//! multiple of 64 MiB (HEAP_MAX_SIZE in glibc's malloc/arena.c).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ARENA_ALIGN: u64 = 64 << 20;

/// Resident bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// Of the whole process.
    pub(super) rss_bytes: u64,
    /// Of the allocator's mappings.
    pub(super) heap_bytes: u64,
}

/// A process seen from outside.
#[derive(Debug)]
pub(super) struct Outside {
    folder: PathBuf,
    /// Mappings of the program's own and its modules: start and end.
    foreign: BTreeMap<u64, u64>,
}

impl Outside {
    pub(super) fn new(proc: &Path, pid: u32) -> Self {
        Self { folder: proc.join(pid.to_string()), foreign: BTreeMap::new() }
    }

    /// Whether the process is still there.
    pub(super) fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// The words that it was started with, the name it is called by first; none where it does not tell.
    pub(super) fn arguments(&self) -> Vec<String> {
        let line = fs::read(self.folder.join("cmdline")).unwrap_or_default();
        let words = line.strip_suffix(b"\0").unwrap_or(&line);
        if words.is_empty() {
            return Vec::new();
        }
        words
            .split(|&byte| byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect()
    }

    /// Its parent's number; 0 where it does not tell.
    pub(super) fn parent(&self) -> u32 {
        let status = fs::read(self.folder.join("status")).unwrap_or_default();
        let mut lines = status.split(|&byte| byte == b'\n');
        let parent = lines.find_map(|line| line.strip_prefix(b"PPid:")).map_or(0, number);
        u32::try_from(parent).unwrap_or(0)
    }

    /// Whether it has a thread of that number.
    pub(super) fn has_thread(&self, tid: u32) -> bool {
        self.folder.join("task").join(tid.to_string()).is_dir()
    }

    /// The program has mapped this itself.
    pub(super) fn mapped(&mut self, start: u64, bytes: u64) {
        let end = start.saturating_add(bytes).next_multiple_of(4096);
        self.foreign.insert(start, end);
    }

    /// The program has given this back.
    pub(super) fn unmapped(&mut self, start: u64, bytes: u64) {
        let end = start.saturating_add(bytes).next_multiple_of(4096);
        let touched = self.foreign.range(..end).filter(|&(_, &until)| until > start);
        let touched: Vec<(u64, u64)> = touched.map(|(&from, &until)| (from, until)).collect();
        for (from, until) in touched {
            self.foreign.remove(&from);
            if from < start {
                self.foreign.insert(from, start);
            }
            if until > end {
                self.foreign.insert(end, until);
            }
        }
    }

    /// A module stands here.
    pub(super) fn module(&mut self, start: u64, end: u64) {
        self.foreign.insert(start, end.next_multiple_of(4096));
    }

    /// The process has another program now.
    pub(super) fn forget(&mut self) {
        self.foreign.clear();
    }

    /// What the kernel says now; `None` where it says nothing: the process is gone, or is not ours to look at.
    pub(super) fn look(&self) -> Option<Seen> {
        let smaps = fs::read(self.folder.join("smaps")).ok()?;
        let seen = self.sum(&smaps);
        (seen.rss_bytes > 0).then_some(seen)
    }

    /// Sums the lines of a `smaps` file (proc_pid_smaps(5)).
    fn sum(&self, smaps: &[u8]) -> Seen {
        let (mut seen, mut is_heap, mut guard_end) = (Seen::default(), false, 0);
        for line in smaps.split(|&byte| byte == b'\n') {
            if let Some(rss) = line.strip_prefix(b"Rss:") {
                let bytes = number(rss) * 1024;
                seen.rss_bytes += bytes;
                seen.heap_bytes += if is_heap { bytes } else { 0 };
            } else if let Some(mapping) = Mapping::of(line) {
                is_heap = self.is_heap(&mapping, guard_end);
                guard_end = if mapping.permissions == b"---p" { mapping.end } else { 0 };
            }
        }
        seen
    }

    fn is_heap(&self, mapping: &Mapping<'_>, guard_end: u64) -> bool {
        if mapping.name == b"[heap]" {
            return true;
        }
        let is_stack = guard_end == mapping.start && !mapping.start.is_multiple_of(ARENA_ALIGN);
        let overlaps = self.foreign.range(..mapping.end).next_back();
        let is_foreign = overlaps.is_some_and(|(_, &end)| end > mapping.start);
        mapping.permissions == b"rw-p" && mapping.name.is_empty() && !is_stack && !is_foreign
    }
}

/// The first line of a mapping: `start-end permissions offset device inode name`.
struct Mapping<'a> {
    start: u64,
    end: u64,
    permissions: &'a [u8],
    name: &'a [u8],
}

impl<'a> Mapping<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
        let range = std::str::from_utf8(words.next()?).ok()?;
        let (start, end) = range.split_once('-')?;
        let hexadecimal = |text| u64::from_str_radix(text, 16).ok();
        let (start, end) = (hexadecimal(start)?, hexadecimal(end)?);
        let permissions = words.next()?;
        let name = words.nth(3).unwrap_or_default();
        Some(Self { start, end, permissions, name })
    }
}

/// The first number in `text`.
fn number(text: &[u8]) -> u64 {
    let digits = text.iter().skip_while(|byte| !byte.is_ascii_digit());
    let digits = digits.take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u64, byte| number.saturating_mul(10) + u64::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &[u8] = b"\
55d000000000-55d000001000 r-xp 00000000 fd:00 12 /bin/prog
Rss:                   4 kB
55d000001000-55d000003000 rw-p 00000000 00:00 0
Rss:                   8 kB
55d000010000-55d000031000 rw-p 00000000 00:00 0                          [heap]
Rss:                 100 kB
7f0000000000-7f0000021000 rw-p 00000000 00:00 0
Rss:                  16 kB
7f0000021000-7f0004000000 ---p 00000000 00:00 0
Rss:                   0 kB
7f0004000000-7f0004021000 rw-p 00000000 00:00 0
Rss:                  32 kB
7f0010000000-7f0010001000 ---p 00000000 00:00 0
Rss:                   0 kB
7f0010001000-7f0010801000 rw-p 00000000 00:00 0
Rss:                  64 kB
7f0020000000-7f0020100000 rw-p 00000000 00:00 0
Rss:                1024 kB
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]
Rss:                  12 kB
";

    #[test]
    fn the_allocators_are_the_nameless_that_are_nobody_elses() {
        let mut outside = Outside::new(Path::new("/nowhere"), 1);
        outside.module(0x55d0_0000_0000, 0x55d0_0000_2fff);
        outside.mapped(0x7f00_2000_0000, 0x10_0000);
        let all = 4 + 8 + 100 + 16 + 32 + 64 + 1024 + 12;
        let seen = outside.sum(SMAPS);
        assert_eq!(seen, Seen { rss_bytes: all * 1024, heap_bytes: (100 + 16 + 32) * 1024 });
    }

    #[test]
    fn a_process_tells_its_words_and_its_parent() {
        let me = Outside::new(Path::new("/proc"), std::process::id());
        assert_eq!(me.arguments(), std::env::args().collect::<Vec<_>>());
        assert_eq!(me.parent(), std::os::unix::process::parent_id());
        let nobody = Outside::new(Path::new("/nowhere"), 1);
        assert_eq!((nobody.arguments(), nobody.parent()), (Vec::new(), 0));
    }

    #[test]
    fn a_mapping_that_was_given_back_in_part_is_the_programs_in_its_rest() {
        let mut outside = Outside::new(Path::new("/nowhere"), 1);
        outside.mapped(0x1000, 0x4000);
        outside.unmapped(0x2000, 0x1000);
        assert_eq!(
            outside.foreign.into_iter().collect::<Vec<_>>(),
            [(0x1000, 0x2000), (0x3000, 0x5000)]
        );
    }
}
