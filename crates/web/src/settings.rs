//! What the server is told: where it listens, whom it trusts, what it offers.

use std::net::SocketAddr;
use std::path::PathBuf;

use ramscope_stress::Launch;

use crate::heap::Heaps;
use crate::secret::Token;

/// Everything the server is told from outside; decided once, before it binds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address to listen on; port 0 lets the kernel choose. Off loopback every request needs the token.
    pub listen: SocketAddr,
    /// Further names that the `Host` header may carry (`--allow-host`), without port, in any case.
    pub allow_hosts: Vec<String>,
    /// Let any site show the page in a frame (`--allow-embed`), for a course page.
    pub allow_embed: bool,
    /// Nobody may change anything, token or not (`--read-only`).
    pub read_only: bool,
    /// Only the labs: every route about this machine answers 404 (`--labs-only`).
    pub labs_only: bool,
    /// How loads on memory are started; `None` where there is no way, and on a server of labs.
    pub stress: Option<Launch>,
    /// How processes are shown; `None` where nobody looks at them (`--processes off`), and on a server of labs.
    pub processes: Option<ProcessSettings>,
    /// The tracked programs and the recordings that can be looked at.
    pub heaps: Heaps,
    /// The data directory; named in messages, so that a person finds the token file.
    pub data_dir: PathBuf,
    /// The secret of the 0600 file in the data directory, for scripts.
    pub token: Token,
    /// The machine's name, as the page shows it.
    pub hostname: String,
    /// The program's version, as `--version` prints it.
    pub version: String,
}

/// How processes are shown.
#[derive(Clone, Debug)]
pub struct ProcessSettings {
    /// The folder whose `proc` is looked at.
    pub root: PathBuf,
    /// Whose rights the server has: what the user number may see, it may show.
    pub owner_uid: u32,
    /// How many applications `/metrics` names (`--metrics-top`); the rest is "other".
    pub metrics_top: usize,
}
