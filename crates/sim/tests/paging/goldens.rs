//! The answers that nobody on this project wrote, read from the folder that `RAMSCOPE_GOLDENS` names.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use ramscope_sim::paging::References;
use serde_json::Value;

use super::{faults, steps};

/// The folder of goldens, or a note that the test `name` is skipped.
#[expect(clippy::print_stderr, reason = "who runs the tests must see what was skipped")]
fn goldens(name: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("RAMSCOPE_GOLDENS") {
        return Some(folder.into());
    }
    eprintln!("skipped: {name} needs the folder that RAMSCOPE_GOLDENS names");
    if let Some(list) = std::env::var_os("RAMSCOPE_SKIPPED") {
        let mut list = fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "{name}").unwrap();
    }
    None
}

fn json(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

/// A trace of dense page ids, u32 little endian, gzip.
fn trace(path: &Path) -> References {
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    let ids = bytes.chunks_exact(4).map(|id| u32::from_le_bytes(id.try_into().unwrap()));
    References::reads(ids.map(u64::from)).unwrap()
}

#[test]
fn textbook_strings_have_the_faults_of_two_programs() {
    let Some(folder) = goldens("textbook_strings_have_the_faults_of_two_programs") else { return };
    for case in json(&folder, "textbook_paging.json")["cases"].as_array().unwrap() {
        let references = References::reads(numbers(&case["refs"])).unwrap();
        for column in ["published", "computed_by_independent_c"] {
            let Some(rows) = case[column].as_object() else { continue };
            for (frames, row) in rows {
                for (name, expected) in row.as_object().unwrap() {
                    let (policy, settings) = ours(name).unwrap();
                    let found = faults(policy, settings, frames.parse().unwrap(), &references);
                    assert_eq!(
                        found,
                        expected.as_u64().unwrap(),
                        "{} {name} {frames}",
                        case["name"]
                    );
                }
            }
        }
    }
}

#[test]
fn ostep_policies_agree_step_by_step() {
    let Some(folder) = goldens("ostep_policies_agree_step_by_step") else { return };
    for case in json(&folder, "ostep_paging_policy.json")["cases"].as_array().unwrap() {
        let policy = case["policy"].as_str().unwrap();
        if matches!(policy, "RAND" | "CLOCK") {
            continue; // CPython's random numbers
        }
        let references = References::reads(numbers(&case["refs"])).unwrap();
        let frames = usize::try_from(case["frames"].as_u64().unwrap()).unwrap();
        let settings = &["frames.order=list", "opt.tie=newest"];
        let run = steps(&policy.to_lowercase(), settings, frames, &references);
        assert_eq!(run.faults, case["misses"].as_u64().unwrap(), "{policy} {}", case["args"]);
        for (step, expected) in run.steps.unwrap().iter().zip(case["steps"].as_array().unwrap()) {
            let resident: Vec<u64> = step.frames.iter().flatten().copied().collect();
            assert_eq!(step.hit, expected[0].as_bool().unwrap(), "{policy} {step:?}");
            assert_eq!(resident, numbers(&expected[1]), "{policy} {step:?}");
            assert_eq!(step.victim, expected[2].as_u64(), "{policy} {step:?}");
        }
    }
}

/// Our name and settings for a column of the goldens; `None` for what is not to be matched.
fn ours(column: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match column {
        "FIFO" => ("fifo", &[]),
        "LRU" => ("lru", &[]),
        "OPT" | "Belady" => ("opt", &[]),
        "CLOCK" | "CLOCK_init0" => ("clock", &["clock.load_bit=0"]),
        "CLOCK_init1" => ("clock", &["clock.load_bit=1"]),
        "MRU" => ("mru", &[]),
        "LFU" | "LFU_tieLRU" => ("lfu", &["lfu.tie=lru"]),
        "LFU_tieFIFO" => ("lfu", &["lfu.tie=oldest"]),
        "ARC" | "ARC_float" => ("arc", &["arc.adaptation=real"]),
        "ARC_int" => ("arc", &["arc.adaptation=integer"]),
        "CAR" => ("car", &["car.directory=libcachesim"]),
        "TwoQ" => ("2q", &[]),
        "SLRU" => ("slru", &["slru.remainder=none"]),
        "SIEVE" => ("sieve", &[]),
        "S3FIFO" => ("s3-fifo", &["s3fifo.warmup=main"]),
        "S3FIFO_paper_warmup" => ("s3-fifo", &["s3fifo.warmup=small"]),
        "LIRS" => ("lirs-libcachesim", &[]),
        "lirs_authors_c" => ("lirs", &[]),
        "clockpro_authors_c_nonadaptive_5pct" => ("clock-pro", &["clock-pro.adaptive=no"]),
        _ => return None,
    })
}

/// Every size and policy of one trace. Several columns may ask the same of us, which is run once.
fn check_trace(test: &str, name: &str) {
    let Some(folder) = goldens(test) else { return };
    let golden = &json(&folder, "libcachesim_misses.json")["traces"][name];
    let references = trace(&folder.join(golden["file"].as_str().unwrap()));
    let mut runs = HashMap::new();
    let mut wrong = Vec::new();
    for row in golden["rows"].as_array().unwrap() {
        let frames = usize::try_from(row["size"].as_u64().unwrap()).unwrap();
        for (column, expected) in columns(row) {
            let Some((policy, settings)) = ours(column) else { continue };
            let run = || faults(policy, settings, frames, &references);
            let found = *runs.entry((policy, settings, frames)).or_insert_with(run);
            if found != expected {
                wrong.push(format!("{frames} frames {column}: {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{name}: {} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The named counts of a row, whoever counted them.
fn columns(row: &Value) -> impl Iterator<Item = (&str, u64)> {
    let lists = ["libcachesim", "independent"].into_iter().filter_map(|key| row[key].as_object());
    let all = lists.chain(row.as_object()).flatten();
    all.filter_map(|(column, count)| Some((column.as_str(), count.as_u64()?)))
}

macro_rules! traces {
    ($($test:ident: $name:literal;)*) => {
        $(#[test]
        fn $test() {
            check_trace(stringify!($test), $name);
        })*
    };
}

traces! {
    the_disk_trace_has_the_misses_of_other_programs: "cloudPhysicsIO";
    the_preprocessor_trace_has_the_misses_of_other_programs: "lirs_cpp";
    the_two_pools_trace_has_the_misses_of_other_programs: "lirs_2_pools";
    the_multi1_trace_has_the_misses_of_other_programs: "lirs_multi1";
    the_loop_trace_has_the_misses_of_other_programs: "lirs_loop";
    the_compiler_trace_has_the_misses_of_other_programs: "addr4k_gcc";
    the_zipf_trace_has_the_misses_of_other_programs: "zipf200k";
}
