//! What return addresses are called.

use std::collections::{HashMap, HashSet};

use ramscope_symbols::{Symbol, Symbols};

use crate::event::{FRAMES_CUT, FRAMES_UNKNOWN};
use crate::labels::{Labels, call_of, file_of, symbols_at};
use crate::tree::{Frame, FrameId, Mapped};

/// A frame as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Named {
    /// The function; `module+0xaddress` where its name is not known.
    pub function: String,
    /// The source file, where lines are known.
    pub file: Option<String>,
    /// The line of the call in it.
    pub line: Option<u32>,
    /// The file that holds the code, empty where that is not known.
    pub module: String,
    /// Whether the function was inlined into the next outer one.
    pub inlined: bool,
    /// Whether it is part of how programs start and allocate, and not of this program.
    pub internal: bool,
}

impl Named {
    /// Whether it is a function of a language's own library of containers and strings, which holds memory for whoever calls it.
    pub(crate) fn is_container(&self) -> bool {
        const BEGINNINGS: [&str; 9] = [
            "std::",
            "__gnu_cxx::",
            "__cxxabiv1::",
            "alloc::",
            "core::",
            "<alloc::",
            "<core::",
            "<std::",
            "hashbrown::",
        ];
        // What a template returns stands before its name.
        let name = self.function.strip_prefix("void ").unwrap_or(&self.function);
        BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
    }

    /// The last part of the module's path.
    pub fn module_name(&self) -> &str {
        last(&self.module)
    }
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A number for a named frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(u32);

impl NameId {
    /// Its place in a table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What is known of a frame.
#[derive(Clone, Debug)]
struct Known {
    ids: Box<[NameId]>,
    /// Whether its names came with the session.
    came: bool,
}

/// The names of a session's frames, looked up once each: those that came with the session first, and on this machine where
/// none did.
#[derive(Debug, Default)]
pub struct Names {
    symbols: Symbols,
    /// The program whose frames these are ([`crate::Session::image`]).
    image: u32,
    /// The names at each frame, the innermost inlined function first.
    of_frame: HashMap<FrameId, Known>,
    named: Vec<Named>,
    known: HashMap<Named, NameId>,
    /// Files of which names came with the session.
    labelled: HashSet<String>,
    /// Whether names come with the session still, so that none are looked for here.
    waits: bool,
}

impl Names {
    /// Looks names up by `symbols`.
    pub fn new(symbols: Symbols) -> Names {
        Names { symbols, ..Names::default() }
    }

    /// The frame of that number.
    pub fn name(&self, id: NameId) -> &Named {
        &self.named[id.index()]
    }

    /// Numbers of frames are those of this program from now on ([`crate::Session::image`]): after an `execve` they are given anew.
    pub(crate) fn turn_to(&mut self, image: u32) {
        if image != self.image {
            self.image = image;
            self.of_frame.clear();
        }
    }

    /// Whether names come with the session still: whoever records a program looks them up while it runs, and nobody need do it
    /// twice. Until they come, a frame is told by its place.
    pub fn wait(&mut self, waits: bool) {
        self.waits = waits;
    }

    /// Whether anything is known of a module's functions.
    pub fn knows(&mut self, module: &Mapped) -> bool {
        self.labelled.contains(&module.path) || (!self.waits && self.symbols.knows(file_of(module)))
    }

    /// The names at a frame of a module, the innermost inlined function first; always one at least. `labels` are those that
    /// came with the session.
    pub fn of(
        &mut self,
        id: FrameId,
        frame: Frame,
        module: &Mapped,
        labels: &Labels,
    ) -> Box<[NameId]> {
        // What was looked up here before names came is looked up again: theirs are those of where the program ran.
        let come = || !labels.of(id).is_empty();
        if let Some(known) = self.of_frame.get(&id).filter(|known| known.came || !come()) {
            return known.ids.clone();
        }
        let named = self.look_up(id, frame, module, labels);
        let ids: Box<[NameId]> = named.into_iter().map(|named| self.intern(named)).collect();
        if come() || !self.waits {
            self.of_frame.insert(id, Known { ids: ids.clone(), came: come() });
        }
        ids
    }

