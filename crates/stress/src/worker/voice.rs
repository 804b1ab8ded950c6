//! What the worker says, on standard output: never waiting for whoever should listen and does not.

use std::io::{self, Stdout};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};

use crate::wire::{Line, line};

/// How long the last word waits to be heard.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// The pipe to whoever started this process.
#[derive(Debug)]
pub(super) struct Voice {
    output: Stdout,
    lost: u64,
}

impl Voice {
    pub(super) fn new() -> Voice {
        let output = io::stdout();
        // Only a pipe, which is this process's own: a terminal is shared with others, who would not wait either.
        let is_pipe = fstat(&output)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
        if let Some(flags) = is_pipe.then(|| fcntl_getfl(&output).ok()).flatten() {
            // Refused, the voice waits for its listener, as it would in front of a terminal.
            let _ = fcntl_setfl(&output, flags | OFlags::NONBLOCK);
        }
        Voice { output, lost: 0 }
    }

    /// Says a line, or counts it as lost where there is no room. A pipe takes a line whole or not at all: pipe(7).
    pub(super) fn say(&mut self, message: &Line) {
        if rustix::io::write(&self.output, &line(message)).is_err() {
            self.lost += 1;
        }
    }

    /// Says the last line, and waits a while for room.
    pub(super) fn say_last(&mut self, message: &Line) {
        let mut room = [PollFd::new(&self.output, PollFlags::OUT)];
        let wait = Timespec::try_from(LAST_WAIT).ok();
        // Whether there was room or not: what then cannot be said is said to nobody.
        let _ = poll(&mut room, wait.as_ref());
        self.say(message);
    }

    /// Lines that nobody heard.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }
}
