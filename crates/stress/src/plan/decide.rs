//! From a request and the limits of the moment to a plan, or to the reason why there is none.

use super::curve::fraction;
use super::{
    Access, CYCLES_MAX, DURATION_MAX_MS, HUGE_PAGE_BYTES, Kind, Order, PAGE_BYTES, Pattern, Plan,
    Refusal,
};
use crate::amount::{Amount, Quantity, TEXT_MAX, amount, rate};
use crate::bytes::Bytes;
use crate::limits::Limits;
use crate::request::Request;

const DEFAULT_MS: u64 = 60_000;
/// The run that is shown first: ten seconds up, twenty held.
const DEFAULT_RAMP_MS: u64 = 30_000;
/// The size unless it is said: a quarter of what is left, in millionths.
const DEFAULT_SHARE: u64 = 250_000;
const MILLION: u64 = 1_000_000;
/// The churn unless it is said: a tenth of the size in a second.
const CHURN_PART: u64 = 10;
/// A page and a cache line: each access finds another page and another set of the cache.
const DEFAULT_STRIDE_BYTES: u64 = PAGE_BYTES + LINE_BYTES;
const LINE_BYTES: u64 = 64;
/// What a worker needs in its cgroup beside what it holds: itself, and page tables (a 512th) with a margin.
const WORKER_BYTES: u64 = 8 << 20;
const TABLES_PART: u64 = 256;
const DEFAULT_SEED: u64 = 1;

impl Plan {
    /// Decides what a run will be, given what the machine allows now.
    ///
    /// # Errors
    /// Where something cannot be read, does not fit together, or cannot be safe, with the numbers.
    pub fn decide(request: &Request, limits: &Limits) -> Result<Plan, Refusal> {
        let (pattern, kind) = names(request)?;
        let reserve_bytes = reserve(request, limits)?;
        let size_bytes = size(request, kind, limits, reserve_bytes)?;
        let duration_ms = duration(request)?;
        let plan = Plan {
            pattern,
            kind,
            size_bytes,
            duration_ms,
            cycles: cycles(request, pattern)?,
            rate_bytes_per_s: growth(request, pattern, size_bytes)?,
            access: access(request, size_bytes)?,
            verify: request.verify,
            reserve_bytes,
            cgroup_limit_bytes: bytes("cgroup-limit", &request.cgroup_limit, limits)?,
            directory: request.directory.clone(),
            keeps_headroom: !request.i_know || request.cgroup_limit.is_some(),
            keeps_marks: !request.i_know,
            seed: request.seed.unwrap_or(DEFAULT_SEED),
        };
        fits_together(&plan)?;
        grows_in_time(&plan)?;
        if let Some(limit) = plan.cgroup_limit_bytes {
            is_contained(&plan, limit, request.i_know, limits)?;
        }
        is_safe(&plan, request.i_know, limits)?;
        Ok(plan)
    }
}

fn names(request: &Request) -> Result<(Pattern, Kind), Refusal> {
    let known = |all: Vec<&str>| all.join(", ");
    let unknown = |option, found: &str, known| {
        let found = found.chars().take(TEXT_MAX).collect();
        Refusal::UnknownName { option, found, known }
    };
    let pattern = match request.pattern.as_deref() {
        Some(name) => Pattern::named(name).ok_or_else(|| {
            unknown("pattern", name, known(Pattern::ALL.iter().map(|p| p.name()).collect()))
        })?,
        None if request.size.is_some() => Pattern::Hold,
        None => Pattern::Ramp,
    };
    let kind = match request.kind.as_deref() {
        Some(name) => Kind::named(name).ok_or_else(|| {
            unknown("kind", name, known(Kind::ALL.iter().map(|k| k.name()).collect()))
        })?,
        None if pattern.needs_malloc() => Kind::Malloc,
        None => Kind::Anon,
    };
    Ok((pattern, kind))
}

