//! What can be wrong with a request for an exercise. Each kind calls for another act of the one who asked.

use crate::paging;

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
    /// A student's name or a course key that cannot be used. The message never holds a key.
    #[error("{0}")]
    Identity(&'static str),
    /// What the machines refuse.
    #[error(transparent)]
    Paging(#[from] paging::Error),
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
            "; granted were {}; wish for less, or change the length, the pages or the frames",
            each.join(", ")
        ),
    }
}
