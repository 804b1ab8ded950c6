//! What is told of runs, plans and limits.

use ramscope_observe::TimeMs;
use ramscope_stress::announce::{Announcement, Baseline, Finished};
use ramscope_stress::{Curve, Headroom, Limits, Plan, Progress, Row};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::SCHEMA_VERSION;

/// Most points of a curve that is told.
const CURVE_MAX: usize = 2000;

/// A run that goes on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StressRun)]
pub(crate) struct RunDocument {
    /// When its plan began, UTC milliseconds.
    began_ms: TimeMs,
    /// Total less available memory before it began, in bytes: planned bytes are drawn upon this.
    baseline_used_bytes: u64,
    /// What it does: pattern, kind, size_bytes, duration_ms, cycles, access, reserve_bytes and more.
    #[schema(value_type = Object)]
    plan: Plan,
    /// Bytes planned at the corners of its curve, as `[ms since it began, bytes]`; two at one time are a jump.
    #[schema(value_type = Vec<Vec<u64>>)]
    curve: Vec<(u64, u64)>,
    /// How it stands: elapsed_ms, state, planned_bytes, held_bytes, reached_bytes, access_bytes_per_s, faults,
    /// headroom_bytes and more.
    #[schema(value_type = Object)]
    progress: Progress,
}

impl RunDocument {
    pub(super) fn of(said: &Announcement) -> RunDocument {
        RunDocument {
            began_ms: said.began_ms,
            baseline_used_bytes: used(said.baseline),
            plan: said.plan.clone(),
            curve: corners(&said.plan.curve()),
            progress: said.progress.clone(),
        }
    }
}

fn used(Baseline { available_bytes, total_bytes }: Baseline) -> u64 {
    total_bytes.saturating_sub(available_bytes)
}

fn corners(curve: &Curve) -> Vec<(u64, u64)> {
    curve.points().iter().take(CURVE_MAX).map(|point| (point.at_ms, point.bytes)).collect()
}

/// How a run stood at one look: milliseconds since it began, bytes planned, bytes reached.
pub(super) type Sample = (u64, u64, u64);

/// A run that is over.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StressFinished)]
pub(crate) struct FinishedDocument {
    /// The worker's process.
    pid: u32,
    /// When its plan began, UTC milliseconds.
    began_ms: TimeMs,
    /// When everything was given back, UTC milliseconds.
    ended_ms: TimeMs,
    /// Total less available memory before it began, in bytes; null where this server did not see it run.
    baseline_used_bytes: Option<u64>,
    /// What it did.
    #[schema(value_type = Object)]
    plan: Plan,
    /// Bytes planned at the corners of its curve, as `[ms since it began, bytes]`.
    #[schema(value_type = Vec<Vec<u64>>)]
    curve: Vec<(u64, u64)>,
    /// What was held when it began to give back, in bytes.
    returned_bytes: u64,
    /// How long giving back took, in milliseconds.
    returned_ms: u64,
    /// The most that was reached, in bytes.
    peak_bytes: u64,
    /// Why it ended, in words.
    reason: String,
    /// How it stood: `[ms since it began, planned bytes, reached bytes]`.
    #[schema(value_type = Vec<Vec<u64>>)]
    samples: Vec<Sample>,
}

impl FinishedDocument {
    pub(super) fn of(ended: &Finished, baseline: Option<Baseline>) -> FinishedDocument {
        FinishedDocument {
            pid: ended.pid,
            began_ms: ended.began_ms,
            ended_ms: ended.ended_ms,
            baseline_used_bytes: baseline.map(used),
            plan: ended.plan.clone(),
            curve: corners(&ended.plan.curve()),
            returned_bytes: ended.returned_bytes,
            returned_ms: ended.returned_ms,
            peak_bytes: ended.peak_bytes,
            reason: ended.reason.clone(),
            samples: ended.samples.clone(),
        }
    }

    /// Whether this is the run of that worker which ended then.
    pub(super) fn is(&self, pid: u32, ended_ms: TimeMs) -> bool {
        (self.pid, self.ended_ms) == (pid, ended_ms)
    }
}

/// What may be taken, and what says so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StressLimits)]
pub(crate) struct LimitsDocument {
    /// MemTotal, in bytes.
    total_bytes: u64,
    /// MemAvailable, in bytes.
    available_bytes: u64,
    /// SwapFree, in bytes.
    swap_free_bytes: u64,
    /// What may be taken, in bytes: what is left, less what stays free and what other runs will take.
    headroom_bytes: u64,
    /// The least of what the host and every cgroup around the server have left, in bytes.
    left_bytes: u64,
    /// What stays free unless it is said otherwise, in bytes.
    reserve_bytes: u64,
    /// What other runs will take, in bytes.
    promised_bytes: u64,
    /// The cgroup that has the least left; null where that is the host.
    cgroup: Option<String>,
}

impl From<&Limits> for LimitsDocument {
    fn from(limits: &Limits) -> LimitsDocument {
        let headroom = limits.headroom(limits.default_reserve_bytes());
        LimitsDocument {
            total_bytes: limits.total_bytes,
            available_bytes: limits.available_bytes,
            swap_free_bytes: limits.swap_free_bytes,
            headroom_bytes: headroom.bytes,
            left_bytes: headroom.left_bytes,
            reserve_bytes: headroom.reserve_bytes,
            promised_bytes: headroom.promised_bytes,
            cgroup: headroom.cgroup,
        }
    }
}

/// A plan that is not carried out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StressPlan)]
pub(crate) struct PlanDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// What would be done.
    #[schema(value_type = Object)]
    plan: Plan,
    /// Bytes planned at the corners of the curve, as `[ms, bytes]`; two at one time are a jump.
    #[schema(value_type = Vec<Vec<u64>>)]
    curve: Vec<(u64, u64)>,
    /// The plan in words, `{at_ms, what}` a row.
    #[schema(value_type = Vec<Object>)]
    table: Vec<Row>,
    /// What may be taken with this plan's reserve: bytes, left_bytes, reserve_bytes, promised_bytes, cgroup.
    #[schema(value_type = Object)]
    headroom: Headroom,
}

impl PlanDocument {
    /// What a plan says, under these limits.
    pub(crate) fn of(plan: Plan, limits: &Limits) -> PlanDocument {
        PlanDocument {
            schema_version: SCHEMA_VERSION,
            curve: corners(&plan.curve()),
            table: plan.table(),
            headroom: limits.headroom(plan.reserve_bytes),
            plan,
        }
    }
}
