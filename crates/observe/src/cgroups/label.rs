//! What a cgroup is, read off its path: container engines and systemd write it there.
//!
//! | path ends in | it is |
//! |---|---|
//! | `docker-<id>.scope`, `docker/<id>` | a Docker container (systemd's driver, cgroupfs driver) |
//! | `cri-containerd-<id>.scope`, `…:cri-containerd:<id>`, `nerdctl-<id>.scope` | a containerd container |
//! | `crio-<id>.scope` | a CRI-O container |
//! | `libpod-<id>.scope`, `libpod-<id>` | a Podman container |
//! | `lxc.payload.<name>`, `lxc/<name>` | an LXC container |
//! | `pod<uid>`, `kubepods-….slice` | a Kubernetes pod, or a class of pods |
//! | `machine-<name>.scope` | a machine registered with systemd-machined |
//! | `<id>` of 64 hex digits below any of these | a container of an engine that the path does not name |
//! | `user-<uid>.slice`, `user@<uid>.service`, `session-<n>.scope` | a user, their manager, a login (logind) |
//! | `….service`, `.slice`, `.scope`, … | a unit of systemd, whose escapes `\x2d` are read back (systemd.unit(5)) |

use crate::printable::printable;

/// What sort of thing a cgroup belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The top of the hierarchy, as far as it is seen.
    Root,
    /// A container of Docker.
    Docker,
    /// A container of containerd.
    Containerd,
    /// A container of CRI-O.
    Crio,
    /// A container of Podman.
    Podman,
    /// A container of LXC, LXD or Incus.
    Lxc,
    /// A container whose engine the path does not tell.
    Container,
    /// A virtual machine or container registered with systemd-machined.
    Machine,
    /// A Kubernetes pod, or a class of pods.
    Pod,
    /// A service of systemd.
    Service,
    /// Processes that something else started and systemd keeps together.
    Scope,
    /// A group of units of systemd.
    Slice,
    /// All that belongs to one user.
    User,
    /// A login.
    Session,
    /// A socket unit.
    Socket,
    /// A mount or swap unit.
    Mount,
    /// Anything else.
    Other,
}

impl Kind {
    /// Its name in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Kind::Root => "root",
            Kind::Docker => "docker",
            Kind::Containerd => "containerd",
            Kind::Crio => "crio",
            Kind::Podman => "podman",
            Kind::Lxc => "lxc",
            Kind::Container => "container",
            Kind::Machine => "machine",
            Kind::Pod => "pod",
            Kind::Service => "service",
            Kind::Scope => "scope",
            Kind::Slice => "slice",
            Kind::User => "user",
            Kind::Session => "session",
            Kind::Socket => "socket",
            Kind::Mount => "mount",
            Kind::Other => "other",
        }
    }

    /// Whether the processes inside take it for a machine of their own.
    #[must_use]
    pub fn is_container(self) -> bool {
        use Kind::{Container, Containerd, Crio, Docker, Lxc, Machine, Podman};
        matches!(self, Docker | Containerd | Crio | Podman | Lxc | Container | Machine)
    }
}

/// What a cgroup is, and what to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What sort of thing it is.
    pub kind: Kind,
    /// What to call it, safe to show: `docker 3f1c0a9b8d7e`, `nginx`, `user 1000`.
    pub name: String,
    /// The whole id of a container, where its path has one.
    pub container_id: Option<String>,
}

/// Digits of an id that are shown: as many as the engines' own lists show.
const SHORT_ID: usize = 12;

/// Reads what the cgroup at `path` is; the path begins with `/` and is as the kernel has it.
#[must_use]
pub fn label(path: &[u8]) -> Label {
    let mut parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).rev();
    let Some(last) = parts.next() else {
        return Label { kind: Kind::Root, name: "/".to_owned(), container_id: None };
    };
    let above = parts.next().unwrap_or_default();
    container(last, above).or_else(|| pod(last, above)).unwrap_or_else(|| unit(last))
}

/// Prefixes of the last part of a path, before an id.
const ENGINES: [(&[u8], Kind); 9] = [
    (b"docker-", Kind::Docker),
    (b"cri-containerd-", Kind::Containerd),
    (b"containerd-", Kind::Containerd),
    (b"nerdctl-", Kind::Containerd),
    (b"crio-conmon-", Kind::Crio),
    (b"crio-", Kind::Crio),
    (b"libpod-conmon-", Kind::Podman),
    (b"libpod-", Kind::Podman),
    (b"buildkit-", Kind::Docker),
];