    fn intern(&mut self, named: Named) -> NameId {
        if let Some(&known) = self.known.get(&named) {
            return known;
        }
        let id = NameId(u32::try_from(self.named.len()).unwrap_or(u32::MAX));
        self.named.push(named.clone());
        self.known.insert(named, id);
        id
    }

    fn look_up(
        &mut self,
        id: FrameId,
        frame: Frame,
        module: &Mapped,
        labels: &Labels,
    ) -> Vec<Named> {
        let plain = |function: String| {
            vec![Named { function, module: module.path.clone(), ..Named::default() }]
        };
        match frame.address {
            FRAMES_CUT => return plain("(outer frames left off)".to_owned()),
            FRAMES_UNKNOWN => return plain("(outer frames not found)".to_owned()),
            _ if module.path.is_empty() => return plain(format!("{:#x}", frame.address)),
            _ => {}
        }
        let call = call_of(frame, module);
        let found = self.symbols_of(id, frame, module, labels);
        if found.is_empty() {
            let mut unnamed = plain(format!("{}+{call:#x}", last(&module.path)));
            unnamed[0].internal = is_internal("", &module.path);
            return unnamed;
        }
        let named = found.into_iter().map(|symbol| Named {
            internal: is_internal(&symbol.function, &module.path),
            function: match symbol.function.is_empty() {
                true => format!("{}+{call:#x}", last(&module.path)),
                false => symbol.function,
            },
            file: symbol.file,
            line: symbol.line,
            module: module.path.clone(),
            inlined: symbol.inlined,
        });
        named.collect()
    }

