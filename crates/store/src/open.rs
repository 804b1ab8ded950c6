//! From a path to a database that can be trusted, whatever is found there.

use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::codec::{Torn, check};
use crate::error::Fault;
use crate::schema::{self, APPLICATION_ID, FORMAT, LANDMARKS, pragma};
use crate::{Error, Notice, TimeMs};

/// Files up to this size are looked through completely when they are opened, larger ones in places.
const WHOLE_CHECK_BYTES: i64 = 4 << 20;
/// In so many places.
const PROBES: i64 = 64;
/// What may stand beside the database: the log, its index, and the journal of the moment in which a
/// file is made.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Makes the data directory, for this user only, if it is not there.
pub(crate) fn make_dir(dir: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::NotADirectory { path: dir.to_owned() })
        }
        Err(e) => Err(Error::from_io("create the directory", dir, e)),
    }
}

/// Opens the database for writing, and makes it where there is none; a damaged one is set aside
/// first.
pub(crate) fn open_writer(path: &Path, now: TimeMs) -> Result<(Connection, Option<Notice>), Error> {
    match try_open(path, now) {
        Err(Error::Damaged { why, .. }) => {
            let notice = set_aside(path, why, now)?;
            Ok((try_open(path, now)?, Some(notice)))
        }
        other => other.map(|conn| (conn, None)),
    }
}

/// Moves the database with its log out of the way, under a name that says when.
///
/// The log goes first: were the process to end between the two, a database without its log would be
/// found damaged again, but a log without its database would be deleted by `SQLite` when the next
/// one is made.
pub(crate) fn set_aside(path: &Path, why: String, now: TimeMs) -> Result<Notice, Error> {
    let kept_as = (0_u32..)
        .map(|n| match n {
            0 => beside(path, &format!(".damaged-{now}")),
            n => beside(path, &format!(".damaged-{now}-{n}")),
        })
        .find(|name| fs::symlink_metadata(name).is_err())
        .unwrap_or_else(|| beside(path, ".damaged"));
    for companion in COMPANIONS {
        rename(&beside(path, companion), &beside(&kept_as, companion))?;
    }
    rename(path, &kept_as)?;
    Ok(Notice::SetAside { path: path.to_owned(), kept_as, why })
}

/// Lets the connection end without a trace in the file, which is left as it is.
pub(crate) fn abandon(conn: Connection) {
    if let Err(error) = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::warn!(%error, "the log of a database that is given up may be written back");
    }
    drop(conn);
}

/// What tells the file at a path from another one that took its place.
pub(crate) type Identity = (u64, u64);

/// The identity of the file at `path`; `None` where there is none.
pub(crate) fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().filter(Metadata::is_file).map(|found| identity_of(&found))
}

#[cfg(unix)]
fn identity_of(found: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn identity_of(found: &Metadata) -> Identity {
    let created = found.created().ok();
    let since = created.and_then(|c| c.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or((0, 0), |since| (since.as_secs(), u64::from(since.subsec_nanos())))
}

/// The size of the database with its log, in bytes.
pub(crate) fn disk_bytes(path: &Path) -> u64 {
    size(path) + log_bytes(path)
}

/// The size of the log, in bytes.
pub(crate) fn log_bytes(path: &Path) -> u64 {
    size(&beside(path, COMPANIONS[0]))
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// The path with something after it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::rename(from, to) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::from_io("set aside", from, e)),
        _ => Ok(()),
    }
}

fn try_open(path: &Path, now: TimeMs) -> Result<Connection, Error> {
    let damaged = |why: &str| Error::Damaged { path: path.to_owned(), why: why.to_owned() };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => return Err(damaged("it is a directory")),
        Ok(_) => {}
        Err(_) if beside(path, COMPANIONS[0]).exists() => {
            return Err(damaged("its log is there without it"));
        }
        Err(_) => make_file(path)?,
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags);
    let mut conn = opened.map_err(|e| Fault::from(e).into_error("open", path))?;
    let checked = check_format(&conn, path)
        .and_then(|()| set_up(&mut conn, now).map_err(|f| f.into_error("open", path)));
    match checked {
        Ok(()) => Ok(conn),
        Err(error) => {
            abandon(conn);
            Err(error)
        }
    }
}

/// An empty file for this user only; the log takes its mode from it.
fn make_file(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|e| Error::from_io("create", path, e))
}

/// Whether the file is ours and not of the future. Nothing is written.
fn check_format(conn: &Connection, path: &Path) -> Result<(), Error> {
    let failed = |fault: rusqlite::Error| Fault::from(fault).into_error("open", path);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    let format = pragma(conn, "user_version").map_err(failed)?;
    let application = pragma(conn, "application_id").map_err(failed)?;
    let fresh = is_empty(conn).map_err(failed)?;
    if !fresh && application != APPLICATION_ID {
        let why = "it is a database of another program".to_owned();
        return Err(Error::Damaged { path: path.to_owned(), why });
    }
    if format > FORMAT {
        return Err(Error::Newer { path: path.to_owned(), found: format, known: FORMAT });
    }
    Ok(())
}

/// Whether nobody has made a table yet.
pub(crate) fn is_empty(conn: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    Ok(tables == 0)
}

fn set_up(conn: &mut Connection, now: TimeMs) -> Result<(), Fault> {
    schema::set_up_writer(conn)?;
    if is_empty(conn)? {
        schema::create(conn, now)?;
    } else {
        schema::migrate(conn)?;
        probe(conn)?;
    }
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Looks for damage, in bounded time: all pages of a small file, and of a large one the ends of
/// each table and cells here and there. What is missed is found when it is read.
fn probe(conn: &Connection) -> Result<(), Fault> {
    for (table, column) in LANDMARKS {
        let sql = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
        let found = conn.query_row(sql, [table, column], |_| Ok(())).optional()?;
        found.ok_or(Torn("a table is missing"))?;
    }
    if pragma(conn, "page_count")? * pragma(conn, "page_size")? <= WHOLE_CHECK_BYTES {
        let said: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        return if said == "ok" {
            Ok(())
        } else {
            Err(Torn("its pages do not fit together").into())
        };
    }
    for (table, _) in LANDMARKS {
        for order in ["ASC", "DESC"] {
            let sql = format!("SELECT * FROM {table} ORDER BY rowid {order} LIMIT 1");
            conn.query_row(&sql, [], |_| Ok(())).optional()?;
        }
    }
    for table in ["cell", "tier10", "tier60", "tier3600"] {
        probe_cells(conn, table)?;
    }
    Ok(())
}

fn probe_cells(conn: &Connection, table: &str) -> Result<(), Fault> {
    let sql = format!("SELECT min(id), max(id) FROM {table}");
    let ends = conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)): (Option<i64>, Option<i64>) = ends else { return Ok(()) };
    let mut look = conn.prepare(&format!("SELECT data FROM {table} WHERE id >= ?1 LIMIT 1"))?;
    for n in 0..PROBES {
        let at = first.saturating_add(last.saturating_sub(first) / PROBES * n);
        let data = look.query_row([at], |row| row.get::<_, Vec<u8>>(0)).optional()?;
        data.as_deref().map(check::open).transpose()?;
    }
    Ok(())
}