fn container(last: &[u8], above: &[u8]) -> Option<Label> {
    let bare = last.strip_suffix(b".scope").unwrap_or(last);
    let with_id = |kind: Kind, id: &[u8]| {
        let id = std::str::from_utf8(id).ok().filter(|id| is_id(id))?;
        let name = format!("{} {}", kind.key(), &id[..id.len().min(SHORT_ID)]);
        Some(Label { kind, name, container_id: Some(id.to_owned()) })
    };
    for (prefix, kind) in ENGINES {
        if let Some(found) = bare.strip_prefix(prefix).and_then(|id| with_id(kind, id)) {
            return Some(found);
        }
    }
    if let Some(at) = bare.iter().rposition(|byte| *byte == b':') {
        let (front, id) = (&bare[..at], &bare[at + 1..]);
        let kind = match front.rsplit(|byte| *byte == b':').next() {
            Some(b"cri-containerd" | b"containerd" | b"nerdctl") => Kind::Containerd,
            Some(b"crio") => Kind::Crio,
            Some(b"docker") => Kind::Docker,
            _ => Kind::Container,
        };
        return with_id(kind, id);
    }
    let named = |kind: Kind, name: &[u8]| {
        let name = format!("{} {}", kind.key(), printable(&unescaped(name)));
        (!name.ends_with(' ')).then_some(Label { kind, name, container_id: None })
    };
    if let Some(name) = bare.strip_prefix(b"lxc.payload.") {
        return named(Kind::Lxc, name);
    }
    if let Some(name) = bare.strip_prefix(b"machine-").filter(|_| bare.len() < last.len()) {
        return named(Kind::Machine, name);
    }
    match above {
        b"docker" | b"actions_job" => with_id(Kind::Docker, bare),
        b"lxc" => named(Kind::Lxc, bare),
        _ if bare.len() >= 64 => with_id(Kind::Container, bare),
        _ => None,
    }
}

