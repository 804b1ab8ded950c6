//! What can keep the server from starting.

use std::io;
use std::net::SocketAddr;

/// Why there is no server. Once it runs, a fault is one request's answer and never the server's end.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address is taken, forbidden, or not this machine's.
    #[error("cannot listen on {address}: {}; {}", cause(source), act(source))]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no random bytes, so that no secret could be made.
    #[error("the system gives no random bytes: {0}; without them no link is safe")]
    Chance(getrandom::Error),
    /// A text that is not a token.
    #[error(
        "not a token: expected 32 to 512 visible ASCII characters; delete the token file, and the next start writes a new one"
    )]
    Token,
}

/// The cause in plain words; the system's own where there are no better.
fn cause(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse => "another program listens there already".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "ports below 1024 need privileges".to_owned(),
        _ => source.to_string(),
    }
}

/// What a person can do next.
fn act(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            "stop that program, or choose another port with --listen 127.0.0.1:PORT (0 takes any free one)"
        }
        _ => "choose another address with --listen 127.0.0.1:PORT",
    }
}
