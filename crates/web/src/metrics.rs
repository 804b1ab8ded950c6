//! `GET /metrics`: the newest sample for Prometheus, in text format 0.0.4.
//!
//! Names begin with `ramscope_`, units are base units (bytes, seconds), counters end in `_total`. A file or
//! field that this kernel lacks is a missing series.

mod processes;

use std::fmt::{self, Display, Write};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ramscope_observe::cgroups::{CgroupTable, Question, Slot, Sort};
use ramscope_observe::parse::pressure::{Pressure, Stall};
use ramscope_observe::sampler::{RecorderStatus, Tick};
use ramscope_observe::snapshot::Snapshot;
use ramscope_observe::watch::Watched;
use ramscope_observe::{Ledger, Memory};

use crate::app::App;
use crate::problem::LabsOnly;

/// The format's own name.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The fields of /proc/vmstat that are shown: field, name, and what it counts.
const VMSTAT: [(&str, &str, &str); 14] = [
    ("pgfault", "page_faults", "Page faults, major ones included"),
    ("pgmajfault", "major_page_faults", "Page faults that waited for a disk"),
    ("pswpin", "swapped_in_pages", "Pages read from swap"),
    ("pswpout", "swapped_out_pages", "Pages written to swap"),
    ("pgscan_kswapd", "kswapd_scanned_pages", "Pages looked at by background reclaim"),
    (
        "pgscan_direct",
        "direct_scanned_pages",
        "Pages looked at by reclaim that a program had to wait for",
    ),
    ("pgsteal_kswapd", "kswapd_reclaimed_pages", "Pages freed by background reclaim"),
    (
        "pgsteal_direct",
        "direct_reclaimed_pages",
        "Pages freed by reclaim that a program had to wait for",
    ),
    (
        "workingset_refault_anon",
        "refaulted_anon_pages",
        "Anonymous pages needed again soon after reclaim",
    ),
    (
        "workingset_refault_file",
        "refaulted_file_pages",
        "File pages needed again soon after reclaim",
    ),
    ("compact_stall", "compaction_stalls", "Times a program had to wait for compaction"),
    ("thp_fault_alloc", "thp_faults", "Huge pages given at a page fault"),
    (
        "thp_fault_fallback",
        "thp_fault_fallbacks",
        "Page faults that wanted a huge page and got small ones",
    ),
    ("oom_kill", "oom_kills", "Processes killed by the out-of-memory killer"),
];

/// Scrape the newest sample with Prometheus.
///
/// Before the first sample there is only `ramscope_build_info`.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "live",
    responses(
        (status = 200, description = "Prometheus text format 0.0.4", content_type = "text/plain", body = String),
        LabsOnly,
    )
)]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut page = Exposition::default();
    page.head("build_info", Kind::Gauge, "The version that runs; always 1");
    page.sample("build_info", &[("version", &app.settings.version)], 1);
    if let Ok(frame) = app.live.frame() {
        page.tick(frame.tick());
        let settings = app.settings.processes.as_ref();
        if let (Some(table), Some(settings)) = (&frame.tick().processes, settings) {
            page.processes(table, settings.metrics_top);
        }
    }
    page.watched(app.live.watched());
    ([(CONTENT_TYPE, FORMAT), (CACHE_CONTROL, "no-store")], page.text).into_response()
}

/// Control groups that are shown, those with least room first.
const CGROUPS: usize = 20;

/// One amount of a control group.
type CgroupAmount = fn(&CgroupTable, Slot) -> Option<u64>;

/// How the values of a metric relate to one another.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Gauge,
    Counter,
}

/// The text as it grows.
#[derive(Debug, Default)]
struct Exposition {
    text: String,
}

