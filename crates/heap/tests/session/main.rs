//! Sessions and recordings against a slow and obvious twin.

mod inputs;
mod recordings;
mod sampled;
mod twin;
mod twins;
