//! Questions in QTI 1.2, as Canvas imports and exports them: numbers, pairs, and each grid as blanks.
//!
//! Source: IMS Question & Test Interoperability ASI, version 1.2; Instructure's canvas-lms, `lib/cc/qti`, for the
//! `question_type` fields and for how each type lays its answers out. A name in brackets, `[s3r0]`, is a blank of step
//! 3 and row 0. Platforms take the file packed in a `.zip`.

use super::markup::{escape, grid, paragraph, problem};
use crate::exercise::sheet::{Answer, Question, Sheet, Table};

/// The namespace of QTI 1.2.
const NAMESPACE: &str = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2";

/// Writes the questions of all sheets as one assessment, a section a student.
pub(super) fn render(sheets: &[Sheet]) -> String {
    let title = sheets.first().map_or("", |sheet| &sheet.title);
    let sections: String =
        sheets.iter().enumerate().map(|(index, sheet)| section(index, sheet)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<questestinterop xmlns=\"{NAMESPACE}\">\n\
         <assessment ident=\"ramscope\" title=\"{}\">\n{sections}</assessment>\n</questestinterop>\n",
        escape(title)
    )
}

fn section(index: usize, sheet: &Sheet) -> String {
    let title = sheet.student.as_deref().unwrap_or(&sheet.title);
    let questions = sheet.questions.iter().map(|question| marked(sheet, question));
    let grids = sheet.tables.iter().map(|table| blanks(sheet, table));
    let items: String = questions
        .chain(grids)
        .enumerate()
        .map(|(number, item)| item.written(&format!("sheet{}_item{}", index + 1, number + 1)))
        .collect();
    format!(
        "<section ident=\"section{}\" title=\"{}\">\n{items}</section>\n",
        index + 1,
        escape(title)
    )
}

/// A question on its way to XML.
struct Item {
    title: String,
    /// Canvas's name of the type.
    kind: &'static str,
    html: String,
    /// What there is to answer.
    responses: String,
    /// What is right, and what it scores.
    conditions: String,
    why: String,
}

impl Item {
    fn written(&self, ident: &str) -> String {
        let Item { title, kind, html, responses, conditions, why } = self;
        format!(
            "<item ident=\"{ident}\" title=\"{}\">\n\
             <itemmetadata><qtimetadata>{}{}</qtimetadata></itemmetadata>\n\
             <presentation>{}\n{responses}</presentation>\n\
             <resprocessing>\n<outcomes><decvar maxvalue=\"100\" minvalue=\"0\" varname=\"SCORE\" vartype=\"Decimal\"/></outcomes>\n\
             <respcondition continue=\"Yes\"><conditionvar><other/></conditionvar>\
             <displayfeedback feedbacktype=\"Response\" linkrefid=\"general_fb\"/></respcondition>\n\
             {conditions}</resprocessing>\n\
             <itemfeedback ident=\"general_fb\"><flow_mat>{}</flow_mat></itemfeedback>\n</item>\n",
            escape(title),
            field("question_type", kind),
            field("points_possible", "1"),
            material(html),
            material(why),
        )
    }
}

fn field(label: &str, entry: &str) -> String {
    format!(
        "<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{entry}</fieldentry></qtimetadatafield>"
    )
}

fn material(html: &str) -> String {
    format!("<material><mattext texttype=\"text/html\">{}</mattext></material>", escape(html))
}

fn plain(text: &str) -> String {
    format!("<material><mattext texttype=\"text/plain\">{}</mattext></material>", escape(text))
}

fn marked(sheet: &Sheet, question: &Question) -> Item {
    let html = problem(sheet, &sheet.tables[question.table]) + &paragraph(&question.prompt);
    let (kind, responses, conditions) = match &question.answer {
        Answer::Number(number) => number_of(*number),
        Answer::Pairs(pairs) => pairs_of(pairs),
    };
    let (title, why) = (question.name.clone(), paragraph(&question.why));
    Item { title, kind, html, responses, conditions, why }
}

fn number_of(number: u64) -> (&'static str, String, String) {
    let response = "<response_str ident=\"response1\" rcardinality=\"Single\">\
                    <render_fib fibtype=\"Decimal\"><response_label ident=\"answer1\"/></render_fib></response_str>\n";
    let condition = format!(
        "<respcondition continue=\"No\"><conditionvar><or><varequal respident=\"response1\">{number}</varequal>\
         <and><vargte respident=\"response1\">{number}</vargte><varlte respident=\"response1\">{number}</varlte></and>\
         </or></conditionvar><setvar action=\"Set\" varname=\"SCORE\">100</setvar></respcondition>\n"
    );
    ("numerical_question", response.to_owned(), condition)
}

/// Each right side once is what every left side may choose from.
fn pairs_of(pairs: &[(String, String)]) -> (&'static str, String, String) {
    let mut sides: Vec<&str> = pairs.iter().map(|(_, right)| right.as_str()).collect();
    sides.sort_unstable();
    sides.dedup();
    let labels: Vec<(String, &str)> =
        sides.iter().enumerate().map(|(index, &side)| (format!("choice{index}"), side)).collect();
    let mut responses = String::new();
    let mut conditions = String::new();
    for (index, (left, right)) in pairs.iter().enumerate() {
        let ident = format!("response_pair{index}");
        responses.push_str(&choice(&ident, left, &labels));
        let label = labels.iter().find(|(_, side)| side == right).map_or("", |(label, _)| label);
        conditions.push_str(&scores(&ident, label, pairs.len()));
    }
    ("matching_question", responses, conditions)
}

/// A response that is one of these labels.
fn choice(ident: &str, text: &str, labels: &[(String, &str)]) -> String {
    let label = |(label, side): &(String, &str)| {
        format!("<response_label ident=\"{label}\">{}</response_label>", plain(side))
    };
    let labels: String = labels.iter().map(label).collect();
    format!(
        "<response_lid ident=\"{ident}\">{}<render_choice>{labels}</render_choice></response_lid>\n",
        plain(text)
    )
}

/// That a response with this label scores its share of a hundred.
fn scores(ident: &str, label: &str, of: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a question has a few hundred parts at most")]
    let share = 100.0 / of.max(1) as f64;
    format!(
        "<respcondition><conditionvar><varequal respident=\"{ident}\">{label}</varequal></conditionvar>\
         <setvar action=\"Add\" varname=\"SCORE\">{share:.4}</setvar></respcondition>\n"
    )
}

/// The whole grid, a blank in every cell.
fn blanks(sheet: &Sheet, table: &Table) -> Item {
    let count = table.steps.len() * table.rows.len();
    let name = |step: usize, row: usize| format!("s{}r{row}", step + 1);
    let task: String = sheet.task.iter().map(|line| paragraph(line)).collect();
    let cells = grid(table, |step, row| format!("[{}]", name(step, row)));
    let mut responses = String::new();
    let mut conditions = String::new();
    for (index, step) in table.steps.iter().enumerate() {
        for (row, cell) in step.cells.iter().enumerate() {
            let (blank, label) = (name(index, row), format!("{}_right", name(index, row)));
            let ident = format!("response_{blank}");
            responses.push_str(&choice(&ident, &blank, &[(label.clone(), cell.as_str())]));
            conditions.push_str(&scores(&ident, &label, count));
        }
    }
    Item {
        title: format!("{}: the whole table", table.title),
        kind: "fill_in_multiple_blanks_question",
        html: format!("{}{task}{cells}", problem(sheet, table)),
        responses,
        conditions,
        why: table.steps.iter().map(|step| paragraph(&step.explain)).collect(),
    }
}
