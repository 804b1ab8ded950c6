//! A child process that writes to memory it shares with its parent by copy-on-write, so that the kernel copies it.
//!
//! ```text
//! parent ── how far to copy, 8 bytes ──▶ child     the child ends when its pipe does: with its parent, however that ends
//!        ◀── how far it has copied ─────
//! ```

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::mapping::Mapping;
use super::signals::end_now;

/// The child, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Copier {
    pid: Pid,
    orders: File,
    answers: File,
}

impl Copier {
    /// Starts a child that has a copy of all memory of this process, none of it copied yet.
    pub(crate) fn start(mapping: &mut Mapping) -> io::Result<Copier> {
        let (child_orders, orders) = pipe_with(PipeFlags::CLOEXEC)?;
        let (answers, child_answers) = pipe_with(PipeFlags::CLOEXEC)?;
        let ours = [orders.as_raw_fd(), answers.as_raw_fd()];
        let theirs = [child_orders.as_raw_fd(), child_answers.as_raw_fd()];
        let bytes = mapping.bytes();
        // SAFETY: the child calls nothing but `copy_as_told`, which allocates nothing, takes no lock and never returns;
        // so it does not matter what other threads held when they were not copied with it.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            copy_as_told(bytes, theirs, ours);
        }
        let pid = Pid::from_raw(pid).filter(|_| pid > 0).ok_or_else(io::Error::last_os_error)?;
        Ok(Copier { pid, orders: orders.into(), answers: answers.into() })
    }

    /// Has the child write to every page of the first `bytes` bytes that it has not written to yet.
    pub(crate) fn copy_to(&mut self, bytes: u64) -> io::Result<()> {
        self.orders.write_all(&bytes.to_ne_bytes())?;
        let mut answer = [0; 8];
        self.answers.read_exact(&mut answer)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        // It may be gone already; either way it is collected.
        let _ = kill_process(self.pid, Signal::KILL);
        let _ = waitpid(Some(self.pid), WaitOptions::empty());
    }
}

/// The child: copies as far as it is told, until nobody tells it any more.
fn copy_as_told(bytes: &mut [u8], [orders, answers]: [RawFd; 2], parents: [RawFd; 2]) -> ! {
    for descriptor in parents {
        // SAFETY: these are copies of the parent's ends, which nothing in this process uses.
        unsafe { libc::close(descriptor) };
    }
    let mut copied = 0;
    loop {
        let mut order = [0u8; 8];
        // SAFETY: the buffer has the length that is told.
        let read = unsafe { libc::read(orders, order.as_mut_ptr().cast(), order.len()) };
        if read != 8 {
            end_now(0);
        }
        let to = usize::try_from(u64::from_ne_bytes(order)).unwrap_or(usize::MAX).min(bytes.len());
        for page in bytes.get_mut(copied..to).unwrap_or_default().chunks_mut(4096) {
            page[0] = page[0].wrapping_add(1);
        }
        copied = copied.max(to);
        // SAFETY: the buffer has the length that is told.
        if unsafe { libc::write(answers, order.as_ptr().cast(), order.len()) } != 8 {
            end_now(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::private_dirty_bytes;

    #[test]
    fn what_the_child_writes_is_copied_and_the_parent_keeps_its_own() {
        let mut mapping = Mapping::anonymous(8 << 20).unwrap();
        mapping.bytes().chunks_mut(4096).for_each(|page| page[0] = 5);
        let mut copier = Copier::start(&mut mapping).unwrap();
        let before = private_dirty_bytes(copier.pid()).unwrap();
        copier.copy_to(4 << 20).unwrap();
        let copied = private_dirty_bytes(copier.pid()).unwrap() - before;
        assert!((4 << 20..5 << 20).contains(&copied), "{copied}");
        assert_eq!(mapping.bytes()[0], 5);
        copier.copy_to(4 << 20).unwrap();
        let pid = copier.pid();
        drop(copier);
        assert_eq!(private_dirty_bytes(pid), None);
    }
}
