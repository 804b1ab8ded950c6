//! Files that hold symbols, and how one leads to another.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object::read::elf::ElfFile;
use object::{
    CompressedFileRange, CompressionFormat, Object as _, ObjectSection as _, ReadCache,
    ReadRef as _,
};

/// The largest part of a file that is read: more is not looked at.
const MAX_SECTION_BYTES: u64 = 1 << 30;

/// The largest file within a file, unpacked, and the memory that unpacking may take, in KiB: the dictionary of `xz -9` is 64 MiB.
const MAX_INNER_BYTES: u64 = 256 << 20;
const UNPACKING_KIB: u32 = 96 << 10;

/// A file that was opened. Its parts are read when they are asked for.
#[derive(Debug)]
pub(crate) struct Opened {
    path: PathBuf,
    /// For what is read once and as a whole, and need not be kept twice.
    source: Source,
    cache: ReadCache<Source>,
}

/// Where the bytes of a file are.
#[derive(Debug)]
enum Source {
    File(File),
    /// It was packed within another.
    Memory(Cursor<Arc<[u8]>>),
}

impl Source {
    fn try_clone(&self) -> io::Result<Source> {
        Ok(match self {
            Source::File(file) => Source::File(file.try_clone()?),
            Source::Memory(bytes) => Source::Memory(bytes.clone()),
        })
    }

    fn read_exact_at(&self, to: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            Source::File(file) => file.read_exact_at(to, offset),
            Source::Memory(bytes) => {
                let mut bytes = bytes.clone();
                bytes.set_position(offset);
                bytes.read_exact(to)
            }
        }
    }
}

impl Read for Source {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => file.read(to),
            Source::Memory(bytes) => bytes.read(to),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Source::File(file) => file.seek(to),
            Source::Memory(bytes) => bytes.seek(to),
        }
    }
}

impl Opened {
    /// Opens a file, if it is a regular one in ELF, and of that build id where one is given.
    pub(crate) fn open(path: &Path, build_id: &[u8]) -> Option<Opened> {
        // A device or a pipe could keep its reader waiting for ever.
        path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let opened = Opened::of(path, Source::File(File::open(path).ok()?))?;
        let fits = opened.with(|file| {
            build_id.is_empty() || file.build_id().ok().flatten().is_none_or(|id| id == build_id)
        })?;
        fits.then_some(opened)
    }

    fn of(path: &Path, source: Source) -> Option<Opened> {
        let cache = ReadCache::new(source.try_clone().ok()?);
        Some(Opened { path: path.to_owned(), source, cache })
    }

    /// The small file that some distributions pack into a stripped one: the symbol table that was stripped, and no more
    /// (GDB manual, "Debugging information in a special section").
    pub(crate) fn packed_within(&self) -> Option<Opened> {
        let packed = self.section(".gnu_debugdata")?;
        let mut unpacked = Vec::new();
        let reader = lzma_rust2::XzReader::new_mem_limit(&*packed, true, UNPACKING_KIB);
        let length = reader.take(MAX_INNER_BYTES).read_to_end(&mut unpacked).ok()?;
        let is_whole = (length as u64) < MAX_INNER_BYTES;
        is_whole.then(|| Opened::of(&self.path, Source::Memory(Cursor::new(unpacked.into()))))?
    }

    /// Lets `look` look into the file.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&dyn Elf) -> T) -> Option<T> {
        // 32-bit programs are not tracked, but their files may be looked into all the same.
        match self.cache.read_at::<[u8; 5]>(0).ok()? {
            [0x7f, b'E', b'L', b'F', 1] => {
                ElfFile::<object::elf::FileHeader32<object::Endianness>, _>::parse(&self.cache)
                    .ok()
                    .map(|file| look(&file))
            }
            [0x7f, b'E', b'L', b'F', 2] => {
                ElfFile::<object::elf::FileHeader64<object::Endianness>, _>::parse(&self.cache)
                    .ok()
                    .map(|file| look(&file))
            }
            _ => None,
        }
    }

    /// Whether it tells lines.
    pub(crate) fn has_lines(&self) -> bool {
        self.with(|file| file.part(".debug_info").is_some_and(|part| part.uncompressed_size != 0))
            .unwrap_or(false)
    }

    /// The bytes of a section, unpacked.
    pub(crate) fn section(&self, name: &str) -> Option<Arc<[u8]>> {
        let part = self.with(|file| file.part(name)).flatten()?;
        if part.uncompressed_size > MAX_SECTION_BYTES {
            return None;
        }
        if part.format != CompressionFormat::None {
            return self.with(|file| file.unpacked(name)).flatten().map(Arc::from);
        }
        // A header may promise more than the file has.
        let end = part.offset.checked_add(part.uncompressed_size)?;
        if end > self.cache.len().ok()? {
            return None;
        }
        let length = usize::try_from(part.uncompressed_size).ok()?;
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, length).collect();
        self.source.read_exact_at(Arc::get_mut(&mut bytes)?, part.offset).ok()?;
        Some(bytes)
    }

    /// The debug file that its link or its build id leads to.
    pub(crate) fn linked(&self, debug_directory: &Path) -> Option<Opened> {
        let (build_id, link) = self.with(|file| (file.id(), file.link()))?;
        let by_id = build_id.as_ref().and_then(|id| of_build_id(debug_directory, id));
        by_id.or_else(|| {
            let (name, crc) = link?;
            let beside = self.path.parent()?;
            let below = debug_directory.join(beside.strip_prefix("/").unwrap_or(beside));
            let places = [beside.join(".debug"), below, beside.to_owned()];
            let named =
                places.iter().map(|place| place.join(&name)).filter(|path| *path != self.path);
            named.into_iter().find_map(|path| {
                let opened = Opened::open(&path, build_id.as_deref().unwrap_or_default())?;
                opened.has_sum(crc).then_some(opened)
            })
        })
    }

    /// The supplementary file that it shares names with (dwz).
    pub(crate) fn supplement(&self, debug_directory: &Path) -> Option<Opened> {
        let (name, id) = self.with(|file| file.alternative())??;
        of_build_id(debug_directory, &id).or_else(|| {
            let path = self.path.parent()?.join(name);
            Opened::open(&path, &id)
        })
    }

    fn has_sum(&self, crc: u32) -> bool {
        let mut sum = crc32fast::Hasher::new();
        let Ok(length) = self.cache.len() else { return false };
        let pieces = (0..length).step_by(1 << 20);
        let read = pieces.into_iter().try_for_each(|at| {
            let piece = self.cache.read_bytes_at(at, (length - at).min(1 << 20))?;
            sum.update(piece);
            Ok::<_, ()>(())
        });
        read.is_ok() && sum.finalize() == crc
    }
}

