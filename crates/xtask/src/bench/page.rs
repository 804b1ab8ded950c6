//! The page in a real browser: a script of the page's tests measures, this gives it a server.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::measure::Measure;
use super::server::Server;
use super::{Bench, measures_of};
use crate::needs;

/// History enough that the page has curves to draw.
const RECORD: Duration = Duration::from_secs(15);

/// What `crates/web/tests/page/bench.mjs` prints.
///
/// # Errors
/// When a program is missing, the server does not start, or the script fails.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Measure>> {
    let page = bench.repo.path("crates/web");
    let node = needs::page_tools(&page, &bench.target.join("xtask/node"))?;
    let chromium = needs::chromium()?;
    let server = Server::start(&bench.binary, &bench.empty_folder("page")?, "1s")?;
    thread::sleep(RECORD);
    let mut script = node.node();
    script.args(["tests/page/bench.mjs", &server.link]).env("CHROMIUM", chromium);
    measures_of(script.current_dir(page))
}
