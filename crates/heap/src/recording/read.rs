//! From blocks of bytes to events.

use std::sync::Arc;

use super::columns::{
    COLUMNS, Column, Guess, SITE, THREAD, TIME, address, kind, part, place, rare,
};
use crate::event::{Loss, Module};
use crate::labels::{AT_FRAME_MAX, Label, TEXT_MAX};
use crate::varint::{Cursor, Torn};

/// Most stacks that a block can tell of.
const MAX_NODES: usize = 1 << 24;

/// What a block says, in its order. Numbers of threads, modules, frames and stacks are the block's own: they count from 0, and
/// module, frame and stack 0 are none, none and the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// A block begins: numbers count anew.
    Block,
    /// The next thread.
    Thread {
        /// Its number in the session.
        serial: u32,
        /// The kernel's number.
        tid: u32,
        /// Its name.
        name: &'a str,
    },
    /// The next module.
    Module(Module<'a>),
    /// The next frame.
    Frame {
        /// Its module.
        module: u32,
        /// Its return address.
        address: u64,
    },
    /// The next stack.
    Node {
        /// The stack without its innermost frame.
        parent: u32,
        /// That frame.
        frame: u32,
    },
    /// A block was given out.
    Alloc {
        /// To which thread.
        thread: u32,
        /// Where it is.
        address: u64,
        /// Bytes asked for.
        size: u64,
        /// Who asked.
        node: u32,
    },
    /// A block was given back.
    Free {
        /// By which thread.
        thread: u32,
        /// Where it was.
        address: u64,
    },
    /// A block was moved or resized.
    Realloc {
        /// By which thread.
        thread: u32,
        /// Where it was.
        old: u64,
        /// Where it is.
        address: u64,
        /// Bytes asked for.
        size: u64,
        /// Who asked.
        node: u32,
    },
    /// The program mapped memory itself.
    Map {
        /// Which thread.
        thread: u32,
        /// Where.
        address: u64,
        /// Bytes.
        length: u64,
        /// Who asked.
        node: u32,
    },
    /// The program unmapped memory itself.
    Unmap {
        /// Which thread.
        thread: u32,
        /// Where.
        address: u64,
        /// Bytes.
        length: u64,
    },
    /// A thread has another name.
    Name {
        /// Which thread.
        thread: u32,
        /// The kernel's number.
        tid: u32,
        /// Its name.
        name: &'a str,
    },
    /// A thread ended.
    ThreadEnd {
        /// Which thread.
        thread: u32,
    },
    /// Events could not be told.
    Lost {
        /// How many.
        events: u64,
        /// Why.
        why: Loss,
    },
    /// What was seen from outside.
    Resident {
        /// Resident bytes of the process.
        rss_bytes: u64,
        /// Resident bytes of the allocator's mappings.
        heap_bytes: u64,
    },
    /// What tracking had cost by then.
    Cost {
        /// Processor time of whoever read the events, in microseconds.
        host_cpu_us: u64,
        /// Time that threads of the program waited for room, in microseconds.
        waited_us: u64,
    },
    /// The program ended.
    End {
        /// As `waitpid` tells it.
        status: i32,
    },
    /// A program began, perhaps in place of another.
    Begin {
        /// Its file.
        program: &'a str,
    },
    /// What a frame is called.
    Labels {
        /// Which frame.
        frame: u32,
        /// The functions at it, the innermost first.
        labels: &'a [Label],
    },
}

