//! Rosters: every frame that was written is answered, whatever was sealed or thinned.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{ENDLESS, START_MS, declare, open};
use crate::{Event, Frame, Key, Member, Reader, Roster, RosterSpec, Span, Store, TimeMs};

/// Who was there: slot, key and value.
type Moment = BTreeMap<u32, (Key, i64)>;

fn spec() -> RosterSpec {
    let columns = vec!["a".to_owned(), "b".to_owned()];
    RosterSpec { name: "people".to_owned(), columns, keep_ms: 1 << 40 }
}

fn write(store: &mut Store, roster: Roster, time: TimeMs, moment: &Moment) {
    let visit = |each: &mut dyn FnMut(Member<'_>)| {
        for (&slot, &(key, value)) in moment {
            let group = if key.id % 2 == 0 { "even" } else { "odd" };
            let values = [value, key.born_ms];
            each(Member { slot, key, stamp: 0, group, detail: "some", values: &values });
        }
    };
    assert!(store.frame(time, roster, &visit).unwrap());
}

fn moment_of(frame: &Frame) -> Moment {
    frame.members.iter().map(|m| (m.slot, (m.key, m.values[0]))).collect()
}

/// Frames with the pause before each; members come, change and go.
fn frames() -> impl Strategy<Value = Vec<(i64, Moment)>> {
    let member = (0..20_u64, 0..3_i64, 0..4_i64)
        .prop_map(|(id, born_ms, value)| (Key { id, born_ms }, value * 4096));
    let moment = prop::collection::btree_map(0..6_u32, member, 0..6).prop_map(|moment| {
        // Nobody is in two places.
        let mut seen = BTreeSet::new();
        moment.into_iter().filter(|(_, (key, _))| seen.insert(*key)).collect()
    });
    let pause = prop_oneof![Just(1000_i64), 1..3000_i64, 1_000_000..4_000_000_i64];
    prop::collection::vec((pause, moment), 1..40)
}

/// Lets the clock run until it is trusted, and all that is due is done.
fn settle(store: &mut Store, now: TimeMs) {
    for minute in 0..200 {
        store.maintain(now + minute * 60_000).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_moment_is_the_last_frame_before_it(frames in frames(), reopen in 0..40_usize) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path(), ENDLESS);
        let mut roster = store.roster(&spec()).unwrap();
        let mut time = START_MS;
        let mut written: Vec<(TimeMs, &Moment)> = Vec::new();
        for (index, (pause, moment)) in frames.iter().enumerate() {
            time += pause;
            if index == reopen {
                drop(store);
                store = open(dir.path(), ENDLESS);
                roster = store.roster(&spec()).unwrap();
            }
            write(&mut store, roster, time, moment);
            written.push((time, moment));
            // A clock that stands is not trusted with thinning.
            store.maintain(START_MS).unwrap();
        }
        let reader = Reader::open(dir.path()).unwrap();
        prop_assert_eq!(reader.frame("people", START_MS).unwrap(), None);
        prop_assert_eq!(reader.oldest_frame("people").unwrap(), Some(written[0].0));
        for &(time, moment) in &written {
            for ask in [time, time + 1] {
                let expected = written.iter().rev().find(|(then, _)| *then <= ask).unwrap();
                let found = reader.frame("people", ask).unwrap().unwrap();
                prop_assert_eq!((found.time_ms, &moment_of(&found)), (expected.0, expected.1));
            }
            for (key, value) in moment.values() {
                let span = Span { from: time, to: time + 1 };
                let track = reader.track("people", *key, span, 1).unwrap();
                prop_assert_eq!(track, vec![(time, vec![*value, key.born_ms])]);
            }
        }
    }

    #[test]
    fn thinning_keeps_the_last_of_each_stretch_and_counts_every_life_once(frames in frames()) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path(), ENDLESS);
        let roster = store.roster(&spec()).unwrap();
        let mut time = START_MS;
        let mut written: Vec<(TimeMs, Moment)> = Vec::new();
        for (index, (pause, moment)) in (0..).zip(&frames) {
            time += pause;
            // Whoever is there in one frame only is somebody of that frame.
            let own = |&(key, value): &(Key, i64)| (Key { born_ms: index, ..key }, value);
            let moment: Moment = moment.iter().map(|(slot, member)| (*slot, own(member))).collect();
            write(&mut store, roster, time, &moment);
            written.push((time, moment));
            store.maintain(time).unwrap();
        }
        write(&mut store, roster, time + 10_000_000, &Moment::new());
        settle(&mut store, time + 400_000_000);
        let step = 60_000;
        let kept: BTreeMap<i64, &(TimeMs, Moment)> =
            written.iter().map(|frame| (frame.0.div_euclid(step), frame)).collect();
        let reader = Reader::open(dir.path()).unwrap();
        let (mut lives, mut members) = (0, 0);
        for (time, moment) in kept.values() {
            let found = reader.frame("people", *time).unwrap().unwrap();
            prop_assert_eq!((found.time_ms, found.step_ms), (*time, step));
            prop_assert_eq!(&moment_of(&found), moment);
            lives += found.folded.iter().map(|folded| folded.lives).sum::<u64>();
            members += moment.len();
        }
        let all: usize = written.iter().map(|(_, moment)| moment.len()).sum();
        prop_assert_eq!(lives + members as u64, all as u64);
    }
}

