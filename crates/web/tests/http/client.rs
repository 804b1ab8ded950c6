//! A client that says exactly what it is told, byte for byte, and understands just enough of the answer.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Nothing on loopback takes this long; a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer, with its body out of its chunks.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The `detail` of a problem, whose shape is checked on the way.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        for member in ["type", "title", "instance"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// Sends `bytes` and reads until the server closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("no answer");
    if answer.is_empty() {
        read.unwrap();
    }
    answer
}

/// Sends one request with these headers besides `Host` and `Connection: close`.
pub(crate) async fn ask(address: SocketAddr, line: &str, headers: &[(&str, &str)]) -> Answer {
    let host = ("Host", address.to_string());
    let named = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
    if !named {
        request += &format!("{}: {}\r\n", host.0, host.1);
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    parse(&exchange(address, (request + "\r\n").as_bytes()).await)
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path}"), &[]).await
}

/// The one answer in `bytes`.
#[track_caller]
pub(crate) fn parse(bytes: &[u8]) -> Answer {
    let end = find(bytes, b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap_or((head, ""));
    let headers: Vec<(String, String)> = rest
        .lines()
        .map(|header| header.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, headers, body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        let mut body = Vec::new();
        let mut rest = answer.body.as_slice();
        while let Some((chunk, after)) = chunk(rest) {
            body.extend_from_slice(chunk);
            rest = after;
        }
        answer.body = body;
    }
    answer
}

/// The first chunk of a chunked body, and what follows it; `None` where it is not complete.
fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = find(bytes, b"\r\n")?;
    let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?, 16).unwrap();
    let start = end + 2;
    (bytes.len() >= start + size + 2)
        .then(|| (&bytes[start..start + size], &bytes[start + size + 2..]))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// One server-sent event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// An open event stream.
pub(crate) struct Events {
    stream: TcpStream,
    /// What was read and is not a whole chunk yet.
    raw: Vec<u8>,
    /// The chunks' content that is not a whole block yet.
    text: String,
    /// Bytes read from the socket.
    pub(crate) received: usize,
    ended: bool,
}

impl Events {
    /// Opens the stream, naming `held` as the last event if there is one.
    pub(crate) async fn open(address: SocketAddr, held: Option<&str>) -> Events {
        Events::open_with_buffer(address, held, None).await
    }

    /// Opens another stream than that of memory, with the token.
    pub(crate) async fn open_path(address: SocketAddr, path: &str, token: &str) -> Events {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Events { stream, raw: Vec::new(), text: String::new(), received: 0, ended: false }
    }

    /// Opens the stream with a kernel buffer of `bytes` at the reading end.
    pub(crate) async fn open_with_buffer(
        address: SocketAddr,
        held: Option<&str>,
        bytes: Option<u32>,
    ) -> Events {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = bytes {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        let mut stream = socket.connect(address).await.unwrap();
        let last = held.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let request = format!("GET /api/v1/stream HTTP/1.1\r\nHost: {address}\r\n{last}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Events { stream, raw: Vec::new(), text: String::new(), received: 0, ended: false }
    }

    /// Reads the head, and the `retry:` that every stream begins with.
    pub(crate) async fn begin(&mut self) -> Answer {
        while find(&self.raw, b"\r\n\r\n").is_none() {
            self.read().await;
        }
        let end = find(&self.raw, b"\r\n\r\n").unwrap() + 4;
        let head = parse(&self.raw[..end]);
        self.raw.drain(..end);
        assert_eq!(self.block().await.as_deref(), Some("retry: 1000"));
        head
    }

    /// The next block of lines, or `None` at the stream's proper end.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let found = block.to_owned();
                self.text = rest.to_owned();
                return Some(found);
            }
            if self.ended {
                return None;
            }
            match chunk(&self.raw) {
                Some((content, rest)) => {
                    self.ended = content.is_empty();
                    self.text += std::str::from_utf8(content).unwrap();
                    self.raw = rest.to_vec();
                }
                None => self.read().await,
            }
        }
    }

    /// Reads whatever comes until the connection is gone; gives the sequence of the last event.
    pub(crate) async fn until_cut_off(&mut self) -> u64 {
        let mut all = std::mem::take(&mut self.raw);
        let before = all.len();
        let read = async { while let Ok(1..) = self.stream.read_buf(&mut all).await {} };
        timeout(PATIENCE, read).await.expect("the stream goes on");
        self.received += all.len() - before;
        assert!(!all.ends_with(b"0\r\n\r\n"), "the stream ended properly");
        let text = String::from_utf8_lossy(&all);
        let mut ids = text.lines().filter_map(|line| line.strip_prefix("id: 7-"));
        ids.next_back().and_then(|id| id.parse().ok()).unwrap()
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        let block = self.block().await.expect("the stream ended");
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {block}")).to_owned()
        };
        Event {
            name: field("event: "),
            id: field("id: "),
            data: serde_json::from_str(&field("data: ")).unwrap(),
        }
    }

    async fn read(&mut self) {
        let count =
            timeout(PATIENCE, self.stream.read_buf(&mut self.raw)).await.expect("silence").unwrap();
        assert!(count > 0, "the stream was cut off");
        self.received += count;
    }
}

/// RFC 7396, section 2, word for word.
pub(crate) fn apply(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name).unwrap_or(Value::Null);
            target.insert(name.clone(), apply(old, value));
        }
    }
    Value::Object(target)
}
