//! Formats: well formed, complete, and silent about what is not to be revealed.

use ramscope_sim::check;
use ramscope_sim::exercise::export::{Format, export};
use ramscope_sim::exercise::{Answer, Reveal, Sheet, Show};

use super::sheet;

fn shown(format: Format, reveal: Reveal, done: usize) -> String {
    export(format, &[sheet(None)], Show { reveal, done })
}

fn every_explanation(sheet: &Sheet) -> impl Iterator<Item = &str> {
    sheet.tables.iter().flat_map(|table| &table.steps).map(|step| step.explain.as_str())
}

#[test]
fn a_blank_sheet_gives_nothing_away_and_a_key_holds_every_sentence() {
    let sheet = sheet(None);
    for format in [Format::Text, Format::Html, Format::Csv] {
        let flat = |text: String| text.replace("\n#", "").replace("&#39;", "'");
        let blank = flat(shown(format, Reveal::None, 0));
        let key = flat(shown(format, Reveal::Key, 0));
        for sentence in every_explanation(&sheet) {
            assert!(!blank.contains(sentence), "{format:?}: {sentence}");
            assert!(key.contains(sentence), "{format:?}: {sentence}");
        }
        assert!(!blank.contains("of them cold"), "{format:?}");
    }
}

#[test]
fn a_hint_names_the_rule_and_a_step_its_cells_alone() {
    let hint = shown(Format::Text, Reveal::Hint, 0);
    assert!(hint.contains("The next reference that decides something is number 5"), "{hint}");
    assert!(!hint.contains("Reference 5:"), "{hint}");
    let step = shown(Format::Text, Reveal::Step, 4);
    assert_eq!(step.matches("Reference 5:").count(), 3, "{step}");
    assert!(!step.contains("Reference 4:") && !step.contains("Reference 6:"), "{step}");
    let done = shown(Format::Text, Reveal::Step, 16);
    assert!(done.contains("Nothing is left to fill in."), "{done}");
}

#[test]
fn a_text_sheet_is_a_table_that_can_be_checked() {
    let blank = check::read(shown(Format::Text, Reveal::None, 0).as_bytes()).unwrap();
    assert_eq!(blank.len(), 3);
    for answer in &blank {
        assert!(answer.columns.iter().all(check::Column::is_open));
        assert!(check::first_wrong(answer).unwrap().is_none());
    }
    let key = shown(Format::Text, Reveal::Key, 0);
    for answer in check::read(key.as_bytes()).unwrap() {
        assert_eq!(answer.columns.len(), 16);
        assert!(check::first_wrong(&answer).unwrap().is_none());
    }
    let (before, after) = key.split_once("policy: lru").unwrap();
    let wrong = after.replacen("   F", "   H", 1);
    let answers = check::read(format!("{before}policy: lru{wrong}").as_bytes()).unwrap();
    let found = check::first_wrong(&answers[1]).unwrap().unwrap();
    assert_eq!((found.row, found.step.index), (check::Row::Mark, 1));
}

#[test]
fn csv_has_a_row_a_step_and_a_cell_for_each_to_fill_in() {
    let blank = shown(Format::Csv, Reveal::None, 0);
    let lines: Vec<&str> = blank.lines().collect();
    assert_eq!(lines[0], "student,table,step,reference,frame 0,frame 1,frame 2,H/F,victim,explain");
    assert_eq!(lines.len(), 1 + 3 * 16);
    assert!(lines[1].starts_with("student") || lines[1].ends_with(",,,,,,"), "{}", lines[1]);
    let key = shown(Format::Csv, Reveal::Key, 0);
    let first = key.lines().nth(1).unwrap();
    assert!(first.contains(",-,-,F,-,"), "{first}");
}

