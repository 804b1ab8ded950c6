//! What is to be done next: from the curve, the time and what is held. It decides, and the kinds of memory do it.

use std::time::Duration;

use crate::clock::since_boot;
use crate::hold::Holding;
use crate::plan::{Curve, Pattern, Plan};
use crate::source::Source;
use crate::wire::{Reason, State};

/// The most that is taken between two looks at the headroom, in bytes: a few milliseconds of page faults.
const STEP_BYTES: u64 = 16 << 20;
/// How finely a curve that is not level is followed.
const TICK: Duration = Duration::from_millis(5);
/// How often the worker looks at the machine and says how it goes, while it does something.
const LOOK: Duration = Duration::from_millis(250);
/// How often it does while it only holds: holding costs next to nothing.
const LOOK_AT_REST: Duration = Duration::from_millis(500);

/// The next piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Take memory up to so many bytes.
    Grow(u64),
    /// Give memory back down to so many bytes.
    Shrink(u64),
    /// Free so many bytes and allocate them again.
    TurnOver(u64),
    /// Free every other block.
    MakeHoles,
    /// All is as it should be.
    Nothing,
}

/// A plan on its way.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) curve: Curve,
    grain: u64,
    holes_at: Option<Duration>,
    /// The rate of a pattern that turns over, in bytes a second.
    turnover: Option<u64>,
    turned_bytes: u64,
    state: State,
    /// What was taken in all, in bytes, and how long that took.
    pub(super) filled_bytes: u64,
    pub(super) filling: Duration,
}