fn order(name: &str) -> Result<Order, Refusal> {
    Order::named(name).ok_or_else(|| Refusal::UnknownName {
        option: "access",
        found: name.chars().take(TEXT_MAX).collect(),
        known: Order::ALL.iter().map(|order| order.name()).collect::<Vec<_>>().join(", "),
    })
}

/// The bytes that a quantity means on this machine.
fn bytes(
    option: &'static str,
    quantity: &Option<Quantity>,
    limits: &Limits,
) -> Result<Option<u64>, Refusal> {
    let bytes = match quantity {
        None => return Ok(None),
        Some(Quantity::Bytes(bytes)) => *bytes,
        Some(Quantity::Text(text)) => {
            match amount(text).map_err(|error| Refusal::Unreadable { option, error })? {
                Amount::Bytes(bytes) => bytes,
                Amount::OfTotal(share) => fraction(limits.whole_bytes(), share, MILLION),
                Amount::OfAvailable(share) => fraction(limits.left().0, share, MILLION),
            }
        }
    };
    Ok(Some(bytes))
}

/// Bytes a second; never 0.
fn per_second(option: &'static str, quantity: &Option<Quantity>) -> Result<Option<u64>, Refusal> {
    let found = match quantity {
        None => return Ok(None),
        Some(Quantity::Bytes(bytes)) => *bytes,
        Some(Quantity::Text(text)) => {
            rate(text).map_err(|error| Refusal::Unreadable { option, error })?
        }
    };
    within(option, found, 1, u64::MAX, "1 B/s or more").map(Some)
}

fn within(
    option: &'static str,
    bytes: u64,
    least: u64,
    most: u64,
    takes: &str,
) -> Result<u64, Refusal> {
    if (least..=most).contains(&bytes) {
        return Ok(bytes);
    }
    Err(Refusal::OutOfBounds { option, found: Bytes(bytes).to_string(), takes: takes.to_owned() })
}

/// A reserve below the usual one is a danger of its own.
fn reserve(request: &Request, limits: &Limits) -> Result<u64, Refusal> {
    let usual = limits.default_reserve_bytes();
    let reserve = bytes("reserve", &request.reserve, limits)?.unwrap_or(usual);
    if reserve < usual && !request.i_know {
        let (reserve, usual) = (Bytes(reserve), Bytes(usual));
        return Err(Refusal::NeedsIKnow(format!(
            "a --reserve of {reserve} is below the {usual} that keep this machine from swapping"
        )));
    }
    Ok(reserve)
}

/// The size in whole pages of its kind. What nobody asked for is never more than may be taken.
fn size(
    request: &Request,
    kind: Kind,
    limits: &Limits,
    reserve_bytes: u64,
) -> Result<u64, Refusal> {
    let unit = if kind == Kind::Thp { HUGE_PAGE_BYTES } else { PAGE_BYTES };
    let headroom = || limits.headroom(reserve_bytes);
    let asked = match bytes("size", &request.size, limits)? {
        Some(asked) => asked,
        None => match fraction(limits.left().0, DEFAULT_SHARE, MILLION).min(headroom().bytes) {
            less if less < unit => {
                return Err(Refusal::TooLarge { asked_bytes: unit, headroom: headroom() });
            }
            enough => enough,
        },
    };
    let takes = format!("at least one page of its kind, {}", Bytes(unit));
    within("size", asked, unit, u64::MAX, &takes)?;
    Ok(asked - asked % unit)
}

fn duration(request: &Request) -> Result<u64, Refusal> {
    let default = if request.is_bare() { DEFAULT_RAMP_MS } else { DEFAULT_MS };
    let duration = request.for_ms.unwrap_or(default);
    if (1..=DURATION_MAX_MS).contains(&duration) {
        return Ok(duration);
    }
    let takes = "1 ms to 24 hours: a run always ends".to_owned();
    Err(Refusal::OutOfBounds { option: "for", found: format!("{duration} ms"), takes })
}

