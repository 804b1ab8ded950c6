//! Addresses of a program's files to functions, source files and lines.
//!
//! ```text
//!   path, build id ──▶ the file itself ───────────────▶ symbol table ──▶ function
//!                  │      └─▶ .gnu_debugdata within it ──▶ symbol table
//!                  └─▶ its debug file (build id, link) ─▶ DWARF ──▶ inlined functions, files, lines
//! ```
//!
//! A file is opened when one of its addresses is asked for first, and only the parts that are needed are read: nothing is
//! mapped, so that a file that is written over meanwhile makes no more than a wrong name. A file whose build id is another
//! than the one that ran is not believed. Names are demangled: Rust's and C++'s.

mod debug_file;
mod lines;
mod table;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use debug_file::Opened;
use lines::Lines;
use table::Table;

/// Where debug files of installed packages are (GDB manual, "Debugging Information in Separate Files").
pub const DEBUG_DIRECTORY: &str = "/usr/lib/debug";

/// One function at an address: the one that the compiler made, or one that was inlined there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    /// Its demangled name; empty where none is known.
    pub function: String,
    /// The source file, where lines are known.
    pub file: Option<String>,
    /// The line in it.
    pub line: Option<u32>,
    /// Whether it was inlined into the next one.
    pub inlined: bool,
}

/// A file as it was mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct File<'a> {
    /// Where it was.
    pub path: &'a str,
    /// Its build id; empty where it has none, and then whatever is there now is believed.
    pub build_id: &'a [u8],
}

/// Looks addresses up, and keeps what was read of each file.
#[derive(Debug)]
pub struct Symbols {
    debug_directory: PathBuf,
    modules: HashMap<(String, Vec<u8>), Module>,
}

/// What was found of a file: each part is read when it is asked for first.
#[derive(Debug)]
struct Module {
    path: PathBuf,
    build_id: Vec<u8>,
    table: OnceCell<Table>,
    lines: OnceCell<Option<Lines>>,
}

impl Symbols {
    /// Looks debug files up below the usual directory.
    pub fn new() -> Symbols {
        Symbols::with_debug_files_in(DEBUG_DIRECTORY)
    }

    /// Looks debug files up below `directory`.
    pub fn with_debug_files_in(directory: impl Into<PathBuf>) -> Symbols {
        Symbols { debug_directory: directory.into(), modules: HashMap::new() }
    }

    /// The functions at an address of a file, as the file counts addresses: the innermost inlined one first, and the one that
    /// they were all inlined into last. Empty where nothing is known.
    ///
    /// For a return address ask for the address before it: the next instruction may belong to another line or function.
    pub fn at(&mut self, file: File<'_>, address: u64) -> Vec<Symbol> {
        let (module, debug_directory) = self.module(file);
        let mut found =
            module.lines(debug_directory).map(|lines| lines.at(address)).unwrap_or_default();
        match found.last_mut() {
            Some(outermost) if !outermost.function.is_empty() => {}
            // Assembler code has lines and no function.
            Some(outermost) => {
                if let Some(name) = module.table(debug_directory).at(address) {
                    outermost.function = name;
                }
            }
            None => found.extend(module.function(debug_directory, address)),
        }
        found
    }

    /// The function at an address of a file as its symbol table knows it: no inlined functions, no lines, but at a small part of
    /// the price of [`Symbols::at`], which unpacks and reads all that a file tells a debugger.
    pub fn function_at(&mut self, file: File<'_>, address: u64) -> Option<Symbol> {
        let (module, debug_directory) = self.module(file);
        module.function(debug_directory, address)
    }

    /// Whether anything is known of a file's functions.
    pub fn knows(&mut self, file: File<'_>) -> bool {
        let (module, debug_directory) = self.module(file);
        module.lines(debug_directory).is_some() || !module.table(debug_directory).is_empty()
    }

    fn module(&mut self, file: File<'_>) -> (&Module, &Path) {
        let Symbols { debug_directory, modules } = self;
        let key = (file.path.to_owned(), file.build_id.to_vec());
        let module = modules.entry(key).or_insert_with(|| Module {
            path: PathBuf::from(file.path),
            build_id: file.build_id.to_vec(),
            table: OnceCell::new(),
            lines: OnceCell::new(),
        });
        (module, debug_directory)
    }
}

impl Default for Symbols {
    fn default() -> Self {
        Symbols::new()
    }
}

impl Module {
    fn function(&self, debug_directory: &Path, address: u64) -> Option<Symbol> {
        let name = self.table(debug_directory).at(address);
        name.map(|function| Symbol { function, ..Symbol::default() })
    }

    fn table(&self, debug_directory: &Path) -> &Table {
        self.table.get_or_init(|| {
            let (itself, debug) = self.open(debug_directory);
            // A debug file has all that the small one within the file has.
            let within = match &debug {
                Some(_) => None,
                None => itself.as_ref().and_then(Opened::packed_within),
            };
            let mut table = Table::default();
            for opened in itself.into_iter().chain(debug).chain(within) {
                table.add(opened);
            }
            table.finish();
            table
        })
    }

    fn lines(&self, debug_directory: &Path) -> Option<&Lines> {
        let lines = self.lines.get_or_init(|| {
            let (itself, debug) = self.open(debug_directory);
            let with_lines = debug.or(itself);
            with_lines.and_then(|opened| Lines::read(&opened, debug_directory))
        });
        lines.as_ref()
    }

    /// The file itself and its debug file. What cannot be read or understood is absent.
    fn open(&self, debug_directory: &Path) -> (Option<Opened>, Option<Opened>) {
        let itself = Opened::open(&self.path, &self.build_id);
        if itself.as_ref().is_some_and(Opened::has_lines) {
            return (itself, None);
        }
        let linked = itself.as_ref().and_then(|itself| itself.linked(debug_directory));
        let debug = linked.or_else(|| debug_file::of_build_id(debug_directory, &self.build_id));
        (itself, debug)
    }
}
