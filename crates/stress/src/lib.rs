//! Plans for a bounded load on memory, and the workers that carry them out in a process of their own.
//!
//! A [`Request`] is what somebody wants, [`Limits`] are what the machine allows, and [`Plan::decide`] makes of both a plan
//! or a [`Refusal`] with its numbers. [`Run::start`] has it carried out by a worker, which is this program again with
//! [`worker::run`] as its only work, follows it, changes it and stops it. Whoever wants to know of all runs, also of those
//! that others started, reads [`announce::list`].
//!
//! ```text
//! Request ─┐
//!          ├─▶ Plan ─▶ Run ══ pipe ══ worker: pace ─▶ hold, access      announce ─▶ runtime directory
//! Limits ──┘            └─▶ Report      └─ watch (parent, signals, time)
//! ```

mod access;
pub mod amount;
pub mod announce;
mod bytes;
mod cgroup;
mod clock;
mod hold;
pub mod limits;
mod marks;
mod plan;
mod random;
mod report;
mod request;
mod run;
pub mod source;
mod sys;
mod wire;
pub mod worker;

pub use access::verify::Mismatch;
pub use amount::{AmountError, Quantity};
pub use bytes::Bytes;
pub use limits::{Headroom, Limits};
pub use marks::Mark;
pub use plan::{
    Access, CYCLES_MAX, Curve, DURATION_MAX_MS, HUGE_PAGE_BYTES, Kind, Order, PAGE_BYTES, Pattern,
    Plan, Point, Refusal, Row,
};
pub use report::Report;
pub use request::Request;
pub use run::{Event, Launch, Run, RunError, RunLock};
pub use wire::{Ending, Progress, Reason, Started, State};
