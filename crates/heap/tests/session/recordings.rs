//! A recording comes in by the same door and tells the same, whatever happened to its bytes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ramscope_heap::event::{Event, Stack, ThreadId};
use ramscope_heap::recording::{Damage, Error, ReadError, Stream, read_all};
use ramscope_heap::{FrameId, Intake, Label, Session};

use super::inputs::{Timed, program, run, start};
use super::twins::sums;

/// What the functions at an address are called: none, one, or two of few names, so that texts are met again.
fn labels(address: u64) -> Vec<Label> {
    let label = |number: u64| Label {
        function: format!("fn {}", (address + number) % 3).into(),
        file: (address + number).is_multiple_of(2).then(|| format!("src/{number}.c").into()),
        line: (number != 0).then(|| u32::MAX - u32::from(address.is_multiple_of(2))),
        inlined: number == 0,
    };
    (0..address % 3).map(label).collect()
}

/// The bytes of a program's recording, half of its names among its events and half at its end, and the session that was kept beside it.
fn recorded(program: &[Timed], every: usize) -> (Vec<u8>, Session) {
    let mut intake = Intake::new(start(0));
    intake.record();
    let mut bytes = Vec::new();
    let mut now_us = 0;
    for part in program.chunks(every.max(1)) {
        // Each part goes on where the one before stopped.
        let mut told = part.to_vec();
        if let Some(first) = told.first_mut() {
            first.0 += now_us;
        }
        now_us += part.iter().map(|(later_us, _)| later_us).sum::<u64>();
        run(&mut intake, &told);
        name(&mut intake, now_us, |address| address.is_multiple_of(2));
        bytes.extend(intake.take_bytes_now(now_us));
    }
    bytes.extend(intake.take_bytes_now(now_us));
    name(&mut intake, now_us, |_| true);
    bytes.extend(intake.take_bytes_now(now_us));
    (bytes, intake.into_session())
}

/// Names the frames at some addresses.
fn name(intake: &mut Intake, now_us: u64, wanted: impl Fn(u64) -> bool) {
    let frames = intake.session().tree().frames().to_vec();
    let frames = frames.iter().zip((0..).map(FrameId)).skip(1);
    for (frame, id) in frames.filter(|(frame, _)| wanted(frame.address)) {
        intake.label(now_us, id, &labels(frame.address));
    }
}

fn read(bytes: &[u8]) -> Result<(Session, Damage), ReadError> {
    let mut intake = Intake::new(start(0));
    let damage = read_all(
        bytes,
        |found| assert_eq!(*found, start(0)),
        |time_us, said| intake.replay(time_us, &said),
    )?;
    Ok((intake.into_session(), damage))
}

/// Every address that has names.
fn named(session: &Session) -> BTreeMap<u64, Vec<Label>> {
    let tree = session.tree();
    let frames = tree.frames().iter().zip((0..).map(FrameId));
    let named = frames.map(|(frame, id)| (frame.address, tree.labels().of(id).to_vec()));
    named.filter(|(_, labels)| !labels.is_empty()).collect()
}

fn tells_the_same(a: &Session, b: &Session) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.totals(), b.totals());
    prop_assert_eq!(sums(a), sums(b));
    prop_assert_eq!(a.sizes(), b.sizes());
    prop_assert_eq!(a.lifetimes(), b.lifetimes());
    prop_assert_eq!(a.timeline().stretches(), b.timeline().stretches());
    prop_assert_eq!(a.ending(), b.ending());
    prop_assert_eq!((a.cost(), a.image()), (b.cost(), b.image()));
    let threads = |session: &Session| {
        let mut rows = session.threads().to_vec();
        // Threads that asked for nothing may be known to one of them alone.
        rows.retain(|row| row.allocations != 0);
        rows.sort_by_key(|row| (row.tid, row.bytes_allocated, row.name.clone()));
        rows
    };
    prop_assert_eq!(threads(a), threads(b));
    prop_assert_eq!(named(a), named(b));
    Ok(())
}

