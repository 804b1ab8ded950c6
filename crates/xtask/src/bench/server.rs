//! A release server of our own: started on loopback with its own data, watched, and ended.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::http;

/// How long a start or an end may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; dropping it kills it.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where it serves.
    pub(super) address: SocketAddr,
    /// The link that it printed, with whatever lets a browser in.
    pub(super) link: String,
}

impl Server {
    /// Starts `binary` on a free port and waits for its first sample.
    ///
    /// # Errors
    /// When it does not start, prints no address, or has no sample in time.
    pub(super) fn start(binary: &Path, data: &Path, interval: &str) -> Result<Server> {
        let log = data.with_extension("log");
        let log = fs::File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--interval", interval, "--data-dir"])
            .arg(data)
            // Nothing that this user set for their own server may change what is measured.
            .env_clear()
            .env("HOME", data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let printed = child.stdout.take().context("the server has no standard output")?;
        let server = link(printed).and_then(|link| Ok((address(&link)?, link)));
        match server {
            Ok((address, link)) => {
                let server = Server { child, address, link };
                server.wait_for_sample()?;
                Ok(server)
            }
            Err(error) => {
                child.kill().and_then(|()| child.wait()).context("ending a server that failed")?;
                Err(error)
            }
        }
    }

    fn wait_for_sample(&self) -> Result<()> {
        let started = Instant::now();
        while let Err(error) = http::json(self.address, "/data") {
            if started.elapsed() > PATIENCE {
                return Err(error.context("the server has no sample"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as Ctrl-C does; returns how long that took.
    ///
    /// # Errors
    /// When it cannot be signalled or does not end.
    pub(super) fn interrupt(mut self) -> Result<Duration> {
        let started = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::INT).context("signalling the server")?;
        while self.child.try_wait()?.is_none() {
            if started.elapsed() > PATIENCE {
                bail!("the server did not end on SIGINT within {} s", PATIENCE.as_secs());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(started.elapsed())
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    /// When it is not ours to kill any more.
    pub(super) fn kill(mut self) -> Result<()> {
        self.child.kill().and_then(|()| self.child.wait()).context("killing the server")?;
        Ok(())
    }

    /// A line of `/proc/PID/status` that is in kB, in MiB.
    ///
    /// # Errors
    /// When the server is gone or the kernel does not tell.
    pub(super) fn mebibytes(&self, key: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let value = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        let kib: f64 = value
            .and_then(|value| value.split_whitespace().next())
            .with_context(|| format!("no {key} in its status"))?
            .parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then both fail, and that is as it should be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first address in what the server prints. The rest is read and dropped on a thread of its own,
/// or the server would wait for a reader one day.
fn link(printed: impl std::io::Read + Send + 'static) -> Result<String> {
    let mut lines = BufReader::new(printed).lines();
    let first =
        lines.next().context("the server printed nothing; its log stands beside its data")??;
    thread::spawn(move || lines.for_each(drop));
    let at = first.find("http://").with_context(|| format!("no address in {first:?}"))?;
    Ok(first[at..].split_whitespace().next().unwrap_or_default().to_owned())
}

fn address(link: &str) -> Result<SocketAddr> {
    let authority = link.trim_start_matches("http://").split(['/', '?', '#']).next();
    authority.unwrap_or_default().parse().with_context(|| format!("no address and port in {link}"))
}

/// The CPU time of a process, thread by thread, in nanoseconds.
///
/// `schedstat` counts to the nanosecond, where `stat` counts in ticks of 10 ms: too coarse for a server
/// that needs less than one a second. A thread that ended keeps what it had when it was last seen.
#[derive(Debug)]
pub(super) struct CpuMeter {
    pid: u32,
    threads: BTreeMap<String, u64>,
    before: u64,
}

impl CpuMeter {
    /// Counts from now on.
    ///
    /// # Errors
    /// When the process is gone.
    pub(super) fn start(pid: u32) -> Result<CpuMeter> {
        let mut meter = CpuMeter { pid, threads: BTreeMap::new(), before: 0 };
        meter.before = meter.look()?;
        Ok(meter)
    }

    /// The CPU time since the start. To be asked every second or so, for the threads that end.
    ///
    /// # Errors
    /// When the process is gone.
    pub(super) fn look(&mut self) -> Result<u64> {
        let tasks = format!("/proc/{}/task", self.pid);
        for task in fs::read_dir(&tasks).with_context(|| format!("reading {tasks}"))? {
            let task = task?;
            // A thread may end between the listing and the reading.
            let Ok(schedstat) = fs::read_to_string(task.path().join("schedstat")) else { continue };
            let ran = schedstat.split(' ').next().and_then(|ran| ran.parse().ok());
            let ran = ran.context("no schedstat of threads: the kernel lacks CONFIG_SCHED_INFO")?;
            self.threads.insert(task.file_name().to_string_lossy().into_owned(), ran);
        }
        Ok(self.threads.values().sum::<u64>() - self.before)
    }
}

/// `nanoseconds` of CPU within `wall` as percent of one core.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes fit a double exactly")]
pub(super) fn percent(nanoseconds: u64, wall: Duration) -> f64 {
    nanoseconds as f64 / 1e9 / wall.as_secs_f64() * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_printed_link() {
        for (link, address_of) in [
            ("http://127.0.0.1:7070/", "127.0.0.1:7070"),
            ("http://127.0.0.1:41000/?token=abc", "127.0.0.1:41000"),
            ("http://[::1]:80#token=abc", "[::1]:80"),
        ] {
            assert_eq!(address(link).expect("it has one").to_string(), address_of);
        }
        assert!(address("http://example.org/").is_err());
    }

    #[test]
    fn the_link_is_the_first_address_of_the_first_line() {
        let printed: &[u8] = b"ramscope is watching: http://127.0.0.1:1/?t=a\nssh -L http://no\n";
        assert_eq!(link(printed).expect("there is one"), "http://127.0.0.1:1/?t=a");
    }

    #[test]
    fn a_core_used_half_of_the_time_is_fifty_percent() {
        assert!((percent(500_000_000, Duration::from_secs(1)) - 50.0).abs() < 1e-9);
    }
}
