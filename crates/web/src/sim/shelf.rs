//! Reference strings and lists of requests that were sent once and are asked about many times, kept while there is room.
//!
//! An id is the hash of what was sent, so that the same file has one id whoever sends it, and nobody learns of a text
//! who does not have it.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use ramscope_sim::alloc::Requests;
use ramscope_sim::paging::References;
use sha2::{Digest, Sha256};

/// The memory that what one shelf keeps may take together, in bytes.
const SHELF_MAX_BYTES: usize = 128 << 20;

/// What a shelf can keep.
pub(crate) trait Kept {
    /// The memory that it takes.
    fn bytes(&self) -> usize;
}

impl Kept for References {
    fn bytes(&self) -> usize {
        References::bytes(self)
    }
}

impl Kept for Requests {
    fn bytes(&self) -> usize {
        self.memory_bytes()
    }
}

/// What was sent, the one asked about the longest ago first.
pub(crate) struct Shelf<T> {
    kept: Mutex<Vec<(String, Arc<T>)>>,
    most_bytes: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf { kept: Mutex::default(), most_bytes: SHELF_MAX_BYTES }
    }
}

impl<T: Kept> Shelf<T> {
    /// What has this id, which is the latest asked about now.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(other, _)| other == id)?;
        kept[place..].rotate_left(1);
        kept.last().map(|(_, item)| Arc::clone(item))
    }

    /// Keeps something; what was asked about the longest ago makes room. What is larger than the whole shelf is not kept.
    pub(crate) fn put(&self, id: String, item: Arc<T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(other, _)| *other != id);
        kept.push((id, item));
        let mut bytes = 0;
        let taken = |(_, item): &&(String, Arc<T>)| {
            bytes += item.bytes();
            bytes <= self.most_bytes
        };
        let fitting = kept.iter().rev().take_while(taken).count();
        let leaving = kept.len() - fitting;
        kept.drain(..leaving);
    }
}

impl<T> fmt::Debug for Shelf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("most_bytes", &self.most_bytes).finish_non_exhaustive()
    }
}

/// The id of bytes that were read in this way.
pub(crate) fn id_of(reading: &str, bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    // The length keeps a reading and its bytes apart.
    hash.update((reading.len() as u64).to_le_bytes());
    hash.update(reading);
    hash.update(bytes);
    hash.finalize().iter().take(16).fold(String::new(), |mut id, byte| {
        // Writing to a string never fails.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_string_asked_about_the_longest_ago_makes_room() {
        let string = |page: u64| Arc::new(References::reads([page; 10]).unwrap());
        let bytes = string(0).bytes();
        let shelf: Shelf<References> = Shelf { most_bytes: 2 * bytes, ..Shelf::default() };
        for (name, page) in [("a", 1), ("b", 2)] {
            shelf.put(name.to_owned(), string(page));
        }
        assert!(shelf.get("a").is_some());
        shelf.put("c".to_owned(), string(3));
        assert!(shelf.get("b").is_none());
        assert!(shelf.get("a").is_some() && shelf.get("c").is_some());
        shelf.put("huge".to_owned(), Arc::new(References::reads(0..1000).unwrap()));
        assert!(shelf.get("huge").is_none());
    }

    #[test]
    fn an_id_is_that_of_the_bytes_and_of_how_they_were_read() {
        assert_eq!(id_of("pages", b"7 0 1"), id_of("pages", b"7 0 1"));
        assert_ne!(id_of("pages", b"7 0 1"), id_of("flagged", b"7 0 1"));
        assert_ne!(id_of("pages", b"7 0 1"), id_of("page", b"s7 0 1"));
        assert_eq!(id_of("pages", b"").len(), 32);
    }
}
