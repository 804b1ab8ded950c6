//! The kernel's log (`/dev/kmsg`, Documentation/ABI/testing/dev-kmsg), and the report in it that follows an out-of-memory kill
//! (mm/oom_kill.c: `dump_header`, `dump_oom_victim`, `__oom_kill_process`).
//!
//! ```text
//! 4,320,3586507190,-;python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
//! 4,321,3586507195,-;CPU: 0 UID: 0 PID: 25397 Comm: python3 Not tainted 6.18.44 #1
//! 6,369,3586507620,-;memory: usage 32608kB, limit 32768kB, failcnt 97
//! 6,418,3586514106,-;oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/a,task_memcg=/a/b,task=python3,pid=25397,uid=0
//! 3,419,3586514139,-;Memory cgroup out of memory: Killed process 25397 (python3) total-vm:…kB, anon-rss:32384kB, …
//! ```

use super::scalar;
use crate::printable::printable;

/// One record of the log: `priority,sequence,microseconds,flags;text`, with further lines for devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Counts all records since boot.
    pub sequence: u64,
    /// Its first line.
    pub text: &'a [u8],
}

/// Reads one record; `None` where it is none.
#[must_use]
pub fn record(bytes: &[u8]) -> Option<Record<'_>> {
    let at = bytes.iter().position(|byte| *byte == b';')?;
    let sequence = scalar::whole(bytes[..at].split(|byte| *byte == b',').nth(1)?)?;
    let text = bytes[at + 1..].split(|byte| *byte == b'\n').next()?;
    Some(Record { sequence, text })
}

/// What the kernel tells of one process that it killed for want of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OomKill {
    /// Number of the process that was killed.
    pub pid: u32,
    /// Its name, safe to show.
    pub name: String,
    /// Its anonymous memory, in bytes.
    pub anon_bytes: u64,
    /// Its mapped files, in bytes.
    pub file_bytes: u64,
    /// Its shared memory, in bytes.
    pub shared_bytes: u64,
    /// The group whose limit was reached, safe to show; `None` where the machine itself ran out.
    pub cgroup: Option<String>,
    /// That limit, in bytes.
    pub limit_bytes: Option<u64>,
    /// Name of the process that asked for memory at that moment, safe to show.
    pub asked_by: Option<String>,
    /// Its number.
    pub asked_pid: Option<u32>,
}

/// Puts reports together from records as they come. Records of other things between them are passed over.
#[derive(Clone, Debug, Default)]
pub struct OomReader {
    begun: OomKill,
}

impl OomReader {
    /// Takes the text of one record; gives a kill where the record ends its report.
    pub fn feed(&mut self, text: &[u8]) -> Option<OomKill> {
        if let Some(at) = find(text, b" invoked oom-killer:") {
            let asked_by = Some(printable(&text[..at]).into_owned());
            self.begun = OomKill { asked_by, ..OomKill::default() };
        } else if text.starts_with(b"CPU: ") && self.begun.asked_by.is_some() {
            let pid = after(text, b" PID: ").and_then(scalar::leading);
            self.begun.asked_pid = pid.and_then(|(pid, _)| u32::try_from(pid).ok());
        } else if text.starts_with(b"memory: usage ") {
            self.begun.limit_bytes = kib(text, b"limit ");
        } else if text.starts_with(b"oom-kill:constraint=") {
            self.begun.cgroup = limited_group(text);
        } else if let Some(rest) = after(text, b"Killed process ") {
            return self.end(rest);
        }
        None
    }

