//! Turning a decision into sentences, and keeping what the page marks beside them.

use super::policy::{Slide, Witness};
use super::requests::Requests;
use super::span::Span;
use crate::prose::{listed, many};

/// Holes, merges and moves of one step that are kept; the sentence says how many there were.
const KEPT: usize = 64;

/// Sentences of one step; beyond them those before the last few are only counted.
const SENTENCES: usize = 40;
const LAST: usize = 4;

/// A block that was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Move {
    /// The request.
    pub id: u64,
    /// Where its raw block was.
    pub from: u64,
    /// Where it is now.
    pub to: u64,
}

/// The witness of the stepper: it writes down what it hears.
#[derive(Debug)]
pub(crate) struct Teller<'a> {
    requests: &'a Requests,
    said: Vec<String>,
    skipped: usize,
    /// The first holes that were looked at.
    pub(crate) looked: Vec<Span>,
    /// Holes that several became.
    pub(crate) merged: Vec<Span>,
    /// Blocks that were moved.
    pub(crate) moved: Vec<Move>,
}

impl<'a> Teller<'a> {
    /// A teller who opens with a sentence.
    pub(crate) fn new(requests: &'a Requests, opening: String) -> Teller<'a> {
        Teller {
            requests,
            said: vec![opening],
            skipped: 0,
            looked: Vec::new(),
            merged: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// Adds a sentence.
    pub(crate) fn add(&mut self, sentence: String) {
        if self.said.len() == SENTENCES {
            self.said.remove(SENTENCES - LAST);
            self.skipped += 1;
        }
        self.said.push(sentence);
    }

    /// All that was said, as prose.
    pub(crate) fn prose(&mut self) -> String {
        if self.skipped > 0 {
            let note = format!("So it goes on for {} sentences more", self.skipped);
            self.said.insert(SENTENCES - LAST, note);
        }
        let mut prose = self.said.join(". ");
        prose.push('.');
        prose
    }
}

impl Witness for Teller<'_> {
    fn say(&mut self, sentence: impl FnOnce() -> String) {
        self.add(sentence());
    }

    fn looked(&mut self, holes: impl Iterator<Item = Span>) {
        let room = KEPT - self.looked.len();
        self.looked.extend(holes.take(room));
    }

    fn merged(&mut self, into: Span) {
        if self.merged.len() < KEPT {
            self.merged.push(into);
        }
    }

    fn slid(&mut self, moves: &[Slide], bytes: u64, hole: Option<Span>) {
        let name = |slide: &Slide| self.requests.name(slide.id);
        let free = hole.map_or_else(
            || "no byte is free".to_owned(),
            |hole| format!("{} from {} on are free", many(hole.size, "byte"), hole.address),
        );
        let list = listed(
            moves
                .iter()
                .map(|slide| format!("{} from {} to {}", name(slide), slide.from, slide.to)),
        );
        let blocks = many(moves.len() as u64, "block");
        let sentence = if moves.is_empty() {
            format!("Compaction finds nothing to move: {free}")
        } else {
            let bytes = many(bytes, "byte");
            format!("Compaction slides {blocks}, {bytes}: {list}. In one piece {free}")
        };
        let moved =
            moves.iter().map(|slide| Move { id: name(slide), from: slide.from, to: slide.to });
        self.moved.extend(moved);
        self.add(sentence);
    }
}
