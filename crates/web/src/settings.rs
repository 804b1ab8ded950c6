//! What the server is told: where it listens, whom it trusts, what it offers.

use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// The data directory; named in messages, so that a person finds the token file.
    pub data_dir: PathBuf,
    /// The secret of the 0600 file in the data directory, for scripts.
    pub token: Token,
    /// The machine's name, as the page shows it.
    pub hostname: String,
    /// The program's version, as `--version` prints it.
    pub version: String,
}
