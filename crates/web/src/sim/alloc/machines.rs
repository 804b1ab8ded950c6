//! Allocation machines that somebody looked at, kept with their checkpoints while there is room: the next window of the same
//! list is then a few operations away, and not the whole list.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ramscope_sim::alloc::question::Question;
use ramscope_sim::alloc::registry::Entry;
use ramscope_sim::alloc::{Requests, Steps};

use super::super::shelf::id_of;

/// The memory that all machines may take together with their lists, in bytes.
const MOST_BYTES: usize = 192 << 20;

/// A machine, wherever it stands.
pub(crate) type Machine = Box<dyn Steps + Send>;

/// What machine it is: its list, policy, memory and convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// The machine of a policy in a question about the list of this id.
    pub(super) fn of(list: &str, question: &Question, policy: &Entry) -> Key {
        let Question { memory, convention, .. } = question;
        let words = format!("{list} {} {memory:?} {convention:?}", policy.name);
        Key(id_of("machine", words.as_bytes()))
    }
}

struct Kept {
    key: Key,
    list: Arc<Requests>,
    machine: Machine,
}

/// The machines, the one used the longest ago first. Whoever uses one takes it, and puts it back.
pub(crate) struct Machines {
    kept: Mutex<Vec<Kept>>,
    most_bytes: usize,
}

impl Default for Machines {
    fn default() -> Machines {
        Machines { kept: Mutex::default(), most_bytes: MOST_BYTES }
    }
}

impl Machines {
    /// Takes a machine; `None` where it is not kept, or another question uses it.
    pub(super) fn take(&self, key: &Key) -> Option<Machine> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|other| other.key == *key)?;
        Some(kept.remove(place).machine)
    }

    /// Keeps a machine; those used the longest ago make room. One that is too large for all the room is not kept.
    pub(super) fn put(&self, key: Key, list: &Arc<Requests>, machine: Machine) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.key != key);
        kept.push(Kept { key, list: Arc::clone(list), machine });
        let (mut bytes, mut lists) = (0, Vec::new());
        let fits = |item: &&Kept| {
            bytes += item.machine.bytes();
            let list = Arc::as_ptr(&item.list);
            if !lists.contains(&list) {
                bytes += item.list.memory_bytes();
                lists.push(list);
            }
            bytes <= self.most_bytes
        };
        let fitting = kept.iter().rev().take_while(fits).count();
        let leaving = kept.len() - fitting;
        kept.drain(..leaving);
    }
}

impl fmt::Debug for Machines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machines").field("most_bytes", &self.most_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ramscope_sim::alloc::question::policies_named;
    use ramscope_sim::alloc::{Convention, Form, Span, read};

    use super::*;

    fn question(list: &str) -> Question {
        Question {
            policies: policies_named(["first", "best", "buddy"]).unwrap(),
            memory: Span::new(0, 1 << 20),
            requests: Arc::new(read(list.as_bytes(), Form::List).unwrap()),
            convention: Convention::default(),
        }
    }

    #[test]
    fn the_machine_used_the_longest_ago_makes_room_and_one_in_use_is_not_there() {
        let question = question(&"+10 ".repeat(1000));
        let keys: Vec<Key> =
            question.policies.iter().map(|policy| Key::of("list", &question, policy)).collect();
        let mut machines: Vec<Machine> =
            question.policies.iter().map(|policy| question.machine(policy).unwrap()).collect();
        let room = 2 * machines[0].bytes() + question.requests.memory_bytes();
        let shelf = Machines { most_bytes: room, ..Machines::default() };
        for (key, machine) in keys.iter().zip(machines.drain(..2)) {
            shelf.put(key.clone(), &question.requests, machine);
        }
        let first = shelf.take(&keys[0]).unwrap();
        assert!(shelf.take(&keys[0]).is_none());
        shelf.put(keys[0].clone(), &question.requests, first);
        shelf.put(keys[2].clone(), &question.requests, machines.remove(0));
        assert!(shelf.take(&keys[1]).is_none());
        assert!(shelf.take(&keys[0]).is_some() && shelf.take(&keys[2]).is_some());
    }

    #[test]
    fn a_machine_is_that_of_its_list_policy_memory_and_convention() {
        let question = question("+10");
        let key = |list: &str, question: &Question, policy: usize| {
            Key::of(list, question, question.policies[policy])
        };
        let same = key("a", &question, 0);
        assert_eq!(same, key("a", &question.clone(), 0));
        assert_ne!(same, key("b", &question, 0));
        assert_ne!(same, key("a", &question, 1));
        let mut other = question.clone();
        other.memory.size += 1;
        assert_ne!(same, key("a", &other, 0));
        let mut other = question.clone();
        other.convention.set("list.order=size").unwrap();
        assert_ne!(same, key("a", &other, 0));
    }
}