/// Engines write 64 hex digits; a shorter id of at least 12 is somebody's abbreviation.
fn is_id(text: &str) -> bool {
    (SHORT_ID..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `pod<uid>` (cgroupfs driver), `kubepods-burstable-pod<uid>.slice` (systemd's, which writes `_` for `-`), and the
/// classes above them.
fn pod(last: &[u8], above: &[u8]) -> Option<Label> {
    let text = std::str::from_utf8(last).ok()?;
    let bare = text.strip_suffix(".slice").unwrap_or(text);
    let label = |name: String| Some(Label { kind: Kind::Pod, name, container_id: None });
    let uid = |uid: &str| {
        let uid = uid.replace('_', "-");
        let plain = uid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        (uid.len() >= 32 && plain).then_some(uid)
    };
    if let Some(rest) = bare.strip_prefix("kubepods") {
        if let Some(uid) = rest.rsplit_once("-pod").and_then(|(_, rest)| uid(rest)) {
            return label(format!("pod {uid}"));
        }
        let class = rest.trim_start_matches('-');
        return label(if class.is_empty() { "all pods".into() } else { format!("{class} pods") });
    }
    if matches!(bare, "burstable" | "besteffort" | "guaranteed") && above == b"kubepods" {
        return label(format!("{bare} pods"));
    }
    bare.strip_prefix("pod").and_then(uid).and_then(|uid| label(format!("pod {uid}")))
}

/// A unit of systemd, or a name that somebody else chose.
fn unit(last: &[u8]) -> Label {
    let named = |kind, name: &[u8]| Label {
        kind,
        name: printable(&unescaped(name)).into_owned(),
        container_id: None,
    };
    let about = |kind: Kind, what: &str, who: &[u8]| Label {
        kind,
        name: format!("{what} {}", printable(&unescaped(who))),
        container_id: None,
    };
    let Some(at) = last.iter().rposition(|byte| *byte == b'.') else {
        return Label { kind: Kind::Other, name: printable(last).into_owned(), container_id: None };
    };
    let (bare, suffix) = (&last[..at], &last[at + 1..]);
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match suffix {
        b"slice" => match bare.strip_prefix(b"user-") {
            Some(uid) if is_number(uid) => about(Kind::User, "user", uid),
            _ => named(Kind::Slice, bare),
        },
        b"service" => match bare.strip_prefix(b"user@") {
            Some(uid) if is_number(uid) => about(Kind::User, "services of user", uid),
            _ => named(Kind::Service, bare),
        },
        b"scope" => match bare.strip_prefix(b"session-") {
            Some(number) => about(Kind::Session, "session", number),
            None => named(Kind::Scope, bare),
        },
        b"socket" => named(Kind::Socket, bare),
        b"mount" | b"swap" | b"automount" => named(Kind::Mount, bare),
        _ => Label { kind: Kind::Other, name: printable(last).into_owned(), container_id: None },
    }
}

/// Reads back what systemd escapes in names: `\x2d` is a dash.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&first, after)) = rest.split_first() {
        let hex = rest.strip_prefix(b"\\x").and_then(|digits| digits.get(..2));
        let byte = hex
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                plain.push(byte);
                rest = &rest[4..];
            }
            None => {
                plain.push(first);
                rest = after;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "3f1c0a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a";

    #[track_caller]
    fn check(path: &str, kind: Kind, name: &str, has_id: bool) {
        let found = label(path.replace("<id>", ID).as_bytes());
        assert_eq!((found.kind, found.name.as_str()), (kind, name), "{path}");
        assert_eq!(found.container_id.as_deref(), has_id.then_some(ID), "{path}");
    }

    #[test]
    fn containers_are_told_by_the_engines_spellings() {
        check("/system.slice/docker-<id>.scope", Kind::Docker, "docker 3f1c0a9b8d7e", true);
        check("/docker/<id>", Kind::Docker, "docker 3f1c0a9b8d7e", true);
        let pod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9.slice";
        check(
            &format!("{pod}/cri-containerd-<id>.scope"),
            Kind::Containerd,
            "containerd 3f1c0a9b8d7e",
            true,
        );
        check(&format!("{pod}/crio-<id>.scope"), Kind::Crio, "crio 3f1c0a9b8d7e", true);
        check(
            "/system.slice/kubepods-pod1.slice:cri-containerd:<id>",
            Kind::Containerd,
            "containerd 3f1c0a9b8d7e",
            true,
        );
        check("/machine.slice/libpod-<id>.scope", Kind::Podman, "podman 3f1c0a9b8d7e", true);
        check("/libpod_parent/libpod-<id>", Kind::Podman, "podman 3f1c0a9b8d7e", true);
        check("/lxc.payload.web", Kind::Lxc, "lxc web", false);
        check("/lxc/web", Kind::Lxc, "lxc web", false);
        check(
            r"/machine.slice/machine-qemu\x2d1\x2ddb.scope",
            Kind::Machine,
            "machine qemu-1-db",
            false,
        );
        check(
            "/kubepods/besteffort/pod0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9/<id>",
            Kind::Container,
            "container 3f1c0a9b8d7e",
            true,
        );
        check("/ecs/task/<id>", Kind::Container, "container 3f1c0a9b8d7e", true);
    }

    #[test]
    fn pods_and_their_classes_are_told() {
        let uid = "0a1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9";
        let name = "pod 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
        check(&format!("/kubepods.slice/kubepods-pod{uid}.slice"), Kind::Pod, name, false);
        check(
            "/kubepods/burstable/pod0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            Kind::Pod,
            name,
            false,
        );
        check("/kubepods.slice", Kind::Pod, "all pods", false);
        check("/kubepods.slice/kubepods-burstable.slice", Kind::Pod, "burstable pods", false);
        check("/kubepods/burstable", Kind::Pod, "burstable pods", false);
    }

    #[test]
    fn units_users_and_sessions_of_systemd_are_told() {
        check("/", Kind::Root, "/", false);
        check("/system.slice/nginx.service", Kind::Service, "nginx", false);
        check(r"/system.slice/dev-disk\x2dby.swap", Kind::Mount, "dev-disk-by", false);
        check("/user.slice/user-1000.slice", Kind::User, "user 1000", false);
        check(
            "/user.slice/user-1000.slice/user@1000.service",
            Kind::User,
            "services of user 1000",
            false,
        );
        check("/user.slice/user-1000.slice/session-3.scope", Kind::Session, "session 3", false);
        check("/init.scope", Kind::Scope, "init", false);
        check("/user.slice", Kind::Slice, "user", false);
        check("/process_api/0bfb0a526a6f", Kind::Other, "0bfb0a526a6f", false);
    }

    #[test]
    fn names_that_only_look_like_containers_are_what_they_are() {
        check("/system.slice/docker-registry.service", Kind::Service, "docker-registry", false);
        check("/system.slice/docker.service", Kind::Service, "docker", false);
        check("/docker-cafe", Kind::Other, "docker-cafe", false);
        check("/a\n\x1b[2J", Kind::Other, "a\\x0a\\x1b[2J", false);
        check(r"/x\x0ay.service", Kind::Service, "x\\x0ay", false);
    }

    proptest! {
        #[test]
        fn any_path_has_a_name_that_is_safe_to_show(path in prop::collection::vec(any::<u8>(), 0..80)) {
            let found = label(&path);
            prop_assert!(!found.name.chars().any(char::is_control));
        }
    }
}
