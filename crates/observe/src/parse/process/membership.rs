//! `/proc/PID/cgroup` (cgroups(7)): where a process is accounted.

use crate::parse::lines;

/// The path of the cgroup that its memory is charged to: that of v1's memory controller where there is one, else v2's.
///
/// `None` where the file names neither: a kernel without memory cgroups.
pub fn memory_path(bytes: &[u8]) -> Option<&[u8]> {
    let mut unified = None;
    for (_, line) in lines(bytes) {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let (Some(number), Some(controllers), Some(path)) =
            (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if controllers.split(|byte| *byte == b',').any(|name| name == b"memory") {
            return Some(path);
        }
        if number == b"0" && controllers.is_empty() {
            unified = Some(path);
        }
    }
    unified
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_memory_controllers_path_wins_over_the_unified_one() {
        for (text, path) in [
            ("0::/user.slice/a:b\n", Some("/user.slice/a:b")),
            ("9:name=systemd:/x\n4:cpu,memory:/m\n0::/\n", Some("/m")),
            ("9:name=systemd:/x\n0::/u\n", Some("/u")),
            ("3:cpuset:/\n", None),
            ("", None),
            ("nonsense\n", None),
        ] {
            assert_eq!(memory_path(text.as_bytes()), path.map(str::as_bytes), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = memory_path(&bytes);
        }
    }
}
