//! Damage, a full disk, foreign and future files, and directories that are none.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{ENDLESS, QUICK, START_MS, declare, open, settle};
use crate::schema::FORMAT;
use crate::{Error, FILE_NAME, Notice, Reader, Span, Store};

const ALL: Span = Span { from: i64::MIN, to: i64::MAX };

fn append(store: &mut Store, rows: i64) {
    let shape = declare(store, &["a", "b"]);
    for n in 0..rows {
        store.append(START_MS + n * 1000, shape, &[Some(n), Some(n * n % 977)]).unwrap();
        store.maintain(START_MS + n * 1000).unwrap();
    }
}

fn rows(dir: &Path) -> usize {
    Reader::open(dir).unwrap().range(&["a"], ALL, None).unwrap().time_ms.len()
}

fn set_aside(notices: &[Notice]) -> &Path {
    let [Notice::SetAside { kept_as, .. }] = notices else { panic!("{notices:?}") };
    kept_as
}

fn begin(dir: &Path) -> Result<(Store, Vec<Notice>), Error> {
    Store::open_paced(dir, ENDLESS, "the test", START_MS, QUICK)
}

#[test]
fn a_file_that_is_noise_is_kept_aside_and_a_new_one_begun() {
    let dir = tempfile::tempdir().unwrap();
    let noise = b"not a database, but long enough to be looked at as one".repeat(200);
    fs::write(dir.path().join(FILE_NAME), &noise).unwrap();
    assert!(matches!(Reader::open(dir.path()), Err(Error::Damaged { .. })));
    let (mut store, notices) = begin(dir.path()).unwrap();
    assert_eq!(set_aside(&notices), dir.path().join(format!("history.sqlite.damaged-{START_MS}")));
    assert_eq!(fs::read(set_aside(&notices)).unwrap(), noise);
    assert!(notices[0].to_string().contains("is kept as"), "{}", notices[0]);
    append(&mut store, 3);
    assert_eq!(rows(dir.path()), 3);
}

#[test]
fn a_database_of_another_program_is_kept_aside() {
    let dir = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(dir.path().join(FILE_NAME)).unwrap();
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(other);
    let (_store, notices) = begin(dir.path()).unwrap();
    let kept = rusqlite::Connection::open(set_aside(&notices)).unwrap();
    assert!(kept.prepare("SELECT x FROM theirs").is_ok());
}

#[test]
fn a_file_of_a_newer_version_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    append(&mut store, 30);
    store.connection().pragma_update(None, "user_version", FORMAT + 1).unwrap();
    store.close().unwrap();
    let before = fs::read(dir.path().join(FILE_NAME)).unwrap();
    let error = begin(dir.path()).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 4, known: FORMAT, .. }), "{error}");
    assert!(matches!(Reader::open(dir.path()), Err(Error::Newer { .. })));
    assert_eq!(fs::read(dir.path().join(FILE_NAME)).unwrap(), before);
}

#[test]
fn damage_found_while_writing_is_set_aside_and_the_row_is_kept_in_a_new_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    append(&mut store, 50);
    let shape = declare(&mut store, &["a", "b"]);
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.range(&["a"], ALL, None).unwrap().time_ms.len(), 50);
    store.connection().execute("UPDATE tail SET row = x'0102030405'", []).unwrap();
    for n in 50..80 {
        store.append(START_MS + n * 1000, shape, &[Some(n), None]).unwrap();
        store.maintain(START_MS + n * 1000).unwrap();
    }
    let notices = store.take_notices();
    assert!(set_aside(&notices).exists());
    assert!(store.take_notices().is_empty());
    let kept = reader.range(&["a"], ALL, None).unwrap();
    assert_eq!(kept.series[0].max.last(), Some(&Some(79)));
    assert!(kept.time_ms.len() < 50, "the reader has gone on to the new file");
}

#[test]
fn a_changed_byte_in_a_cell_is_never_taken_for_data() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    append(&mut store, 30);
    let change = "UPDATE cell SET data = x'0002001234' WHERE id = (SELECT min(id) FROM cell)";
    store.connection().execute(change, []).unwrap();
    let error = Reader::open(dir.path()).unwrap().range(&["a", "b"], ALL, None).unwrap_err();
    assert!(error.to_string().contains("does not fit its check"), "{error}");
}

#[test]
fn a_full_disk_is_said_and_writing_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    let shape = declare(&mut store, &["a", "b"]);
    let pages = crate::schema::pragma(store.connection(), "page_count").unwrap();
    store.connection().pragma_update(None, "max_page_count", pages + 1).unwrap();
    let (mut written, mut refused) = (0, 0);
    for n in 0..9000 {
        let time = START_MS + n;
        match store.append(time, shape, &[Some(i64::MAX - n), Some(n << 50)]) {
            Ok(()) => written += 1,
            Err(Error::Full { path }) => {
                assert_eq!(path, dir.path().join(FILE_NAME));
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
        assert!(matches!(store.maintain(time), Ok(_) | Err(Error::Full { .. })));
    }
    assert!(refused > 0);
    store.connection().pragma_update(None, "max_page_count", 1 << 20).unwrap();
    let now = START_MS + 20_000;
    store.append(now, shape, &[Some(1), None]).unwrap();
    settle(&mut store, now);
    assert_eq!(rows(dir.path()), written + 1);
    assert!(store.take_notices().is_empty());
}

#[test]
fn a_file_that_is_taken_away_is_noticed_and_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    append(&mut store, 30);
    fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
    let now = START_MS + 60_000_000;
    store.maintain(now).unwrap();
    assert!(store.take_notices().iter().any(|n| matches!(n, Notice::Vanished { .. })));
    let shape = declare(&mut store, &["a", "b"]);
    store.append(now, shape, &[Some(1), None]).unwrap();
    assert_eq!(rows(dir.path()), 1);
}

