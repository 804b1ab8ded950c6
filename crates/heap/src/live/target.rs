//! Whether a program can be tracked: finds its file, and says in words why not.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use object::elf;
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{LittleEndian, Object as _, ObjectSymbol as _};

/// Why a program cannot be tracked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No such program.
    #[error("{0}: not found; give its path, or have it in PATH")]
    NotFound(String),
    /// The file may not be executed.
    #[error("{0}: not executable; `chmod +x` makes it so, if it is a program")]
    NotExecutable(String),
    /// The file cannot be read.
    #[error("{0}: cannot be read, and so not looked into before it runs: {1}")]
    Unreadable(String, io::Error),
    /// Neither an ELF file nor a script.
    #[error("{0}: neither an ELF program nor a script that names its interpreter by #!")]
    NoProgram(String),
    /// For another kind of machine.
    #[error(
        "{0}: built for another kind of processor than x86-64, where no stacks can be followed"
    )]
    Architecture(String),
    /// Without a dynamic loader.
    #[error(
        "{0}: statically linked (it names no dynamic loader), so no library can be preloaded; \
         link it dynamically to track it"
    )]
    Static(String),
    /// Runs with other rights.
    #[error(
        "{0}: set-user-ID, set-group-ID or with file capabilities: the loader preloads nothing \
         from here into such programs; track a copy without these rights, or as its user"
    )]
    Privileged(String),
    /// Brings its own way to watch the heap.
    #[error(
        "{0}: built with {1}, which replaces the allocator and does not work beside another that \
         does; build it without to track it"
    )]
    Sanitized(String, &'static str),
}

/// Why it cannot be tracked, as an exit code that shells give: 127 not found, 126 not executable, else 2.
impl Refusal {
    /// The exit code that says it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound(_) => 127,
            Self::NotExecutable(_) | Self::Unreadable(..) | Self::NoProgram(_) => 126,
            _ => 2,
        }
    }
}

/// A program that can be tracked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its file.
    pub program: PathBuf,
    /// The allocator that answers it, as far as its file tells: `glibc`, `musl`, or one that is linked in.
    pub allocator: String,
    /// Whether that allocator is linked into the program, so that its blocks may pass the hooks by.
    pub is_linked_in: bool,
}

/// How many interpreters may name one another, as in the kernel.
const INTERPRETERS: u32 = 4;