/// Reads a payload and hands on what it says, with the time of each.
///
/// # Errors
/// [`Torn`] where the bytes are not what a recorder writes; what was handed on before stands.
pub(crate) fn read(
    payload: &[u8],
    first_us: u64,
    hear: &mut impl FnMut(u64, Said<'_>),
) -> Result<u32, Torn> {
    let columns = part(payload)?;
    let mut reader = Reader {
        columns,
        now_us: first_us,
        thread: u32::MAX,
        guesses: Vec::new(),
        modules: 1,
        frames: 1,
        frame_address: 0,
        nodes: 1,
        sites: Vec::new(),
        follows: Vec::new(),
        given: Vec::new(),
        freed_address: 0,
        texts: Vec::new(),
        hear,
    };
    reader.say(Said::Block);
    let mut events = 0;
    while !reader.columns[Column::Ops as usize].is_empty() {
        reader.event()?;
        events += 1;
    }
    Ok(events)
}

struct Reader<'a, 'h, F> {
    columns: [Cursor<'a>; COLUMNS],
    now_us: u64,
    thread: u32,
    guesses: Vec<Guess>,
    modules: u32,
    frames: u32,
    frame_address: u64,
    nodes: u32,
    /// Stack and size of each site.
    sites: Vec<(u32, u64)>,
    follows: Vec<u32>,
    given: Vec<(u64, u64)>,
    freed_address: u64,
    texts: Vec<Arc<str>>,
    hear: &'h mut F,
}

impl<'a, F: FnMut(u64, Said<'_>)> Reader<'a, '_, F> {
    #[inline]
    fn column(&mut self, column: Column) -> &mut Cursor<'a> {
        &mut self.columns[column as usize]
    }

    #[inline]
    fn say(&mut self, said: Said<'_>) {
        (self.hear)(self.now_us, said);
    }

    fn event(&mut self) -> Result<(), Torn> {
        let op = self.column(Column::Ops).byte()?;
        if op & TIME != 0 {
            let passed = self.column(Column::Times).number()?;
            self.now_us = self.now_us.checked_add(passed).ok_or(Torn)?;
        }
        if op & THREAD != 0 {
            self.thread = self.column(Column::Threads).small()?;
            if self.thread as usize == self.guesses.len() {
                self.new_thread()?;
            }
        }
        if op & kind::MASK == kind::RARE {
            return self.rare();
        }
        let thread = self.of_a_thread()?;
        match op & kind::MASK {
            kind::ALLOC => {
                let (node, address, size) = self.given(op)?;
                self.say(Said::Alloc { thread, address, size, node });
            }
            kind::FREE_AGE => {
                let address = self.by_age()?;
                self.say(Said::Free { thread, address });
            }
            kind::FREE_ADDRESS => {
                let address = self.by_address()?;
                self.say(Said::Free { thread, address });
            }
            kind::REALLOC_AGE | kind::REALLOC_ADDRESS => {
                let by_age = op & kind::MASK == kind::REALLOC_AGE;
                let old = if by_age { self.by_age()? } else { self.by_address()? };
                let (node, address, size) = self.given(op)?;
                self.say(Said::Realloc { thread, old, address, size, node });
            }
            _ => return Err(Torn),
        }
        Ok(())
    }

    /// The thread whose event this is.
    #[inline]
    fn of_a_thread(&self) -> Result<u32, Torn> {
        if (self.thread as usize) < self.guesses.len() { Ok(self.thread) } else { Err(Torn) }
    }

    fn new_thread(&mut self) -> Result<(), Torn> {
        let column = self.column(Column::Threads);
        let (serial, tid, name) = (column.small()?, column.small()?, column.text()?);
        self.guesses.push(Guess::new());
        self.say(Said::Thread { serial, tid, name: &name });
        Ok(())
    }

    #[inline]
    fn by_age(&mut self) -> Result<u64, Torn> {
        let age = self.column(Column::Ages).number()?;
        let age = usize::try_from(age).map_err(|_| Torn)?;
        let at =
            self.given.len().checked_sub(1).and_then(|last| last.checked_sub(age)).ok_or(Torn)?;
        let (address, size) = self.given[at];
        self.guesses[self.thread as usize].taken(address, size);
        Ok(address)
    }

    #[inline]
    fn by_address(&mut self) -> Result<u64, Torn> {
        let before = self.freed_address;
        self.freed_address = address(self.column(Column::Addresses), before)?;
        Ok(self.freed_address)
    }

    /// Who asked for a block, where it is, and how large.
    #[inline]
    fn given(&mut self, op: u8) -> Result<(u32, u64, u64), Torn> {
        let (node, size) = self.site(op & SITE != 0)?;
        let thread = self.thread as usize;
        let guess = &self.guesses[thread];
        let found = match op & place::MASK {
            place::AGAIN => guess.again(size).ok_or(Torn)?,
            place::BEHIND => guess.behind(),
            place::TOLD => {
                let last = guess.last;
                address(self.column(Column::Addresses), last)?
            }
            _ => return Err(Torn),
        };
        self.guesses[thread].given(found, size);
        self.given.push((found, size));
        Ok((node, found, size))
    }

    #[inline]
    fn site(&mut self, guessed: bool) -> Result<(u32, u64), Torn> {
        let thread = self.thread as usize;
        let before = self.guesses[thread].site as usize;
        let site = match guessed {
            true => *self.follows.get(before).ok_or(Torn)?,
            false => self.column(Column::Sites).small()?,
        };
        self.guesses[thread].site = site;
        if let Some(follows) = self.follows.get_mut(before) {
            *follows = site;
        }
        if site as usize == self.sites.len() {
            let node = self.column(Column::SiteDefs).small()?;
            let node = self.node(node)?;
            let size = self.column(Column::SiteDefs).number()?;
            self.sites.push((node, size));
            self.follows.push(u32::MAX);
        }
        self.sites.get(site as usize).copied().ok_or(Torn)
    }

    /// A stack that is named: told first where it is new, which it is where its number is not taken yet.
    fn node(&mut self, node: u32) -> Result<u32, Torn> {
        if node < self.nodes {
            return Ok(node);
        }
        let column = self.column(Column::Nodes);
        let (fresh, mut parent) = (column.small()?, column.small()?);
        if fresh == 0 || parent >= self.nodes || self.nodes.checked_add(fresh - 1) != Some(node) {
            return Err(Torn);
        }
        for _ in 0..fresh {
            let frame = self.column(Column::Nodes).small()?;
            let frame = self.frame(frame)?;
            self.say(Said::Node { parent, frame });
            parent = self.nodes;
            self.nodes += 1;
        }
        if self.nodes as usize > MAX_NODES { Err(Torn) } else { Ok(node) }
    }

    fn frame(&mut self, frame: u32) -> Result<u32, Torn> {
        if frame < self.frames {
            return Ok(frame);
        }
        if frame > self.frames {
            return Err(Torn);
        }
        let module = self.column(Column::Frames).small()?;
        let module = self.module(module)?;
        let before = self.frame_address;
        self.frame_address = self.column(Column::Frames).delta(before)?;
        let address = self.frame_address;
        self.say(Said::Frame { module, address });
        self.frames += 1;
        Ok(frame)
    }

    fn module(&mut self, module: u32) -> Result<u32, Torn> {
        if module < self.modules {
            return Ok(module);
        }
        if module > self.modules {
            return Err(Torn);
        }
        let column = self.column(Column::Modules);
        let (bias, start, length) = (column.number()?, column.number()?, column.number()?);
        let path = column.text()?;
        let id_length = column.number()?;
        let build_id = column.bytes(id_length)?;
        let end = start.saturating_add(length);
        self.say(Said::Module(Module { bias, start, end, path: &path, build_id }));
        self.modules += 1;
        Ok(module)
    }

    fn rare(&mut self) -> Result<(), Torn> {
        let thread = self.of_a_thread();
        let column = self.column(Column::Rare);
        match column.byte()? {
            rare::MAP => {
                let (address, length, node) = (column.number()?, column.number()?, column.small()?);
                let node = self.node(node)?;
                self.say(Said::Map { thread: thread?, address, length, node });
            }
            rare::UNMAP => {
                let (address, length) = (column.number()?, column.number()?);
                self.say(Said::Unmap { thread: thread?, address, length });
            }
            rare::NAME => {
                let (tid, name) = (column.small()?, column.text()?);
                self.say(Said::Name { thread: thread?, tid, name: &name });
            }
            rare::THREAD_END => self.say(Said::ThreadEnd { thread: thread? }),
            rare::LOST => {
                let why = match column.byte()? {
                    0 => Loss::Full,
                    1 => Loss::Signal,
                    2 => Loss::NoRing,
                    _ => return Err(Torn),
                };
                let events = column.number()?;
                self.say(Said::Lost { events, why });
            }
            rare::RESIDENT => {
                let (rss_bytes, heap_bytes) = (column.number()?, column.number()?);
                self.say(Said::Resident { rss_bytes, heap_bytes });
            }
            rare::END => {
                let status = column.small()?.cast_signed();
                self.say(Said::End { status });
            }
            rare::BEGIN => {
                let program = column.text()?;
                self.say(Said::Begin { program: &program });
            }
            rare::LABELS => self.labels()?,
            rare::COST => {
                let (host_cpu_us, waited_us) = (column.number()?, column.number()?);
                self.say(Said::Cost { host_cpu_us, waited_us });
            }
            _ => return Err(Torn),
        }
        Ok(())
    }

    fn labels(&mut self) -> Result<(), Torn> {
        let frame = self.column(Column::Rare).small()?;
        let frame = self.frame(frame)?;
        let count = self.column(Column::Rare).small()?;
        if count as usize > AT_FRAME_MAX {
            return Err(Torn);
        }
        let labels: Result<Vec<Label>, Torn> = (0..count).map(|_| self.label()).collect();
        self.say(Said::Labels { frame, labels: &labels? });
        Ok(())
    }

    fn label(&mut self) -> Result<Label, Torn> {
        let function = self.column(Column::Rare).small()?;
        let function = self.text(function)?;
        let file = self.column(Column::Rare).small()?.checked_sub(1);
        let file = file.map(|file| self.text(file)).transpose()?;
        let column = self.column(Column::Rare);
        let line =
            column.number()?.checked_sub(1).map(u32::try_from).transpose().map_err(|_| Torn)?;
        let inlined = column.number()? != 0;
        Ok(Label { function, file, line, inlined })
    }

    /// The text of that number, which follows where it is new.
    fn text(&mut self, number: u32) -> Result<Arc<str>, Torn> {
        if number as usize == self.texts.len() {
            let text = self.column(Column::Rare).text()?;
            if text.len() > TEXT_MAX {
                return Err(Torn);
            }
            self.texts.push(text.into());
        }
        self.texts.get(number as usize).cloned().ok_or(Torn)
    }
}
