//! Entries of page tables: which bit is what.
//!
//! ```text
//!   x86         31 ………………… 12 │ 11 │10 V│ 9 C│ 8 │7 PS│6 D│5 A│4 3│2 U│1 W│0 P      V and C: bits left to software
//!   x86-64  63 NX │ 62…52 │ 51 ………… 12 │ 11 │10 V│ 9 C│ 8 │7 PS│6 D│5 A│4 3│2 U│1 W│0 P
//!   Sv39    63…54 │ 53 ………………… 10 │9 V'│8 C│7 D│6 A│5 G│4 U│3 X│2 W│1 R│0 V           C and V': RSW
//!   OSTEP word   31 valid │ 30 ……… 0 frame            OSTEP byte   7 valid │ 6 … 0 frame
//! ```
//!
//! Sources: Intel SDM volume 3A, chapter 5 (Paging), tables of 32-bit, 4-level and 5-level entries; The RISC-V Instruction Set
//! Manual, volume II, Sv39; ostep-homework, `paging-linear-translate.py` and `paging-multilevel-translate.py`.
//!
//! *Valid* is the operating system's word (the page belongs to the process), *present* the hardware's (it is in memory).
//! Where hardware has one bit, the other lives in a bit that it leaves to software; OSTEP's entries have only one.

use serde::Serialize;

/// What the entries of a table look like. A bit that is `None` does not exist: what it would forbid is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EntryFormat {
    /// What it is called.
    pub name: &'static str,
    /// The size of an entry in bytes: 1, 2, 4 or 8. Entries are little endian.
    pub bytes: u32,
    /// The page is in memory.
    pub present: u32,
    /// The page belongs to the address space, though it may not be in memory.
    pub valid: Option<u32>,
    /// It may be read.
    pub read: Option<u32>,
    /// It may be written.
    pub write: Option<u32>,
    /// It may be executed.
    pub execute: Option<u32>,
    /// It may not be executed.
    pub no_execute: Option<u32>,
    /// Unprivileged code may use it.
    pub user: Option<u32>,
    /// It was referenced.
    pub referenced: Option<u32>,
    /// It was written.
    pub dirty: Option<u32>,
    /// It is to be copied by the first write.
    pub copy_on_write: Option<u32>,
    /// How an entry above the last level says that it is a huge page.
    pub leaf: Leaf,
    /// The lowest bit of the frame number.
    pub frame_low: u32,
    /// The bits of the frame number.
    pub frame_bits: u32,
    /// The value of an entry that is not in use.
    pub unused: u64,
    /// Whether entries above the last level carry permissions and a referenced bit too.
    pub uppers_count: bool,
}

/// How an entry above the last level says that it is a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaf {
    /// It cannot.
    Never,
    /// By this bit.
    Bit(u32),
    /// By any of the bits read, write and execute.
    Permissions,
}

/// 32-bit entries of x86, for two levels.
pub const X86: EntryFormat = EntryFormat {
    name: "x86",
    bytes: 4,
    present: 0,
    valid: Some(10),
    read: None,
    write: Some(1),
    execute: None,
    no_execute: None,
    user: Some(2),
    referenced: Some(5),
    dirty: Some(6),
    copy_on_write: Some(9),
    leaf: Leaf::Bit(7),
    frame_low: 12,
    frame_bits: 20,
    unused: 0,
    uppers_count: true,
};

/// 64-bit entries of x86, for four and five levels.
pub const X86_64: EntryFormat =
    EntryFormat { name: "x86-64", bytes: 8, no_execute: Some(63), frame_bits: 40, ..X86 };

/// Entries of RISC-V's Sv39.
pub const SV39: EntryFormat = EntryFormat {
    name: "Sv39",
    bytes: 8,
    present: 0,
    valid: Some(9),
    read: Some(1),
    write: Some(2),
    execute: Some(3),
    no_execute: None,
    user: Some(4),
    referenced: Some(6),
    dirty: Some(7),
    copy_on_write: Some(8),
    leaf: Leaf::Permissions,
    frame_low: 10,
    frame_bits: 44,
    unused: 0,
    uppers_count: false,
};

/// The words of OSTEP's linear page table.
pub const OSTEP_WORD: EntryFormat = EntryFormat {
    name: "OSTEP's linear table",
    bytes: 4,
    present: 31,
    valid: None,
    read: None,
    write: None,
    execute: None,
    no_execute: None,
    user: None,
    referenced: None,
    dirty: None,
    copy_on_write: None,
    leaf: Leaf::Never,
    frame_low: 0,
    frame_bits: 31,
    unused: 0,
    uppers_count: false,
};