fn cycles(request: &Request, pattern: Pattern) -> Result<u32, Refusal> {
    let found = match (request.cycles, pattern.default_cycles()) {
        (None, default) => return Ok(default.unwrap_or(1)),
        (Some(_), None) => {
            return Err(Refusal::Unfit(format!(
                "the pattern {pattern} does not repeat: leave out --cycles, or choose sawtooth, spike or staircase"
            )));
        }
        (Some(found), Some(_)) => found,
    };
    if (1..=CYCLES_MAX).contains(&found) {
        return Ok(found);
    }
    let takes = format!("1 to {CYCLES_MAX}");
    Err(Refusal::OutOfBounds { option: "cycles", found: found.to_string(), takes })
}

fn growth(request: &Request, pattern: Pattern, size_bytes: u64) -> Result<Option<u64>, Refusal> {
    let found = per_second("rate", &request.rate)?;
    let is_paced = matches!(pattern, Pattern::Sawtooth | Pattern::Spike | Pattern::Staircase);
    match found {
        Some(_) if is_paced => Err(Refusal::Unfit(format!(
            "the pattern {pattern} takes its pace from --for and --cycles: leave out --rate"
        ))),
        None if pattern == Pattern::Churn => Ok(Some((size_bytes / CHURN_PART).max(1))),
        found => Ok(found),
    }
}

/// Any wish about accesses means that there are some.
fn access(request: &Request, size_bytes: u64) -> Result<Option<Access>, Refusal> {
    let none = Limits::default();
    let bandwidth_bytes_per_s = per_second("bandwidth", &request.bandwidth)?;
    let working_set = match &request.working_set {
        Some(Quantity::Text(text)) if text.contains('%') => {
            // A share of a working set is one of what is held.
            let held =
                Limits { total_bytes: size_bytes, available_bytes: size_bytes, ..none.clone() };
            bytes("working-set", &request.working_set, &held)?
        }
        other => bytes("working-set", other, &none)?,
    };
    let stride = bytes("stride", &request.stride, &none)?;
    let order = request.access.as_deref().map(order).transpose()?;
    if stride.is_some() && order != Some(Order::Strided) {
        return Err(Refusal::Unfit("--stride needs --access strided".to_owned()));
    }
    let is_wanted = order.is_some()
        || bandwidth_bytes_per_s.is_some()
        || working_set.is_some()
        || request.write_percent.is_some();
    if !is_wanted {
        return Ok(None);
    }
    let write_percent = request.write_percent.unwrap_or(0);
    if write_percent > 100 {
        let (found, takes) = (write_percent.to_string(), "0 to 100".to_owned());
        return Err(Refusal::OutOfBounds { option: "write-percent", found, takes });
    }
    let of_held = format!("{} to the {} that are held", Bytes(PAGE_BYTES), Bytes(size_bytes));
    let working_set = working_set.unwrap_or(size_bytes);
    let stride = stride.unwrap_or(DEFAULT_STRIDE_BYTES.min(size_bytes));
    let lines = format!("{} to the size", Bytes(LINE_BYTES));
    Ok(Some(Access {
        order: order.unwrap_or(Order::Sequential),
        write_percent,
        bandwidth_bytes_per_s,
        working_set_bytes: within("working-set", working_set, PAGE_BYTES, size_bytes, &of_held)?
            / PAGE_BYTES
            * PAGE_BYTES,
        stride_bytes: within("stride", stride, LINE_BYTES, size_bytes, &lines)? / LINE_BYTES
            * LINE_BYTES,
    }))
}

