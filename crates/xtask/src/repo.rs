//! Where the repository is and what files it holds.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::command;

/// Folders that hold what was built or fetched, at any depth.
const NOT_OURS: [&str; 3] = [".git", "target", "node_modules"];

/// The checkout that this task belongs to.
#[derive(Debug)]
pub(crate) struct Repo {
    /// Its root folder.
    pub(crate) root: PathBuf,
}

/// What `cargo metadata` says about the workspace, as far as tasks need it.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// The packages of the workspace, in no stated order.
    pub(crate) packages: Vec<Package>,
    /// Where builds go.
    pub(crate) target_directory: PathBuf,
}

/// One package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Its name, such as `ramscope-store`.
    pub(crate) name: String,
    /// Its `Cargo.toml`, absolute.
    pub(crate) manifest_path: PathBuf,
    /// What it depends on, of any kind: normal, dev and build.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency of a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The name of the package depended on.
    pub(crate) name: String,
}

/// One file of the repository.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path from the root, with `/` between the parts.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

impl File {
    /// A file of the given text, for tests.
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    /// Its text, or nothing when it is not text.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }

    /// What stands behind the last dot of its name.
    pub(crate) fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|e| e.to_str()).unwrap_or("")
    }
}

impl Repo {
    /// The checkout whose `cargo xtask` this is.
    ///
    /// # Errors
    /// When the folder that this was built in is gone.
    pub(crate) fn find() -> Result<Repo> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = own.join("../..");
        let root = root.canonicalize().with_context(|| {
            format!("{} is gone: run this as `cargo xtask` in a checkout", root.display())
        })?;
        Ok(Repo { root })
    }

    /// The path of `inner`, which is written from the root.
    pub(crate) fn path(&self, inner: &str) -> PathBuf {
        self.root.join(inner)
    }

    /// What cargo knows about the workspace.
    ///
    /// # Errors
    /// When cargo cannot read a manifest, or `Cargo.lock` is not up to date.
    pub(crate) fn metadata(&self) -> Result<Metadata> {
        let text = command::read(
            command::cargo()
                .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
                .current_dir(&self.root),
        )?;
        serde_json::from_str(&text).context("`cargo metadata` printed something unexpected")
    }

    /// Every file of the checkout, sorted by path. What was built or fetched is left out.
    ///
    /// # Errors
    /// When a folder or a file cannot be read.
    pub(crate) fn files(&self) -> Result<Vec<File>> {
        let mut files = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in
                folder.read_dir().with_context(|| format!("reading {}", folder.display()))?
            {
                let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
                let kind = entry.file_type()?;
                if kind.is_dir() && !NOT_OURS.iter().any(|&name| entry.file_name() == name) {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    files.push(self.file(&entry.path())?);
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn file(&self, path: &Path) -> Result<File> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let inner = path.strip_prefix(&self.root).unwrap_or(path);
        Ok(File { path: inner.to_string_lossy().replace('\\', "/"), bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_zero_byte_is_not_text() {
        assert_eq!(File::new("a", "a\0b").text(), None);
        assert_eq!(File::new("a", "a b").text(), Some("a b"));
    }

    #[test]
    fn the_checkout_holds_this_very_file_and_nothing_that_was_built() {
        let files = Repo::find().and_then(|repo| repo.files()).expect("the checkout is readable");
        assert!(files.iter().any(|file| file.path == "crates/xtask/src/repo.rs"));
        assert!(!files.iter().any(|file| file.path.starts_with("target/")));
    }
}