/// Finds the program that `name` means with this `PATH`, and looks whether it can be tracked.
///
/// # Errors
/// A [`Refusal`] that says why not.
pub fn resolve(name: &OsStr, path: Option<&OsString>) -> Result<Target, Refusal> {
    let program = find(name, path)?;
    let mut looked_at = program.clone();
    for _ in 0..INTERPRETERS {
        let bytes = read(&looked_at)?;
        match interpreter(&bytes) {
            Some(interpreter) => looked_at = interpreter,
            None => {
                let (allocator, is_linked_in) = look(&looked_at, &bytes)?;
                return Ok(Target { program, allocator, is_linked_in });
            }
        }
    }
    Err(Refusal::NoProgram(shown(&program)))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn find(name: &OsStr, path: Option<&OsString>) -> Result<PathBuf, Refusal> {
    let named = name.to_string_lossy().into_owned();
    if name.as_bytes().contains(&b'/') {
        let file = PathBuf::from(name);
        return match fs::metadata(&file) {
            Ok(metadata) if is_executable(&metadata) => Ok(file),
            Ok(_) => Err(Refusal::NotExecutable(named)),
            Err(_) => Err(Refusal::NotFound(named)),
        };
    }
    let mut is_there = false;
    let folders = path.map(std::env::split_paths).into_iter().flatten();
    for file in folders.map(|folder| folder.join(name)) {
        match fs::metadata(&file) {
            Ok(metadata) if is_executable(&metadata) => return Ok(file),
            Ok(metadata) => is_there |= metadata.is_file(),
            Err(_) => {}
        }
    }
    Err(if is_there { Refusal::NotExecutable(named) } else { Refusal::NotFound(named) })
}

fn is_executable(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

fn read(file: &Path) -> Result<Vec<u8>, Refusal> {
    let unreadable = |error| Refusal::Unreadable(shown(file), error);
    let metadata = fs::metadata(file).map_err(unreadable)?;
    let rights = metadata.permissions().mode();
    let changes_user =
        rights & 0o4000 != 0 && metadata.uid() != rustix::process::geteuid().as_raw();
    let changes_group =
        rights & 0o2010 == 0o2010 && metadata.gid() != rustix::process::getegid().as_raw();
    if changes_user || changes_group || has_capabilities(file) {
        return Err(Refusal::Privileged(shown(file)));
    }
    let mut bytes = Vec::new();
    File::open(file).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(unreadable)?;
    Ok(bytes)
}

fn has_capabilities(file: &Path) -> bool {
    let mut value = [0_u8; 64];
    let is_root = rustix::process::geteuid().is_root();
    !is_root && rustix::fs::getxattr(file, "security.capability", &mut value[..]).is_ok()
}

/// The interpreter of a script: what follows `#!` up to a blank.
fn interpreter(bytes: &[u8]) -> Option<PathBuf> {
    let line = bytes.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let mut words = line.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    words.next().map(|word| PathBuf::from(OsStr::from_bytes(word)))
}

/// Functions that tell an allocator or a sanitizer by its name.
const ALLOCATORS: [(&str, &str); 6] = [
    ("mallocx", "jemalloc"),
    ("je_malloc", "jemalloc"),
    ("_rjem_malloc", "jemalloc"),
    ("mi_malloc", "mimalloc"),
    ("tc_malloc", "tcmalloc"),
    ("MallocExtension_Internal_GetNumericProperty", "tcmalloc"),
];
/// What an allocator is called that goes by the C library's names alone.
const OWN: &str = "an allocator of its own";
const SANITIZERS: [(&str, &str); 5] = [
    ("__asan_init", "AddressSanitizer"),
    ("__tsan_init", "ThreadSanitizer"),
    ("__msan_init", "MemorySanitizer"),
    ("__lsan_init", "LeakSanitizer"),
    ("__hwasan_init", "HWAddressSanitizer"),
];

/// Looks into an ELF file: its allocator, and whether that is linked in.
fn look(file: &Path, bytes: &[u8]) -> Result<(String, bool), Refusal> {
    let name = || shown(file);
    let machine = bytes.get(18..20).map(|machine| u16::from_le_bytes([machine[0], machine[1]]));
    if !bytes.starts_with(b"\x7fELF") || machine.is_none() {
        return Err(Refusal::NoProgram(name()));
    }
    if bytes.get(4) != Some(&elf::ELFCLASS64.0) || machine != Some(elf::EM_X86_64.0) {
        return Err(Refusal::Architecture(name()));
    }
    let program =
        ElfFile64::<LittleEndian>::parse(bytes).map_err(|_| Refusal::NoProgram(name()))?;
    let headers = program.elf_header().program_headers(LittleEndian, bytes).unwrap_or_default();
    let loader = headers.iter().find_map(|header| header.interpreter(LittleEndian, bytes).ok()?);
    let Some(loader) = loader else { return Err(Refusal::Static(name())) };
    let (mut linked_in, mut has_own) = (None, false);
    for symbol in program.dynamic_symbols().chain(program.symbols()) {
        let Ok(symbol_name) = symbol.name() else { continue };
        if let Some((_, sanitizer)) = SANITIZERS.iter().find(|(name, _)| *name == symbol_name) {
            return Err(Refusal::Sanitized(name(), sanitizer));
        }
        if symbol.is_definition() && linked_in.is_none() {
            let known = ALLOCATORS.iter().find(|(name, _)| *name == symbol_name);
            linked_in = known.map(|(_, allocator)| *allocator);
            has_own |= symbol_name == "malloc";
        }
    }
    let linked_in = linked_in.or(has_own.then_some(OWN));
    let is_musl = loader.windows(7).any(|word| word == b"ld-musl");
    let library = if is_musl { "musl" } else { "glibc" };
    Ok((linked_in.unwrap_or(library).to_owned(), linked_in.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_run_by_what_its_first_line_names() {
        for (text, expected) in [
            (&b"#!/bin/sh\necho"[..], Some("/bin/sh")),
            (b"#! /usr/bin/env python3\n", Some("/usr/bin/env")),
            (b"\x7fELF", None),
            (b"#!\n", None),
        ] {
            assert_eq!(interpreter(text), expected.map(PathBuf::from));
        }
    }

    #[test]
    fn what_is_not_there_or_no_program_is_refused_in_words() {
        let folder = std::env::temp_dir();
        let file = folder.join(format!("ramscope-no-program-{}", std::process::id()));
        fs::write(&file, "text").expect("a scratch file");
        let refused = |name: &Path| match resolve(name.as_os_str(), None) {
            Ok(target) => format!("{target:?}"),
            Err(refusal) => refusal.to_string(),
        };
        assert!(refused(&file).contains("not executable"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("ours");
        assert!(refused(&file).contains("neither an ELF program nor a script"));
        fs::remove_file(&file).expect("ours");
        assert!(refused(&file).contains("not found"));
        assert!(refused(Path::new("no-such-program")).contains("not found"));
    }
}
