//! What `/proc/stat`, `/proc/loadavg` and `/etc/passwd` tell about processes as a whole.

use super::{lines, scalar, words};

/// What is kept of `/proc/stat` (proc_stat(5)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemStat {
    /// `btime`: when the machine started, seconds since 1970; it moves when somebody sets the clock.
    pub boot_s: Option<u64>,
    /// `processes`: processes and threads that were started since then.
    pub forks: Option<u64>,
}

/// Reads `/proc/stat`; lines that are not known are passed over.
pub fn stat(bytes: &[u8]) -> SystemStat {
    let mut stat = SystemStat::default();
    for (_, line) in lines(bytes) {
        let mut words = words(line);
        let place = match words.next() {
            Some(b"btime") => &mut stat.boot_s,
            Some(b"processes") => &mut stat.forks,
            _ => continue,
        };
        *place = words.next().and_then(scalar::whole);
    }
    stat
}

/// The id that was given last, from `/proc/loadavg` (fs/proc/loadavg.c): the fifth word. It is that of the reader's
/// own namespace. While it stays, nothing was started.
pub fn last_pid(bytes: &[u8]) -> Option<u32> {
    words(bytes).nth(4).and_then(scalar::whole).and_then(|pid| u32::try_from(pid).ok())
}

/// The users of `/etc/passwd` (passwd(5)): id and name, the first name of an id first.
pub fn users(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    lines(bytes).filter_map(|(_, line)| {
        let mut parts = line.split(|byte| *byte == b':');
        let (name, _, id) = (parts.next()?, parts.next()?, parts.next()?);
        let id = scalar::whole(id).and_then(|id| u32::try_from(id).ok())?;
        (!name.is_empty()).then_some((id, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_kept_is_found_among_the_rest() {
        let text =
            b"cpu  1 2 3\nintr 5 0 0\nctxt 9\nbtime 1795000000\nprocesses 4242\nprocs_running 1\n";
        assert_eq!(stat(text), SystemStat { boot_s: Some(1_795_000_000), forks: Some(4242) });
        assert_eq!(last_pid(b"0.00 0.01 0.05 1/123 4567\n"), Some(4567));
        assert_eq!(last_pid(b"0.00 0.01\n"), None);
        let found: Vec<_> =
            users(b"root:x:0:0::/:/bin/sh\n\nbad\n:x:7:\na:x:b:\nw:x:33:33").collect();
        assert_eq!(found, [(0, &b"root"[..]), (33, b"w")]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (stat(&bytes), last_pid(&bytes), users(&bytes).count());
        }
    }
}