impl Exposition {
    /// What is watched beside the ticks: the end of memory where there is one, and the groups that have least room.
    fn watched(&mut self, watched: &Watched) {
        let outlook = watched.outlook();
        let system = outlook.as_deref().and_then(|outlook| outlook.system.as_ref());
        if let Some(end) = system.and_then(|system| system.forecast.end) {
            let help = "Time until memory and swap of the machine are used up, at the present pace";
            self.gauge("forecast_out_of_memory_seconds", help, end.after.as_secs());
        }
        let Some(table) = watched.cgroups() else { return };
        self.gauge("cgroups", "Control groups that there are", table.len());
        let question =
            Question { sort: Sort::Room, limited: true, limit: CGROUPS, ..Question::default() };
        let slots = question.select(&table).unwrap_or_default().slots;
        let amounts: [(&str, Kind, &str, CgroupAmount); 3] = [
            (
                "cgroup_memory_bytes",
                Kind::Gauge,
                "What a control group with a limit uses, those with least room first",
                |table, slot| table.get(slot)?.current_bytes,
            ),
            (
                "cgroup_limit_bytes",
                Kind::Gauge,
                "The limit that binds a control group: the least of its chain",
                |table, slot| Some(table.binding(slot)?.limit_bytes),
            ),
            (
                "cgroup_oom_kills_total",
                Kind::Counter,
                "Processes killed in a control group for want of memory",
                |table, slot| table.get(slot)?.reading.as_deref()?.events.oom_kill,
            ),
        ];
        for (name, kind, help, amount) in amounts {
            let values: Vec<(String, u64)> = slots
                .iter()
                .filter_map(|slot| Some((table.path(*slot), amount(&table, *slot)?)))
                .collect();
            if !values.is_empty() {
                self.head(name, kind, help);
                values
                    .iter()
                    .for_each(|(path, value)| self.sample(name, &[("cgroup", path)], value));
            }
        }
    }

    fn tick(&mut self, tick: &Tick) {
        let snapshot = &tick.snapshot;
        self.gauge(
            "sample_timestamp_seconds",
            "When the sample was taken",
            Thousandth(snapshot.time_ms),
        );
        self.memory(&Memory::of(snapshot));
        self.ledger(&Ledger::of(snapshot));
        if let Some(pressure) = &snapshot.pressure {
            self.pressure(pressure);
        }
        self.kernel(snapshot);
        self.recorder(&tick.recorder);
    }

    fn memory(&mut self, memory: &Memory) {
        for (name, help, bytes) in [
            ("memory_total_bytes", "Memory that the kernel manages", memory.total_bytes),
            ("memory_used_bytes", "Total less available", memory.used_bytes),
            ("memory_free_bytes", "Memory that holds nothing", memory.free_bytes),
            (
                "memory_available_bytes",
                "What new programs can take without swapping",
                memory.available_bytes,
            ),
            ("memory_buffers_bytes", "Cached blocks of block devices", memory.buffers_bytes),
            (
                "memory_cached_bytes",
                "Cached file pages, shared memory included",
                memory.cached_bytes,
            ),
            ("memory_shared_bytes", "tmpfs and shared anonymous memory", memory.shared_bytes),
            ("swap_total_bytes", "Swap space", memory.swap_total_bytes),
            ("swap_used_bytes", "Swap space that holds something", memory.swap_used_bytes),
            ("swap_free_bytes", "Swap space that holds nothing", memory.swap_free_bytes),
        ] {
            self.gauge(name, help, bytes);
        }
    }

    fn ledger(&mut self, ledger: &Ledger) {
        self.head(
            "ledger_bytes",
            Kind::Gauge,
            "Where the memory went, in parts that do not overlap",
        );
        for part in ledger.parts() {
            self.sample("ledger_bytes", &[("part", part.key)], part.bytes);
        }
        self.gauge(
            "ledger_unaccounted_bytes",
            "Memory in none of the parts",
            ledger.unaccounted_bytes(),
        );
        self.gauge(
            "ledger_overlap_bytes",
            "By how much the parts exceed the total",
            ledger.overlap_bytes(),
        );
    }

    fn pressure(&mut self, pressure: &Pressure) {
        let kinds = || [("some", Some(&pressure.some)), ("full", pressure.full.as_ref())];
        let stalls = || kinds().into_iter().filter_map(|(kind, stall)| Some((kind, stall?)));
        let name = "pressure_stall_seconds_total";
        self.head(
            name,
            Kind::Counter,
            "Time in which some task, or all of them, waited for memory",
        );
        for (kind, stall) in stalls() {
            self.sample(name, &[("kind", kind)], Millionth(stall.total_us));
        }
        let name = "pressure_stall_ratio";
        self.head(name, Kind::Gauge, "Share of the last seconds in which tasks waited for memory");
        for (kind, stall) in stalls() {
            for (window, share) in windows(stall) {
                self.sample(name, &[("kind", kind), ("window", window)], f64::from(share) / 1e4);
            }
        }
    }

