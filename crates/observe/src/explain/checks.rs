//! What makes a machine short of memory, one check each, and the thresholds that they use.

use super::{Facts, Finding, NOTICED, State, share};
use crate::format::{iec, iec_of, percent};

/// One thing to look at; `None` where there is nothing to say about it.
type Check = fn(&Facts) -> Option<Finding>;

/// All checks, in the order in which their sentences stand where they are equally bad.
pub(super) const ALL: &[Check] = &[
    availability,
    stalls,
    killed,
    swap_moving,
    swap_full,
    swap_occupied,
    refaults,
    unused_huge_pages,
    unaccounted,
    compressed,
    estimated,
];

/// Below which available memory a machine is in which state: a share of the total, and the amount
/// beyond which a larger machine needs no more.
///
/// 10 % is where user-space OOM killers (earlyoom) begin to act, and 5 % where they no longer ask
/// nicely. The kernel keeps its own reserve outside `MemAvailable`, so 2 % is what one more program
/// takes. The caps are there because 10 % of a terabyte is not little.
const AVAILABLE: [(f64, u64, State); 3] = [
    (0.02, GIB / 2, State::Critical),
    (0.05, 2 * GIB, State::Short),
    (0.10, 8 * GIB, State::Tight),
];

/// From which share of time lost, by some tasks or by all, a machine is in which state.
///
/// One percent is the least that people notice; a tenth is what latency budgets usually have to give
/// away. That all tasks wait at once is worse: nothing at all gets done in that time, and
/// systemd-oomd kills from 60 % on.
const SOME: [(f64, State); 2] = [(0.10, State::Short), (0.01, State::Tight)];
const FULL: [(f64, State); 2] = [(0.25, State::Critical), (0.05, State::Short)];

/// Slower than this, swap is seen as standing still: 256 pages of 4 KiB a second.
const SWAP_MOVES: f64 = 1024.0 * 1024.0;

/// Slower than this, refaults are the price of any cache: reading files twice that do not fit.
const REFAULTS: f64 = 8.0 * 1024.0 * 1024.0;

/// Swap with less than this share left is full.
const SWAP_LEFT: f64 = 0.05;

/// From this share of the total on, memory that is idle or counted nowhere is worth a sentence.
const LARGE_IDLE: f64 = 0.05;
const LARGE_UNACCOUNTED: f64 = 0.10;

/// Less free memory than this, with plenty available, makes people worry without need.
const LITTLE_FREE: f64 = 0.10;

const GIB: u64 = 1 << 30;

fn finding(state: State, sentence: String) -> Option<Finding> {
    Some(Finding { state, sentence })
}

fn worst(value: f64, thresholds: &[(f64, State)]) -> State {
    thresholds.iter().find(|(from, _)| value >= *from).map_or(State::Ok, |(_, state)| *state)
}

/// The state by available memory alone.
fn available_state(facts: &Facts) -> State {
    state_with(facts.memory.available_bytes, facts.memory.total_bytes)
}

/// The state of a machine, or of what has a limit, by what is left alone.
pub(super) fn state_with(available_bytes: u64, total_bytes: u64) -> State {
    let left = share(available_bytes, total_bytes);
    let below = |(share, cap, _): &&(f64, u64, State)| available_bytes < *cap && left < *share;
    AVAILABLE.iter().find(below).map_or(State::Ok, |(_, _, state)| *state)
}

fn availability(facts: &Facts) -> Option<Finding> {
    let memory = &facts.memory;
    let state = available_state(facts);
    let available = iec(memory.available_bytes);
    let share = percent(facts.share(memory.available_bytes));
    let free = iec(memory.free_bytes);
    let reclaimable = iec(memory.reclaimable_bytes());
    let mut sentence = format!(
        "{available} ({share}) can be had without swapping: {free} is free, {reclaimable} is cache and \
         the like that can be dropped."
    );
    if memory.free_bytes >= memory.available_bytes {
        sentence =
            format!("{available} ({share}) can be had without swapping, and {free} is free.");
    } else if state == State::Ok && facts.share(memory.free_bytes) < LITTLE_FREE {
        sentence.push_str(
            " Little is free because the kernel fills free memory with cache: that is normal.",
        );
    }
    finding(state, sentence)
}

