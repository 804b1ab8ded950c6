//! Which processes are meant: words that must all match, some of them about one thing only.

use std::collections::{HashMap, HashSet};

use super::{Process, ProcessTable};

/// Words that must all match; none of them matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<Word>,
}

/// One word. Texts are in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// `user:NAME`, the name or the number.
    User(String),
    /// `app:NAME`.
    Application(String),
    /// `cgroup:/PATH`: it and all below.
    Cgroup(String),
    /// `state:S`.
    State(String),
    /// `pid:N`; `None` for what is no number, which nobody is.
    Pid(Option<u32>),
    /// `tree:N`: a process and its descendants.
    Tree(Option<u32>),
    /// Any other: a part of name, command line, user or cgroup, or the very id.
    Text(String),
}

impl Word {
    fn of(word: &str) -> Word {
        let word = word.to_lowercase();
        let Some((about, rest)) = word.split_once(':') else { return Word::Text(word) };
        let rest = rest.to_owned();
        match about {
            "user" => Word::User(rest),
            "app" => Word::Application(rest),
            "cgroup" => Word::Cgroup(rest.trim_end_matches('/').to_owned()),
            "state" => Word::State(rest),
            "pid" => Word::Pid(rest.parse().ok()),
            "tree" => Word::Tree(rest.parse().ok()),
            _ => Word::Text(word),
        }
    }
}

impl Filter {
    /// The words of `text`, with blanks between.
    #[must_use]
    pub fn parse(text: &str) -> Filter {
        Filter { words: text.split_whitespace().map(Word::of).collect() }
    }

    /// Says for each process of `table` whether it is meant.
    pub fn on<'a>(&'a self, table: &'a ProcessTable) -> impl Fn(&Process) -> bool + 'a {
        let trees: Vec<HashSet<u32>> = self
            .words
            .iter()
            .filter_map(|word| match word {
                Word::Tree(root) => Some(root.map(|root| below(table, root)).unwrap_or_default()),
                _ => None,
            })
            .collect();
        move |process| {
            trees.iter().all(|tree| tree.contains(&process.identity.pid))
                && self.words.iter().all(|word| is_meant(process, word))
        }
    }
}

/// The ids of a process and of all that descend from it. A table is a look at things that move, and may hold a circle.
fn below(table: &ProcessTable, root: u32) -> HashSet<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for process in &table.processes {
        children.entry(process.parent).or_default().push(process.identity.pid);
    }
    let mut found = HashSet::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        if found.insert(pid) {
            next.extend(children.get(&pid).into_iter().flatten());
        }
    }
    found
}

fn is_meant(process: &Process, word: &Word) -> bool {
    let identity = &process.identity;
    let is = |field: &str, text: &str| field.to_lowercase() == text;
    match word {
        Word::User(text) => is(&identity.user, text) || text.parse() == Ok(identity.uid),
        Word::Application(text) => is(identity.application(), text),
        Word::Cgroup(text) => {
            let path = identity.cgroup.to_lowercase();
            path.strip_prefix(text.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        Word::State(text) => is(&char::from(process.state).to_string(), text),
        Word::Pid(pid) => *pid == Some(identity.pid),
        // Looked at beforehand, for all processes together.
        Word::Tree(_) => true,
        Word::Text(text) => has(process, text),
    }
}

/// Whether a process has `text` in what people know it by.
fn has(process: &Process, text: &str) -> bool {
    let identity = &process.identity;
    let has = |field: &str| field.to_lowercase().contains(text);
    has(&identity.command)
        || identity.command_line.as_deref().is_some_and(has)
        || has(&identity.user)
        || has(&identity.cgroup)
        || text.parse() == Ok(identity.pid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::testing::process;

    fn meant(text: &str) -> Vec<u32> {
        let mut processes =
            vec![process(1, "init", 10), process(7, "shell", 30), process(9, "worker", 20)];
        for (process, (parent, user, cgroup)) in processes.iter_mut().zip([
            (0, "root", "/"),
            (1, "Ada", "/user.slice/a"),
            (7, "ada", "/user.slice/ab"),
        ]) {
            process.parent = parent;
            let identity = std::sync::Arc::make_mut(&mut process.identity);
            identity.user = user.into();
            identity.cgroup = cgroup.into();
        }
        let table = ProcessTable { processes, ..ProcessTable::default() };
        let filter = Filter::parse(text);
        let is_meant = filter.on(&table);
        table.processes.iter().filter(|each| is_meant(each)).map(|each| each.identity.pid).collect()
    }

    #[test]
    fn words_must_all_match_and_some_are_about_one_thing() {
        for (text, expected) in [
            ("", vec![1, 7, 9]),
            ("user:ada", vec![7, 9]),
            ("user:ada worker", vec![9]),
            ("USER:Ada pid:7", vec![7]),
            ("cgroup:/user.slice", vec![7, 9]),
            ("cgroup:/user.slice/a", vec![7]),
            ("cgroup:/", vec![1, 7, 9]),
            ("tree:7", vec![7, 9]),
            ("tree:1 tree:9", vec![9]),
            ("app:init", vec![1]),
            ("pid:x", vec![]),
            ("tree:x", vec![]),
            ("slice", vec![7, 9]),
            ("nobody", vec![]),
        ] {
            assert_eq!(meant(text), expected, "{text}");
        }
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let mut processes = vec![process(2, "a", 1), process(3, "b", 1)];
        processes[0].parent = 3;
        processes[1].parent = 2;
        let table = ProcessTable { processes, ..ProcessTable::default() };
        assert_eq!(below(&table, 2), HashSet::from([2, 3]));
    }
}
