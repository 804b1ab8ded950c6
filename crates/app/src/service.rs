//! The recorder as a systemd user unit: written, enabled and started; asked after; removed.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::args::ServiceAction;
use crate::config::Environment;
use crate::output::Output;

/// The unit's name.
const UNIT: &str = "ramscope.service";

/// The folder that exists where systemd is the running init, sd_booted(3).
const BOOTED: &str = "/run/systemd/system";

/// Does what was asked of the unit.
pub(crate) fn run(
    action: &ServiceAction,
    environment: &Environment,
    out: &mut Output,
) -> Result<()> {
    let program = std::env::current_exe().context("cannot tell where this program stands")?;
    if let ServiceAction::Install { print: true } = action {
        return out.text(&unit_text(&program)?);
    }
    require_systemd(Path::new(BOOTED))?;
    let unit = unit_path(environment)?;
    match action {
        ServiceAction::Install { .. } => install(&unit, &program, out),
        ServiceAction::Status => status(out),
        ServiceAction::Uninstall => uninstall(&unit, out),
    }
}

fn require_systemd(booted: &Path) -> Result<()> {
    if !booted.is_dir() {
        bail!(
            "systemd does not run here ({} is missing): start `ramscope serve --no-web` by this system's own \
             service manager, or print the unit with `ramscope service install --print`",
            booted.display()
        );
    }
    Ok(())
}

fn unit_path(environment: &Environment) -> Result<PathBuf> {
    let base = environment.xdg("XDG_CONFIG_HOME", ".config");
    let base = base.context("no home directory is known: set HOME or XDG_CONFIG_HOME")?;
    Ok(base.join("systemd/user").join(UNIT))
}

fn install(unit: &Path, program: &Path, out: &mut Output) -> Result<()> {
    let text = unit_text(program)?;
    let folder = unit.parent().context("the unit has no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(unit, text).with_context(|| format!("cannot write {}", unit.display()))?;
    systemctl(["daemon-reload"])?;
    systemctl(["enable", "--now", UNIT])?;
    out.line(&format!(
        "{} is enabled and runs; `ramscope open` prints the page's link",
        unit.display()
    ))?;
    out.hint("to keep it running while you are logged out: loginctl enable-linger")
}

fn status(out: &mut Output) -> Result<()> {
    let answer = Command::new("systemctl")
        .args(["--user", "status", "--no-pager", UNIT])
        .output()
        .context("cannot run systemctl")?;
    out.text(&String::from_utf8_lossy(&answer.stdout))?;
    match answer.status.code() {
        Some(0) => Ok(()),
        Some(3) => bail!("{UNIT} is installed but does not run: systemctl --user start {UNIT}"),
        _ => bail!("{UNIT} is not installed: ramscope service install"),
    }
}

fn uninstall(unit: &Path, out: &mut Output) -> Result<()> {
    if !unit.exists() {
        bail!("{} is not there: nothing to remove", unit.display());
    }
    systemctl(["disable", "--now", UNIT])?;
    match fs::remove_file(unit) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", unit.display()));
        }
        _ => systemctl(["daemon-reload"])?,
    }
    out.line(&format!("{} is stopped and removed; the history stays where it is", unit.display()))
}

fn systemctl<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Result<()> {
    let mut command = Command::new("systemctl");
    command.arg("--user").args(words);
    let answer = command.output().context("cannot run systemctl")?;
    if !answer.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&answer.stderr).trim());
    }
    Ok(())
}

/// The unit. Its hardening keeps to what a user's own service manager can enforce without further
/// privileges (systemd.exec(5): seccomp and prctl, no mount namespaces).
fn unit_text(program: &Path) -> Result<String> {
    let program =
        program.to_str().context("the program's path is no UTF-8, which a unit cannot name")?;
    let program = quoted(program);
    Ok(format!(
        "[Unit]
Description=ramscope: the memory of this machine, watched and recorded
Documentation=man:ramscope(1)

[Service]
Type=notify
ExecStart={program} serve
Restart=on-failure
RestartSec=5s
Nice=5
MemoryHigh=64M
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=default.target
"
    ))
}

/// A path as systemd.service(5) wants it in a command line: quoted, `\`, `"`, `$` and `%` escaped.
fn quoted(path: &str) -> String {
    let mut text = String::from("\"");
    for letter in path.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '$' => text.push_str("$$"),
            '%' => text.push_str("%%"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_path_is_quoted_for_a_unit() {
        for (path, expected) in [
            ("/usr/bin/ramscope", "\"/usr/bin/ramscope\""),
            ("/a b/100%/$x", "\"/a b/100%%/$$x\""),
            ("/a\"b\\c", "\"/a\\\"b\\\\c\""),
        ] {
            assert_eq!(quoted(path), expected);
        }
    }

    #[test]
    fn a_machine_without_systemd_is_refused_in_words() {
        let error = require_systemd(Path::new("/nonexistent/systemd")).unwrap_err().to_string();
        assert!(
            error.contains("systemd does not run here") && error.contains("--no-web"),
            "{error}"
        );
    }
}
