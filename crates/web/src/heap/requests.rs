//! The requests of a recording alone, as the allocation machines read them: as many as `POST /api/v1/sim/requests` takes.

use std::io::{self, Read, Write};

use ramscope_heap::export::AllocTrace;
use ramscope_heap::recording::Stream;

/// Most bytes of an answer: what may be posted to the allocation machines.
const BYTES_MAX: usize = (16 << 20) - NOTE_MAX;

/// Room for the line that says what was left off.
const NOTE_MAX: usize = 200;

/// Most requests of an answer.
const LINES_MAX: usize = 500_000;

/// How much of a recording is read at a time.
const PIECE: usize = 1 << 18;

/// The trace of a recording; where it is cut, its second line says so.
///
/// # Errors
/// Why the recording cannot be read, in words.
pub(super) fn trace(recording: impl Read) -> Result<Vec<u8>, String> {
    trace_within(recording, BYTES_MAX, LINES_MAX)
}

fn trace_within(
    mut recording: impl Read,
    bytes_max: usize,
    lines_max: usize,
) -> Result<Vec<u8>, String> {
    let unread = |error: &dyn std::error::Error| format!("its recording cannot be read: {error}");
    let lines = Lines { bytes_max, lines_max, ..Lines::default() };
    let mut trace = AllocTrace::begin(lines).map_err(|error| unread(&error))?;
    let (mut stream, mut piece) = (Stream::new(), vec![0; PIECE]);
    while !trace.get_ref().is_cut {
        let read = recording.read(&mut piece).map_err(|error| unread(&error))?;
        if read == 0 {
            break;
        }
        let hear = &mut |time_us, said: ramscope_heap::recording::Said<'_>| {
            trace.hear(time_us, &said);
        };
        stream.push(&piece[..read], hear).map_err(|error| unread(&error))?;
    }
    Ok(trace.into_inner().map_err(|error| unread(&error))?.finish())
}

/// Whole lines, as many as fit.
#[derive(Debug, Default)]
struct Lines {
    bytes_max: usize,
    lines_max: usize,
    bytes: Vec<u8>,
    /// Bytes of the whole lines.
    whole: usize,
    /// How many those are, the header among them.
    count: usize,
    is_cut: bool,
}

impl Lines {
    fn finish(mut self) -> Vec<u8> {
        if self.is_cut {
            let note = format!(
                "# cut: the first {} requests of more; `ramscope heap export FILE --to alloc-trace` writes all\n",
                self.count - 1
            );
            let behind_header =
                self.bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            self.bytes.splice(behind_header..behind_header, note.into_bytes());
        }
        self.bytes
    }
}

impl Write for Lines {
    /// Takes all; what does not fit any more is dropped, and known to be.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            if self.is_cut {
                break;
            }
            self.bytes.extend_from_slice(part);
            if !part.ends_with(b"\n") {
                continue;
            }
            if self.bytes.len() > self.bytes_max || self.count > self.lines_max {
                self.bytes.truncate(self.whole);
                self.is_cut = true;
            } else {
                (self.whole, self.count) = (self.bytes.len(), self.count + 1);
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::demo;

    fn traced(bytes_max: usize, lines_max: usize) -> Vec<String> {
        let bytes = trace_within(demo::RECORDING, bytes_max, lines_max).unwrap();
        assert!(bytes.len() <= bytes_max + NOTE_MAX);
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_trace_that_is_cut_is_the_beginning_of_the_whole_and_says_so() {
        let whole = traced(BYTES_MAX, LINES_MAX);
        assert!(whole.iter().skip(1).all(|line| !line.starts_with('#')));
        for cut in [traced(BYTES_MAX, 1000), traced(5000, LINES_MAX)] {
            assert!(cut[1].starts_with("# cut: the first "), "{}", cut[1]);
            assert!(cut[1].contains(&format!(" {} requests", cut.len() - 2)), "{}", cut[1]);
            assert_eq!(cut[2..], whole[1..cut.len() - 1]);
        }
        assert_eq!(traced(BYTES_MAX, 1000).len(), 1002);
        assert_eq!(traced(BYTES_MAX, whole.len() - 1), whole);
    }
}
