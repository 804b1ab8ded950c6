//! What a page reference and a request for memory cost under each policy: the benches of `crates/sim`, with libCacheSim and
//! a real TLSF beside them.

use anyhow::{Context, Result};

use super::measure::Measure;
use super::{Bench, measures_of};
use crate::{command, needs};

/// The rows of both benches. Where libCacheSim cannot be installed its rows say that they were not measured.
///
/// # Errors
/// When the bench does not run.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let folder = bench.empty_folder("sim")?;
    let mut cargo = command::cargo();
    cargo.args(["bench", "--locked", "-p", "ramscope-sim", "--bench", "sim"]);
    cargo.current_dir(&bench.repo.root).env("RAMSCOPE_BENCH_FOLDER", &folder);
    match needs::libcachesim(&bench.target.join("xtask/libcachesim")) {
        Ok(python) => _ = cargo.env("RAMSCOPE_LIBCACHESIM", python),
        Err(error) => println!("libCacheSim is not measured: {error:#}"),
    }
    let measures = measures_of(&mut cargo);
    // The trace takes a quarter of a gigabyte.
    std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    let mut cargo = command::cargo();
    cargo.args(["bench", "--locked", "-p", "ramscope-sim", "--bench", "alloc"]);
    cargo.current_dir(&bench.repo.root);
    Ok([measures?, measures_of(&mut cargo)?].concat())
}
