//! The limit of open files, raised as far as the system lets us.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files wanted: the server's connections, the kernel's files, the history, some room, and one for each process.
const WANTED: u64 = 65_536;

/// Many systems give 1,024 open files and allow more. A server that runs out of them cannot answer, and whoever looks at
/// processes without a file of each that stays open takes three times as long.
pub(crate) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(u64::MAX).min(WANTED);
    if limit.current.is_some_and(|current| current < wanted) {
        // Refused means that the old limit stays, under which the server turns connections away in words.
        let _ =
            setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    }
}