#[test]
fn paths_that_cannot_be_are_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = begin(&path).unwrap_err();
        assert!(matches!(error, Error::NotADirectory { .. }), "{error}");
    }
    assert!(matches!(Reader::open(&file), Err(Error::NotADirectory { .. })));
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let error = Error::from_io("lock", &file, denied);
    assert!(error.to_string().contains("change its owner or mode"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_data_directory_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("deep").join("data");
    let mut store = begin(&data).unwrap().0;
    append(&mut store, 1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join(FILE_NAME)), 0o600);
    assert_eq!(mode(&data.join("history.sqlite-wal")), 0o600);
}

#[test]
fn a_second_writer_is_refused_and_readers_see_what_the_first_one_writes() {
    let dir = tempfile::tempdir().unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.extent().unwrap(), None);
    assert!(reader.series().unwrap().is_empty());
    assert!(matches!(reader.range(&["a"], ALL, None), Err(Error::UnknownSeries { .. })));
    let mut store = open(dir.path(), ENDLESS);
    store.set_about("pid 7 at http://127.0.0.1:7070");
    let error = begin(dir.path()).unwrap_err();
    assert!(matches!(&error, Error::Locked { path, .. } if path == dir.path()));
    assert!(error.to_string().contains("pid 7 at http://127.0.0.1:7070"), "{error}");
    append(&mut store, 5);
    assert_eq!(reader.extent().unwrap(), Some((START_MS, START_MS + 4000)));
    let error = reader.range(&["bb"], ALL, None).unwrap_err();
    assert_eq!(error.to_string(), "there is no series named \"bb\"; the nearest is \"b\"");
    store.close().unwrap();
    assert_eq!(reader.extent().unwrap(), Some((START_MS, START_MS + 4000)));
    assert_eq!(begin(dir.path()).unwrap().1, []);
}

#[test]
fn rows_and_shapes_that_do_not_fit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    let shape = declare(&mut store, &["a", "b"]);
    assert_eq!(declare(&mut store, &["a", "b"]), shape);
    assert_ne!(declare(&mut store, &["b", "a"]), shape);
    let twice = store.declare(&[super::spec("a"), super::spec("a")]);
    assert!(matches!(twice, Err(Error::BadInput { .. })));
    for (time, values) in [(0, &[None][..]), (i64::MAX, &[None, None]), (i64::MIN, &[None, None])] {
        let refused = store.append(time, shape, values);
        assert!(matches!(refused, Err(Error::BadInput { .. })), "{time} {values:?}");
    }
}

/// What happens to a file, at which thousandth of it.
#[derive(Clone, Debug)]
enum Harm {
    CutAt(usize),
    Noise(usize, Vec<u8>),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_cut_off_or_overwritten_the_store_goes_on(
        harm in prop_oneof![
            (0..1000_usize).prop_map(Harm::CutAt),
            (0..1000_usize, prop::collection::vec(any::<u8>(), 1..9000)).prop_map(|(at, noise)| Harm::Noise(at, noise)),
        ],
        file in prop::sample::select(vec!["history.sqlite", "history.sqlite-wal", "history.sqlite-shm"]),
        closes: bool,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path(), ENDLESS);
        append(&mut store, 300);
        let copy = tempfile::tempdir().unwrap();
        if closes {
            store.close().unwrap();
        }
        for found in fs::read_dir(dir.path()).unwrap() {
            let found = found.unwrap();
            fs::copy(found.path(), copy.path().join(found.file_name())).unwrap();
        }
        let path = copy.path().join(file);
        let mut bytes = fs::read(&path).unwrap_or_default();
        match harm {
            Harm::CutAt(part) => bytes.truncate(bytes.len() * part / 1000),
            Harm::Noise(part, noise) => {
                let at = bytes.len() * part / 1000;
                bytes.iter_mut().skip(at).zip(noise).for_each(|(byte, noise)| *byte = noise);
            }
        }
        fs::write(&path, bytes).unwrap();

        let look = |reader: &Reader| {
            let _may_fail = (reader.extent(), reader.series(), reader.events(ALL, 9));
            let _may_fail = (reader.range(&["a"], ALL, None), reader.range(&["a", "b"], ALL, Some(1)));
        };
        if let Ok(reader) = Reader::open(copy.path()) {
            look(&reader);
        }
        let mut store = open(copy.path(), ENDLESS);
        let shape = declare(&mut store, &["a", "b"]);
        for n in 0..100 {
            let time = START_MS + 1_000_000 + n * 1000;
            store.append(time, shape, &[Some(n), None]).unwrap();
            store.maintain(time).unwrap();
        }
        look(&Reader::open(copy.path()).unwrap());
    }
}
