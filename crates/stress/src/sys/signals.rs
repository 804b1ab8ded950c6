//! Signals that ask a process to end, as a file that can be waited for together with others.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd};

/// The requests to end, blocked for this process's threads and read here instead.
#[derive(Debug)]
pub(crate) struct EndSignals(File);

/// The signals that end a run: Ctrl-C, `kill`, a terminal that closes.
const SIGNALS: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

impl EndSignals {
    /// Blocks the signals for this thread and those that it will start. To be called before any other is started.
    pub(crate) fn block() -> io::Result<EndSignals> {
        let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the set is writable, and emptied before it is read.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        for signal in SIGNALS {
            // SAFETY: the set was initialised above.
            unsafe { libc::sigaddset(set.as_mut_ptr(), signal) };
        }
        // SAFETY: the set is initialised; no old set is asked for.
        let result =
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()) };
        if result != 0 {
            return Err(io::Error::from_raw_os_error(result));
        }
        let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
        // SAFETY: the set is initialised; -1 asks for a new descriptor.
        let descriptor = unsafe { libc::signalfd(-1, set.as_ptr(), flags) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, and nobody else has it.
        Ok(EndSignals(unsafe { File::from_raw_fd(descriptor) }))
    }

    /// The number of a signal that arrived, if one did.
    pub(crate) fn next(&mut self) -> Option<u32> {
        let mut record = [0u8; size_of::<libc::signalfd_siginfo>()];
        let read = self.0.read(&mut record).ok()?;
        // The record begins with the number: signalfd(2).
        (read == record.len())
            .then(|| u32::from_ne_bytes([record[0], record[1], record[2], record[3]]))
    }
}

impl AsFd for EndSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Ends the process at once, without running anything more; the kernel takes all its memory back.
pub(crate) fn end_now(code: i32) -> ! {
    // SAFETY: nothing runs after it, so nothing can be left half done that anyone sees.
    unsafe { libc::_exit(code) }
}
