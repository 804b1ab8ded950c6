//! The beginning of a recording: what it is, and what was tracked.

use super::Error;
use crate::event::Start;
use crate::varint::{Cursor, Torn, put, put_text};

/// The first bytes of a recording.
pub const MAGIC: [u8; 8] = *b"RAMSHEAP";

/// The format that is written, and the newest that is read: 2 is the same without the cost of tracking, 1 without names too.
pub const VERSION: u16 = 3;

/// Bytes before the start.
const FIXED: usize = 20;

/// Longest start.
const MAX_START: usize = 1 << 20;

/// The header of a recording of `start`.
pub(crate) fn encode(start: &Start) -> Vec<u8> {
    let mut told = Vec::new();
    for number in [
        u64::from(start.pid),
        u64::from(start.parent_pid),
        start.wall_ms,
        start.sample_bytes,
        start.ticks_per_second,
    ] {
        put(&mut told, number);
    }
    put_text(&mut told, start.program.as_bytes());
    put_text(&mut told, start.allocator.as_bytes());
    // A command line of megabytes is cut, so that what is written can be read.
    let mut room = MAX_START / 2;
    let kept = start.arguments.iter().take_while(|argument| {
        room = room.saturating_sub(argument.len() + 10);
        room > 0
    });
    let kept: Vec<&String> = kept.collect();
    put(&mut told, kept.len() as u64);
    for argument in kept {
        put_text(&mut told, argument.as_bytes());
    }
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&0_u16.to_le_bytes());
    out.extend_from_slice(&u32::try_from(told.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&told).to_le_bytes());
    out.extend_from_slice(&told);
    out
}

/// What a recording begins with, and how many bytes that took; `None` where more bytes are needed to tell.
///
/// # Errors
/// As [`Error`] tells them.
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<(Start, usize)>, Error> {
    let common = bytes.len().min(MAGIC.len());
    if bytes[..common] != MAGIC[..common] {
        return Err(Error::Magic);
    }
    let Some(fixed) = bytes.first_chunk::<FIXED>() else { return Ok(None) };
    let found = u16::from_le_bytes([fixed[8], fixed[9]]);
    if found > VERSION {
        return Err(Error::Newer { found });
    }
    let word =
        |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let length = word(12) as usize;
    if length > MAX_START {
        return Err(Error::Header);
    }
    let Some(told) = bytes.get(FIXED..FIXED + length) else { return Ok(None) };
    if crc32fast::hash(told) != word(16) {
        return Err(Error::Header);
    }
    let start = start(Cursor::new(told)).map_err(|Torn| Error::Header)?;
    Ok(Some((start, FIXED + length)))
}

fn start(mut cursor: Cursor<'_>) -> Result<Start, Torn> {
    let mut start = Start {
        pid: cursor.small()?,
        parent_pid: cursor.small()?,
        wall_ms: cursor.number()?,
        sample_bytes: cursor.number()?,
        ticks_per_second: cursor.number()?,
        program: cursor.text()?,
        allocator: cursor.text()?,
        arguments: Vec::new(),
    };
    for _ in 0..cursor.number()? {
        start.arguments.push(cursor.text()?);
    }
    Ok(start)
}
