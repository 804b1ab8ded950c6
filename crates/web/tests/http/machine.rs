//! A captured machine, and how it changes from tick to tick.

use std::time::Duration;

use ramscope_observe::parse::buddyinfo::BuddyZone;
use ramscope_observe::parse::swaps::SwapDevice;
use ramscope_observe::parse::table::Table;
use ramscope_observe::parse::{pressure, vmstat};
use ramscope_observe::rates::Rates;
use ramscope_observe::sampler::{RecorderStatus, Tick};
use ramscope_observe::snapshot::{HugePagePool, Node, Snapshot, Thp, Zram, Zswap};

/// When tick 0 was taken, UTC milliseconds.
pub(crate) const START_MS: i64 = 1_795_317_120_000;

/// The fields of a 16 GiB machine under load, in kB.
const MEMINFO: &[(&str, u64)] = &[
    ("MemTotal", 16_280_000),
    ("MemFree", 1_204_312),
    ("MemAvailable", 9_480_112),
    ("Buffers", 412_080),
    ("Cached", 8_011_240),
    ("SwapCached", 10_240),
    ("Active", 6_200_100),
    ("Inactive", 6_100_900),
    ("Active(anon)", 3_500_000),
    ("Inactive(anon)", 900_000),
    ("Unevictable", 32),
    ("Mlocked", 32),
    ("SwapTotal", 4_194_300),
    ("SwapFree", 3_900_100),
    ("Zswap", 0),
    ("Zswapped", 0),
    ("Dirty", 1_204),
    ("Writeback", 16),
    ("AnonPages", 4_120_300),
    ("Mapped", 900_100),
    ("Shmem", 310_200),
    ("KReclaimable", 620_100),
    ("Slab", 900_200),
    ("SReclaimable", 600_100),
    ("SUnreclaim", 300_100),
    ("KernelStack", 16_400),
    ("PageTables", 44_800),
    ("VmallocUsed", 61_020),
    ("Percpu", 8_192),
    ("AnonHugePages", 1_024_000),
    ("Hugepagesize", 2_048),
    ("Hugetlb", 0),
];

/// A tick of the captured machine: each number that moves moves with `sequence`.
pub(crate) fn tick(sequence: u64) -> Tick {
    let snapshot = snapshot(sequence);
    let rates = match sequence {
        0 | 1 => None,
        _ => Rates::between(&self::snapshot(sequence - 1), &snapshot),
    };
    let recorder = RecorderStatus {
        interval_ms: 1000,
        ticks: sequence,
        recording: true,
        disk_bytes: 40_960 + sequence,
        oldest_ms: Some(START_MS),
        started_ms: START_MS,
        ..RecorderStatus::default()
    };
    Tick { epoch: 7, sequence, snapshot, rates, recorder, ..Tick::default() }
}

/// What the kernel of the captured machine said at tick `sequence`.
pub(crate) fn snapshot(sequence: u64) -> Snapshot {
    let meminfo = Table::from_pairs(
        MEMINFO
            .iter()
            .map(|&(name, kb)| (name, (kb + sequence % 97) * 1024))
            .chain([("HugePages_Total", 4), ("HugePages_Free", 2)]),
    );
    let vmstat = format!(
        "nr_free_pages {}\nnr_zspages 0\npgfault {}\npgmajfault {}\npswpin 100\npswpout 200\n\
         pgscan_kswapd {}\npgsteal_kswapd 12\nworkingset_refault_file 5\noom_kill 1\n",
        301_000 + sequence % 13,
        sequence * 1000,
        sequence * 3,
        sequence * 20
    );
    let pressure = format!(
        "some avg10=1.23 avg60=0.50 avg300=0.10 total={}\nfull avg10=0.40 avg60=0.10 avg300=0.00 total={}\n",
        sequence * 10_000,
        sequence * 4_000
    );
    Snapshot {
        time_ms: START_MS + i64::try_from(sequence).unwrap() * 1000,
        monotonic: Duration::from_secs(sequence),
        page_bytes: 4096,
        meminfo,
        vmstat: vmstat::parse(vmstat.as_bytes()).unwrap(),
        pressure: Some(pressure::parse(pressure.as_bytes()).unwrap()),
        swaps: vec![SwapDevice {
            name: "/dev/sda2".to_owned(),
            kind: "partition".to_owned(),
            size_bytes: 4_194_300 * 1024,
            used_bytes: 294_200 * 1024,
            priority: -2,
        }],
        buddyinfo: vec![BuddyZone {
            node: 0,
            zone: "Normal".to_owned(),
            free_blocks: vec![10, 20, 30, sequence % 7],
        }],
        pcp_free_pages: Some(310),
        nodes: vec![Node {
            id: 0,
            meminfo: Table::from_pairs([("MemTotal", 16_280_000 * 1024)]),
            numastat: Table::from_pairs([("numa_hit", sequence * 100)]),
        }],
        huge_pages: vec![HugePagePool {
            page_bytes: 2 << 20,
            total: 4,
            free: 2,
            reserved: 1,
            surplus: 0,
        }],
        thp: Some(Thp { enabled: "madvise".to_owned(), defrag: "madvise".to_owned() }),
        zswap: Some(Zswap { enabled: false, max_pool_percent: 20 }),
        zram: vec![Zram {
            id: 0,
            orig_data: 4096,
            compr_data: 1024,
            mem_used: 2048,
            ..Zram::default()
        }],
        ksm: Table::from_pairs([("pages_shared", 0)]),
        ..Snapshot::default()
    }
}
