//! `/proc/PID`: what the kernel tells of one process, a file a module (proc_pid(5)).
//!
//! Names inside these files are bytes that the process chose itself: spaces, brackets, line ends, anything. They are
//! handed on as bytes.

pub mod cmdline;
pub mod maps;
pub mod membership;
pub mod rollup;
pub mod stat;
pub mod statm;
pub mod status;

use super::{scalar, words};

/// The bytes of a line such as `Pss:    1234 kB` after its colon; `None` where it is no amount.
fn kib(value: &[u8]) -> Option<u64> {
    scalar::whole(words(value).next()?)?.checked_mul(1024)
}

/// A line's name and what follows its first colon.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((&line[..colon], &line[colon + 1..]))
}
