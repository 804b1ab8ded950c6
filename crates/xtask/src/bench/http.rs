//! As much of an HTTP client as the benches need: GET on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long an answer may take before the server counts as hung.
const PATIENCE: Duration = Duration::from_secs(10);

/// No answer that a bench asks for is larger.
const ANSWER_MAX: u64 = 64 << 20;

/// The JSON that `path` answers with.
///
/// # Errors
/// When the server does not answer, answers another status than 200, or something else than JSON.
pub(super) fn json(server: SocketAddr, path: &str) -> Result<serde_json::Value> {
    let mut answer = Vec::new();
    // HTTP/1.0: the body then ends with the connection, and is never cut into chunks.
    let request = open(server, path, "HTTP/1.0")?;
    request.take(ANSWER_MAX).read_to_end(&mut answer).with_context(|| format!("GET {path}"))?;
    let answer = String::from_utf8(answer).with_context(|| format!("GET {path}: not UTF-8"))?;
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        bail!("GET {path}: the answer has no end of its head");
    };
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("GET {path}: {status}: {body}");
    }
    serde_json::from_str(body).with_context(|| format!("GET {path}: not JSON"))
}

/// A connection on which `path` was asked for and nothing was read yet.
///
/// # Errors
/// When the server does not accept, or does not take the request.
pub(super) fn open(server: SocketAddr, path: &str, version: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)
        .with_context(|| format!("connecting to {server}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} {version}\r\nHost: {server}\r\nAccept: */*\r\n\r\n")
        .with_context(|| format!("asking for {path}"))?;
    Ok(stream)
}