    fn kernel(&mut self, snapshot: &Snapshot) {
        self.head("meminfo_bytes", Kind::Gauge, "Every field of /proc/meminfo that is an amount");
        for (field, value) in snapshot.meminfo.iter().filter(|(field, _)| is_amount(field)) {
            self.sample("meminfo_bytes", &[("field", field)], value);
        }
        if !snapshot.huge_pages.is_empty() {
            self.huge_pages(snapshot);
        }
        for (field, name, help) in VMSTAT {
            if let Some(value) = snapshot.vmstat.get(field) {
                self.counter(&format!("{name}_total"), help, value);
            }
        }
    }

    fn huge_pages(&mut self, snapshot: &Snapshot) {
        self.head("huge_pages", Kind::Gauge, "Pages in the pools of huge pages");
        for pool in &snapshot.huge_pages {
            let size = pool.page_bytes.to_string();
            for (state, pages) in [
                ("total", pool.total),
                ("free", pool.free),
                ("reserved", pool.reserved),
                ("surplus", pool.surplus),
            ] {
                self.sample("huge_pages", &[("page_bytes", &size), ("state", state)], pages);
            }
        }
    }

    fn recorder(&mut self, status: &RecorderStatus) {
        self.gauge(
            "recorder_interval_seconds",
            "The time between two samples",
            Millionth(status.interval_ms.saturating_mul(1000)),
        );
        self.gauge(
            "recorder_recording",
            "1 while samples are being written",
            u8::from(status.recording),
        );
        self.gauge("recorder_disk_bytes", "Size of the history on disk", status.disk_bytes);
        self.counter("recorder_ticks_total", "Samples taken", status.ticks);
        self.counter("recorder_late_ticks_total", "Samples that began too late", status.late);
        self.counter(
            "recorder_missed_ticks_total",
            "Samples whose time passed without them",
            status.missed,
        );
        self.counter("recorder_lost_samples_total", "Samples that were not written", status.lost);
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, Kind::Gauge, help);
        self.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, Kind::Counter, help);
        self.sample(name, &[], value);
    }

    fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        self.line(format_args!("# HELP ramscope_{name} {help}\n# TYPE ramscope_{name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.line(format_args!("ramscope_{name}{} {value}", Labels(labels)));
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        // Writing into a String never fails.
        let _ = writeln!(self.text, "{line}");
    }
}

/// Whether a field of /proc/meminfo is an amount of memory: all are but the counts of huge pages.
fn is_amount(field: &str) -> bool {
    !field.starts_with("HugePages_")
}

fn windows(stall: &Stall) -> [(&'static str, u32); 3] {
    [("10s", stall.avg10), ("60s", stall.avg60), ("300s", stall.avg300)]
}

/// Labels between braces, or nothing.
struct Labels<'a>(&'a [(&'a str, &'a str)]);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            write!(f, "{}{name}=\"{value}\"", if index == 0 { '{' } else { ',' })?;
        }
        if self.0.is_empty() { Ok(()) } else { f.write_char('}') }
    }
}

/// Milliseconds, written as seconds without a loss.
struct Thousandth(i64);

impl Display for Thousandth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let ms = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:03}", ms / 1000, ms % 1000)
    }
}

/// Microseconds, written as seconds without a loss.
struct Millionth(u64);

impl Display for Millionth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_without_a_loss() {
        assert_eq!(Millionth(1_234_567).to_string(), "1.234567");
        assert_eq!(Millionth(u64::MAX).to_string(), "18446744073709.551615");
        assert_eq!(Thousandth(1_795_317_120_005).to_string(), "1795317120.005");
        assert_eq!(Thousandth(-1500).to_string(), "-1.500");
    }

    #[test]
    fn a_label_may_hold_anything() {
        assert_eq!(Labels(&[]).to_string(), "");
        let labels = [("a", "x\\y\"z\n"), ("b", "")];
        assert_eq!(Labels(&labels).to_string(), "{a=\"x\\\\y\\\"z\\n\",b=\"\"}");
    }

    #[test]
    fn a_machine_without_any_file_has_a_page_all_the_same() {
        let mut page = Exposition::default();
        page.tick(&Tick::default());
        assert!(page.text.contains("ramscope_memory_total_bytes 0\n"), "{}", page.text);
        assert!(!page.text.contains("pressure"));
    }
}
