//! Where loads on memory are announced: below `XDG_RUNTIME_DIR`, which only this user can enter, else in the data directory.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::config::Environment;

/// The directory, which may not be there yet.
pub(crate) fn path(environment: &Environment, data_dir: &Path) -> PathBuf {
    let runtime = environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
    let base = runtime.filter(|path| path.is_absolute() && path.is_dir());
    base.map_or_else(|| data_dir.join("run"), |base| base.join("ramscope"))
}

/// The directory, made where it is not there.
///
/// # Errors
/// It cannot be made, or belongs to somebody else, who could announce what is not so.
pub(crate) fn create(environment: &Environment, data_dir: &Path) -> Result<PathBuf> {
    create_at(path(environment, data_dir))
}

/// The directory inside the data directory, made where it is not there.
///
/// # Errors
/// As [`create`].
pub(crate) fn create_below(data_dir: &Path) -> Result<PathBuf> {
    create_at(data_dir.join("run"))
}

fn create_at(path: PathBuf) -> Result<PathBuf> {
    let about = || format!("cannot use {} to announce the run", path.display());
    DirBuilder::new().recursive(true).mode(0o700).create(&path).with_context(about)?;
    let owner = fs::metadata(&path).with_context(about)?.uid();
    if owner != rustix::process::geteuid().as_raw() {
        bail!("{} belongs to user {owner}: remove it, or set XDG_RUNTIME_DIR", path.display());
    }
    Ok(path)
}
