//! What is said of tracked processes at the end, on stderr.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use ramscope_heap::live::Process;
use ramscope_observe::format::{self, grouped};
use ramscope_observe::printable::printable;

use crate::heap::report::losses;
use crate::output::Output;

/// Children that are told of one by one: those that held most.
const TOLD: usize = 10;

/// What is to be said of each process. Children come as they end.
#[derive(Debug, Default)]
pub(super) struct Summaries {
    program: String,
    children: Vec<Child>,
    /// Children that are not told of one by one.
    others: usize,
}

#[derive(Debug)]
struct Child {
    number: usize,
    peak_bytes: u64,
    text: String,
}

impl Summaries {
    /// Adds a process that is over.
    pub(super) fn add(&mut self, process: &Process, with_pid: bool) {
        let text = summary(process, with_pid);
        if process.number() == 0 {
            self.program = text;
            return;
        }
        let peak_bytes = process.intake().session().totals().peak_live_bytes;
        self.children.push(Child { number: process.number(), peak_bytes, text });
        if self.children.len() > TOLD {
            let least = self.children.iter().enumerate().min_by_key(|(_, child)| child.peak_bytes);
            if let Some((least, _)) = least {
                self.children.remove(least);
                self.others += 1;
            }
        }
    }

    /// Says it; the numbers of the processes that were told of.
    pub(super) fn tell(mut self, left_out: u64, out: &mut Output) -> Result<Vec<usize>> {
        self.children.sort_by_key(|child| child.number);
        out.hint(&self.program)?;
        for child in &self.children {
            out.hint(&child.text)?;
        }
        if self.others > 0 {
            out.hint(&format!(
                "ramscope: {} more processes were tracked; these {TOLD} held most",
                grouped(self.others as u64)
            ))?;
        }
        if left_out > 0 {
            out.hint(&format!(
                "ramscope: {} processes were not tracked: too many ran at one time",
                grouped(left_out)
            ))?;
        }
        let children = self.children.iter().map(|child| child.number);
        Ok(std::iter::once(0).chain(children).collect())
    }
}

fn summary(process: &Process, with_pid: bool) -> String {
    let session = process.intake().session();
    let totals = session.totals();
    let program = Path::new(&session.start().program).file_name().unwrap_or_default();
    let who = match with_pid {
        true => format!(" {} (process {}):", printable(program.as_encoded_bytes()), process.pid()),
        false => String::new(),
    };
    let at_least = if totals.lost_events > 0 { "at least " } else { "" };
    let mut text = format!(
        "ramscope:{who} {} allocations of {} in {}; at most {} at one time, after {}\n\
         ramscope:{who} {at_least}{} in {} blocks never given back; {} temporary",
        grouped(totals.allocations),
        format::iec(totals.bytes_allocated),
        seconds(totals.end_us),
        format::iec(totals.peak_live_bytes),
        seconds(totals.peak_us),
        format::iec(totals.live_bytes),
        grouped(totals.live_blocks),
        grouped(totals.temporary),
    );
    if totals.lost_events > 0 {
        text.push_str(&format!(
            "\nramscope:{who} {} events lost: {}",
            grouped(totals.lost_events),
            losses(session)
        ));
    }
    let [compared, differ, less, at, ours, theirs, caller, ..] = process.compared();
    if compared > 0 {
        text.push_str(&format!(
            "\nramscope:{who} {compared} stacks compared, {differ} differ, {less} end earlier elsewhere; first: frame {at}, \
             {ours:#x} for {theirs:#x}, below {caller:#x}"
        ));
    }
    if process.waited_ms() > 0 {
        text.push_str(&format!(
            "\nramscope:{who} its threads waited {} ms in all for the recording",
            process.waited_ms()
        ));
    }
    text
}

/// A short time: milliseconds below a second.
pub(super) fn brief(time: Duration) -> String {
    match time.as_millis() {
        ms @ 0..1000 => format!("{ms} ms"),
        ms => format!("{}.{:02} s", ms / 1000, ms % 1000 / 10),
    }
}

/// A time in microseconds, in seconds.
pub(super) fn seconds(us: u64) -> String {
    format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000)
}