proptest! {
    #[test]
    fn a_recording_tells_what_the_live_session_told(program in program(), every in 1_usize..300) {
        let (bytes, live) = recorded(&program, every);
        let (session, damage) = read(&bytes).unwrap();
        prop_assert_eq!(damage, Damage::default());
        tells_the_same(&session, &live)?;
    }

    #[test]
    fn a_stream_may_come_in_pieces_of_any_size(program in program(), piece in 1_usize..200) {
        let (bytes, live) = recorded(&program, 40);
        let (mut stream, mut intake) = (Stream::new(), Intake::new(start(0)));
        for piece in bytes.chunks(piece) {
            stream.push(piece, &mut |time_us, said| intake.replay(time_us, &said)).unwrap();
        }
        prop_assert_eq!(stream.finish(&mut |_, _| {}), Ok(Damage::default()));
        tells_the_same(&intake.into_session(), &live)?;
    }

    #[test]
    fn a_torn_recording_tells_all_whole_blocks(program in program(), cut in 1_usize..100) {
        let (bytes, _) = recorded(&program, 20);
        let header = recorded(&[], 1).0.len();
        let kept = bytes.len().saturating_sub(cut).max(header);
        let (session, damage) = read(&bytes[..kept]).unwrap();
        prop_assert_eq!((damage.bytes, damage.blocks), (0, 0));
        // What is left is the recording of a shorter program.
        let whole = kept as u64 - damage.torn_bytes;
        let (shorter, none) = read(&bytes[..usize::try_from(whole).unwrap()]).unwrap();
        prop_assert_eq!(none, Damage::default());
        tells_the_same(&session, &shorter)?;
    }

    #[test]
    fn a_damaged_byte_costs_one_block_and_is_told(program in program(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let (mut bytes, live) = recorded(&program, 20);
        let header = recorded(&[], 1).0.len();
        if bytes.len() > header {
            let at = header + at.index(bytes.len() - header);
            bytes[at] ^= 1 << bit;
            let (session, damage) = read(&bytes).unwrap();
            prop_assert_ne!(damage, Damage::default());
            prop_assert!(session.totals().allocations <= live.totals().allocations);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(program in program(), noise in prop::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>()) {
        let (mut bytes, _) = recorded(&program, 60);
        let at = at.index(bytes.len());
        bytes.splice(at..at, noise.iter().copied());
        let mut intake = Intake::new(start(0));
        let _ = read_all(&bytes[..], |_| {}, |time_us, said| intake.replay(time_us, &said));
        let _ = read_all(&noise[..], |_| {}, |time_us, said| intake.replay(time_us, &said));
    }
}

#[test]
fn what_is_no_recording_is_refused_in_words() {
    let refused = |bytes: &[u8]| match read(bytes) {
        Err(ReadError::Recording(error)) => error,
        other => panic!("{other:?}"),
    };
    let whole = recorded(&[], 1).0;
    let with = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    assert_eq!(refused(b""), Error::Magic);
    assert_eq!(refused(b"\x7fELF"), Error::Magic);
    assert_eq!(refused(&whole[..10]), Error::Header);
    assert_eq!(refused(&with(8, 9)), Error::Newer { found: 9 });
    assert_eq!(refused(&with(30, b'?')), Error::Header);
    assert!(Error::Newer { found: 9 }.to_string().contains("newer"));
}

#[test]
fn a_recording_of_the_version_without_names_is_read() {
    let mut intake = Intake::new(start(0));
    intake.record();
    let stack = Stack { keep: 0, fresh: &[0x1001] };
    intake.hear(5, &Event::Alloc { thread: ThreadId(0), address: 0x5000, size: 24, stack });
    let mut bytes = intake.take_bytes_now(9);
    bytes[8] = 1;
    let (session, damage) = read(&bytes).unwrap();
    assert_eq!((damage, session.totals().live_bytes), (Damage::default(), 24));
    assert_eq!(session.unnamed(0, 99).len(), 0, "the frame lies in no file");
}

#[test]
fn a_block_is_written_when_half_a_second_has_passed_and_at_the_end() {
    let mut intake = Intake::new(start(0));
    intake.record();
    let header = intake.take_bytes(0).len();
    assert!(header > 20);
    let stack = Stack { keep: 0, fresh: &[0x1000] };
    let thread = ThreadId(0);
    intake.hear(1000, &Event::Alloc { thread, address: 0x5000, size: 24, stack });
    assert_eq!(intake.take_bytes(300_000).len(), 0);
    assert_ne!(intake.take_bytes(501_000).len(), 0);
    intake.hear(502_000, &Event::Free { thread, address: 0x5000 });
    assert_eq!(intake.take_bytes(502_000).len(), 0);
    intake.hear(502_001, &Event::End { status: 0 });
    assert_ne!(intake.take_bytes(502_001).len(), 0);
}
