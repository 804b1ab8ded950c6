//! Where the program and its libraries stand in memory, and where their unwind tables are.
//!
//! The loader is asked (`dl_iterate_phdr`) when a walk comes upon an address of no known module, and
//! after `dlclose`. `dlopen` is not hooked: its meaning depends on who calls it. What is found anew is
//! told to the watcher before any stack that needs it.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

use ramscope_events::record::{MAX_BUILD_ID_BYTES, MAX_TEXT_BYTES, Record};

use crate::local::local;
use crate::real::weak;
use crate::thread::Thread;
use crate::{stack, sys};

/// Most modules that are known at one time; what stands in others has no unwind table for us.
const MOST: usize = 1024;

const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
const NT_GNU_BUILD_ID: u32 = 3;

/// A module in memory.
#[derive(Clone, Copy)]
pub(crate) struct Module {
    /// First byte of its first segment.
    pub(crate) start: usize,
    /// First byte after its last segment.
    pub(crate) end: usize,
    /// Added to the addresses in its file.
    bias: usize,
    /// Its .eh_frame_hdr, first byte; 0 where it has none.
    pub(crate) header: usize,
    /// First byte after the segment that the header stands in.
    pub(crate) header_end: usize,
    /// Its path as the loader has it, ended by a zero byte.
    name: *const u8,
    /// Its build id, in its notes.
    build_id: (*const u8, usize),
    is_told: bool,
    is_there: bool,
}

struct Table {
    modules: [Module; MOST],
    count: usize,
    /// The loader's counts of modules that came and went when it was last asked.
    counts: (u64, u64),
}

const NOTHING: Module = Module {
    start: 0,
    end: 0,
    bias: 0,
    header: 0,
    header_end: 0,
    name: core::ptr::null(),
    build_id: (core::ptr::null(), 0),
    is_told: false,
    is_there: false,
};

struct Guarded(UnsafeCell<Table>);
// SAFETY: used only between `lock` and its drop.
unsafe impl Sync for Guarded {}
static TABLE: Guarded =
    Guarded(UnsafeCell::new(Table { modules: [NOTHING; MOST], count: 0, counts: (0, 0) }));
static LOCKED: AtomicU32 = AtomicU32::new(0);
/// 1 while there are modules that the watcher was not told of.
static NEWS: AtomicU32 = AtomicU32::new(0);

/// The table, for one thread at a time. It is held while the loader is asked and while records are written, and
/// never while a real function runs; a signal handler inside a hook never comes here.
struct Locked;

impl Locked {
    fn new() -> Self {
        while LOCKED.swap(1, Ordering::Acquire) != 0 {
            sys::yield_now();
        }
        Self
    }

    fn table(&mut self) -> &mut Table {
        // SAFETY: only one `Locked` exists at a time.
        unsafe { &mut *TABLE.0.get() }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        LOCKED.store(0, Ordering::Release);
    }
}

/// Forgets everything: this process begins anew after a fork.
pub(crate) fn forget() {
    // In the child of a fork, whoever held it is not here.
    LOCKED.store(0, Ordering::Relaxed);
    let mut locked = Locked::new();
    let table = locked.table();
    for module in &mut table.modules[..table.count] {
        module.is_told = false;
    }
    NEWS.store(1, Ordering::Relaxed);
}

/// Whether there are modules that the watcher was not told of.
#[inline(always)]
pub(crate) fn has_news() -> bool {
    NEWS.load(Ordering::Relaxed) != 0
}

/// The module that `address` stands in; asks the loader where it is in none that is known.
pub(crate) fn containing(address: usize) -> Option<Module> {
    let mut locked = Locked::new();
    locked.table().find(address).or_else(|| {
        locked.table().ask_loader();
        locked.table().find(address)
    })
}

/// Whether both addresses stand in the same module.
pub(crate) fn are_one(one: usize, other: usize) -> bool {
    let (one, other) = (containing(one), containing(other));
    one.zip(other).is_some_and(|(one, other)| one.start == other.start)
}

