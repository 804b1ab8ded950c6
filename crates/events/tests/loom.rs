//! The ring under every order in which its two sides can see each other's writes.
//!
//! Runs only as `RUSTFLAGS="--cfg loom" cargo test -p ramscope-events --test loom --release`.
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;
use ramscope_events::record::Words as _;
use ramscope_events::ring::{Control, Reader, Writer, load};

const CAPACITY: usize = 4;

fn ring() -> Arc<(Control, Vec<AtomicU64>)> {
    Arc::new((Control::new(), (0..CAPACITY).map(|_| AtomicU64::new(0)).collect()))
}

/// Reads what is published; every word must be the next number.
fn read(reader: &mut Reader<'_>, next: &mut u64) -> bool {
    let (first, second) = reader.published().expect("positions are sound");
    for word in first.iter().chain(second) {
        assert_eq!(load(word), *next, "a word came out of order, or before it was written");
        *next += 1;
    }
    reader.release(first.len() + second.len())
}

#[test]
fn no_word_is_seen_before_it_is_written_or_overwritten_before_it_is_read() {
    loom::model(|| {
        let ring = ring();
        let shared = Arc::clone(&ring);
        let writing = thread::spawn(move || {
            let mut writer = Writer::new(&shared.0, &shared.1);
            let mut number = 0;
            for _ in 0..3 {
                if let Some(mut room) = writer.room(2) {
                    room.put(0, number);
                    room.put(1, number + 1);
                    room.publish();
                    number += 2;
                }
            }
            number
        });
        let mut reader = Reader::new(&ring.0, &ring.1);
        let mut next = 0;
        for _ in 0..2 {
            let _ = read(&mut reader, &mut next);
        }
        let written = writing.join().expect("the writer ends");
        let _ = read(&mut reader, &mut next);
        assert_eq!(next, written, "all that was published was read, once");
    });
}

#[test]
fn a_writer_that_sleeps_is_always_woken() {
    loom::model(|| {
        let ring = ring();
        let shared = Arc::clone(&ring);
        let mut writer = Writer::new(&ring.0, &ring.1);
        writer.room(CAPACITY).expect("an empty ring").publish();
        let reading = thread::spawn(move || Reader::new(&shared.0, &shared.1).release(CAPACITY));
        let sleeps = writer.announce_wait(1);
        let wakes = reading.join().expect("the reader ends");
        assert!(!sleeps || wakes, "the writer sleeps, there is room, and nobody wakes it");
    });
}
