//! The ring against an obvious twin: a queue that holds what was published and not yet taken.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;

use proptest::collection::vec;
use proptest::prelude::*;
use ramscope_events::record::{Record, decode};
use ramscope_events::ring::{Control, Reader, Writer, load};
use ramscope_events::{Delta, Via};

#[derive(Debug, Clone)]
enum Step {
    Write { fresh: usize },
    Read { most: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..9_usize).prop_map(|fresh| Step::Write { fresh }),
        1 => (1..20_usize).prop_map(|most| Step::Read { most }),
    ];
    vec(step, 0..200)
}

fn record(number: u64, frames: &[u64]) -> Record<'_> {
    let stack = Delta { keep: 0, fresh: frames };
    Record::Alloc { ticks: number, address: number, size: 1, via: Via::Malloc, stack }
}

/// Takes at most `most` records; those that were taken, by number and frames.
fn read(reader: &mut Reader<'_>, most: usize) -> Vec<(u64, Vec<u64>)> {
    let (first, second) = reader.published().expect("positions are sound");
    let words: Vec<u64> = first.iter().chain(second).map(load).collect();
    // A record never stands across the end of the ring, so the two parts may be read as one.
    let (mut at, mut taken) = (0, Vec::new());
    while at < words.len() && taken.len() < most {
        let (record, length) = decode(&words[at..]).expect("records are whole");
        if let Some(Record::Alloc { ticks, stack, .. }) = record {
            taken.push((ticks, stack.fresh.to_vec()));
        }
        at += length;
    }
    let _ = reader.release(at);
    taken
}

proptest! {
    #[test]
    fn what_comes_out_is_what_went_in_and_only_a_full_ring_refuses(steps in steps()) {
        let (control, words) = (Control::new(), [const { AtomicU64::new(0) }; 32]);
        let (mut writer, mut reader) = (Writer::new(&control, &words), Reader::new(&control, &words));
        let mut twin: VecDeque<(u64, Vec<u64>)> = VecDeque::new();
        for (number, step) in (0_u64..).zip(&steps) {
            match *step {
                Step::Write { fresh } => {
                    let frames: Vec<u64> = (0..fresh as u64).map(|frame| number << 8 | frame).collect();
                    let record = record(number, &frames);
                    if let Some(mut room) = writer.room(record.words()) {
                        record.encode(&mut room);
                        room.publish();
                        twin.push_back((number, frames));
                    } else {
                        // At most one Skip is unread and one is needed, each shorter than the longest record.
                        let held: usize = twin.iter().map(|(_, frames)| 3 + frames.len()).sum();
                        prop_assert!(held + 2 * 10 + record.words() > words.len());
                    }
                }
                Step::Read { most } => {
                    let expected: Vec<_> = twin.drain(..most.min(twin.len())).collect();
                    prop_assert_eq!(read(&mut reader, most), expected);
                }
            }
        }
        prop_assert_eq!(read(&mut reader, usize::MAX), Vec::from(twin));
    }

    #[test]
    fn a_writer_and_a_reader_that_begin_anew_go_on_where_the_last_ones_were(rounds in 1..60_u64) {
        let (control, words) = (Control::new(), [const { AtomicU64::new(0) }; 16]);
        for number in 0..rounds {
            let record = record(number, &[1, 2, 3]);
            let mut writer = Writer::new(&control, &words);
            let mut room = writer.room(record.words()).expect("all was read");
            record.encode(&mut room);
            room.publish();
            prop_assert_eq!(read(&mut Reader::new(&control, &words), 9), [(number, vec![1, 2, 3])]);
        }
    }
}

#[test]
fn a_writer_that_waits_is_woken_by_the_next_release_and_by_no_other() {
    let (control, words) = (Control::new(), [const { AtomicU64::new(0) }; 8]);
    let (mut writer, mut reader) = (Writer::new(&control, &words), Reader::new(&control, &words));
    assert!(!writer.announce_wait(8), "there is room");
    writer.room(8).expect("an empty ring").publish();
    assert!(writer.announce_wait(1));
    assert!(reader.release(4), "it sleeps");
    assert!(!reader.release(4), "it was woken already");
    assert!(writer.room(8).is_some());
}
