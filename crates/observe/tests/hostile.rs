//! Real kernel files with damage, and no kernel files at all: an error or a value, never a panic.

use std::path::Path;

use proptest::prelude::*;
use ramscope_observe::parse::table::{Change, Table};
use ramscope_observe::parse::{
    buddyinfo, meminfo, node, pressure, scalar, swaps, thp, vmstat, zoneinfo, zram,
};

const MACHINE: &str = "linux-6.6-two-nodes-under-pressure";

fn content(path: &str) -> Vec<u8> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(MACHINE);
    std::fs::read(data.join(path)).expect("a file of the captured machine")
}

/// What may happen to a file: bytes overwritten, its end cut off, a piece doubled.
#[derive(Clone, Debug)]
struct Damage {
    overwritten: Vec<(prop::sample::Index, u8)>,
    end: Option<prop::sample::Index>,
    doubled: Option<(prop::sample::Index, usize)>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![Just(b'\n'), Just(b' '), Just(b'9'), Just(b':'), any::<u8>()];
    let overwritten = prop::collection::vec((any::<prop::sample::Index>(), byte), 0..4);
    let end = prop::option::of(any::<prop::sample::Index>());
    let doubled = prop::option::of((any::<prop::sample::Index>(), 0..200usize));
    (overwritten, end, doubled).prop_map(|(overwritten, end, doubled)| Damage {
        overwritten,
        end,
        doubled,
    })
}

impl Damage {
    fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for (index, byte) in &self.overwritten {
            let at = index.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some((index, length)) = &self.doubled {
            let from = index.index(bytes.len());
            let piece = bytes[from..bytes.len().min(from + length)].to_vec();
            bytes.splice(from..from, piece);
        }
        if let Some(index) = &self.end {
            bytes.truncate(index.index(bytes.len()));
        }
        bytes
    }
}

/// A reading in place must end where a fresh one ends, whatever was read before.
fn check_table(
    path: &str,
    damage: &Damage,
    update: impl Fn(&mut Table, &[u8]) -> Result<Change, ramscope_observe::parse::ParseError>,
) -> Result<(), TestCaseError> {
    let (whole, damaged) = (content(path), damage.apply(content(path)));
    let (mut again, mut fresh) = (Table::default(), Table::default());
    let _ = update(&mut again, &whole);
    let (second, first) = (update(&mut again, &damaged), update(&mut fresh, &damaged));
    prop_assert_eq!(second.err(), first.err());
    prop_assert_eq!(again, fresh);
    Ok(())
}

proptest! {
    #[test]
    fn damaged_tables_read_again_as_they_read_afresh(damage in damage()) {
        check_table("proc/meminfo", &damage, meminfo::update)?;
        check_table("proc/vmstat", &damage, vmstat::update)?;
        let folder = "sys/devices/system/node/node1";
        check_table(&format!("{folder}/numastat"), &damage, node::update_numastat)?;
        check_table(&format!("{folder}/meminfo"), &damage, |table, bytes| {
            node::update_meminfo(table, bytes, "Node 1 ")
        })?;
    }

    #[test]
    fn other_damaged_files_never_panic(damage in damage()) {
        let bytes = |path| damage.apply(content(path));
        let _ = pressure::parse(&bytes("proc/pressure/memory"));
        let _ = swaps::parse(&bytes("proc/swaps"));
        let _ = buddyinfo::parse(&bytes("proc/buddyinfo"));
        let _ = zoneinfo::pcp_free_pages(&bytes("proc/zoneinfo"));
        let _ = zram::mm_stat(&bytes("sys/block/zram0/mm_stat"));
        let _ = thp::chosen(&bytes("sys/kernel/mm/transparent_hugepage/defrag"));
        let _ = node::online(&bytes("sys/devices/system/node/online"));
        let _ = scalar::number(&bytes("sys/kernel/mm/ksm/pages_shared"), "pages_shared");
        let _ = scalar::flag(&bytes("sys/module/zswap/parameters/enabled"), "enabled");
    }

    #[test]
    fn noise_is_an_error_or_a_value(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = meminfo::parse(&bytes);
        let _ = vmstat::parse(&bytes);
        let _ = scalar::number(&bytes, "noise");
        let _ = scalar::flag(&bytes, "noise");
    }
}
