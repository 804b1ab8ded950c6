//! What was typed after `ramscope track`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::PlaceArgs;

/// Options of `ramscope track`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope track -- ./program --its-option
  ramscope track -o app.heap -- python3 script.py
  ramscope track --sample 512KiB -o app.heap -- ./server
  ramscope track --children -o build.heap -- make

The program runs as it is, unmodified and without root: a preloaded library writes down each of its allocations with its
call stack. A summary stands on stderr at its end. With -o nothing is lost: where the recording does not keep up, the
program waits. Without, it never waits, and what could not be heard is counted.

The exit code is the program's own; 128 + n when signal n ended it; 127 not found, 126 not executable, 2 not trackable.")]
pub(crate) struct TrackArgs {
    /// Record one in so many bytes on average, by chance and without bias, as in 512KiB [default: everything]
    #[arg(long, value_name = "SIZE")]
    pub sample: Option<String>,
    /// Keep a recording in this file; children's in files beside it, with their process ids at the end
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Serve no page meanwhile
    #[arg(long)]
    pub no_ui: bool,
    /// Track forked and executed programs too, each as a session of its own
    #[arg(long)]
    pub children: bool,
    /// Preload this build of the library instead of the one inside, to measure or to compare two
    #[arg(long, value_name = "FILE", hide = true)]
    pub library: Option<PathBuf>,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}
