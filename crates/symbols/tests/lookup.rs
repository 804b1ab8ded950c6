//! Addresses of programs that were just compiled, with their symbols where compilers and packages leave them.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lzma_rust2::{XzOptions, XzWriter};
use object::{Object as _, ObjectSymbol as _};
use ramscope_symbols::{File, Symbol, Symbols};
use tempfile::TempDir;

/// Runs a tool that building needs anyway.
fn tool(name: &str, arguments: &[&str]) {
    let done = Command::new(name).args(arguments).output();
    let done = done.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    assert!(
        done.status.success(),
        "{name} {arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary path in UTF-8")
}

fn source(name: &str) -> String {
    format!("{}/tests/programs/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// `inlined.c`, compiled with debug information and a build id.
fn compiled(folder: &TempDir) -> PathBuf {
    let program = folder.path().join("inlined");
    let arguments = ["-g", "-O1", "-Wl,--build-id=sha1", "-o", text(&program)];
    tool("cc", &[&arguments[..], &[&source("inlined.c")]].concat());
    program
}

fn build_id(program: &Path) -> Vec<u8> {
    let bytes = std::fs::read(program).expect("a program that was just made");
    let file = object::File::parse(&*bytes).expect("ELF");
    file.build_id().ok().flatten().expect("a build id was asked for").to_vec()
}

/// The addresses of the function whose symbol holds `name`.
fn addresses(program: &Path, name: &str) -> std::ops::Range<u64> {
    let bytes = std::fs::read(program).expect("a program that was just made");
    let file = object::File::parse(&*bytes).expect("ELF");
    let found = file.symbols().find(|symbol| symbol.name().is_ok_and(|found| found.contains(name)));
    let found = found.unwrap_or_else(|| panic!("no {name} in {}", program.display()));
    found.address()..found.address() + found.size()
}

/// All that is told of any address of a function.
fn told(
    symbols: &mut Symbols,
    file: File<'_>,
    addresses: std::ops::Range<u64>,
) -> BTreeSet<Vec<(String, Option<u32>, bool)>> {
    let plain = |symbol: Symbol| (symbol.function, symbol.line, symbol.inlined);
    addresses.map(|address| symbols.at(file, address).into_iter().map(plain).collect()).collect()
}

fn inlined() -> Vec<(String, Option<u32>, bool)> {
    vec![("inner".to_owned(), Some(4), true), ("outer".to_owned(), Some(8), false)]
}

#[test]
fn an_inlined_function_stands_before_the_one_that_it_was_inlined_into() {
    let folder = TempDir::new().unwrap();
    let program = compiled(&folder);
    let file = File { path: text(&program), build_id: &build_id(&program) };
    let mut symbols = Symbols::with_debug_files_in(folder.path());
    let found = told(&mut symbols, file, addresses(&program, "outer"));
    assert!(found.contains(&inlined()), "{found:?}");
    let at = symbols.at(file, addresses(&program, "outer").start);
    assert!(at[0].file.as_deref().is_some_and(|file| file.ends_with("inlined.c")), "{at:?}");
}

#[test]
fn a_stripped_file_leads_to_its_debug_file_by_build_id_and_by_link() {
    let folder = TempDir::new().unwrap();
    let program = compiled(&folder);
    let (id, range) = (build_id(&program), addresses(&program, "outer"));
    let debug = folder.path().join("inlined.debug");
    tool("objcopy", &["--only-keep-debug", text(&program), text(&debug)]);
    tool("strip", &[text(&program)]);
    let file = File { path: text(&program), build_id: &id };
    let packages = folder.path().join("packages");
    let look =
        |packages: &Path| told(&mut Symbols::with_debug_files_in(packages), file, range.clone());
    assert_eq!(look(&packages), BTreeSet::from([vec![]]), "a stripped file tells nothing");

    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let place = packages.join(".build-id").join(&hex[..2]);
    std::fs::create_dir_all(&place).unwrap();
    let packaged = place.join(format!("{}.debug", &hex[2..]));
    std::fs::copy(&debug, &packaged).unwrap();
    assert!(look(&packages).contains(&inlined()));

    std::fs::remove_file(&packaged).unwrap();
    tool("objcopy", &[&format!("--add-gnu-debuglink={}", text(&debug)), text(&program)]);
    assert!(look(&packages).contains(&inlined()));
    // A debug file of another build is not believed.
    std::fs::write(&debug, b"something else").unwrap();
    assert_eq!(look(&packages), BTreeSet::from([vec![]]));
}

#[test]
fn a_stripped_file_may_carry_its_symbol_table_packed_within() {
    let folder = TempDir::new().unwrap();
    let program = compiled(&folder);
    let (id, range) = (build_id(&program), addresses(&program, "outer"));
    let (small, packed) = (folder.path().join("small"), folder.path().join("small.xz"));
    tool("objcopy", &["--only-keep-debug", text(&program), text(&small)]);
    tool("strip", &["--strip-debug", text(&small)]);
    tool("strip", &[text(&program)]);
    let bare = std::fs::read(&program).unwrap();
    let file = File { path: text(&program), build_id: &id };
    let look = |packed_bytes: &[u8]| {
        std::fs::write(&program, &bare).unwrap();
        std::fs::write(&packed, packed_bytes).unwrap();
        tool(
            "objcopy",
            &["--add-section", &format!(".gnu_debugdata={}", text(&packed)), text(&program)],
        );
        told(&mut Symbols::with_debug_files_in(folder.path()), file, range.clone())
    };
    let whole = pack(&std::fs::read(&small).unwrap());
    let outer = vec![("outer".to_owned(), None, false)];
    assert_eq!(look(&whole), BTreeSet::from([outer]));
    for damaged in [&whole[..whole.len() / 2], b"noise", b"", &pack(b"no ELF")] {
        assert_eq!(look(damaged), BTreeSet::from([vec![]]), "{} bytes", damaged.len());
    }
}

/// As xz(1) packs it.
fn pack(bytes: &[u8]) -> Vec<u8> {
    let written = XzWriter::new(Vec::new(), XzOptions::with_preset(6)).and_then(|mut writer| {
        writer.write_all(bytes)?;
        writer.finish()
    });
    written.expect("memory takes all")
}

#[test]
fn a_file_that_was_replaced_or_has_gone_tells_nothing() {
    let folder = TempDir::new().unwrap();
    let program = compiled(&folder);
    let range = addresses(&program, "outer");
    let mut symbols = Symbols::with_debug_files_in(folder.path());
    let other = File { path: text(&program), build_id: &[1, 2, 3] };
    assert!(symbols.at(other, range.start).is_empty() && !symbols.knows(other));
    for path in ["/nowhere/at/all", "/dev/zero", "/", "[vdso]", ""] {
        assert!(symbols.at(File { path, build_id: b"" }, range.start).is_empty(), "{path}");
    }
    let noise = folder.path().join("noise");
    std::fs::write(&noise, b"\x7fELF\x02\x01\x01 and then noise").unwrap();
    assert!(symbols.at(File { path: text(&noise), build_id: b"" }, 0).is_empty());
}

#[test]
fn names_of_cpp_and_rust_are_as_they_were_written() {
    let folder = TempDir::new().unwrap();
    let (cpp, rust) = (folder.path().join("cpp"), folder.path().join("rust"));
    tool("c++", &["-O1", "-o", text(&cpp), &source("mangled.cpp")]);
    tool("rustc", &["-o", text(&rust), &source("mangled.rs")]);
    let name = |program: &Path, part| {
        let file = File { path: text(program), build_id: b"" };
        let at = addresses(program, part).start;
        Symbols::with_debug_files_in(folder.path()).at(file, at).pop().unwrap().function
    };
    assert_eq!(name(&cpp, "Cart"), "shop::Cart<int>::add(int)");
    let rust = name(&rust, "3add");
    assert!(rust.contains("shop::Cart<") && rust.ends_with("::add"), "{rust}");
}