/// Asks the loader, and tells of what came and went.
pub(crate) fn refresh(thread: &mut Thread) {
    Locked::new().table().ask_loader();
    tell(thread);
}

/// A module may have gone: rules of its code are void.
pub(crate) fn after_dlclose(thread: &mut Thread) {
    stack::forget_rules();
    refresh(thread);
}

/// Tells the watcher what it does not know yet.
#[cold]
pub(crate) fn tell(thread: &mut Thread) {
    let mut locked = Locked::new();
    NEWS.store(0, Ordering::Relaxed);
    let ticks = thread.ticks();
    let table = locked.table();
    let mut at = 0;
    while at < table.count {
        let module = table.modules[at];
        let is_told = match (module.is_there, module.is_told) {
            (true, false) => tell_of(thread, &module, ticks),
            (false, true) => {
                let (start, end) = (module.start as u64, module.end as u64);
                thread.say(&Record::ModuleGone { ticks, start, end })
            }
            _ => true,
        };
        if !is_told {
            NEWS.store(1, Ordering::Relaxed);
            return;
        }
        if module.is_there {
            table.modules[at].is_told = true;
            at += 1;
        } else {
            table.count -= 1;
            table.modules[at] = table.modules[table.count];
        }
    }
}

fn tell_of(thread: &mut Thread, module: &Module, ticks: u64) -> bool {
    let mut link = [0; MAX_TEXT_BYTES];
    let name = text_at(module.name);
    // The loader leaves the program itself without a name.
    let path = if name.is_empty() { sys::read_link(b"/proc/self/exe\0", &mut link) } else { name };
    let (id, length) = module.build_id;
    // SAFETY: found in the notes of the module, which is there while the table is locked.
    let build_id = unsafe { core::slice::from_raw_parts(id, length) };
    thread.say(&Record::Module {
        ticks,
        start: module.start as u64,
        end: module.end as u64,
        bias: module.bias as u64,
        build_id: if id.is_null() { &[] } else { build_id },
        path,
    })
}

/// The text at `start`, without the zero byte that ends it; its last [`MAX_TEXT_BYTES`].
fn text_at<'a>(start: *const u8) -> &'a [u8] {
    if start.is_null() {
        return &[];
    }
    let mut length = 0;
    // SAFETY: the loader ends its names with a zero byte.
    while unsafe { *start.wrapping_add(length) } != 0 {
        length += 1;
    }
    let cut = length.saturating_sub(MAX_TEXT_BYTES);
    // SAFETY: these bytes were just read.
    unsafe { core::slice::from_raw_parts(start.wrapping_add(cut), length - cut) }
}

/// What the loader tells of one module (`struct dl_phdr_info`).
#[repr(C)]
struct Info {
    bias: usize,
    name: *const u8,
    headers: *const ProgramHeader,
    header_count: u16,
    came: u64,
    went: u64,
}

/// `Elf64_Phdr`
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    address: usize,
    physical: usize,
    file_bytes: usize,
    bytes: usize,
    align: usize,
}

type Visit = extern "C" fn(*const Info, usize, *mut c_void) -> i32;
type Iterate = unsafe extern "C" fn(Visit, *mut c_void) -> i32;

impl Table {
    fn find(&self, address: usize) -> Option<Module> {
        let there = self.modules[..self.count].iter();
        there
            .filter(|module| module.is_there)
            .find(|module| (module.start..module.end).contains(&address))
            .copied()
    }

    fn ask_loader(&mut self) {
        let iterate = weak!(dl_iterate_phdr);
        if iterate == 0 {
            return;
        }
        // SAFETY: the C library's function has this signature.
        let iterate = unsafe { core::mem::transmute::<usize, Iterate>(iterate) };
        let table: *mut Self = self;
        ROUND.store(0, Ordering::Relaxed);
        // SAFETY: `visit` takes the table for the time of this call.
        local().for_ourselves(|| unsafe { iterate(visit, table.cast()) });
    }

