//! Pictures of memory as SVG text: the donut of a moment, the stacked curve of a stretch of time.
//!
//! Pure: numbers and options in, text out, the same text on every machine. Nothing here opens a file, asks a clock
//! or knows a font; a PNG is this SVG rendered by someone else.
//!
//! ```text
//!   Memory ──▶ slices ──▶ pie ──────────────┐
//!                                           ├──▶ svg
//!   Range ───▶ curve ───▶ stack ──▶ memory ─┘
//! ```
//!
//! Both use `axis` (round amounts and times), `labels` (texts that do not collide), `look` (colours, type, the hatch)
//! and `words` (amounts and times).

mod axis;
mod curve;
mod labels;
mod look;
mod memory;
mod pie;
mod slices;
mod stack;
mod svg;
#[cfg(test)]
mod testing;
mod words;

pub use curve::SERIES;
pub use look::{Size, Theme};
pub use memory::{MemoryOptions, memory};
pub use pie::{PieOptions, pie};
pub use slices::Slices;
pub use words::moment;
