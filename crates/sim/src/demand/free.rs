//! The free frames: a bit each, so that taking a certain one costs as little as taking the lowest.

/// The set.
#[derive(Debug)]
pub(super) struct FreeFrames {
    words: Vec<u64>,
    /// No word below this one has a bit set.
    first: usize,
    len: usize,
}

impl FreeFrames {
    /// All of so many frames.
    pub(super) fn all(frames: usize) -> FreeFrames {
        let mut free = FreeFrames { words: vec![0; frames.div_ceil(64)], first: 0, len: 0 };
        (0..).take(frames).for_each(|frame| free.insert(frame));
        free
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a frame in that is not there.
    pub(super) fn insert(&mut self, frame: u32) {
        let word = frame as usize / 64;
        self.words[word] |= 1 << (frame % 64);
        self.first = self.first.min(word);
        self.len += 1;
    }

    /// Takes `wanted` where it is free, else the lowest frame; `None` where none is.
    pub(super) fn take(&mut self, wanted: Option<u32>) -> Option<u32> {
        let is_free = |&frame: &u32| self.words[frame as usize / 64] >> (frame % 64) & 1 == 1;
        let frame = wanted.filter(is_free).or_else(|| self.lowest())?;
        self.words[frame as usize / 64] &= !(1 << (frame % 64));
        self.len -= 1;
        Some(frame)
    }

    fn lowest(&mut self) -> Option<u32> {
        if self.is_empty() {
            return None;
        }
        while self.words[self.first] == 0 {
            self.first += 1;
        }
        let base = u32::try_from(self.first * 64).ok()?;
        Some(base + self.words[self.first].trailing_zeros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_frame_is_taken_where_it_is_free_else_the_lowest() {
        let mut free = FreeFrames::all(130);
        assert_eq!(
            [None, Some(128), Some(128), None].map(|wanted| free.take(wanted)),
            [Some(0), Some(128), Some(1), Some(2)]
        );
        free.insert(1);
        assert_eq!(free.take(None), Some(1));
        let rest = std::iter::from_fn(|| free.take(None)).count();
        assert_eq!((rest, free.is_empty()), (126, true));
    }
}
