//! HTTP, JSON, the event stream and the embedded page.
//!
//! The only crate that is async and knows HTTP. It looks at the machine through two things it is given: the
//! latest [`Tick`](ramscope_observe::sampler::Tick), handed over with [`Live::publish`], and the recorded past,
//! a [`History`](ramscope_observe::history::History). From these [`Server`] answers, on one thread.
//!
//! One file a route: `memory`, `stream`, `history`, `series`, `events`, `data`, `metrics`, `health`, `glossary`,
//! `session`, `stress`, `heap`, `page`, `openapi`, and those of the simulators in `sim`. Around them stand `guard` (who may ask), `serve` (connections and their
//! limits) and `problem` (how a refusal reads); `live` holds what every stream client shares.

mod app;
mod cgroups;
mod clients;
mod data;
mod error;
mod events;
mod first_look;
mod forecast;
mod glossary;
mod guard;
mod health;
mod heap;
mod history;
mod host;
mod live;
mod memory;
mod metrics;
mod openapi;
mod page;
mod past;
mod patch;
mod patience;
mod problem;
mod processes;
mod query;
mod reference;
mod router;
mod secret;
mod series;
mod serve;
mod session;
mod settings;
pub mod sim;
mod stream;
mod stress;
mod turns;
mod wire;

pub use cgroups::{Scene, cgroups_json};
pub use error::WebError;
pub use heap::{Heaps, Shared};
pub use live::Live;
pub use memory::memory_json;
pub use processes::{Sight, processes_json};
pub use secret::Token;
pub use serve::Server;
pub use settings::{ProcessSettings, Settings};