    /// One module that is there now; the first call of a round marks all others as gone.
    fn see(&mut self, info: &Info, is_first: bool) {
        if is_first {
            for module in &mut self.modules[..self.count] {
                module.is_there = false;
            }
        }
        let Some(seen) = read(info) else { return };
        let known = self.modules[..self.count].iter_mut().find(|module| {
            (module.start, module.end, module.bias) == (seen.start, seen.end, seen.bias)
                && module.name == seen.name
        });
        if let Some(known) = known {
            known.is_there = true;
        } else if self.count < MOST {
            self.modules[self.count] = seen;
            self.count += 1;
        }
    }
}

/// The loader calls this for each module, the first time in a round with its counts: unless they changed, one
/// call is the round.
extern "C" fn visit(info: *const Info, bytes: usize, table: *mut c_void) -> i32 {
    // SAFETY: the loader gives a structure for the time of the call.
    let info = unsafe { &*info };
    // SAFETY: `ask_loader` gave its own table.
    let table = unsafe { &mut *table.cast::<Table>() };
    let has_counts = bytes >= size_of::<Info>();
    let counts = if has_counts { (info.came, info.went) } else { (0, 0) };
    let is_first = ROUND.swap(1, Ordering::Relaxed) == 0;
    if is_first && has_counts && counts == table.counts && table.count > 0 {
        return 1;
    }
    table.counts = counts;
    table.see(info, is_first);
    NEWS.store(1, Ordering::Relaxed);
    0
}

/// 1 after the first call of a round; written only under the table's lock.
static ROUND: AtomicU32 = AtomicU32::new(0);

fn read(info: &Info) -> Option<Module> {
    let mut module = Module { bias: info.bias, name: info.name, is_there: true, ..NOTHING };
    module.start = usize::MAX;
    // SAFETY: the loader says how many there are.
    let headers =
        unsafe { core::slice::from_raw_parts(info.headers, usize::from(info.header_count)) };
    for header in headers {
        let start = info.bias.wrapping_add(header.address);
        match header.kind {
            PT_LOAD => {
                module.start = module.start.min(start & !4095);
                module.end = module.end.max(start + header.bytes);
            }
            PT_GNU_EH_FRAME => module.header = start,
            PT_NOTE if module.build_id.0.is_null() => {
                module.build_id = build_id(start, header.bytes).unwrap_or(NOTHING.build_id);
            }
            _ => {}
        }
    }
    let holds = |header: &&ProgramHeader| {
        let start = info.bias.wrapping_add(header.address);
        header.kind == PT_LOAD && (start..start + header.bytes).contains(&module.header)
    };
    match headers.iter().find(holds) {
        Some(holder) => module.header_end = info.bias + holder.address + holder.bytes,
        None => module.header = 0,
    }
    (module.start < module.end).then_some(module)
}

/// The build id in the notes at `start`.
fn build_id(start: usize, bytes: usize) -> Option<(*const u8, usize)> {
    let word = |at: usize| {
        // SAFETY: the notes are mapped, and `at` was checked against their end.
        unsafe { ((start + at) as *const u32).read_unaligned() }
    };
    let mut at = 0;
    while at + 12 <= bytes {
        let (name, description, kind) = (word(at) as usize, word(at + 4) as usize, word(at + 8));
        let text = at + 12 + ((name + 3) & !3);
        if text + description > bytes {
            return None;
        }
        let is_gnu = name == 4 && word(at + 12) == u32::from_le_bytes(*b"GNU\0");
        if kind == NT_GNU_BUILD_ID && is_gnu && description <= MAX_BUILD_ID_BYTES {
            return Some(((start + text) as *const u8, description));
        }
        at = text + ((description + 3) & !3);
    }
    None
}
