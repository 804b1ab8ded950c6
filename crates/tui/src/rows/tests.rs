//! The rows against slow and obvious twins.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::testing::{process, table};

fn how(sort: Sort) -> Arrangement {
    Arrangement { sort, ..Arrangement::default() }
}

fn pids(rows: &[Row]) -> Vec<u32> {
    let pid = |row: &Row| match row.key {
        RowKey::Process(id) => id.pid,
        RowKey::Group(_) => 0,
    };
    rows.iter().map(pid).collect()
}

#[test]
fn amounts_fall_names_and_pids_rise_and_all_of_it_turns_around() {
    let all = table(&[process(1, "c", 10), process(2, "a", 30), process(3, "b", 20)]);
    for (sort, expected) in [
        (Sort::Total, [2, 3, 1]),
        (Sort::Rss, [2, 3, 1]),
        (Sort::Pid, [1, 2, 3]),
        (Sort::Command, [2, 3, 1]),
    ] {
        assert_eq!(pids(&rows(&all, &how(sort), None)), expected, "{sort:?}");
        let reversed = Arrangement { reversed: true, ..how(sort) };
        let turned: Vec<u32> = expected.into_iter().rev().collect();
        assert_eq!(pids(&rows(&all, &reversed, None)), turned, "{sort:?} reversed");
    }
}

#[test]
fn growth_that_was_not_watched_is_not_known_and_from_a_mark_it_always_is() {
    let mut then = table(&[process(1, "a", 10)]);
    then.time_ms -= 500;
    let now = table(&[process(1, "a", 30), process(2, "b", 5)]);
    let ten_minutes = Arrangement { window: 1, ..Arrangement::default() };
    let known = |rows: &[Row]| rows.iter().map(|row| row.amounts.growth).collect::<Vec<_>>();
    assert_eq!(known(&rows(&now, &ten_minutes, None)), [None, None]);
    let base = Base::compared(&then);
    assert_eq!(known(&rows(&now, &ten_minutes, Some(&base))), [Some(20), Some(5)]);
}

#[test]
fn sums_go_by_application_user_and_cgroup() {
    let all = table(&[process(1, "a", 10), process(2, "a", 30), process(3, "b", 20)]);
    for (group, expected) in [
        (Group::Application, vec![("a", 2, 40), ("b", 1, 20)]),
        (Group::User, vec![("ada", 3, 60)]),
        (Group::Cgroup, vec![("/user.slice", 3, 60)]),
    ] {
        let rows = rows(&all, &Arrangement { group, ..Arrangement::default() }, None);
        let told: Vec<_> =
            rows.iter().map(|row| (&*row.name, row.count, row.amounts.rss)).collect();
        assert_eq!(told, expected, "{group:?}");
    }
}

proptest! {
    /// Whatever the parents say, circles among them: every process stands in the tree once, and below its parent.
    #[test]
    fn a_tree_holds_everyone_once_and_children_after_their_parents(
        parents in prop::collection::vec((0u32..12, 0u64..1000, 0i64..4), 1..12),
    ) {
        let processes: Vec<Process> = parents.iter().zip(1..).map(|(&(parent, rss, start_ms), pid)| {
            let mut process = Process { parent, ..process(pid, "p", rss) };
            Arc::make_mut(&mut process.identity).start_ms = start_ms;
            process
        }).collect();
        let tree = Arrangement { tree: true, ..Arrangement::default() };
        let rows = rows(&table(&processes), &tree, None);
        let order = pids(&rows);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (1..=u32::try_from(processes.len()).unwrap()).collect::<Vec<_>>());
        let place: HashMap<u32, usize> = order.iter().enumerate().map(|(at, pid)| (*pid, at)).collect();
        for row in &rows {
            let RowKey::Process(id) = &row.key else { unreachable!("nothing is summed") };
            let parent = processes[usize::try_from(id.pid).unwrap() - 1].parent;
            if !row.branch.is_empty() {
                prop_assert!(place[&parent] < place[&id.pid]);
                prop_assert_eq!(rows[place[&parent]].branch.len() + 1, row.branch.len());
            }
        }
    }
}
