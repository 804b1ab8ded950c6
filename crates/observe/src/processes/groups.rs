//! Sums over processes: by application, user, cgroup, and up the tree of parents.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Process;
use super::question::{Row, Sort};

/// What processes are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Their name.
    Application,
    /// Whose rights they have.
    User,
    /// Where their memory is charged to.
    Cgroup,
    /// Their ancestors: each process with all below it.
    Tree,
}

impl GroupBy {
    /// Every kind, by the name it is asked for with.
    pub const ALL: [(&'static str, GroupBy); 4] = [
        ("app", GroupBy::Application),
        ("user", GroupBy::User),
        ("cgroup", GroupBy::Cgroup),
        ("tree", GroupBy::Tree),
    ];

    /// The name it is asked for with.
    #[must_use]
    pub fn key(self) -> &'static str {
        GroupBy::ALL.iter().find(|(_, by)| *by == self).map_or("", |(key, _)| key)
    }
}

/// Sums over some processes, in bytes. Resident sets count shared pages once a process; proportional sets add up to the
/// truth, where all are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "sums of what `Process` documents")]
pub struct Sums {
    pub processes: u64,
    pub threads: u64,
    pub rss_bytes: u64,
    pub anon_bytes: u64,
    pub file_bytes: u64,
    pub shared_bytes: u64,
    pub swap_bytes: u64,
    pub peak_bytes: u64,
    pub major_faults: u64,
    pub pss_bytes: u64,
    pub uss_bytes: u64,
    /// Of how many processes the proportional set is known.
    pub pss_known: u64,
    /// How much those grew of whom it is known.
    pub growth_bytes: i64,
    /// The shortest time that this growth is over; `None` where it is known of none.
    pub growth_over_ms: Option<u64>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// What its members share: a name, a user, a path; of a tree the name of its root.
    pub name: &'a str,
    /// Its sums.
    pub sums: Sums,
    /// Where it stands in the tree, if that was asked for.
    pub node: Option<Node>,
}

/// A process in the tree of parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub pid: u32,
    /// Its parent's id.
    pub parent: u32,
    /// How many of its ancestors are in the answer.
    pub depth: u32,
}

impl Sums {
    /// The sums over `rows`.
    #[must_use]
    pub fn of(rows: &[Row<'_>]) -> Sums {
        let mut sums = Sums::default();
        rows.iter().for_each(|row| sums.add(row));
        sums
    }

    fn add(&mut self, row: &Row<'_>) {
        let process: &Process = row.process;
        let pss = process.pss.known;
        self.merge(&Sums {
            processes: 1,
            threads: process.threads.into(),
            rss_bytes: process.rss_bytes,
            anon_bytes: process.anon_bytes,
            file_bytes: process.file_bytes,
            shared_bytes: process.shared_bytes,
            swap_bytes: process.swap_bytes,
            peak_bytes: process.peak_bytes,
            major_faults: process.major_faults,
            pss_bytes: pss.map_or(0, |pss| pss.pss_bytes),
            uss_bytes: pss.map_or(0, |pss| pss.uss_bytes),
            pss_known: pss.is_some().into(),
            growth_bytes: row.growth.map_or(0, |growth| growth.bytes),
            growth_over_ms: row.growth.map(|growth| growth.over_ms),
        });
    }

    fn merge(&mut self, other: &Sums) {
        for (sum, part) in [
            (&mut self.processes, other.processes),
            (&mut self.threads, other.threads),
            (&mut self.rss_bytes, other.rss_bytes),
            (&mut self.anon_bytes, other.anon_bytes),
            (&mut self.file_bytes, other.file_bytes),
            (&mut self.shared_bytes, other.shared_bytes),
            (&mut self.swap_bytes, other.swap_bytes),
            (&mut self.peak_bytes, other.peak_bytes),
            (&mut self.major_faults, other.major_faults),
            (&mut self.pss_bytes, other.pss_bytes),
            (&mut self.uss_bytes, other.uss_bytes),
            (&mut self.pss_known, other.pss_known),
        ] {
            *sum = sum.saturating_add(part);
        }
        self.growth_bytes = self.growth_bytes.saturating_add(other.growth_bytes);
        self.growth_over_ms = match (self.growth_over_ms, other.growth_over_ms) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn measure(&self, sort: Sort) -> i128 {
        match sort {
            Sort::Growth => self.growth_bytes.into(),
            Sort::Pss => self.pss_bytes.into(),
            Sort::Uss => self.uss_bytes.into(),
            Sort::Swap => self.swap_bytes.into(),
            Sort::Anon => self.anon_bytes.into(),
            Sort::FileBacked => self.file_bytes.into(),
            Sort::Shared => self.shared_bytes.into(),
            Sort::Peak => self.peak_bytes.into(),
            Sort::Faults => self.major_faults.into(),
            Sort::Memory => i128::from(self.rss_bytes) + i128::from(self.swap_bytes),
            Sort::Threads => self.threads.into(),
            Sort::Rss | Sort::Command | Sort::User | Sort::Cgroup | Sort::Pid => {
                self.rss_bytes.into()
            }
        }
    }
}

/// The groups of `rows`, in order, or in the order turned around.
#[must_use]
pub fn sum_up<'a>(rows: &[Row<'a>], by: GroupBy, sort: Sort, reversed: bool) -> Vec<Group<'a>> {
    match by {
        GroupBy::Tree => tree(rows, sort, reversed),
        GroupBy::Application => by_name(rows, sort, reversed, |each| each.identity.application()),
        GroupBy::User => by_name(rows, sort, reversed, |each| &each.identity.user),
        GroupBy::Cgroup => by_name(rows, sort, reversed, |each| &each.identity.cgroup),
    }
}

