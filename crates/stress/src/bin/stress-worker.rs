//! The worker by itself, as the tests and the benches of this crate start it; people have it in `ramscope`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ramscope_stress::worker::run()
}
