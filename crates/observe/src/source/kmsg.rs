//! The kernel's log, from now on: open for those who may read it, never waited for.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::parse::kmsg::{OomKill, OomReader, record};

/// Records that one look reads: a log that is flooded is read on at the next.
const RECORDS_A_LOOK: usize = 2000;
/// The longest record that the kernel hands out is 8 KiB (kernel/printk, `CONSOLE_EXT_LOG_MAX`).
const RECORD_MAX: usize = 8192;

/// The log of this machine.
#[derive(Debug)]
pub struct KernelLog {
    file: Option<File>,
    reader: OomReader,
    buffer: Vec<u8>,
}

impl KernelLog {
    /// Opens the log at its end; one that may not be read, or is another machine's, tells nothing.
    #[must_use]
    pub fn open(root: &Path) -> KernelLog {
        let file = (root == Path::new("/")).then(|| {
            let flags = rustix::fs::OFlags::RDONLY
                | rustix::fs::OFlags::NONBLOCK
                | rustix::fs::OFlags::CLOEXEC;
            let file = rustix::fs::open("/dev/kmsg", flags, rustix::fs::Mode::empty());
            let mut file = File::from(file.ok()?);
            file.seek(SeekFrom::End(0)).ok()?;
            Some(file)
        });
        KernelLog {
            file: file.flatten(),
            reader: OomReader::default(),
            buffer: vec![0; RECORD_MAX],
        }
    }

    /// Whether the log may be read.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// The kills that were reported since the last call.
    pub fn kills(&mut self) -> Vec<OomKill> {
        let Some(file) = &mut self.file else { return Vec::new() };
        let mut found = Vec::new();
        for _ in 0..RECORDS_A_LOOK {
            match file.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(length) => {
                    let text = record(&self.buffer[..length]).map(|record| record.text);
                    found.extend(text.and_then(|text| self.reader.feed(text)));
                }
                // Records that were overwritten before they were read: the next reading goes on behind them.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        found
    }
}