    /// `25397 (python3) total-vm:221368kB, anon-rss:32384kB, file-rss:6612kB, shmem-rss:0kB, …`
    fn end(&mut self, rest: &[u8]) -> Option<OomKill> {
        let (pid, rest) = scalar::leading(rest)?;
        let open = rest.iter().position(|byte| *byte == b'(')?;
        // The name may hold parentheses; what follows it does not.
        let close =
            find(rest, b") total-vm:").or_else(|| rest.iter().rposition(|byte| *byte == b')'))?;
        let name = printable(rest.get(open + 1..close)?).into_owned();
        let kill = OomKill {
            pid: u32::try_from(pid).ok()?,
            name,
            anon_bytes: kib(rest, b"anon-rss:").unwrap_or(0),
            file_bytes: kib(rest, b"file-rss:").unwrap_or(0),
            shared_bytes: kib(rest, b"shmem-rss:").unwrap_or(0),
            // With memory.oom.group one report is followed by several kills.
            ..self.begun.clone()
        };
        let limit_bytes = kill.limit_bytes.filter(|_| kill.cgroup.is_some());
        Some(OomKill { limit_bytes, ..kill })
    }
}

/// The group whose limit was reached; the machine's own memory has none.
fn limited_group(text: &[u8]) -> Option<String> {
    let path = after(text, b",oom_memcg=")?;
    let end = find(path, b",task_memcg=").unwrap_or(path.len());
    Some(printable(&path[..end]).into_owned())
}

/// The amount in kB behind a word, in bytes.
fn kib(text: &[u8], word: &[u8]) -> Option<u64> {
    let (amount, rest) = scalar::leading(after(text, word)?)?;
    rest.starts_with(b"kB").then(|| amount.saturating_mul(1024))
}

fn after<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    find(text, word).map(|at| &text[at + word.len()..])
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(lines: &[&str]) -> Vec<OomKill> {
        let mut reader = OomReader::default();
        lines.iter().filter_map(|line| reader.feed(line.as_bytes())).collect()
    }

    #[test]
    fn a_kill_within_a_group_is_named_with_the_limit_and_who_asked() {
        let found = read(&[
            "nginx invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            "CPU: 1 UID: 0 PID: 812 Comm: nginx Not tainted 6.18.44 #1 PREEMPT(voluntary)",
            "Call Trace:",
            "memory: usage 262128kB, limit 262144kB, failcnt 97",
            "memory+swap: usage 262128kB, limit 9007199254740988kB, failcnt 0",
            "Memory cgroup stats for /docker/3f1c:",
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/docker/3f1c,task_memcg=/docker/3f1c/x,task=a,b (c),pid=25397,uid=0",
            "Memory cgroup out of memory: Killed process 25397 (a,b (c)) total-vm:221368kB, anon-rss:232384kB, file-rss:6612kB, shmem-rss:4kB, UID:0 pgtables:136kB oom_score_adj:0",
        ]);
        let expected = OomKill {
            pid: 25_397,
            name: "a,b (c)".to_owned(),
            anon_bytes: 232_384 << 10,
            file_bytes: 6612 << 10,
            shared_bytes: 4096,
            cgroup: Some("/docker/3f1c".to_owned()),
            limit_bytes: Some(256 << 20),
            asked_by: Some("nginx".to_owned()),
            asked_pid: Some(812),
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_kill_of_the_machine_names_no_group() {
        let found = read(&[
            "kswapd0 invoked oom-killer: gfp_mask=0x100cca, order=0",
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice,task=java,pid=77,uid=1000",
            "Out of memory: Killed process 77 (java) total-vm:8221368kB, anon-rss:6232384kB, file-rss:0kB, shmem-rss:0kB",
            "oom_reaper: reaped process 77 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].pid, &found[0].cgroup, found[0].limit_bytes), (77, &None, None));
        assert_eq!(found[0].asked_by.as_deref(), Some("kswapd0"));
    }

    #[test]
    fn records_are_read_with_their_numbers() {
        let found = record(b"4,360,3586507454,-;RIP: 0033:0x7f\n SUBSYSTEM=pci\n").unwrap();
        assert_eq!((found.sequence, found.text), (360, &b"RIP: 0033:0x7f"[..]));
        assert_eq!(record(b"no record"), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..120) {
            let _ = record(&bytes);
            let mut reader = OomReader::default();
            let _ = reader.feed(&bytes);
            let line = b"Memory cgroup out of memory: Killed process 25397 (a) total-vm:221368kB, anon-rss:2kB";
            let _ = reader.feed(&line[..cut.min(line.len())]);
        }
    }
}
