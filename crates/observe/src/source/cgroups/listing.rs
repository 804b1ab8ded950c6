//! Finds the groups that there are: folder after folder, in passes that may take several looks.

use std::collections::VecDeque;

use rustix::fs::{AtFlags, Dir, FileType, statat};

use super::{Cgroups, GROUPS_MAX, index};
use crate::cgroups::{Cgroup, Slot};

/// How far a pass over all folders is.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Counts the passes; a group that a finished folder's pass did not see is gone.
    pass: u32,
    waiting: VecDeque<Slot>,
    /// The folder that is being listed.
    open: Option<Open>,
    /// Groups of this pass that were too many.
    left_out: u64,
}

#[derive(Debug)]
struct Open {
    slot: Slot,
    /// The number of its group: the slot may be given away meanwhile.
    id: u64,
    dir: Dir,
}

/// A folder has one link from above, one from itself, and one from each folder in it; a filesystem that does not count so
/// says 1.
const LEAF_LINKS: u64 = 2;

impl Cgroups {
    /// Goes on with the pass for at most `budget` entries; begins a new one where the last is finished.
    pub(super) fn list(&mut self, mut budget: usize) {
        if self.listing.open.is_none() && self.listing.waiting.is_empty() {
            self.listing.pass = self.listing.pass.wrapping_add(1);
            self.listing.left_out = 0;
            self.listing.waiting.push_back(Slot(0));
        }
        while budget > 0 {
            let Some(mut open) = self.listing.open.take().or_else(|| self.next_folder()) else {
                break;
            };
            if self.list_folder(&mut open, &mut budget) {
                self.forget_unseen(open.slot);
            } else {
                self.listing.open = Some(open);
            }
        }
        if self.listing.open.is_none() && self.listing.waiting.is_empty() {
            self.table.left_out = self.listing.left_out;
        }
        self.find_own();
    }

    /// The next folder that can be opened. One that cannot has vanished, or is not ours to see: its groups are forgotten
    /// where the folder above no longer has it.
    fn next_folder(&mut self) -> Option<Open> {
        loop {
            let slot = self.listing.waiting.pop_front()?;
            let Some(id) = self.table.get(slot).map(|group| group.id) else { continue };
            let folder = self.memory.as_ref()?.folder(&self.table, slot);
            if let Some(dir) = folder.ok().and_then(|folder| Dir::new(folder).ok()) {
                return Some(Open { slot, id, dir });
            }
        }
    }

    /// Whether the folder was listed to its end.
    fn list_folder(&mut self, open: &mut Open, budget: &mut usize) -> bool {
        let same = |group: &Cgroup| group.id == open.id;
        if !self.table.get(open.slot).is_some_and(same) {
            return true;
        }
        while *budget > 0 {
            *budget -= 1;
            let Some(Ok(entry)) = open.dir.read() else { return true };
            let name = entry.file_name().to_bytes();
            let is_folder = matches!(entry.file_type(), FileType::Directory | FileType::Unknown);
            if !is_folder || name == b"." || name == b".." {
                continue;
            }
            let Ok(folder) = open.dir.fd() else { return true };
            // A group that vanished between two calls is not there.
            let Ok(stat) = statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                continue;
            }
            self.meet(open.slot, name, stat.st_ino, stat.st_nlink);
        }
        false
    }

    /// A group was seen: keeps it, and lists it in its turn where there is something in it.
    fn meet(&mut self, parent: Slot, name: &[u8], id: u64, links: u64) {
        let slot = match self.known(parent, name, id) {
            Some(slot) => slot,
            None if self.by_id.len() >= GROUPS_MAX => {
                self.listing.left_out += 1;
                return;
            }
            None => {
                let depth = self.table.get(parent).map_or(0, |parent| parent.depth) + 1;
                let parent = Some(parent);
                self.add(Cgroup { id, parent, depth, name: name.into(), ..Cgroup::default() })
            }
        };
        self.nodes[index(slot)].pass = self.listing.pass;
        let has_children = links != LEAF_LINKS || !self.nodes[index(slot)].children.is_empty();
        if has_children {
            self.listing.waiting.push_back(slot);
        }
    }

    /// The slot of a group that was seen before; one of the same number in another place is another group.
    fn known(&mut self, parent: Slot, name: &[u8], id: u64) -> Option<Slot> {
        let slot = *self.by_id.get(&id)?;
        let same = |group: &Cgroup| group.parent == Some(parent) && &*group.name == name;
        if self.table.get(slot).is_some_and(same) {
            return Some(slot);
        }
        let above = self.table.get(slot).and_then(|group| group.parent)?;
        self.nodes[index(above)].children.retain(|child| *child != slot);
        self.remove(slot);
        self.count_children(above);
        None
    }

    /// Forgets the children that a finished listing did not see.
    fn forget_unseen(&mut self, slot: Slot) {
        let pass = self.listing.pass;
        if !self.lives(slot) {
            return;
        }
        let children = std::mem::take(&mut self.nodes[index(slot)].children);
        let (seen, gone): (Vec<Slot>, Vec<Slot>) =
            children.into_iter().partition(|child| self.nodes[index(*child)].pass == pass);
        self.nodes[index(slot)].children = seen;
        if !gone.is_empty() {
            gone.into_iter().for_each(|child| self.remove(child));
            self.count_children(slot);
        }
    }
}