/// The bytes of OSTEP's two-level page table. An entry that is not in use reads 0x7f.
pub const OSTEP_BYTE: EntryFormat = EntryFormat {
    name: "OSTEP's multi-level table",
    bytes: 1,
    present: 7,
    frame_bits: 7,
    unused: 0x7f,
    ..OSTEP_WORD
};

/// What an entry says of its page beside the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// The page belongs to the address space.
    pub valid: bool,
    /// It is in memory.
    pub present: bool,
    /// It may be read.
    pub read: bool,
    /// It may be written.
    pub write: bool,
    /// It may be executed.
    pub execute: bool,
    /// Unprivileged code may use it.
    pub user: bool,
    /// It was referenced since the bit was last cleared.
    pub referenced: bool,
    /// It was written since the bit was last cleared.
    pub dirty: bool,
    /// The first write copies it.
    pub copy_on_write: bool,
}

impl Flags {
    /// A page in memory that unprivileged code may read, and do what the letters say: `w` write, `x` execute; `k`
    /// leaves it to the kernel. `r` is taken and says nothing more. `None` for another letter.
    pub fn parse(letters: &str) -> Option<Flags> {
        let mut flags = Flags::READ;
        for letter in letters.chars() {
            match letter {
                'r' | 'u' => {}
                'w' => flags.write = true,
                'x' => flags.execute = true,
                'k' => flags.user = false,
                _ => return None,
            }
        }
        Some(flags)
    }

    /// A page in memory that may be read by all and nothing else.
    pub const READ: Flags = Flags {
        valid: true,
        present: true,
        read: true,
        write: false,
        execute: false,
        user: true,
        referenced: false,
        dirty: false,
        copy_on_write: false,
    };
}

impl EntryFormat {
    /// The frame number of an entry; for a valid page that is not present the slot of the swap area.
    pub fn frame(&self, entry: u64) -> u64 {
        entry >> self.frame_low & low_bits(self.frame_bits)
    }

    /// What an entry says.
    pub fn flags(&self, entry: u64) -> Flags {
        let bit = |bit: Option<u32>, absent| bit.map_or(absent, |bit| entry >> bit & 1 == 1);
        let present = entry >> self.present & 1 == 1;
        Flags {
            valid: present || bit(self.valid, false),
            present,
            read: bit(self.read, true),
            write: bit(self.write, true),
            execute: bit(self.execute, true) && !bit(self.no_execute, false),
            user: bit(self.user, true),
            referenced: bit(self.referenced, false),
            dirty: bit(self.dirty, false),
            copy_on_write: bit(self.copy_on_write, false),
        }
    }

    /// The entry of a page: `above` is whether it stands above the last level, as a huge page.
    pub fn leaf_entry(&self, frame: u64, flags: Flags, above: bool) -> u64 {
        let huge = match self.leaf {
            Leaf::Bit(bit) if above => 1 << bit,
            _ => 0,
        };
        huge | self.bits(flags) | self.framed(frame)
    }

    /// The entry that leads to the table in a frame.
    pub fn table_entry(&self, frame: u64) -> u64 {
        let open = Flags { write: true, execute: true, ..Flags::READ };
        let bits = if self.uppers_count { self.bits(open) } else { 1 << self.present };
        bits | self.framed(frame)
    }

    /// Whether an entry is a page and not a way to a table; above the last level that is a huge page.
    pub fn is_leaf(&self, entry: u64, last: bool) -> bool {
        let flags = self.flags(entry);
        match self.leaf {
            _ if last => true,
            Leaf::Never => false,
            Leaf::Bit(bit) => entry >> bit & 1 == 1,
            Leaf::Permissions => flags.read || flags.write || flags.execute,
        }
    }

    fn framed(&self, frame: u64) -> u64 {
        (frame & low_bits(self.frame_bits)) << self.frame_low
    }

    fn bits(&self, flags: Flags) -> u64 {
        let on = |bit: Option<u32>, set: bool| bit.filter(|_| set).map_or(0, |bit| 1 << bit);
        on(Some(self.present), flags.present)
            | on(self.valid, flags.valid)
            | on(self.read, flags.read)
            | on(self.write, flags.write)
            | on(self.execute, flags.execute)
            | on(self.no_execute, !flags.execute)
            | on(self.user, flags.user)
            | on(self.referenced, flags.referenced)
            | on(self.dirty, flags.dirty)
            | on(self.copy_on_write, flags.copy_on_write)
    }
}

/// The lowest `bits` bits set, for 0 to 64.
pub(crate) fn low_bits(bits: u32) -> u64 {
    match bits {
        0 => 0,
        bits => u64::MAX >> (64 - bits.min(64)),
    }
}
