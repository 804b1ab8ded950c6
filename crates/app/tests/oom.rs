//! An out-of-memory kill, seen by a running server: who was killed, by which limit, and who had asked.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;
use support::{Home, Server, skipped};

const LIMIT_BYTES: u64 = 256 << 20;

/// A control group that is removed with this.
struct Group(PathBuf);

impl Group {
    /// A group with the limit, in whichever hierarchy controls memory here.
    fn new(name: &str) -> std::io::Result<Group> {
        let v1 = Path::new("/sys/fs/cgroup/memory");
        let (above, limit) = match v1.join("memory.limit_in_bytes").exists() {
            true => (v1, "memory.limit_in_bytes"),
            false => (Path::new("/sys/fs/cgroup"), "memory.max"),
        };
        let group = Group(above.join(name));
        fs::create_dir(&group.0)?;
        fs::write(group.0.join(limit), LIMIT_BYTES.to_string())?;
        Ok(group)
    }

    fn take(&self, child: &Child) -> std::io::Result<()> {
        fs::write(self.0.join("cgroup.procs"), child.id().to_string())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // A group that holds nothing any more; where it cannot be removed, nothing of it is in the way.
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn machine_a_kill_inside_a_group_is_named_with_its_victim() {
    let group = match Group::new(&format!("ramscope-test-{}", std::process::id())) {
        Ok(group) => group,
        Err(error) => return skipped(&format!("no control group can be made here: {error}")),
    };
    let home = Home::new();
    let server = Server::start(home.command(&["serve", "--listen", "127.0.0.1:0"]));
    let group_path = format!("/{}", group.0.file_name().unwrap().to_str().unwrap());
    // The group is known, and the counters have been read once.
    server.wait_for("/api/v1/cgroups?limit=10000", |groups| {
        let groups = groups["cgroups"].as_array().unwrap();
        groups.iter().any(|found| {
            found["path"] == group_path.as_str() && found["limit_bytes"] == LIMIT_BYTES
        })
    });
    server.wait_for("/api/v1/memory", |memory| memory["recorder"]["ticks"].as_u64() >= Some(2));
    // It keeps the last lines of its input in memory, and this input has no line end.
    let mut victim = Command::new("tail");
    let mut victim = victim.arg("/dev/zero").stdout(Stdio::null()).spawn().unwrap();
    if let Err(error) = group.take(&victim) {
        let _ = victim.kill();
        let _ = victim.wait();
        return skipped(&format!("no process can be put into a control group: {error}"));
    }
    let status = victim.wait().unwrap();
    assert!(!status.success(), "the limit of the group did not hold");
    let events = server.wait_for("/api/v1/events?kind=oom.kill", |found| {
        found["events"].as_array().is_some_and(|events| !events.is_empty())
    });
    let detail = events["events"][0]["detail"].as_str().unwrap();
    assert!(detail.contains(&group_path) && detail.contains("256 MiB"), "{detail}");
    if fs::File::open("/dev/kmsg").is_ok() {
        let named = format!("tail (pid {}) was killed", victim.id());
        assert!(detail.contains(&named) && detail.contains("asked for"), "{detail}");
    }
    assert_eq!(server.end(Signal::TERM), Some(0));
    let told = home.run(&["events", "--kind", "oom.kill", "--format", "ndjson"]).stdout;
    assert!(told.contains(&group_path), "{told}");
}