#[test]
fn gift_escapes_what_is_text_and_ends_every_question() {
    let mut sheet = sheet(Some("Ada/Bob: {=#~}"));
    sheet.questions[0].why = "a ~ b = c # d { e } f : g".to_owned();
    let text =
        export(Format::Gift, std::slice::from_ref(&sheet), Show { reveal: Reveal::Key, done: 0 });
    assert!(text.starts_with(
        "$CATEGORY: $course$/ramscope/Page replacement: FIFO, LRU, OPT/Ada//Bob: {=#~}\n\n"
    ));
    assert!(text.contains("a \\~ b \\= c \\# d \\{ e \\} f \\: g"), "{text}");
    let questions: Vec<&str> = text.split("\n\n").filter(|part| part.starts_with("::")).collect();
    assert_eq!(questions.len(), sheet.questions.len());
    for (question, asked) in questions.iter().zip(&sheet.questions) {
        let bare = question.replace("\\{", "").replace("\\}", "");
        assert_eq!((bare.matches('{').count(), bare.matches('}').count()), (1, 1), "{question}");
        let answer = &bare[bare.find('{').unwrap()..];
        match &asked.answer {
            Answer::Number(number) => {
                assert!(answer.starts_with(&format!("{{#{number}:0####")), "{answer}");
            }
            Answer::Pairs(pairs) => {
                assert_eq!(answer.matches(" -> ").count(), pairs.len(), "{answer}");
            }
        }
        assert!(!question.contains('\n'), "{question}");
    }
}

/// Checks that tags nest and close, and that every ampersand begins an entity.
fn assert_well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = xml.split_once("?>").unwrap().1;
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        for entity in text.split('&').skip(1) {
            let name = entity.split_once(';').map_or("", |(name, _)| name);
            assert!(["amp", "lt", "gt", "quot", "#39"].contains(&name), "{entity}");
        }
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{part}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn moodle_and_qti_are_well_formed_and_hold_every_cell() {
    let sheets = [sheet(Some("Ada <&> \"Bob\"")), sheet(Some("Carol"))];
    let show = Show { reveal: Reveal::Key, done: 0 };
    let cells = 2 * 3 * 16 * 5;
    let moodle = export(Format::Moodle, &sheets, show);
    assert_well_formed(&moodle);
    assert_eq!(moodle.matches("{1:SHORTANSWER:=").count(), cells);
    assert_eq!(moodle.matches("type=\"category\"").count(), 2);
    let qti = export(Format::Qti, &sheets, show);
    assert_well_formed(&qti);
    assert_eq!(qti.matches("<response_lid ident=\"response_s").count(), cells);
    for kind in ["numerical_question", "matching_question", "fill_in_multiple_blanks_question"] {
        assert!(qti.contains(kind), "{kind}");
    }
}

#[test]
fn the_printed_key_of_a_class_begins_with_every_students_result() {
    let sheets = [sheet(Some("Ada <A>")), sheet(Some("Bob"))];
    let print = |sheets: &[Sheet], reveal| export(Format::Html, sheets, Show { reveal, done: 0 });
    let key = print(&sheets, Reveal::Key);
    let (table, pages) = key.split_once("</section>").unwrap();
    assert!(table.contains("the key of 2 students"), "{table}");
    assert!(table.find("Ada &lt;A&gt;").unwrap() < table.find("Bob").unwrap(), "{table}");
    for sheet in &sheets {
        for line in &sheet.summary {
            assert_eq!(table.matches(line.as_str()).count(), 2, "{line}");
        }
    }
    assert_eq!(pages.matches("<section>").count(), 2);
    for alone in [print(&sheets, Reveal::None), print(&sheets[..1], Reveal::Key)] {
        assert!(!alone.contains("the key of"), "{alone}");
    }
}

#[test]
fn html_is_one_file_without_script_or_anything_from_elsewhere() {
    let html =
        export(Format::Html, &[sheet(Some("<script>"))], Show { reveal: Reveal::Key, done: 0 });
    assert!(html.contains("&lt;script&gt;"), "{html}");
    for absent in ["<script", "http:", "https:", "src=", "url(", "@import"] {
        assert!(!html.contains(absent), "{absent}");
    }
}
