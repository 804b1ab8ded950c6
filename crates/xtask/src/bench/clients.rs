//! 500 clients of the event stream: what they cost the server, and how far apart they are.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use super::measure::Measure;
use super::server::{CpuMeter, Server, percent};
use super::{Bench, http};

const CLIENTS: usize = 500;

/// What every client gets first is over by then.
const WARM_UP: Duration = Duration::from_secs(3);

/// How long they watch.
const WATCH: Duration = Duration::from_secs(20);

/// An event's id is shorter than this; of longer lines only the beginning is kept.
const LINE_MAX: usize = 64;

/// CPU of the server, lateness of the last client behind the first, and whether all got everything.
///
/// # Errors
/// When the server does not start, or drops a client.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let server = Server::start(&bench.binary, &bench.empty_folder("clients")?, "1s")?;
    println!("{CLIENTS} clients watch for {} s", WATCH.as_secs());
    let mut crowd = Crowd::connect(server.address)?;
    crowd.watch(WARM_UP, || Ok(()))?;
    crowd.arrivals.clear();
    let mut meter = CpuMeter::start(server.pid())?;
    let started = Instant::now();
    crowd.watch(WATCH, || meter.look().map(drop))?;
    let cpu = percent(meter.look()?, started.elapsed());
    let resident = server.mebibytes("VmRSS")?;
    let seen = summary(&crowd.arrivals, CLIENTS);
    println!("{} revisions, {} of them seen by all", seen.revisions, seen.complete);
    let missed = f64::from(seen.missed);
    Ok(vec![
        Measure::at_most("500 stream clients at 1 Hz: CPU of a core", cpu, "%", 5.0),
        Measure::at_most(
            "500 stream clients: the last behind the first",
            seen.late_ms,
            "ms",
            100.0,
        ),
        Measure::at_most("500 stream clients: revisions that one of them missed", missed, "", 0.0),
        Measure::told("500 stream clients: the server resident", resident, "MiB"),
    ])
}

/// When a revision reached the first client, when the latest, and how many it reached.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    first: Instant,
    last: Instant,
    clients: usize,
}

/// One connection, and the line that it is in the middle of.
#[derive(Debug)]
struct Client {
    stream: TcpStream,
    line: Vec<u8>,
}

/// All clients, on one thread that sleeps until the kernel has something for one of them.
#[derive(Debug)]
struct Crowd {
    clients: Vec<Client>,
    epoll: rustix::fd::OwnedFd,
    arrivals: BTreeMap<String, Arrival>,
}

impl Crowd {
    fn connect(server: SocketAddr) -> Result<Crowd> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("an epoll")?;
        let mut clients = Vec::with_capacity(CLIENTS);
        for at in 0..CLIENTS {
            let stream = http::open(server, "/api/v1/stream", "HTTP/1.1")
                .with_context(|| format!("client {at} of {CLIENTS}"))?;
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(at as u64);
            epoll::add(&epoll, &stream, data, epoll::EventFlags::IN)?;
            clients.push(Client { stream, line: Vec::new() });
        }
        Ok(Crowd { clients, epoll, arrivals: BTreeMap::new() })
    }

    /// Reads what comes for the time `watch`; calls `each_second` about every second.
    fn watch(
        &mut self,
        watch: Duration,
        mut each_second: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let started = Instant::now();
        let mut next = Duration::from_secs(1);
        let timeout = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        let mut events: Vec<epoll::Event> = Vec::with_capacity(CLIENTS);
        while started.elapsed() < watch {
            events.clear();
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout))?;
            for event in &events {
                let at = usize::try_from(event.data.u64())?;
                self.clients[at]
                    .read(&mut self.arrivals)
                    .with_context(|| format!("client {at}"))?;
            }
            if started.elapsed() >= next {
                each_second()?;
                next += Duration::from_secs(1);
            }
        }
        Ok(())
    }
}

