//! Too much, too slow, and nonsense.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::client::{ask, exchange, get, parse};
use crate::server::TestServer;

#[tokio::test]
async fn a_body_of_a_gibibyte_is_refused_before_it_is_read() {
    let server = TestServer::start_sampled().await;
    let head = format!(
        "POST /api/v1/session/link HTTP/1.1\r\nHost: {}\r\nContent-Length: 1073741824\r\n\r\n",
        server.address
    );
    let only_head = parse(&exchange(server.address, head.as_bytes()).await);
    assert_eq!(only_head.status, 413);
    assert!(only_head.problem().contains("1073741824 bytes"), "{only_head:?}");
    // A client that sends on without looking still gets to see the answer.
    let mut request = head.into_bytes();
    request.resize(request.len() + 300_000, b'x');
    assert_eq!(parse(&exchange(server.address, &request).await).status, 413);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_dropped_after_ten_seconds() {
    let server = TestServer::start().await;
    for beginning in ["", "GET /data HTTP/1.1\r\nHost: loc"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let start = Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(start.elapsed().as_secs(), 10, "{beginning:?}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_asks_nothing_more_is_closed_after_ten_seconds() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let start = Instant::now();
    stream.write_all(request.repeat(2).as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    assert_eq!(String::from_utf8(answers).unwrap().matches("HTTP/1.1 200").count(), 2);
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let server = TestServer::start().await;
    let long = "x".repeat(40_000);
    let answer = ask(server.address, "GET /data", &[("X-Long", &long)]).await;
    assert_eq!(answer.status, 431);
    let many: Vec<(String, &str)> = (0..200).map(|index| (format!("X-{index}"), "1")).collect();
    let many: Vec<(&str, &str)> =
        many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(ask(server.address, "GET /data", &many).await.status, 431);
    let path = format!("GET /{}", "x".repeat(20_000));
    assert_eq!(ask(server.address, &path, &[]).await.status, 404);
}

#[tokio::test]
async fn nonsense_is_survived() {
    let server = TestServer::start_sampled().await;
    let host = format!("Host: {}\r\n", server.address);
    let requests: [Vec<u8>; 12] = [
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(40),
        vec![0; 70_000],
        vec![0xff; 1000],
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        format!("GET /%00%ff%zz?series=%ff%00 HTTP/1.1\r\n{host}Connection: close\r\n\r\n").into(),
        format!("GET /api/v1/history?{}=1 HTTP/1.1\r\n{host}Connection: close\r\n\r\n", "%41".repeat(9000)).into(),
        format!("GET //../../etc/passwd HTTP/1.1\r\n{host}Connection: close\r\n\r\n").into(),
        format!("GET /data HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n").into(),
        format!("POST /data HTTP/1.1\r\n{host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").into(),
        format!("GET /data HTTP/1.1\r\n{host}Range: bytes=0-\r\nConnection: close\r\n\r\n").into(),
    ];
    for request in requests {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let _ = stream.write_all(&request).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 5"), "{:?}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(get(server.address, "/data").await.status, 200);
}

#[tokio::test]
async fn three_thousand_connections_are_bounded_and_the_next_one_is_answered() {
    let files = allow_open_files();
    // Both ends of every connection are in this process.
    let connections = 3000.min((files - 200) / 2);
    assert!(
        connections > 2100,
        "{files} open files are not enough for this test: raise `ulimit -Hn`"
    );
    let server = TestServer::start_sampled().await;
    let mut open = Vec::new();
    let mut refused = 0;
    for index in 0..connections {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if index < 2000 {
            // Taken one by one: an answer shows that the server has it.
            let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut first = [0; 12];
            stream.read_exact(&mut first).await.unwrap();
            assert_eq!(&first, b"HTTP/1.1 200");
            open.push(stream);
            continue;
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        if !answer.is_empty() {
            let answer = parse(&answer);
            assert_eq!(answer.status, 503);
            assert_eq!(
                answer.header("content-length"),
                Some(answer.body.len().to_string().as_str())
            );
            refused += 1;
        }
    }
    assert!(refused > 0);
    drop(open);
    // The server learns of the closed ones as it reads them; until then it may say so once more.
    while get(server.address, "/healthz").await.status != 200 {}
}

/// Raises the limit of open files as far as this process may, and gives it.
fn allow_open_files() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(u64::MAX).min(16_384);
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).unwrap();
    usize::try_from(wanted).unwrap()
}
