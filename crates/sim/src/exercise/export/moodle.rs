//! Questions in Moodle's XML, the whole grid of each table among them as an embedded-answers ("cloze") question.
//!
//! Source: Moodle documentation, "Moodle XML format" and "Embedded Answers (Cloze) question type". A cell of the grid is
//! `{1:SHORTANSWER:=7}`; where a character stands for "none", its typographic twins are right too.

use super::gift::category;
use super::markup::{escape, grid, paragraph, problem};
use crate::exercise::sheet::{Answer, Question, Sheet, Table};

/// Writes the questions of all sheets, a category a student.
pub(super) fn render(sheets: &[Sheet]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n");
    for sheet in sheets {
        let category = text(&category(sheet));
        xml.push_str(&format!(
            "<question type=\"category\"><category>{category}</category></question>\n"
        ));
        let questions = sheet.questions.iter().map(|question| marked(sheet, question));
        let grids = sheet.tables.iter().map(|table| cloze(sheet, table));
        xml.extend(questions.chain(grids));
    }
    xml + "</quiz>\n"
}

fn text(plain: &str) -> String {
    format!("<text>{}</text>", escape(plain))
}

/// The parts that every question has: its name, its text and what is told after the attempt.
fn question(kind: &str, name: &str, html: &str, why: &str, rest: &str) -> String {
    format!(
        "<question type=\"{kind}\">\n<name>{}</name>\n<questiontext format=\"html\">{}</questiontext>\n\
         <generalfeedback format=\"html\">{}</generalfeedback>\n{rest}</question>\n",
        text(name),
        text(html),
        text(why)
    )
}

fn marked(sheet: &Sheet, asked: &Question) -> String {
    let html = problem(sheet, &sheet.tables[asked.table]) + &paragraph(&asked.prompt);
    let (kind, rest) = match &asked.answer {
        Answer::Number(number) => (
            "numerical",
            format!(
                "<answer fraction=\"100\">{}<tolerance>0</tolerance></answer>\n",
                text(&number.to_string())
            ),
        ),
        Answer::Pairs(pairs) => {
            let pair = |(left, right): &(String, String)| {
                let left = text(&paragraph(left));
                format!(
                    "<subquestion format=\"html\">{left}<answer>{}</answer></subquestion>\n",
                    text(right)
                )
            };
            let pairs: String = pairs.iter().map(pair).collect();
            ("matching", format!("<shuffleanswers>true</shuffleanswers>\n{pairs}"))
        }
    };
    question(kind, &asked.name, &html, &paragraph(&asked.why), &rest)
}

/// The whole grid, a place to write in every cell.
fn cloze(sheet: &Sheet, table: &Table) -> String {
    let cell = |step: usize, row: usize| match table.steps[step].cells[row].as_str() {
        "-" => "{1:SHORTANSWER:=-~=–~=—}".to_owned(),
        value => format!("{{1:SHORTANSWER:={}}}", embedded(value)),
    };
    let task = sheet.task.iter().map(|line| paragraph(line)).collect::<String>();
    let html = format!("{}{task}{}", problem(sheet, table), grid(table, cell));
    let why: String = table.steps.iter().map(|step| paragraph(&step.explain)).collect();
    question("cloze", &format!("{}: the whole table", table.title), &html, &why, "")
}

/// An answer within braces, in which nothing is taken for cloze's own.
fn embedded(value: &str) -> String {
    let mut safe = String::new();
    for symbol in value.chars() {
        if matches!(symbol, '}' | '#' | '~' | '/' | '"' | '\\' | '*') {
            safe.push('\\');
        }
        safe.push(symbol);
    }
    escape(&safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloze_takes_for_its_own_stands_after_a_backslash() {
        assert_eq!(embedded("3+4"), "3+4");
        assert_eq!(embedded("a}b~c"), "a\\}b\\~c");
    }
}