impl Client {
    /// Reads all that is there now.
    fn read(&mut self, arrivals: &mut BTreeMap<String, Arrival>) -> Result<()> {
        let mut bytes = [0; 16 << 10];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => bail!("the server closed the stream"),
                Ok(length) => {
                    let now = Instant::now();
                    ids(&mut self.line, &bytes[..length], |id| arrive(arrivals, id, now));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("reading the stream"),
            }
        }
    }
}

fn arrive(arrivals: &mut BTreeMap<String, Arrival>, id: &str, now: Instant) {
    match arrivals.get_mut(id) {
        Some(arrival) => {
            arrival.last = now;
            arrival.clients += 1;
        }
        None => {
            let arrival = Arrival { first: now, last: now, clients: 1 };
            arrivals.insert(id.to_owned(), arrival);
        }
    }
}

/// Calls `found` with each `id:` whose line ends in `bytes`; `line` holds the beginning of the line
/// that does not end yet. An event is one chunk of the HTTP body, so that the sizes between chunks are
/// lines of their own and need no decoder.
fn ids(line: &mut Vec<u8>, bytes: &[u8], mut found: impl FnMut(&str)) {
    let mut parts = bytes.split(|&byte| byte == b'\n').peekable();
    while let Some(part) = parts.next() {
        let room = LINE_MAX.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(&part[..room]);
        if parts.peek().is_some() {
            let text = std::str::from_utf8(line).unwrap_or_default();
            if let Some(id) = text.strip_prefix("id:") {
                found(id.trim());
            }
            line.clear();
        }
    }
}

/// What came of all arrivals.
#[derive(Debug, PartialEq)]
struct Summary {
    revisions: usize,
    complete: usize,
    /// Revisions that some client did not get; the first and the last, which the watch may have cut
    /// in two, do not count.
    missed: u32,
    /// The worst time from the first client to the last, in milliseconds.
    late_ms: f64,
}

fn summary(arrivals: &BTreeMap<String, Arrival>, clients: usize) -> Summary {
    let mut arrivals: Vec<&Arrival> = arrivals.values().collect();
    arrivals.sort_by_key(|arrival| arrival.first);
    let complete = arrivals.iter().filter(|arrival| arrival.clients >= clients).count();
    let inner = arrivals.get(1..arrivals.len().saturating_sub(1)).unwrap_or(&[]);
    let missed = inner.iter().filter(|arrival| arrival.clients < clients).map(|_| 1).sum();
    let late = inner.iter().map(|arrival| arrival.last - arrival.first).max().unwrap_or_default();
    Summary { revisions: arrivals.len(), complete, missed, late_ms: late.as_secs_f64() * 1e3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_wherever_the_bytes_were_cut() {
        let stream =
            "8\r\nevent: change\nid: 5-17\ndata: {\"id\": 1}\n\n\r\n9\r\n: hi\n\nid:5-18\n\n";
        for cut in 0..stream.len() {
            let (mut line, mut seen) = (Vec::new(), Vec::new());
            for part in [&stream[..cut], &stream[cut..]] {
                ids(&mut line, part.as_bytes(), |id| seen.push(id.to_owned()));
            }
            assert_eq!(seen, ["5-17", "5-18"], "cut at {cut}");
        }
    }

    #[test]
    fn a_long_line_is_not_kept() {
        let mut line = Vec::new();
        ids(&mut line, &[b'x'; 5000], |_| {});
        assert_eq!(line.len(), LINE_MAX);
    }

    #[test]
    fn the_worst_lateness_and_what_was_missed_come_out() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let arrival = |first, last, clients| Arrival { first: at(first), last: at(last), clients };
        let arrivals = BTreeMap::from([
            ("1-1".to_owned(), arrival(0, 900, 1)),
            ("1-2".to_owned(), arrival(1000, 1012, 2)),
            ("1-3".to_owned(), arrival(2000, 2040, 1)),
            ("1-4".to_owned(), arrival(3000, 3900, 1)),
        ]);
        let seen = summary(&arrivals, 2);
        assert_eq!((seen.revisions, seen.complete, seen.missed), (4, 1, 1));
        assert!((seen.late_ms - 40.0).abs() < 1e-9);
    }
}
