//! `ramscope open`: a fresh link to the running server, for the browser of the same user.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::output::Output;
use crate::{announce, token};

/// How long a local server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most that an answer with one link may hold, in bytes.
const ANSWER_LIMIT_BYTES: usize = 64 << 10;

/// Prints a fresh link to the server of `data_dir`, and opens it where that is wanted and possible.
pub(crate) fn run(data_dir: &Path, browser: bool, out: &mut Output) -> Result<()> {
    let Some(server) = announce::running(data_dir)? else {
        bail!("no server runs on {}: start one with `ramscope`", data_dir.display());
    };
    let Some(address) = server.address else {
        bail!(
            "the server of {} (pid {}) only records: it was started with --no-web",
            data_dir.display(),
            server.pid
        );
    };
    let token = token::read(data_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let link = runtime
        .block_on(async {
            tokio::time::timeout(PATIENCE, fresh_link(&address, token.secret())).await
        })
        .with_context(|| format!("{address} does not answer"))??;
    out.line(&link)?;
    if browser {
        start_browser(&link, out)?;
    }
    Ok(())
}

/// Hands a link to the desktop's browser; says so where there is none.
pub(crate) fn start_browser(link: &str, out: &mut Output) -> Result<()> {
    let mut command = Command::new("xdg-open");
    command.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(_) => Ok(()),
        Err(_) => out.hint(
            "no browser could be started from here (xdg-open is missing): open the link by hand",
        ),
    }
}

async fn fresh_link(address: &str, token: &str) -> Result<String> {
    let authority = address.trim_start_matches("http://").trim_end_matches('/');
    let socket: SocketAddr =
        authority.parse().with_context(|| format!("{address} is no address"))?;
    let stream =
        TcpStream::connect(socket).await.with_context(|| format!("cannot connect to {address}"))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::post("/api/v1/session/link")
        .header(header::HOST, authority)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_LIMIT_BYTES).collect().await;
    let body = body
        .map_err(|error| anyhow::anyhow!("the answer of {address} broke off: {error}"))?
        .to_bytes();
    if !status.is_success() {
        bail!("{address} answered {status}: {}", String::from_utf8_lossy(&body));
    }
    let answer: serde_json::Value = serde_json::from_slice(&body)?;
    Ok(answer["url"].as_str().context("the answer holds no link")?.to_owned())
}
