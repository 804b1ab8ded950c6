//! Why something could not be done; each kind calls for a different act.

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::codec::Torn;

/// Extended code of `SQLite`: less of a page could be read than there must be; the file was cut off
/// meanwhile.
const IOERR_SHORT_READ: i32 = 522;
/// Extended code of `SQLite`: there is no room for the index of the log.
const IOERR_SHMSIZE: i32 = 4874;

/// Why something could not be done. The message of each kind names the thing, the cause and the
/// next act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process writes this data directory: leave it alone, or choose another one.
    #[error(
        "{} is being written by {about}: stop that one, or give this one another data directory",
        path.display()
    )]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// What the other process says of itself.
        about: String,
    },
    /// The file was written by a newer version; it was not touched.
    #[error(
        "{} has format {found}, and this version knows formats up to {known}: use the newer version, or another data directory",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// The data directory is something else.
    #[error("{} is not a directory: give the path of a directory, which need not exist yet", path.display())]
    NotADirectory {
        /// The path that was given.
        path: PathBuf,
    },
    /// This user may not read or write there.
    #[error("{} is not accessible to this user ({source}): change its owner or mode, or use another data directory", path.display())]
    Denied {
        /// What was to be read or written.
        path: PathBuf,
        /// What the system said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The disk is full. What was to be written is lost; the same call works again as soon as there
    /// is room.
    #[error("no room left to write {}: free some space on that disk, or lower the limit of the history", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The file is damaged. A writer sets such a file aside by itself; a reader can only say so.
    #[error("{} is damaged ({why}): whoever writes it will set it aside and begin a new one", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// Nobody has recorded a series of this name.
    #[error("there is no series named {name:?}{}", nearest.as_ref().map_or_else(String::new, |n| format!("; the nearest is {n:?}")))]
    UnknownSeries {
        /// The name that was asked for.
        name: String,
        /// The recorded name that looks most like it.
        nearest: Option<String>,
    },
    /// What was asked for makes no sense as a range.
    #[error("{why}")]
    BadRange {
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// What was given to be recorded makes no sense: a mistake in the calling program.
    #[error("{why}")]
    BadInput {
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// Anything else that the system or the database refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Failed {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system or the database said.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// What the system refused, sorted by what is to be done about it.
    pub(crate) fn from_io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { path, source: source.into() }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::NotADirectory => Self::NotADirectory { path },
            _ => Self::Failed { doing, path, source: source.into() },
        }
    }
}

/// What went wrong inside, before it is known to which file and during what.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The database refused.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The database gave bytes that were never written.
    #[error(transparent)]
    Torn(#[from] Torn),
}

impl Fault {
    /// Whether the file itself is at fault, so that trying again is of no use.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Torn(_) => true,
            Self::Sql(rusqlite::Error::SqliteFailure(e, _)) => {
                matches!(e.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                    || e.extended_code == IOERR_SHORT_READ
            }
            // A column of another type than was ever written to it.
            Self::Sql(
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::FromSqlConversionFailure(..),
            ) => true,
            Self::Sql(_) => false,
        }
    }

    /// The error that the caller gets.
    pub(crate) fn into_error(self, doing: &'static str, path: &Path) -> Error {
        let path = path.to_owned();
        if self.is_damage() {
            return Error::Damaged { path, why: self.to_string() };
        }
        let Self::Sql(source) = self else {
            return Error::Failed { doing, path, source: self.into() };
        };
        let rusqlite::Error::SqliteFailure(failure, _) = &source else {
            return Error::Failed { doing, path, source: source.into() };
        };
        match failure.code {
            ErrorCode::DiskFull => Error::Full { path },
            _ if failure.extended_code == IOERR_SHMSIZE => Error::Full { path },
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => {
                Error::Denied { path, source: source.into() }
            }
            _ => Error::Failed { doing, path, source: source.into() },
        }
    }
}