impl Pace {
    pub(super) fn new(plan: &Plan) -> Pace {
        Pace {
            curve: plan.curve(),
            grain: plan.grain_bytes(),
            holes_at: plan.holes_at(),
            turnover: plan.rate_bytes_per_s.filter(|_| plan.pattern == Pattern::Churn),
            turned_bytes: 0,
            state: State::Starting,
            filled_bytes: 0,
            filling: Duration::ZERO,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// What to do when `elapsed` has gone by.
    pub(super) fn next(&mut self, elapsed: Duration, holding: &dyn Holding) -> Step {
        let (target, held) = (self.curve.at(elapsed), holding.held_bytes());
        let target = target - target % self.grain;
        if self.holes_at.is_some_and(|at| elapsed >= at) && target <= held {
            self.holes_at = None;
            return Step::MakeHoles;
        }
        if target > held {
            return Step::Grow(target.min(held + STEP_BYTES));
        }
        let is_level = self.curve.level_for(elapsed).is_some();
        self.state = if is_level { State::Holding } else { State::Growing };
        if held >= target + self.grain {
            return Step::Shrink(target);
        }
        match self.owed(elapsed) {
            0 => Step::Nothing,
            owed => {
                self.turned_bytes += owed;
                Step::TurnOver(owed.min(held))
            }
        }
    }

    /// What should have been turned over by now and was not.
    fn owed(&self, elapsed: Duration) -> u64 {
        let us = elapsed.as_micros();
        let due = self.turnover.map_or(0, |rate| u128::from(rate) * us / 1_000_000);
        u64::try_from(due).unwrap_or(u64::MAX).saturating_sub(self.turned_bytes)
    }

    /// Takes memory up to `to`, or as far as the headroom goes. False where it does not go any further.
    pub(super) fn grow(
        &mut self,
        holding: &mut dyn Holding,
        to: u64,
        plan: &Plan,
        source: &mut Source,
    ) -> Result<bool, Reason> {
        let held = holding.held_bytes();
        let mut room = to - held;
        if plan.keeps_headroom {
            let limits = source.limits().map_err(|error| Reason::Failed(error.to_string()))?;
            room = room.min(limits.headroom(plan.reserve_bytes).bytes);
        }
        self.state = if room < to - held { State::HeldBack } else { State::Growing };
        if room < self.grain {
            return Ok(false);
        }
        let before = since_boot();
        holding.grow(held + room).map_err(|error| Reason::Failed(error.to_string()))?;
        self.filling += since_boot().saturating_sub(before);
        let taken = holding.held_bytes() - held;
        self.filled_bytes += taken;
        Ok(taken > 0)
    }

    /// When to look next: after the usual time, and before and after every corner of the curve, so that no summit goes
    /// by unseen.
    pub(super) fn look_in(&self, elapsed: Duration, is_busy: bool) -> Duration {
        let is_at_rest = !is_busy && self.pause(elapsed) > TICK;
        let usual = if is_at_rest { LOOK_AT_REST } else { LOOK };
        match self.curve.corner_in(elapsed) {
            Some(corner) if corner > 2 * TICK => usual.min(corner - TICK),
            Some(corner) => corner + TICK,
            None => usual,
        }
    }

    /// How long nothing changes.
    pub(super) fn pause(&self, elapsed: Duration) -> Duration {
        match self.curve.level_for(elapsed) {
            Some(level) if self.state == State::Holding && self.turnover.is_none() => {
                let holes = self.holes_at.map_or(level, |at| at.saturating_sub(elapsed));
                level.min(holes)
            }
            _ => TICK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hold::HoldError;
    use crate::plan::tests::plan;

    const MIB: u64 = 1 << 20;

    /// Memory that is only counted.
    #[derive(Default)]
    struct Counted(u64);

    impl Holding for Counted {
        fn held_bytes(&self) -> u64 {
            self.0
        }
        fn grow(&mut self, to: u64) -> Result<(), HoldError> {
            self.0 = to;
            Ok(())
        }
        fn shrink(&mut self, to: u64) -> Result<(), HoldError> {
            self.0 = to;
            Ok(())
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn growth_comes_in_steps_and_ends_where_the_curve_is() {
        let mut pace = Pace::new(&plan(|_| ()));
        let mut held = Counted(0);
        for expected in [16, 32, 48, 64] {
            assert_eq!(pace.next(seconds(1), &held), Step::Grow(expected * MIB));
            held.0 = expected * MIB;
        }
        assert_eq!(pace.next(seconds(1), &held), Step::Nothing);
        assert_eq!(pace.pause(seconds(1)), seconds(59));
        held.0 += MIB;
        assert_eq!(pace.next(seconds(1), &held), Step::Shrink(64 * MIB));
    }

    #[test]
    fn no_summit_goes_by_between_two_looks() {
        let plan = plan(|plan| {
            plan.pattern = Pattern::Spike;
            plan.duration_ms = 1000;
            plan.cycles = 2;
        });
        let (mut pace, mut held) = (Pace::new(&plan), Counted(0));
        let (mut now, mut seen) = (Duration::ZERO, Vec::new());
        while now < plan.duration() {
            held.0 = pace.curve.at(now);
            assert_eq!(pace.next(now, &held), Step::Nothing);
            seen.push(held.0 / MIB);
            now += pace.look_in(now, false);
        }
        seen.dedup();
        assert_eq!(seen, [16, 64, 16, 64, 16]);
    }

    #[test]
    fn churn_turns_over_what_its_rate_owes_and_no_more() {
        let mut pace = Pace::new(&plan(|plan| {
            plan.pattern = Pattern::Churn;
            plan.rate_bytes_per_s = Some(MIB);
        }));
        let held = Counted(64 * MIB);
        assert_eq!(pace.next(seconds(2), &held), Step::TurnOver(2 * MIB));
        assert_eq!(pace.next(seconds(2), &held), Step::Nothing);
        assert_eq!(pace.next(seconds(3), &held), Step::TurnOver(MIB));
        assert_eq!(pace.pause(seconds(3)), TICK);
    }

    #[test]
    fn holes_are_made_once_and_only_when_all_is_there() {
        let mut pace = Pace::new(&plan(|plan| plan.pattern = Pattern::Fragment));
        assert_eq!(pace.next(seconds(30), &Counted(60 * MIB)), Step::Grow(64 * MIB));
        let held = Counted(64 * MIB);
        assert_eq!(pace.next(seconds(19), &held), Step::Nothing);
        assert_eq!(pace.pause(seconds(19)), seconds(1));
        assert_eq!(pace.next(seconds(20), &held), Step::MakeHoles);
        assert_eq!(pace.next(seconds(21), &held), Step::Nothing);
    }

    #[test]
    fn nothing_is_taken_that_the_headroom_does_not_give() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("proc")).unwrap();
        let mut source = Source::open(root.path());
        let available = |mib: u64| {
            let text = format!("MemTotal: 1048576 kB\nMemAvailable: {} kB\n", mib << 10);
            std::fs::write(root.path().join("proc/meminfo"), text).unwrap();
        };
        let plan = plan(|_| ());
        let (mut pace, mut held) = (Pace::new(&plan), Counted(0));
        let mut grow = |held: &mut Counted, available_mib: u64| {
            available(available_mib);
            let to = held.0 + 16 * MIB;
            let grown = pace.grow(held, to, &plan, &mut source).unwrap();
            (grown, held.0 / MIB, pace.state())
        };
        assert_eq!(grow(&mut held, 1000), (true, 16, State::Growing));
        assert_eq!(grow(&mut held, 522), (true, 26, State::HeldBack));
        assert_eq!(grow(&mut held, 512), (false, 26, State::HeldBack));
        assert_eq!(grow(&mut held, 100), (false, 26, State::HeldBack));
        assert_eq!(grow(&mut held, 600), (true, 42, State::Growing));
    }
}
