//! Cachegrind's counts of a TLB, from the folder that `RAMSCOPE_GOLDENS` names.

use std::fs::File;
use std::io::Read;

use flate2::read::GzDecoder;
use ramscope_sim::paging::Want;
use ramscope_sim::tlb::{Geometry, Replacement, Setup, Switch, lackey, run};

use super::folder::{goldens, json};

#[test]
fn cachegrind_and_we_count_the_same_misses_in_seven_geometries() {
    let name = "cachegrind_and_we_count_the_same_misses_in_seven_geometries";
    let Some(folder) = goldens(name) else { return };
    for case in json(&folder, "tlb_cachegrind.json")["cases"].as_array().unwrap() {
        if case["NOT_GOLDEN"].is_string() {
            continue;
        }
        let mut text = Vec::new();
        let file = File::open(folder.join(case["trace"].as_str().unwrap())).unwrap();
        GzDecoder::new(file).read_to_end(&mut text).unwrap();
        let accesses = lackey(&text).unwrap();
        assert_eq!(Some(accesses.len() as u64), case["lines"].as_u64());
        for row in case["rows"].as_array().unwrap() {
            let number = |name: &str| u32::try_from(row[name].as_u64().unwrap()).unwrap();
            let (entries, ways) = (number("entries"), number("ways"));
            let first = Geometry { entries, ways, replacement: Replacement::Lru };
            let report = run(setup(first), &accesses, Want::Counts).unwrap();
            for (unit, name) in report.units.iter().zip(["I", "D"]) {
                let golden = |what: &str| row["cachegrind"][format!("{name}_{what}")].as_u64();
                assert_eq!(Some(unit.accesses), golden("refs"), "{entries} {ways} {name}");
                assert_eq!(Some(unit.misses), golden("misses"), "{entries} {ways} {name}");
            }
        }
    }
}

/// Code and data apart, as cachegrind has them.
fn setup(first: Geometry) -> Setup {
    Setup {
        page_bytes: 4096,
        first,
        code: Some(first),
        second: None,
        switch: Switch::Tagged,
        seed: 1,
    }
}
