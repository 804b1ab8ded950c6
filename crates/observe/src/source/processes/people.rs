//! The names of users.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::parse::system;
use crate::printable::printable;

/// A file that lists more is read to here.
const MOST_USERS: usize = 100_000;
/// An id that is not listed is looked for again after so long.
const AGAIN: Duration = Duration::from_secs(60);

/// Users by id, as `etc/passwd` below the root has them. Those that only a directory service knows have numbers.
#[derive(Debug)]
pub(super) struct People {
    path: PathBuf,
    names: HashMap<u32, Arc<str>>,
    read: Option<Duration>,
}

impl People {
    pub(super) fn new(root: &Path) -> People {
        People { path: root.join("etc/passwd"), names: HashMap::new(), read: None }
    }

    /// The name of a user, or its number.
    pub(super) fn name(&mut self, uid: u32, now: Duration) -> Arc<str> {
        if let Some(name) = self.names.get(&uid) {
            return Arc::clone(name);
        }
        if self.read.is_none_or(|read| now.saturating_sub(read) >= AGAIN) {
            self.read = Some(now);
            self.list();
        }
        let name = self.names.entry(uid).or_insert_with(|| uid.to_string().into());
        Arc::clone(name)
    }

    fn list(&mut self) {
        let Ok(bytes) = fs::read(&self.path) else { return };
        self.names.clear();
        for (uid, name) in system::users(&bytes).take(MOST_USERS) {
            self.names.entry(uid).or_insert_with(|| printable(name).as_ref().into());
        }
    }
}