fn stalls(facts: &Facts) -> Option<Finding> {
    let stalls = facts.stalls.filter(|stalls| stalls.some >= NOTICED)?;
    let state = worst(stalls.some, &SOME).max(worst(stalls.full, &FULL));
    let (some, over) = (percent(stalls.some), stalls.over);
    let sentence = if stalls.full >= NOTICED {
        let full = percent(stalls.full);
        format!(
            "Tasks waited for memory {some} of the time {over}; for {full}, all of them at once."
        )
    } else {
        format!("Some tasks waited for memory {some} of the time {over}, while others went on.")
    };
    finding(state, sentence)
}

/// Kills count for the whole machine, those within a container's limit too: only with little memory
/// left do they say that the machine is short.
fn killed(facts: &Facts) -> Option<Finding> {
    let since_boot = facts.snapshot.vmstat.get("oom_kill").filter(|kills| *kills > 0)?;
    let (killed, state) = match (facts.oom_kills, available_state(facts)) {
        (0, _) => {
            let were = processes_were(since_boot);
            return finding(State::Ok, format!("{were} killed for want of memory since boot."));
        }
        (now, State::Ok) => (processes_were(now), State::Tight),
        (now, _) => (processes_were(now), State::Critical),
    };
    let mut sentence = format!("{killed} just killed for want of memory.");
    if state == State::Tight {
        sentence
            .push_str(" The machine has enough: a container's or service's own limit was reached.");
    }
    finding(state, sentence)
}

fn processes_were(count: u64) -> String {
    if count == 1 { "1 process was".to_owned() } else { format!("{count} processes were") }
}

/// Pages that go both ways are needed again as soon as they are gone; pages that only leave are the
/// kernel making room.
fn swap_moving(facts: &Facts) -> Option<Finding> {
    let rates = facts.rates?;
    let (inwards, outwards) =
        (facts.bytes_per_s(rates.pswpin_per_s), facts.bytes_per_s(rates.pswpout_per_s));
    let state = match (inwards >= SWAP_MOVES, outwards >= SWAP_MOVES) {
        (true, true) => State::Short,
        (false, false) => return None,
        _ => State::Tight,
    };
    let (shown_in, shown_out) = (iec(whole(inwards)), iec(whole(outwards)));
    let sentence = match state {
        State::Short => format!(
            "Swapping both ways: {shown_in} a second read and {shown_out} written, so what is moved out is needed again."
        ),
        _ if inwards >= SWAP_MOVES => {
            format!("Swapping now: {shown_in} a second comes back from swap.")
        }
        _ => format!("Swapping now: {shown_out} a second is written to swap."),
    };
    finding(state, sentence)
}

fn swap_full(facts: &Facts) -> Option<Finding> {
    let memory = &facts.memory;
    let available = available_state(facts);
    if memory.swap_total_bytes == 0 {
        let sentence = "There is no swap, so what programs hold cannot be moved out of memory.";
        return if available > State::Ok { finding(State::Ok, sentence.to_owned()) } else { None };
    }
    if ratio(memory.swap_free_bytes, memory.swap_total_bytes) >= SWAP_LEFT {
        return None;
    }
    let state = match available {
        State::Ok => State::Ok,
        State::Tight => State::Short,
        State::Short | State::Critical => State::Critical,
    };
    let (total, left) = (iec(memory.swap_total_bytes), iec(memory.swap_free_bytes));
    finding(state, format!("Swap is full: {left} of {total} is left."))
}