/// Whether pattern, kind and the rest can be had together.
fn fits_together(plan: &Plan) -> Result<(), Refusal> {
    let Plan { pattern, kind, .. } = plan;
    let touches = plan.access.is_some() || plan.verify;
    let reason = if pattern.needs_malloc() && *kind != Kind::Malloc {
        format!(
            "the pattern {pattern} is one of small blocks: leave out --kind, or say --kind malloc"
        )
    } else if touches && !kind.is_mapped() {
        format!(
            "what {kind} holds is not one piece that could be accessed or verified: choose another --kind"
        )
    } else if plan.verify && *kind == Kind::FileRead {
        "--verify writes, and file-read only reads: choose --kind file-dirty".to_owned()
    } else if plan.verify && plan.access.is_some() {
        "--verify is an access of its own, in order and over all that is held: leave out the others"
            .to_owned()
    } else if *kind == Kind::FileRead && plan.access.is_some_and(|access| access.write_percent > 0)
    {
        "file-read only reads: leave out --write-percent, or choose --kind file-dirty".to_owned()
    } else if kind.is_file() && plan.directory.is_none() {
        format!("--kind {kind} needs --directory, a folder on the disk whose cache is meant")
    } else if !kind.is_file() && plan.directory.is_some() {
        format!("--directory is for page-cache runs, and --kind {kind} makes no file: leave it out")
    } else if *kind == Kind::Swap && plan.cgroup_limit_bytes.is_none() {
        "--kind swap needs --cgroup-limit: only in a cgroup of its own does it not push others out"
            .to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal::Unfit(reason))
}

fn grows_in_time(plan: &Plan) -> Result<(), Refusal> {
    let Some(rate_bytes_per_s) = plan.rate_bytes_per_s else { return Ok(()) };
    let takes_ms = fraction(plan.size_bytes, 1000, rate_bytes_per_s);
    if plan.pattern == Pattern::Churn || takes_ms <= plan.duration_ms {
        return Ok(());
    }
    let Plan { size_bytes, duration_ms, .. } = *plan;
    Err(Refusal::TooSlow { size_bytes, rate_bytes_per_s, takes_ms, duration_ms })
}

/// Whether the run fits its own cgroup, or is known not to.
fn is_contained(plan: &Plan, limit: u64, i_know: bool, limits: &Limits) -> Result<(), Refusal> {
    let takes = format!("at least {}, which the worker itself needs", Bytes(WORKER_BYTES));
    within("cgroup-limit", limit, WORKER_BYTES, u64::MAX, &takes)?;
    let needs = plan.size_bytes + plan.size_bytes / TABLES_PART + WORKER_BYTES;
    if needs > limit && !i_know {
        let (size, needs, limit) = (Bytes(plan.size_bytes), Bytes(needs), Bytes(limit));
        return Err(Refusal::NeedsIKnow(format!(
            "{size} need {needs} in a cgroup with their page tables, and --cgroup-limit {limit} has it swap or be killed"
        )));
    }
    let beyond_bytes = plan.size_bytes.saturating_sub(limit);
    let swap_free_bytes = limits.swap_free_bytes;
    if plan.kind == Kind::Swap && (swap_free_bytes == 0 || beyond_bytes > swap_free_bytes) {
        return Err(Refusal::TooLittleSwap { beyond_bytes, limit_bytes: limit, swap_free_bytes });
    }
    Ok(())
}

fn is_safe(plan: &Plan, i_know: bool, limits: &Limits) -> Result<(), Refusal> {
    let limit = plan.cgroup_limit_bytes.unwrap_or(u64::MAX);
    let asked_bytes = plan.size_bytes.min(limit);
    let there_is_bytes = limits.total_bytes.saturating_add(limits.swap_free_bytes);
    if asked_bytes > there_is_bytes {
        return Err(Refusal::BeyondMemory { asked_bytes, there_is_bytes });
    }
    let headroom = limits.headroom(plan.reserve_bytes);
    let is_checked = !i_know || plan.cgroup_limit_bytes.is_some();
    if is_checked && asked_bytes > headroom.bytes {
        return Err(Refusal::TooLarge { asked_bytes, headroom });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
