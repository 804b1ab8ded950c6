//! The verdict for whoever is inside a container, whose limit is met before the machine's memory ends.

use super::checks::state_with;
use super::{State, Verdict, share};
use crate::cgroups::{Container, LimitKind};
use crate::format::{iec, iec_of, percent};

impl Verdict {
    /// The verdict in the numbers of a container, unless the machine around it is worse off. The thresholds are those of
    /// available memory, with the limit as the total. Outside of containers it is what it was.
    #[must_use]
    pub fn inside(mut self, container: Option<&Container>) -> Verdict {
        let Some(container) = container else { return self };
        let Container { name, limit_bytes, used_bytes, available_bytes, .. } = container;
        let state = state_with(*available_bytes, *limit_bytes);
        if self.state > state {
            return self;
        }
        self.state = state;
        self.headline = format!(
            "{}: {} used inside {name}; {} available.",
            state.opening(),
            iec_of(*used_bytes, *limit_bytes),
            iec(*available_bytes)
        );
        if state > State::Ok {
            let what_then = match container.kind {
                LimitKind::Max => "something in it is killed",
                LimitKind::High => "everything in it is slowed down",
            };
            let reason = format!(
                "{} ({}) can be had before {name} meets its {} of {}, where {what_then}.",
                iec(*available_bytes),
                percent(share(*available_bytes, *limit_bytes)),
                container.kind.words(),
                iec(*limit_bytes)
            );
            self.reasons.insert(0, reason);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn container(available_mib: u64, kind: LimitKind) -> Container {
        Container {
            name: "docker 0123456789ab".into(),
            path: "/docker".into(),
            limit_bytes: 256 * MIB,
            kind,
            used_bytes: (256 - available_mib) * MIB,
            available_bytes: available_mib * MIB,
            free_bytes: 0,
            machine_bytes: 16 << 30,
        }
    }

    fn machine(state: State) -> Verdict {
        Verdict { state, headline: "the machine's".into(), reasons: vec!["the machine's".into()] }
    }

    #[test]
    fn a_container_is_short_by_its_own_limit() {
        let near = machine(State::Ok).inside(Some(&container(10, LimitKind::Max)));
        assert_eq!(near.state, State::Short);
        assert_eq!(
            near.headline,
            "Short of memory: 246 of 256 MiB used inside docker 0123456789ab; 10 MiB available."
        );
        assert_eq!(
            near.reasons,
            [
                "10 MiB (3.9 %) can be had before docker 0123456789ab meets its limit of 256 MiB, where something in it \
                 is killed.",
                "the machine's"
            ]
        );
        let beyond = machine(State::Ok).inside(Some(&container(0, LimitKind::High)));
        assert_eq!(beyond.state, State::Critical);
        assert!(beyond.reasons[0].ends_with("where everything in it is slowed down."));
    }

    #[test]
    fn a_container_with_room_is_told_in_its_numbers() {
        let calm = machine(State::Ok).inside(Some(&container(128, LimitKind::Max)));
        assert_eq!(
            calm.headline,
            "Not short: 128 of 256 MiB used inside docker 0123456789ab; 128 MiB available."
        );
        assert_eq!((calm.state, calm.reasons.len()), (State::Ok, 1));
    }

    #[test]
    fn a_machine_that_is_worse_off_has_the_word() {
        let verdict = machine(State::Critical);
        assert_eq!(verdict.clone().inside(Some(&container(10, LimitKind::Max))), verdict);
    }
}