#[test]
fn a_history_of_the_format_without_rosters_and_facts_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    let shape = declare(&mut store, &["a"]);
    store.append(START_MS, shape, &[Some(7)]).unwrap();
    let event = |kind: &str, facts: Option<&str>| Event {
        time_ms: START_MS,
        kind: kind.to_owned(),
        subject: String::new(),
        detail: String::new(),
        facts: facts.map(str::to_owned),
    };
    store.event(&event("old", None)).unwrap();
    let back =
        "ALTER TABLE event DROP COLUMN facts; DROP TABLE roster; DROP TABLE frame; DROP TABLE reel;
                PRAGMA user_version = 1;";
    store.connection().execute_batch(back).unwrap();
    drop(store);
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.frame("people", START_MS).unwrap(), None);
    let all = Span { from: START_MS, to: START_MS + 1 };
    assert_eq!(reader.events(all, 9).unwrap(), [event("old", None)]);
    let mut store = open(dir.path(), ENDLESS);
    assert!(store.take_notices().is_empty());
    store.event(&event("new", Some("{}"))).unwrap();
    let events = Reader::open(dir.path()).unwrap().events(all, 9).unwrap();
    assert_eq!(events, [event("old", None), event("new", Some("{}"))]);
    let roster = store.roster(&spec()).unwrap();
    write(&mut store, roster, START_MS + 5, &Moment::from([(3, (Key::default(), 1))]));
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.extent().unwrap(), Some((START_MS, START_MS)));
    assert_eq!(reader.frame("people", START_MS + 9).unwrap().unwrap().members.len(), 1);
}

#[test]
fn frames_that_are_too_old_go() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    let roster = store.roster(&RosterSpec { keep_ms: 4 * 3_600_000, ..spec() }).unwrap();
    for hour in 0..6 {
        let moment = Moment::from([(0, (Key::default(), hour))]);
        write(&mut store, roster, START_MS + hour * 3_600_000, &moment);
    }
    settle(&mut store, START_MS + 6 * 3_600_000);
    for hour in 10..12 {
        write(&mut store, roster, START_MS + hour * 3_600_000, &Moment::new());
        settle(&mut store, START_MS + hour * 3_600_000);
    }
    let oldest = Reader::open(dir.path()).unwrap().oldest_frame("people").unwrap().unwrap();
    assert!(oldest > START_MS && oldest <= START_MS + 12 * 3_600_000, "{oldest}");
}

#[test]
fn what_does_not_fit_a_roster_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path(), ENDLESS);
    assert!(store.roster(&RosterSpec { columns: Vec::new(), ..spec() }).is_err());
    let roster = store.roster(&spec()).unwrap();
    let key = Key::default();
    for (slot, values) in [(0, &[1_i64][..]), (1 << 18, &[1, 2])] {
        let visit = |each: &mut dyn FnMut(Member<'_>)| {
            each(Member { slot, key, stamp: 0, group: "", detail: "", values });
        };
        assert!(!store.frame(START_MS, roster, &visit).unwrap());
    }
}
