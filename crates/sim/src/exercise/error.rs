//! What can be wrong with a request for an exercise. Each kind calls for another act of the one who asked.

use crate::segments::translation;
use crate::{alloc, paging};

/// A request that no exercise answers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number outside its bounds.
    #[error("{what} cannot be {asked}: ask for {least} to {most}")]
    OutOfBounds {
        /// What the number counts.
        what: &'static str,
        /// The number.
        asked: u64,
        /// The least there may be.
        least: u64,
        /// The most there may be.
        most: u64,
    },
    /// Options that contradict each other, or make no exercise.
    #[error("{0}")]
    Contradiction(String),
    /// A text that is no wish.
    #[error("`{wish}` is no wish{}: {takes}", did_you_mean(.nearest))]
    NotAWish {
        /// The text, shortened.
        wish: String,
        /// The nearest word there is, where one is near.
        nearest: Option<&'static str>,
        /// What a wish looks like.
        takes: &'static str,
    },
    /// No problem that was drawn granted every wish.
    #[error("none of {draws} problems drawn grants every wish{}", grants(.granted))]
    Ungranted {
        /// Problems that were drawn.
        draws: u32,
        /// Each wish, and how many of them granted it.
        granted: Vec<(String, u32)>,
    },
    /// The same student twice in one class.
    #[error("`{0}` stands here twice: the same name has the same variant")]
    Twice(String),
    /// A class whose problems are more work than one question may be.
    #[error(
        "the problems of {students} students are too much at once, {enough_for} were found: ask for fewer students, or \
         wish for less; `ramscope sim exercise` with --students has no such bound"
    )]
    ClassTooLarge {
        /// Students of the class.
        students: usize,
        /// How many of their problems the work was enough for.
        enough_for: usize,
    },
    /// A student's name or a course key that cannot be used. The message never holds a key.
    #[error("{0}")]
    Identity(&'static str),
    /// What the machines refuse.
    #[error(transparent)]
    Paging(#[from] paging::Error),
    /// What the allocation machines refuse.
    #[error(transparent)]
    Alloc(#[from] alloc::Error),
    /// What translation by segments refuses.
    #[error(transparent)]
    Segments(#[from] translation::Error),
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

/// Who stood in the way: ": `belady` is granted by 0, `fifo!=lru` by 840; …".
fn grants(granted: &[(String, u32)]) -> String {
    let each: Vec<String> =
        granted.iter().map(|(wish, count)| format!("`{wish}` by {count}")).collect();
    match each.as_slice() {
        [] => ": none of them has every page in it; ask for more references, or for fewer pages"
            .to_owned(),
        [..] => format!(
            "; granted were {}; wish for less, or change the other options",
            each.join(", ")
        ),
    }
}
