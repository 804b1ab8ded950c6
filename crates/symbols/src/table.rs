//! The symbol table: which function begins where.

use crate::debug_file::{NameAt, Opened};

/// Most functions of a file.
const MAX_FUNCTIONS: usize = 4 << 20;

/// Functions by their addresses.
#[derive(Debug, Default)]
pub(crate) struct Table {
    functions: Vec<Function>,
    /// Where the names are.
    files: Vec<Opened>,
}

#[derive(Clone, Copy, Debug)]
struct Function {
    address: u64,
    /// 0 where it is not told: it reaches to the next one then.
    length: u64,
    name: NameAt,
    /// The file, by its place.
    file: usize,
}

impl Table {
    /// Adds the functions of a file.
    pub(crate) fn add(&mut self, opened: Opened) {
        let (functions, file) = (&mut self.functions, self.files.len());
        opened.with(|elf| {
            elf.functions(&mut |address, length, name| {
                if functions.len() < MAX_FUNCTIONS {
                    functions.push(Function { address, length, name, file });
                }
            });
        });
        self.files.push(opened);
    }

    /// Brings them into order. Of several names for one place the first that was told stays: a local name before the dynamic one.
    pub(crate) fn finish(&mut self) {
        self.functions.sort_by_key(|function| function.address);
        self.functions.dedup_by(|next, kept| {
            let is_same = next.address == kept.address;
            if is_same {
                kept.length = kept.length.max(next.length);
            }
            is_same
        });
        self.functions.shrink_to_fit();
    }

    /// Whether it knows nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    /// The demangled name of the function at an address.
    pub(crate) fn at(&self, address: u64) -> Option<String> {
        let behind = self.functions.partition_point(|function| function.address <= address);
        let function = &self.functions[behind.checked_sub(1)?];
        if function.length != 0 && address - function.address >= function.length {
            return None;
        }
        let name = self.files[function.file]
            .with(|elf| {
                elf.name(function.name).map(|name| String::from_utf8_lossy(name).into_owned())
            })
            .flatten()?;
        // A version stands behind an @ in some tables.
        let plain = name.split_once('@').map_or(name.as_str(), |(plain, _)| plain);
        Some(addr2line::demangle_auto(plain.into(), None).into_owned())
    }
}
