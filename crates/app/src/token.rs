//! The secret of a data directory: a file of mode 0600 that scripts and `ramscope open` read.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use ramscope_web::Token;

/// Where the token of a data directory stands.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("token")
}

/// Reads the token, refusing a file that others can read.
pub(crate) fn read(data_dir: &Path) -> Result<Token> {
    let path = path(data_dir);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mode = fs::metadata(&path)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!(
            "{} can be read by others (mode {:o}): remove it, and the next `ramscope serve` makes a new one",
            path.display(),
            mode & 0o777
        );
    }
    Token::parse(&text).with_context(|| format!("{} is of no use", path.display()))
}

/// Reads the token, or makes one on the first start.
pub(crate) fn read_or_create(data_dir: &Path) -> Result<Token> {
    let path = path(data_dir);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let token = Token::generate()?;
            writeln!(file, "{}", token.secret())
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(token)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(data_dir),
        Err(error) => Err(error).with_context(|| format!("cannot create {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = read_or_create(dir.path()).unwrap();
        let second = read_or_create(dir.path()).unwrap();
        assert_eq!(first.secret(), second.secret());
        let mode = fs::metadata(path(dir.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_token_that_others_can_read_or_that_is_none_is_refused_in_words() {
        let dir = tempfile::tempdir().unwrap();
        read_or_create(dir.path()).unwrap();
        fs::write(path(dir.path()), "short").unwrap();
        assert!(format!("{:#}", read(dir.path()).unwrap_err()).contains("of no use"));
        fs::set_permissions(path(dir.path()), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(dir.path()).unwrap_err().to_string().contains("can be read by others"));
    }
}
