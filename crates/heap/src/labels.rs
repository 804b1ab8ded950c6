//! Names that travel with a session: what its frames were called where the program ran.
//!
//! A recording that holds them is read the same on another machine, and after the program was built anew.

use std::collections::HashMap;
use std::sync::Arc;

use ramscope_symbols::{File, Symbol, Symbols};

use crate::names::is_library;
use crate::tree::{Frame, FrameId, Mapped, Tree};

/// Longest name of a function or a file in bytes; what is longer is cut.
pub(crate) const TEXT_MAX: usize = 4096;

/// Most functions at one frame: the one that the compiler made, and what was inlined into it.
pub(crate) const AT_FRAME_MAX: usize = 64;

/// Most bytes that the names of a session take, each counted wherever it stands; frames beyond have none.
const ALL_MAX: usize = 64 << 20;

/// One function at a frame. Names that are equal may be one text in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its demangled name; empty where none is known.
    pub function: Arc<str>,
    /// The source file, where lines are known.
    pub file: Option<Arc<str>>,
    /// The line of the call in it.
    pub line: Option<u32>,
    /// Whether it was inlined into the next one.
    pub inlined: bool,
}

impl Label {
    fn bytes(&self) -> usize {
        size_of::<Label>() + self.function.len() + self.file.as_ref().map_or(0, |file| file.len())
    }
}

impl From<Symbol> for Label {
    fn from(symbol: Symbol) -> Self {
        Label {
            function: cut(symbol.function),
            file: symbol.file.map(cut),
            line: symbol.line,
            inlined: symbol.inlined,
        }
    }
}

impl From<&Label> for Symbol {
    fn from(label: &Label) -> Self {
        Symbol {
            function: label.function.to_string(),
            file: label.file.as_ref().map(ToString::to_string),
            line: label.line,
            inlined: label.inlined,
        }
    }
}

fn cut(mut text: String) -> Arc<str> {
    if text.len() > TEXT_MAX {
        let end = (0..=TEXT_MAX - '…'.len_utf8()).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text.into()
}

/// The names of frames, the innermost inlined function first. A clone is cheap, and keeps what it was cloned of.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    of_frame: Arc<HashMap<FrameId, Box<[Label]>>>,
    bytes: usize,
}

impl Labels {
    /// What the functions at a frame are called; empty where no name was told.
    pub fn of(&self, frame: FrameId) -> &[Label] {
        self.of_frame.get(&frame).map(|labels| &labels[..]).unwrap_or_default()
    }

    /// Names a frame, once; false where it has names, where there are none, or where there is no room.
    pub(crate) fn put(&mut self, frame: FrameId, labels: &[Label]) -> bool {
        let labels = &labels[..labels.len().min(AT_FRAME_MAX)];
        let bytes = self.bytes + labels.iter().map(Label::bytes).sum::<usize>();
        if labels.is_empty() || bytes > ALL_MAX || self.of_frame.contains_key(&frame) {
            return false;
        }
        self.bytes = bytes;
        Arc::make_mut(&mut self.of_frame).insert(frame, labels.into());
        true
    }
}

/// Frames without names, copied out of a session, so that they can be looked up while it goes on.
#[derive(Clone, Debug, Default)]
pub struct Unnamed {
    image: u32,
    frames: Vec<(FrameId, Frame)>,
    modules: Vec<Mapped>,
    /// The number of the first frame that was not looked at.
    next: usize,
}

impl Unnamed {
    /// The frames of a tree from the number `first` on that lie in a file and have no names, `most` at most.
    pub(crate) fn of(tree: &Tree, image: u32, first: usize, most: usize) -> Unnamed {
        let all = (0..).map(FrameId).zip(tree.frames().iter().copied());
        let wanted = |(id, frame): &(FrameId, Frame)| {
            !tree.modules()[frame.module.index()].path.is_empty()
                && tree.labels().of(*id).is_empty()
        };
        let mut frames: Vec<(FrameId, Frame)> = all.skip(first).filter(wanted).take(most).collect();
        let next = match frames.last() {
            Some((last, _)) if frames.len() == most => last.index() + 1,
            _ => tree.frames().len(),
        };
        // The program's own file was mapped first, and its names are wanted most: where time runs out, others go without.
        frames.sort_by_key(|(_, frame)| frame.module);
        let modules = if frames.is_empty() { Vec::new() } else { tree.modules().to_vec() };
        Unnamed { image, frames, modules, next }
    }

