//! How a virtual address is split: the bits of each level's index, from the top, and of the offset.

use std::borrow::Cow;

use serde::Serialize;

use super::error::Error;
use super::format::{EntryFormat, OSTEP_BYTE, OSTEP_WORD, SV39, X86, X86_64, low_bits};
use super::{MAX_INDEX_BITS, MAX_LEVELS, MAX_OFFSET_BITS};
use crate::processes::text::did_you_mean;

/// A way to translate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scheme {
    /// The bits of each level's index, from the top; 1 to 5 levels.
    pub levels: Vec<u32>,
    /// What the table of each level is called, from the top.
    pub names: Vec<Cow<'static, str>>,
    /// The bits of the offset in a page.
    pub offset_bits: u32,
    /// What entries look like.
    pub format: EntryFormat,
    /// Whether the bits above the translated ones must repeat the highest of them, as on x86-64 and RISC-V; else they
    /// must be 0.
    pub sign_extended: bool,
    /// How many levels above the last one a huge page may stand.
    pub huge_levels: usize,
}

/// The presets: how each is asked for, and where it comes from.
pub const PRESETS: &[(&str, &str)] = &[
    ("10/10/12", "x86 with 32-bit paging: Intel SDM volume 3A, 32-bit paging"),
    ("x86-64", "four levels of 9 bits and pages of 4 KiB: Intel SDM volume 3A, 4-level paging"),
    ("x86-64-5", "five levels of 9 bits and pages of 4 KiB: Intel SDM volume 3A, 5-level paging"),
    (
        "sv39",
        "three levels of 9 bits and pages of 4 KiB: The RISC-V Instruction Set Manual, volume II",
    ),
    (
        "ostep-linear",
        "16 KiB of addresses in pages of 4 KiB: ostep-homework, paging-linear-translate.py",
    ),
    (
        "ostep-multilevel",
        "two levels of 5 bits and pages of 32 bytes: ostep-homework, paging-multilevel-translate.py",
    ),
];

impl Scheme {
    /// A table of any split, with the entries of x86: 32-bit ones up to 32 address bits, 64-bit ones beyond.
    /// `address_bits` is what the parts must add up to, where it is given.
    ///
    /// # Errors
    /// [`Error::BitSum`], [`Error::TooManyBits`], [`Error::Levels`], [`Error::IndexBits`], [`Error::OffsetBits`].
    pub fn new(
        levels: &[u32],
        offset_bits: u32,
        address_bits: Option<u32>,
    ) -> Result<Scheme, Error> {
        check(levels, offset_bits, address_bits)?;
        let bits = levels.iter().sum::<u32>() + offset_bits;
        let names = (1..=levels.len()).map(|level| Cow::Owned(format!("level {level}")));
        Ok(Scheme {
            levels: levels.to_vec(),
            names: names.collect(),
            offset_bits,
            format: if bits <= 32 { X86 } else { X86_64 },
            sign_extended: false,
            huge_levels: levels.len() - 1,
        })
    }

    /// A preset by its name; see [`PRESETS`].
    ///
    /// # Errors
    /// [`Error::UnknownPreset`] with the nearest name.
    pub fn preset(name: &str) -> Result<Scheme, Error> {
        const X86_64_NAMES: [&str; 5] = ["PML5", "PML4", "PDPT", "PD", "PT"];
        Ok(match name {
            "10/10/12" => named(&[10, 10], &["page directory", "page table"], 12, X86, (false, 1)),
            "x86-64" => named(&[9; 4], &X86_64_NAMES[1..], 12, X86_64, (true, 2)),
            "x86-64-5" => named(&[9; 5], &X86_64_NAMES, 12, X86_64, (true, 2)),
            "sv39" => named(&[9; 3], &["VPN[2]", "VPN[1]", "VPN[0]"], 12, SV39, (true, 2)),
            "ostep-linear" => Scheme::ostep_linear(14, 12)?,
            "ostep-multilevel" => {
                named(&[5, 5], &["page directory", "page table"], 5, OSTEP_BYTE, (false, 0))
            }
            _ => {
                let names = || PRESETS.iter().map(|&(name, _)| name);
                let known = names().collect::<Vec<_>>().join(", ");
                let nearest = did_you_mean(name, names());
                let name = name.chars().take(40).collect();
                return Err(Error::UnknownPreset { name, known, nearest });
            }
        })
    }