    fn symbols_of(
        &mut self,
        id: FrameId,
        frame: Frame,
        module: &Mapped,
        labels: &Labels,
    ) -> Vec<Symbol> {
        let labels = labels.of(id);
        if labels.is_empty() && self.waits {
            return Vec::new();
        }
        if labels.is_empty() {
            return symbols_at(&mut self.symbols, frame, module);
        }
        self.labelled.insert(module.path.clone());
        labels.iter().map(Symbol::from).collect()
    }
}

/// Files that are the same in every program: the C library, the loader, the C++ library.
const LIBRARIES: [&str; 10] = [
    "libc.so",
    "libc-",
    "libc.musl",
    "ld-linux",
    "ld-musl",
    "libpthread",
    "libstdc++",
    "libc++",
    "libgcc_s",
    "[vdso]",
];

/// Beginnings of functions that hand a request on, or that begin a program, whichever file they were compiled into.
const FUNCTIONS: [&str; 30] = [
    "_start",
    "__libc_start",
    "libc_start",
    "start_thread",
    "thread_start",
    "clone3",
    "__clone",
    "operator new",
    "operator delete",
    "std::allocator",
    "std::__new_allocator",
    "__gnu_cxx::",
    "std::__allocat",
    "std::allocator_traits",
    "void* std::",
    "std::_Vector_base",
    "__rust_alloc",
    "__rust_realloc",
    "__rdl_",
    "__rustc",
    "alloc::alloc::",
    "<alloc::alloc::",
    "alloc::raw_vec",
    "<alloc::raw_vec",
    "std::rt::",
    "std::panicking",
    "std::panic",
    "core::ops::function",
    "std::sys::",
    "<std::alloc::",
];

/// Whether a function belongs to how programs start and allocate.
fn is_internal(function: &str, module: &str) -> bool {
    is_library(module) || FUNCTIONS.iter().any(|beginning| function.starts_with(beginning))
}

/// Whether a file is the C library, or one of those that come with it or the compiler.
pub(crate) fn is_library(path: &str) -> bool {
    LIBRARIES.iter().any(|library| last(path).starts_with(library))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::NO_MODULE;

    #[test]
    fn what_has_no_name_is_told_by_its_place() {
        let mut names = Names::default();
        let module =
            Mapped { bias: 0x40_0000, path: "/nowhere/libx.so.1".to_owned(), ..Mapped::default() };
        let cases = [
            (0x40_1235, &module, "libx.so.1+0x1234"),
            (0x1235, &Mapped::default(), "0x1235"),
            (FRAMES_CUT, &Mapped::default(), "(outer frames left off)"),
            (FRAMES_UNKNOWN, &Mapped::default(), "(outer frames not found)"),
        ];
        for (number, (address, module, expected)) in (0..).zip(cases) {
            let ids = names.of(
                FrameId(number),
                Frame { address, module: NO_MODULE },
                module,
                &Labels::default(),
            );
            assert_eq!(names.name(ids[0]).function, expected);
        }
    }

    #[test]
    fn names_that_came_with_the_session_stand_before_those_of_this_machine() {
        let mut names = Names::default();
        let module = Mapped { path: "/nowhere/libx.so.1".to_owned(), ..Mapped::default() };
        let symbol = |function: &str, inlined| Symbol {
            function: function.to_owned(),
            file: Some("x.c".to_owned()),
            line: Some(7),
            inlined,
        };
        let mut labels = Labels::default();
        labels.put(FrameId(1), &[symbol("inner", true).into(), symbol("outer", false).into()]);
        let frame = Frame { address: 0x1235, module: NO_MODULE };
        assert!(!names.knows(&module));
        let ids = names.of(FrameId(1), frame, &module, &labels);
        let told: Vec<(&str, Option<u32>, bool)> = ids
            .iter()
            .map(|id| names.name(*id))
            .map(|named| (named.function.as_str(), named.line, named.inlined))
            .collect();
        assert_eq!(told, [("inner", Some(7), true), ("outer", Some(7), false)]);
        assert!(names.knows(&module));
    }

    #[test]
    fn after_an_exec_a_number_is_another_frame_and_names_that_come_late_are_taken() {
        let mut names = Names::default();
        let module = Mapped { path: "/nowhere/libx.so.1".to_owned(), ..Mapped::default() };
        let mut told = |image, address, labels: &Labels| {
            names.turn_to(image);
            let frame = Frame { address, module: NO_MODULE };
            let ids = names.of(FrameId(1), frame, &module, labels);
            names.name(ids[0]).function.clone()
        };
        let mut labels = Labels::default();
        assert_eq!(told(0, 0x11, &labels), "libx.so.1+0x10");
        assert_eq!(told(0, 0x99, &labels), "libx.so.1+0x10", "looked up once");
        assert_eq!(told(1, 0x21, &labels), "libx.so.1+0x20");
        let late = Symbol { function: "late".to_owned(), ..Symbol::default() };
        labels.put(FrameId(1), &[late.into()]);
        assert_eq!(told(1, 0x21, &labels), "late");
        assert_eq!(told(2, 0x31, &Labels::default()), "libx.so.1+0x30");
    }

    #[test]
    fn while_names_come_with_the_session_none_are_looked_for() {
        // This program itself, at places of which some are in functions.
        let path = std::env::current_exe().expect("a test has a file").display().to_string();
        let module = Mapped { path, ..Mapped::default() };
        let mut names = Names::default();
        let told = |names: &mut Names| -> Vec<String> {
            let at = |number: u32| {
                let frame =
                    Frame { address: 0x10_0000 + u64::from(number) * 0x4001, module: NO_MODULE };
                let ids = names.of(FrameId(number), frame, &module, &Labels::default());
                names.name(ids[0]).function.clone()
            };
            (0..64).map(at).collect()
        };
        names.wait(true);
        let places = told(&mut names);
        assert!(places.iter().all(|place| place.contains("+0x")), "{places:?}");
        assert!(!names.knows(&module));
        names.wait(false);
        assert_ne!(told(&mut names), places);
        assert!(names.knows(&module));
    }

    #[test]
    fn the_programs_own_code_is_told_from_how_programs_start_and_allocate() {
        for (function, module, expected) in [
            ("main", "/usr/bin/it", false),
            ("sqlite3MemMalloc", "/usr/lib/libsqlite3.so.0", false),
            ("_IO_file_doallocate", "/usr/lib/libc.so.6", true),
            ("operator new(unsigned long)", "/usr/bin/it", true),
            ("std::vector<int>::push_back", "/usr/bin/it", false),
            ("alloc::raw_vec::RawVecInner<A>::grow_one", "/usr/bin/it", true),
            ("libcurl_init", "/usr/lib/libcurl.so.4", false),
        ] {
            assert_eq!(is_internal(function, module), expected, "{function} in {module}");
        }
    }
}