/// Occupied swap alarms people, though only moving pages costs anything.
fn swap_occupied(facts: &Facts) -> Option<Finding> {
    let memory = &facts.memory;
    let moves = facts.rates.map(|rates| {
        let pages = rates.pswpin_per_s.unwrap_or(0.0) + rates.pswpout_per_s.unwrap_or(0.0);
        facts.bytes_per_s(Some(pages)) >= SWAP_MOVES
    });
    if memory.swap_used_bytes == 0 || moves == Some(true) {
        return None;
    }
    let used = iec_of(memory.swap_used_bytes, memory.swap_total_bytes);
    let sentence = match moves {
        Some(_) => {
            format!("{used} of swap is occupied, but hardly anything moves: that costs nothing.")
        }
        None => format!("{used} of swap is occupied; whether pages move needs a second sample."),
    };
    finding(State::Ok, sentence)
}

/// Refaults alone may be a large file read twice; with little memory left, or stalls, they are thrash.
fn refaults(facts: &Facts) -> Option<Finding> {
    let rate = facts.bytes_per_s(facts.rates?.workingset_refault_per_s);
    if rate < REFAULTS {
        return None;
    }
    let suffers = facts.stalls.is_some_and(|stalls| worst(stalls.some, &SOME) > State::Ok);
    let rate = iec(whole(rate));
    if suffers || available_state(facts) > State::Ok {
        let sentence = format!(
            "{rate} a second was dropped and at once needed again: memory is too small for the work."
        );
        return finding(State::Short, sentence);
    }
    finding(
        State::Ok,
        format!(
            "{rate} a second of cache is read again after it was dropped; nothing waits for it."
        ),
    )
}

fn unused_huge_pages(facts: &Facts) -> Option<Finding> {
    let pools = facts.snapshot.huge_pages.iter();
    let idle = pools
        .map(|pool| pool.free.saturating_sub(pool.reserved).saturating_mul(pool.page_bytes))
        .fold(0, u64::saturating_add);
    if facts.share(idle) < LARGE_IDLE {
        return None;
    }
    let (idle, share) = (iec(idle), percent(facts.share(idle)));
    finding(
        State::Ok,
        format!("{idle} ({share}) lies unused in huge page pools, where nothing else can have it."),
    )
}

fn unaccounted(facts: &Facts) -> Option<Finding> {
    let bytes = facts.ledger.unaccounted_bytes();
    if facts.share(bytes) < LARGE_UNACCOUNTED {
        return None;
    }
    let (amount, share) = (iec(bytes), percent(facts.share(bytes)));
    let sentence = format!(
        "{amount} ({share}) is in use but counted nowhere by the kernel: often the ZFS cache, a graphics \
         driver, or a virtual machine's balloon."
    );
    finding(State::Ok, sentence)
}

fn compressed(facts: &Facts) -> Option<Finding> {
    let zram = facts.snapshot.zram.iter();
    let (mut held, mut taken) = zram.fold((0u64, 0u64), |(held, taken), device| {
        (held.saturating_add(device.orig_data), taken.saturating_add(device.mem_used))
    });
    let field = |name| facts.snapshot.meminfo.get(name).unwrap_or(0);
    held = held.saturating_add(field("Zswapped"));
    taken = taken.saturating_add(field("Zswap"));
    if facts.share(held) < 0.01 {
        return None;
    }
    finding(
        State::Ok,
        format!("{} of pages is held compressed, in {} of memory.", iec(held), iec(taken)),
    )
}

fn estimated(facts: &Facts) -> Option<Finding> {
    let sentence = "This kernel is older than 3.14 and does not tell what is available; it is estimated from free memory and cache.";
    facts
        .memory
        .available_is_estimated
        .then(|| Finding { state: State::Ok, sentence: sentence.to_owned() })
}

#[expect(clippy::cast_precision_loss, reason = "a share needs two digits of a double's fifteen")]
fn ratio(part: u64, of: u64) -> f64 {
    part as f64 / of.max(1) as f64
}

/// A rate as a whole number of bytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are finite and not negative, and `as` keeps to the bounds of u64"
)]
fn whole(rate: f64) -> u64 {
    rate as u64
}
