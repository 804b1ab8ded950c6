//! Processes on the page of metrics: sums by application, the largest ones by name and the rest as "other". No metric has a
//! process id in it, which would make a series a process.

use std::collections::HashMap;

use ramscope_observe::processes::{Process, ProcessTable};

use super::{Exposition, Kind};

/// What the applications beyond the named ones are called.
const OTHER: &str = "other";

/// One amount of an application: its name, what it is, and where it stands in a process.
type Amount = (&'static str, &'static str, fn(&Process) -> u64);

const AMOUNTS: [Amount; 4] = [
    (
        "application_rss_bytes",
        "Resident sets of the processes of an application; pages that several share are counted several times",
        |process| process.rss_bytes,
    ),
    (
        "application_anon_bytes",
        "Resident anonymous memory of the processes of an application",
        |process| process.anon_bytes,
    ),
    ("application_swap_bytes", "Anonymous memory of an application that is in swap", |process| {
        process.swap_bytes
    }),
    ("application_processes", "Processes of an application", |_| 1),
];

impl Exposition {
    /// The `top` applications with the largest resident sets, and all others together.
    pub(super) fn processes(&mut self, table: &ProcessTable, top: usize) {
        self.gauge("processes", "Processes, threads of the kernel left out", table.seen());
        self.gauge("threads", "Threads of all processes", table.threads());
        if let Some(forks) = table.forks {
            let help = "Processes and threads started since the machine did";
            self.counter("forks_total", help, forks);
        }
        let named = largest(table, top);
        for (name, help, amount) in AMOUNTS {
            let mut sums = vec![0_u64; named.len()];
            let mut other = 0_u64;
            for process in ours(table) {
                let place = named.get(process.identity.application());
                let sum = place.map_or(&mut other, |place| &mut sums[*place]);
                *sum = sum.saturating_add(amount(process));
            }
            self.head(name, Kind::Gauge, help);
            let mut order: Vec<_> = named.iter().collect();
            order.sort_unstable();
            for (application, place) in order {
                self.sample(name, &[("application", application)], sums[*place]);
            }
            self.sample(name, &[("application", OTHER)], other);
        }
    }
}

fn ours(table: &ProcessTable) -> impl Iterator<Item = &Process> {
    table.processes.iter().filter(|process| !process.identity.is_kernel)
}

/// The largest applications, each with its place. One that is itself called "other" is among the others.
fn largest(table: &ProcessTable, top: usize) -> HashMap<&str, usize> {
    let mut sums: HashMap<&str, u64> = HashMap::new();
    for process in ours(table).filter(|process| process.identity.application() != OTHER) {
        let sum = sums.entry(process.identity.application()).or_default();
        *sum = sum.saturating_add(process.rss_bytes);
    }
    let mut order: Vec<_> = sums.into_iter().collect();
    order.sort_unstable_by_key(|(name, sum)| (std::cmp::Reverse(*sum), *name));
    order.into_iter().take(top).enumerate().map(|(place, (name, _))| (name, place)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use ramscope_observe::processes::Identity;

    #[test]
    fn the_largest_applications_are_named_and_the_rest_is_other() {
        let process = |command: &str, rss_bytes| Process {
            identity: Arc::new(Identity { command: command.into(), ..Identity::default() }),
            rss_bytes,
            ..Process::default()
        };
        let processes = vec![
            process("b", 5),
            process("a", 4),
            process("b", 1),
            process("other", 9),
            process("c", 2),
        ];
        let table = ProcessTable { processes, ..ProcessTable::default() };
        let mut page = Exposition::default();
        page.processes(&table, 2);
        let lines: Vec<_> = page.text.lines().filter(|line| line.contains("_rss_bytes{")).collect();
        assert_eq!(
            lines,
            [
                "ramscope_application_rss_bytes{application=\"a\"} 4",
                "ramscope_application_rss_bytes{application=\"b\"} 6",
                "ramscope_application_rss_bytes{application=\"other\"} 11",
            ]
        );
        assert!(!page.text.contains("pid"));
    }
}