    /// The program that they are of ([`crate::Session::image`]).
    pub fn image(&self) -> u32 {
        self.image
    }

    /// Where to look for more.
    pub fn next(&self) -> usize {
        self.next
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Looks them up one after the other, and hands on those that are known, until `hear` says that it is enough. Of the
    /// C library and its kin the functions alone are told: nobody looks for a leak in their lines, and their debug files
    /// are the largest.
    pub fn look_up(
        &self,
        symbols: &mut Symbols,
        mut hear: impl FnMut(FrameId, Vec<Label>) -> bool,
    ) {
        for (id, frame) in &self.frames {
            let module = &self.modules[frame.module.index()];
            let found = if is_library(&module.path) {
                symbols.function_at(file_of(module), call_of(*frame, module)).into_iter().collect()
            } else {
                symbols_at(symbols, *frame, module)
            };
            if !found.is_empty() && !hear(*id, found.into_iter().map(Label::from).collect()) {
                return;
            }
        }
    }
}

/// What is known of a frame on this machine.
pub(crate) fn symbols_at(symbols: &mut Symbols, frame: Frame, module: &Mapped) -> Vec<Symbol> {
    symbols.at(file_of(module), call_of(frame, module))
}

/// Where symbols of a module are looked for.
pub(crate) fn file_of(module: &Mapped) -> File<'_> {
    File { path: &module.path, build_id: &module.build_id }
}

/// The address of the call that returns to a frame, as the module's file counts: the return address is behind it.
pub(crate) fn call_of(frame: Frame, module: &Mapped) -> u64 {
    frame.address.wrapping_sub(1).wrapping_sub(module.bias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_is_cut_between_two_characters() {
        let long = Symbol { function: "ä".repeat(TEXT_MAX), ..Symbol::default() };
        let label = Label::from(long);
        assert!(label.function.len() <= TEXT_MAX && label.function.ends_with("ä…"));
    }

    #[test]
    fn frames_without_names_are_told_in_batches_each_once_and_the_programs_own_first() {
        use crate::event::Module;
        let mut tree = Tree::new(100);
        for (start, path) in [(0x1000, "/bin/it"), (0x2000, "/lib/libc.so.6")] {
            tree.map(&Module { bias: 0, start, end: start + 0x1000, path, build_id: b"" });
        }
        // Every other frame is the program's, the last ones lie in no file, and one has a name.
        let addresses: Vec<u64> =
            (0..10).map(|at| 0x1010 + at % 2 * 0x1000 + at * 16).chain([0x9000]).collect();
        for address in &addresses {
            tree.call(crate::tree::ROOT, *address);
        }
        tree.label(
            FrameId(1),
            &[Label::from(Symbol { function: "known".to_owned(), ..Symbol::default() })],
        );
        let (mut next, mut told) = (0, Vec::new());
        while next < tree.frames().len() {
            let batch = Unnamed::of(&tree, 0, next, 4);
            assert!(batch.len() <= 4 && batch.next() > next);
            assert!(
                batch.frames.is_sorted_by_key(|(_, frame)| frame.module),
                "the program's own first"
            );
            told.extend(batch.frames.iter().map(|(id, _)| id.index()));
            next = batch.next();
        }
        told.sort_unstable();
        assert_eq!(told, (2..=10).collect::<Vec<usize>>());
    }

    #[test]
    fn a_frame_is_named_once_and_a_clone_keeps_what_it_was() {
        let label = |function: &str| {
            Label::from(Symbol { function: function.to_owned(), ..Symbol::default() })
        };
        let mut labels = Labels::default();
        assert!(!labels.put(FrameId(1), &[]));
        let before = labels.clone();
        assert!(labels.put(FrameId(1), &[label("first")]));
        assert!(!labels.put(FrameId(1), &[label("second")]));
        assert_eq!(
            (before.of(FrameId(1)).len(), &*labels.of(FrameId(1))[0].function),
            (0, "first")
        );
        let many = vec![label("inlined"); AT_FRAME_MAX + 9];
        assert!(labels.put(FrameId(2), &many));
        assert_eq!(labels.of(FrameId(2)).len(), AT_FRAME_MAX);
    }
}