/// Where a name stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameAt {
    /// Whether it is of the table that the loader reads.
    is_dynamic: bool,
    /// Bytes from the beginning of that table's strings.
    offset: u32,
}

/// What is asked of a file, whatever its width.
pub(crate) trait Elf {
    /// Where a section is, and how it is packed.
    fn part(&self, name: &str) -> Option<CompressedFileRange>;
    /// The bytes of a packed section, unpacked.
    fn unpacked(&self, name: &str) -> Option<Vec<u8>>;
    /// The build id.
    fn id(&self) -> Option<Vec<u8>>;
    /// The name of its debug file, and that file's sum.
    fn link(&self) -> Option<(PathBuf, u32)>;
    /// The name of its supplementary file, and that file's build id.
    fn alternative(&self) -> Option<(PathBuf, Vec<u8>)>;
    /// Every function: its address, its length, and where its name stands. Names are many, and few are ever asked for.
    fn functions(&self, each: &mut dyn FnMut(u64, u64, NameAt));
    /// The name that stands there.
    fn name(&self, at: NameAt) -> Option<&[u8]>;
    /// Whether the least byte stands first.
    fn is_little(&self) -> bool;
    /// Its build id, or why there is none.
    fn build_id(&self) -> object::Result<Option<Vec<u8>>>;
}

impl<'data, H, R> Elf for ElfFile<'data, H, R>
where
    H: object::read::elf::FileHeader,
    R: object::ReadRef<'data>,
{
    fn part(&self, name: &str) -> Option<CompressedFileRange> {
        self.section_by_name(name)?.compressed_file_range().ok()
    }

    fn unpacked(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.section_by_name(name)?.uncompressed_data().ok()?.into_owned())
    }

    fn id(&self) -> Option<Vec<u8>> {
        object::Object::build_id(self).ok().flatten().map(<[u8]>::to_vec)
    }

    fn link(&self) -> Option<(PathBuf, u32)> {
        let (name, crc) = self.gnu_debuglink().ok()??;
        Some((path(name)?, crc))
    }

    fn alternative(&self) -> Option<(PathBuf, Vec<u8>)> {
        let (name, id) = self.gnu_debugaltlink().ok()??;
        Some((path(name)?, id.to_vec()))
    }

    fn functions(&self, each: &mut dyn FnMut(u64, u64, NameAt)) {
        use object::ObjectSymbol as _;
        use object::read::elf::Sym as _;
        let endian = self.endian();
        let tables = [(false, self.symbols()), (true, self.dynamic_symbols())];
        for (is_dynamic, symbols) in tables {
            for symbol in symbols {
                let offset = symbol.elf_symbol().st_name(endian);
                let is_code = symbol.kind() == object::SymbolKind::Text && symbol.is_definition();
                if is_code && offset != 0 {
                    each(symbol.address(), symbol.size(), NameAt { is_dynamic, offset });
                }
            }
        }
    }

    fn name(&self, at: NameAt) -> Option<&[u8]> {
        let table =
            if at.is_dynamic { self.elf_dynamic_symbol_table() } else { self.elf_symbol_table() };
        table.strings().get(at.offset).ok()
    }

    fn is_little(&self) -> bool {
        self.is_little_endian()
    }

    fn build_id(&self) -> object::Result<Option<Vec<u8>>> {
        Ok(object::Object::build_id(self)?.map(<[u8]>::to_vec))
    }
}

/// A path of a file's own; none that leads out of where it is looked up from by its length alone.
fn path(name: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    (!name.is_empty() && name.len() < 4096)
        .then(|| PathBuf::from(std::ffi::OsStr::from_bytes(name)))
}

/// The debug file of a build id: `.build-id/ab/cdef….debug`.
pub(crate) fn of_build_id(debug_directory: &Path, build_id: &[u8]) -> Option<Opened> {
    let (first, rest) = build_id.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let name = format!("{}.debug", hex(rest));
    Opened::open(&debug_directory.join(".build-id").join(hex(&[*first])).join(name), build_id)
}
