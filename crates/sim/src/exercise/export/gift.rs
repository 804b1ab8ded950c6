//! Questions in Moodle's GIFT.
//!
//! Source: Moodle documentation, "GIFT format". A question is `::name::[html]text{answer}`; a number is `{#7:0}`, with the
//! tolerance after the colon; pairs are `{=left -> right …}`; text after `####` is told after the attempt; `$CATEGORY:`
//! names where the questions after it go. The characters `~ = # { } :` and the backslash stand after a backslash
//! wherever they are text, and a question ends at an empty line.

use super::markup::{paragraph, problem};
use crate::exercise::sheet::{Answer, BLANK, Question, Sheet};

/// Writes the questions of all sheets, a category a student.
pub(super) fn render(sheets: &[Sheet]) -> String {
    let mut text = String::new();
    for sheet in sheets {
        text.push_str(&format!("$CATEGORY: {}\n\n", category(sheet)));
        for question in &sheet.questions {
            text.push_str(&written(sheet, question));
        }
    }
    text
}

/// Where a sheet's questions go: a slash parts levels, two are one that is meant.
pub(super) fn category(sheet: &Sheet) -> String {
    let level = |name: &str| name.replace('/', "//");
    let student = sheet.student.as_deref().map(|student| format!("/{}", level(student)));
    format!("$course$/ramscope/{}{}", level(&sheet.title), student.unwrap_or_default())
}

fn written(sheet: &Sheet, question: &Question) -> String {
    let given = problem(sheet, &sheet.tables[question.table]);
    let answer = match &question.answer {
        Answer::Number(number) => format!("#{number}:0"),
        Answer::Pairs(pairs) => {
            let pair = |(left, right): &(String, String)| {
                format!("={} -> {} ", escape(left), escape(right))
            };
            pairs.iter().map(pair).collect()
        }
    };
    let answer = format!("{{{answer}####{}}}", escape(&paragraph(&question.why)));
    let text = given + &paragraph(&question.prompt);
    // A blank in the sentence is where the answer goes (missing word); else it goes to the end.
    let (before, after) = text.split_once(BLANK).unwrap_or((&text, ""));
    let name = escape(&question.name);
    format!("::{name}::[html]{}{answer}{}\n\n", escape(before), escape(after))
}

/// Text in which nothing is taken for GIFT.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '~' | '=' | '#' | '{' | '}' | ':' | '\\' => safe.extend(['\\', symbol]),
            '\n' => safe.push_str("\\n"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gift_takes_for_its_own_stands_after_a_backslash() {
        assert_eq!(escape("a~b=c#d{e}f:g\\h\ni"), "a\\~b\\=c\\#d\\{e\\}f\\:g\\\\h\\ni");
    }
}