    /// OSTEP's linear page table for an address space of `address_bits` and pages of `offset_bits`.
    ///
    /// # Errors
    /// As [`Scheme::new`].
    pub fn ostep_linear(address_bits: u32, offset_bits: u32) -> Result<Scheme, Error> {
        let levels = [address_bits.saturating_sub(offset_bits)];
        check(&levels, offset_bits, Some(address_bits))?;
        Ok(named(&levels, &["page table"], offset_bits, OSTEP_WORD, (false, 0)))
    }

    /// The bits of a virtual address that are translated or kept.
    pub fn address_bits(&self) -> u32 {
        self.page_bits() + self.offset_bits
    }

    /// The bits of a page number.
    pub fn page_bits(&self) -> u32 {
        self.levels.iter().sum()
    }

    /// The page size in bytes.
    pub fn page_bytes(&self) -> u64 {
        1 << self.offset_bits
    }

    /// The size of one table of a level in bytes; levels count from 0 at the top.
    pub fn table_bytes(&self, level: usize) -> u64 {
        u64::from(self.format.bytes) << self.levels[level]
    }

    /// The highest and the lowest bit of the index of a level, which counts from 0 at the top.
    pub fn bits_of(&self, level: usize) -> (u32, u32) {
        let low = self.bits_below(level);
        (low + self.levels[level] - 1, low)
    }

    /// The bits below the index of a level: what an entry of it maps, as a power of two of bytes.
    pub fn bits_below(&self, level: usize) -> u32 {
        self.levels[level + 1..].iter().sum::<u32>() + self.offset_bits
    }

    /// The index into the table of a level.
    pub fn index(&self, level: usize, address: u64) -> u64 {
        address.checked_shr(self.bits_below(level)).unwrap_or(0) & low_bits(self.levels[level])
    }

    /// The page number of an address, without the bits above the translated ones.
    pub fn page(&self, address: u64) -> u64 {
        (address & low_bits(self.address_bits())) >> self.offset_bits
    }

    /// The first address of a page.
    pub fn address(&self, page: u64) -> u64 {
        let address = page << self.offset_bits;
        let bits = self.address_bits();
        let negative = self.sign_extended && address >> (bits - 1) & 1 == 1;
        if negative { address | !low_bits(bits) } else { address }
    }

    /// Whether the bits above the translated ones are as they must be.
    pub fn is_canonical(&self, address: u64) -> bool {
        address == self.address(self.page(address)) | address & low_bits(self.offset_bits)
    }
}

fn named(
    levels: &[u32],
    names: &[&'static str],
    offset_bits: u32,
    format: EntryFormat,
    (sign_extended, huge_levels): (bool, usize),
) -> Scheme {
    let names = names.iter().map(|&name| Cow::Borrowed(name)).collect();
    Scheme { levels: levels.to_vec(), names, offset_bits, format, sign_extended, huge_levels }
}

fn check(levels: &[u32], offset_bits: u32, address_bits: Option<u32>) -> Result<(), Error> {
    if levels.is_empty() || levels.len() > MAX_LEVELS {
        return Err(Error::Levels { asked: levels.len() });
    }
    let parts = levels.iter().chain([&offset_bits]);
    let given = parts.clone().fold(0u32, |sum, &bits| sum.saturating_add(bits));
    let written: Vec<String> = parts.map(u32::to_string).collect();
    let sum = format!("{} = {given}", written.join(" + "));
    match address_bits {
        Some(address_bits) if address_bits != given => {
            return Err(Error::BitSum { sum, given, address_bits });
        }
        _ if given > 64 => return Err(Error::TooManyBits { sum }),
        _ => {}
    }
    if let Some(&asked) = levels.iter().find(|&&bits| bits == 0 || bits > MAX_INDEX_BITS) {
        return Err(Error::IndexBits { asked });
    }
    if offset_bits == 0 || offset_bits > MAX_OFFSET_BITS {
        return Err(Error::OffsetBits { asked: offset_bits });
    }
    Ok(())
}
