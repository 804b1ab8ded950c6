//! Sheets in the formats that people print, hand out and import: one file a format, each naming its source.
//!
//! Text, HTML and CSV show what a [`Show`] lets them; GIFT, Moodle's XML and QTI are for platforms that mark answers, so
//! they always hold the key.

mod csv;
mod gift;
mod html;
mod markup;
mod moodle;
mod qti;
mod text;

use std::str::FromStr;

use super::sheet::{NoSuchName, Sheet, Show};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal, and to be filled in with an editor.
    Text,
    /// To be printed.
    Html,
    /// Moodle's GIFT.
    Gift,
    /// Moodle's XML.
    Moodle,
    /// QTI 1.2, as Canvas imports it.
    Qti,
    /// For spreadsheets.
    Csv,
}

impl Format {
    /// Every one with its name.
    pub const NAMES: [(&'static str, Format); 6] = [
        ("text", Format::Text),
        ("html", Format::Html),
        ("gift", Format::Gift),
        ("moodle", Format::Moodle),
        ("qti", Format::Qti),
        ("csv", Format::Csv),
    ];

    /// Whether it always holds the key, because a platform marks by it.
    pub fn holds_key(self) -> bool {
        matches!(self, Format::Gift | Format::Moodle | Format::Qti)
    }

    /// The end of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Text | Format::Gift => "txt",
            Format::Html => "html",
            Format::Moodle | Format::Qti => "xml",
            Format::Csv => "csv",
        }
    }

    /// What a browser calls it.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Text | Format::Gift => "text/plain; charset=utf-8",
            Format::Html => "text/html; charset=utf-8",
            Format::Moodle | Format::Qti => "application/xml",
            Format::Csv => "text/csv; charset=utf-8",
        }
    }
}

impl FromStr for Format {
    type Err = NoSuchName;

    fn from_str(name: &str) -> Result<Format, NoSuchName> {
        let found = Format::NAMES.into_iter().find(|&(known, _)| known == name);
        found
            .map(|(_, format)| format)
            .ok_or(NoSuchName::expected("text, html, gift, moodle, qti or csv"))
    }
}

/// Writes sheets down, each a student's variant or one for all, in one document.
pub fn export(format: Format, sheets: &[Sheet], show: Show) -> String {
    match format {
        Format::Text => text::render(sheets, show),
        Format::Html => html::render(sheets, show),
        Format::Gift => gift::render(sheets),
        Format::Moodle => moodle::render(sheets),
        Format::Qti => qti::render(sheets),
        Format::Csv => csv::render(sheets, show),
    }
}
