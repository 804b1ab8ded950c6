//! The terminal screen: memory, its course and the processes of one machine, live and past.
//!
//! A [`State`] is changed by events ([`State::update`]), which ask for effects, and drawn by [`draw`]; neither knows a
//! clock, a file or a terminal. [`run`] is what connects them to the world.

mod clock;
mod columns;
mod course;
mod keys;
mod layout;
mod list;
mod look;
mod moment;
mod past;
mod rows;
mod run;
mod screen;
mod state;
mod terminal;
#[cfg(test)]
mod testing;
mod text;
mod trends;
mod update;

pub use course::Recorded;
pub use look::{Depth, Ground, Look, Symbols};
pub use moment::{Mark, Moment, Point};
pub use rows::{Group, Sort};
pub use run::{End, Inlet, Outlet, Past, Setup, Start, channel, run};
pub use screen::draw;
pub use state::{Answer, Place, Question, State};
pub use update::{Effect, Event};
