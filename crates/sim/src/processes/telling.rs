//! The sentences of the lab: the policy's own, with processes for numbers, and those about tables, swap and ends.
//!
//! To a policy a page is a number. The pages of the lab travel as numbers from [`TAG`] on, which no time, frame or count
//! reaches, so that each can be found again in what the policy said and be called `p1:2`. The policy counts frames by
//! its own order, which differs from the lab's once a process has ended: `frame 3` is renumbered likewise.

use super::script::{Action, Event, Page, Script};

/// The number of the first page: 2^52, half of the largest that a reference string may name.
pub(crate) const TAG: u64 = 1 << 52;

/// Items that a sentence spells out before it says how many more there are.
const SPELLED_OUT: usize = 12;

/// The number under which a policy knows a page.
pub(crate) fn tagged(script: &Script, page: Page) -> u64 {
    TAG + u64::from(script.rank(page))
}

/// The page of a policy's number.
pub(crate) fn untagged(script: &Script, name: u64) -> Option<Page> {
    script.page(u32::try_from(name.checked_sub(TAG)?).ok()?)
}

/// What a policy said after its opening, with other names: `page` names the numbers of pages, `frame` the frames
/// after their own numbers. What either knows nothing of stays as it is.
pub(crate) fn retold(
    said: &str,
    page: impl Fn(u64) -> Option<String>,
    frame: impl Fn(u64) -> Option<u32>,
) -> String {
    let rest = said.split_once(". ").map_or("", |(_, rest)| rest);
    let mut told = String::with_capacity(rest.len());
    let mut left = rest;
    while let Some(at) = left.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = left.split_at(at);
        let len = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(len);
        let number: Option<u64> = digits.parse().ok();
        let as_frame = number.filter(|_| before.ends_with("rame ")).and_then(&frame);
        let named = number.and_then(&page).or_else(|| as_frame.map(|frame| frame.to_string()));
        told.push_str(before);
        told.push_str(named.as_deref().unwrap_or(digits));
        left = after;
    }
    told + left
}

/// "p1 writes its page 2".
pub(crate) fn opening(script: &Script, event: Event) -> String {
    let name = &script.process(event.process).name;
    match event.action {
        Action::Arrive => {
            let pages = script.process(event.process).pages;
            let plural = if pages == 1 { "page" } else { "pages" };
            format!(
                "{name} arrives with {pages} {plural}; its page table has no frame yet, since pages are loaded on \
                 demand."
            )
        }
        Action::Touch(page) => format!("{name} touches its page {page}"),
        Action::Write(page) => format!("{name} writes its page {page}"),
        Action::End => format!("{name} ends"),
    }
}

/// "frames 1, 4 and slot 0 are free", after an end.
pub(crate) fn freed(frames: &[u32], slots: &[u32]) -> String {
    match (frames, slots) {
        ([], []) => "it had nothing in memory or in the swap area".to_owned(),
        ([], slots) => format!("swap {} free again", several("slot", slots)),
        (frames, []) => format!("{} free again", several("frame", frames)),
        (frames, slots) => {
            let frames = listed("frame", frames);
            format!("{frames} and swap {} are free again", listed("slot", slots))
        }
    }
}

fn several(what: &str, numbers: &[u32]) -> String {
    let verb = if numbers.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", listed(what, numbers))
}

fn listed(what: &str, numbers: &[u32]) -> String {
    let plural = if numbers.len() == 1 { "" } else { "s" };
    format!("{what}{plural} {}", few(numbers.iter()))
}

/// The first dozen of a list, and how many more there are.
pub(crate) fn few<T: ToString>(items: impl ExactSizeIterator<Item = T>) -> String {
    let more = items.len().saturating_sub(SPELLED_OUT);
    let spelled: Vec<String> = items.take(SPELLED_OUT).map(|item| item.to_string()).collect();
    match more {
        0 => spelled.join(", "),
        more => format!("{} and {more} more", spelled.join(", ")),
    }
}
