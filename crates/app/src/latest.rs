//! `--latest-json`: the five newest numbers in a file, for scripts that read one.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use anyhow::{Context as _, Result};
use ramscope_observe::Memory;
use serde_json::json;

use crate::files::{self, Readers};

/// Hands each tick's numbers to the thread that writes them; a slow disk costs numbers, never a tick.
#[derive(Clone, Debug)]
pub(crate) struct LatestFile(SyncSender<Memory>);

impl LatestFile {
    /// Starts the writing thread; it ends when the last handle is dropped.
    pub(crate) fn start(path: PathBuf) -> Result<Self> {
        let (sender, receiver) = sync_channel(1);
        thread::Builder::new()
            .name("latest-json".to_owned())
            .spawn(move || write_each(&path, &receiver))
            .context("cannot start the thread that writes --latest-json")?;
        Ok(Self(sender))
    }

    /// Offers the newest numbers; while the disk is busy with older ones they are left out.
    pub(crate) fn offer(&self, memory: Memory) {
        // A full channel means that the disk is behind, and the next tick brings newer numbers anyway.
        let _ = self.0.try_send(memory);
    }
}

fn write_each(path: &std::path::Path, numbers: &Receiver<Memory>) {
    let mut failing = false;
    for memory in numbers {
        match files::replace(path, document(&memory).as_bytes(), Readers::Umask) {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::warn!("{error:#}; each tick tries again");
            }
            Err(_) => {}
        }
    }
}

/// The same five names as `/data`, in bytes.
fn document(memory: &Memory) -> String {
    let document = json!({
        "total": memory.total_bytes,
        "used": memory.used_bytes,
        "free": memory.free_bytes,
        "swap_total": memory.swap_total_bytes,
        "swap_used": memory.swap_used_bytes,
    });
    format!("{document}\n")
}