fn by_name<'a>(
    rows: &[Row<'a>],
    sort: Sort,
    reversed: bool,
    name: fn(&'a Process) -> &'a str,
) -> Vec<Group<'a>> {
    let mut sums: HashMap<&str, Sums> = HashMap::new();
    for row in rows {
        sums.entry(name(row.process)).or_default().add(row);
    }
    let mut groups: Vec<_> =
        sums.into_iter().map(|(name, sums)| Group { name, sums, node: None }).collect();
    let sign = if reversed { -1 } else { 1 };
    match sort {
        Sort::Command | Sort::User | Sort::Cgroup if reversed => {
            groups.sort_unstable_by_key(|group| Reverse(group.name));
        }
        Sort::Command | Sort::User | Sort::Cgroup => {
            groups.sort_unstable_by_key(|group| group.name);
        }
        _ => groups
            .sort_unstable_by_key(|group| (Reverse(group.sums.measure(sort) * sign), group.name)),
    }
    groups
}

/// Every process with the sums of all below it, parents before children, siblings in order.
fn tree<'a>(rows: &[Row<'a>], sort: Sort, reversed: bool) -> Vec<Group<'a>> {
    let places: HashMap<u32, usize> =
        rows.iter().enumerate().map(|(place, row)| (row.process.identity.pid, place)).collect();
    let parent = |place: usize| {
        let process = rows[place].process;
        places.get(&process.parent).copied().filter(|parent| *parent != place)
    };
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    let mut roots = Vec::new();
    for place in 0..rows.len() {
        match parent(place) {
            Some(parent) => children[parent].push(place),
            None => roots.push(place),
        }
    }
    // Parents before children; what a torn look left in a circle is in no order and left out, as it has no root.
    let mut order = roots.clone();
    let mut next = 0;
    while let Some(&place) = order.get(next) {
        order.extend(&children[place]);
        next += 1;
    }
    let mut sums: Vec<Sums> = rows.iter().map(|row| Sums::of(std::slice::from_ref(row))).collect();
    for &place in order.iter().rev() {
        if let Some(parent) = parent(place) {
            let below = sums[place];
            sums[parent].merge(&below);
        }
    }
    // The last of a stack comes first: smallest at its bottom.
    let sign = if reversed { -1 } else { 1 };
    let key = |place: &usize| {
        (sums[*place].measure(sort) * sign, Reverse(rows[*place].process.identity.pid))
    };
    roots.sort_unstable_by_key(key);
    let mut stack: Vec<(usize, u32)> = roots.into_iter().map(|root| (root, 0)).collect();
    let mut groups = Vec::with_capacity(rows.len());
    while let Some((place, depth)) = stack.pop() {
        let process = rows[place].process;
        let node = Node { pid: process.identity.pid, parent: process.parent, depth };
        groups.push(Group { name: &process.identity.command, sums: sums[place], node: Some(node) });
        children[place].sort_unstable_by_key(key);
        stack.extend(children[place].iter().map(|child| (*child, depth + 1)));
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::ProcessTable;
    use crate::processes::question::{Question, answer};
    use crate::processes::testing::process;
    use proptest::prelude::*;

    fn groups(parents: &[u32], by: GroupBy) -> Vec<(String, u64, Option<Node>)> {
        let processes = (1..).zip(parents).map(|(pid, &parent)| {
            let mut made = process(pid, if pid % 2 == 0 { "even" } else { "odd" }, u64::from(pid));
            made.parent = parent;
            made
        });
        let table = ProcessTable { processes: processes.collect(), ..ProcessTable::default() };
        let question = Question { group: Some(by), ..Question::default() };
        let groups = answer(&table, None, &question).groups.unwrap();
        groups
            .iter()
            .map(|group| (group.name.to_owned(), group.sums.rss_bytes, group.node))
            .collect()
    }

    #[test]
    fn a_group_is_the_sum_of_its_members() {
        let found = groups(&[0, 1, 1, 3], GroupBy::Application);
        assert_eq!(found, [("even".to_owned(), 6, None), ("odd".to_owned(), 4, None)]);
    }

    #[test]
    fn a_tree_sums_up_and_goes_from_parents_to_children() {
        let found = groups(&[0, 1, 1, 3, 9], GroupBy::Tree);
        let nodes: Vec<_> = found
            .iter()
            .map(|(_, sum, node)| (node.unwrap().pid, node.unwrap().depth, *sum))
            .collect();
        assert_eq!(nodes, [(1, 0, 10), (3, 1, 7), (4, 2, 4), (2, 1, 2), (5, 0, 5)]);
    }

    proptest! {
        #[test]
        fn roots_of_a_tree_sum_up_to_everything(parents in prop::collection::vec(0..20_u32, 0..20)) {
            // A process is younger than its parent here, so that there are no circles.
            let parents: Vec<u32> = (1..).zip(parents).map(|(pid, parent)| parent.min(pid - 1)).collect();
            let found = groups(&parents, GroupBy::Tree);
            let total: u64 = (1..=parents.len() as u64).sum();
            let roots = found.iter().filter(|(_, _, node)| node.unwrap().depth == 0);
            prop_assert_eq!(roots.map(|(_, sum, _)| sum).sum::<u64>(), total);
            prop_assert_eq!(found.len(), parents.len());
        }

        #[test]
        fn parents_that_go_in_circles_end(parents in prop::collection::vec(0..20_u32, 0..20)) {
            groups(&parents, GroupBy::Tree);
        }
    }
}
