//! What a tracked program holds: call tree, live blocks, peak, leaks; and the recordings of it.
//!
//! ```text
//!   rings ──▶ Event ──▶ Intake ──▶ Session: tree, blocks, tallies, timeline ──▶ trees, tables, exports
//!                         │ ▲
//!                         ▼ │
//!                      recording: blocks of bytes
//! ```
//!
//! Everything here is a function of its arguments: events come in with their times, recordings as bytes. Memory is bounded by
//! what the program holds and by the limits named where they apply, never by how long it runs.

mod blocks;
mod checkpoints;
pub mod event;
pub mod export;
mod histogram;
mod intake;
mod labels;
pub mod live;
mod mappings;
mod names;
mod outline;
mod owners;
pub mod recording;
mod session;
mod space;
mod stacks;
mod table;
mod tally;
mod threads;
mod timeline;
mod tree;
mod varint;
mod weight;

pub use histogram::{Class, Histogram};
pub use intake::Intake;
pub use labels::{Label, Labels, Unnamed};
pub use names::{NameId, Named, Names};
pub use outline::{Count, NamedNode, NamedTree, Outline};
pub use owners::{OwnedBy, Owner, Owners};
pub use ramscope_symbols as symbols;
pub use session::{Cost, Ending, Session, Totals};
pub use space::{Cell, Holes, Kind, Region, Space, Spot, Survey, Wish};
pub use stacks::{By, Grown, Growth, LiveBlock, StackRow};
pub use threads::ThreadRow;
pub use timeline::{Resident, Stretch, Timeline};
pub use tree::{Frame, FrameId, MAX_NODES, Mapped, ModuleId, NO_MODULE, NodeId, ROOT, Tree};
