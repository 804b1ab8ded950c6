//! The requests alone, as the allocation machines read them.
//!
//! ```text
//! # ramscope alloc-trace 1
//! a id size t tid            a block of `size` bytes was given out; ids count from 0, and are never given twice
//! f id t tid                 it was given back
//! r id newid size t tid      it was moved or resized: one free and one allocation
//! ```
//!
//! `t` is microseconds since the recording began, `tid` the kernel's number of the thread.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::recording::Said;

/// Writes the requests while a recording is read. Frees of blocks whose allocation was not seen are left out; a block whose
/// free was not seen is freed when its place is given out again.
#[derive(Debug)]
pub struct AllocTrace<W: Write> {
    out: W,
    ids: HashMap<u64, u64>,
    next: u64,
    tids: Vec<u32>,
    /// The first write that failed, told at the end.
    failed: Option<io::Error>,
}

impl<W: Write> AllocTrace<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn begin(mut out: W) -> io::Result<AllocTrace<W>> {
        out.write_all(b"# ramscope alloc-trace 1\n")?;
        Ok(AllocTrace { out, ids: HashMap::new(), next: 0, tids: Vec::new(), failed: None })
    }

    /// What the recording says.
    pub fn hear(&mut self, time_us: u64, said: &Said<'_>) {
        if self.failed.is_some() {
            return;
        }
        if let Err(error) = self.write(time_us, said) {
            self.failed = Some(error);
        }
    }

    /// How many blocks were given out.
    ///
    /// # Errors
    /// The first write that failed.
    pub fn finish(mut self) -> io::Result<u64> {
        self.failed.map_or(Ok(()), Err)?;
        self.out.flush()?;
        Ok(self.next)
    }

    /// Where it is written.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Where it was written.
    ///
    /// # Errors
    /// The first write that failed.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.failed.map_or(Ok(()), Err)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write(&mut self, t: u64, said: &Said<'_>) -> io::Result<()> {
        match *said {
            Said::Block => self.tids.clear(),
            Said::Thread { tid, .. } => self.tids.push(tid),
            Said::Alloc { thread, address, size, .. } => {
                let tid = self.tid(thread);
                self.vacate(address, t, tid)?;
                let id = self.give(address);
                writeln!(self.out, "a {id} {size} {t} {tid}")?;
            }
            Said::Free { thread, address } => {
                let tid = self.tid(thread);
                if let Some(id) = self.ids.remove(&address) {
                    writeln!(self.out, "f {id} {t} {tid}")?;
                }
            }
            Said::Realloc { thread, old, address, size, .. } => {
                let (tid, old) = (self.tid(thread), self.ids.remove(&old));
                self.vacate(address, t, tid)?;
                let id = self.give(address);
                match old {
                    Some(old) => writeln!(self.out, "r {old} {id} {size} {t} {tid}")?,
                    None => writeln!(self.out, "a {id} {size} {t} {tid}")?,
                }
            }
            // Another program took the process over, and holds nothing of what was.
            Said::Begin { .. } => self.ids.clear(),
            _ => {}
        }
        Ok(())
    }

    fn tid(&self, thread: u32) -> u32 {
        self.tids.get(thread as usize).copied().unwrap_or(0)
    }

    fn give(&mut self, address: u64) -> u64 {
        let id = self.next;
        self.next += 1;
        self.ids.insert(address, id);
        id
    }

    /// What still lies where another block is given out was freed unseen.
    fn vacate(&mut self, address: u64, t: u64, tid: u32) -> io::Result<()> {
        match self.ids.remove(&address) {
            Some(id) => writeln!(self.out, "f {id} {t} {tid}"),
            None => Ok(()),
        }
    }
}
