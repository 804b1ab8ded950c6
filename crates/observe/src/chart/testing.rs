//! A strict reader of what `svg` writes, for tests: it panics where a file is not well-formed.

use crate::history::{Kind, Range, Series, Unit};

/// An element as it was read.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The tag.
    pub(super) name: String,
    /// Name and unescaped value.
    pub(super) attributes: Vec<(String, String)>,
    /// The unescaped text directly inside.
    pub(super) text: String,
    /// The elements directly inside.
    pub(super) children: Vec<Read>,
}

impl Read {
    /// The value of an attribute; panics where there is none.
    pub(super) fn attribute(&self, name: &str) -> String {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("<{}> has no {name}", self.name)).1.clone()
    }

    /// An attribute as a number.
    pub(super) fn number(&self, name: &str) -> f64 {
        self.attribute(name).parse().unwrap()
    }

    /// This element and all inside it, in document order.
    pub(super) fn all(&self) -> Vec<&Read> {
        let inside = self.children.iter().flat_map(Read::all);
        std::iter::once(self).chain(inside).collect()
    }

    /// All elements of a class.
    pub(super) fn class(&self, class: &str) -> Vec<&Read> {
        let has = |read: &&Read| read.attributes.iter().any(|(k, v)| k == "class" && v == class);
        self.all().into_iter().filter(has).collect()
    }

    /// All texts inside, without titles.
    pub(super) fn words(&self) -> Vec<String> {
        let texts = self.all().into_iter().filter(|read| read.name == "text");
        texts.map(|text| text.all().iter().map(|part| part.text.as_str()).collect()).collect()
    }
}

/// Reads one element and demands that nothing follows.
pub(super) fn parse(text: &str) -> Read {
    let (read, rest) = element(text);
    assert_eq!(rest.trim(), "", "something follows the root");
    read
}

fn element(text: &str) -> (Read, &str) {
    let (head, mut rest) =
        text.strip_prefix('<').expect("an element").split_once('>').expect("a closed tag");
    let (head, empty) = head.strip_suffix('/').map_or((head, false), |head| (head, true));
    let (name, attributes) = head.split_once(' ').unwrap_or((head, ""));
    assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "the name {name:?}");
    let mut read = Read { name: name.to_owned(), attributes: pairs(attributes), ..Read::default() };
    if empty {
        return (read, rest);
    }
    loop {
        let (before, _) = rest.split_once('<').expect("an end tag");
        read.text.push_str(&unescape(before));
        rest = &rest[before.len()..];
        if let Some(after) = rest.strip_prefix("</") {
            let (end, after) = after.split_once('>').expect("a closed end tag");
            assert_eq!(end, name, "the end tag");
            return (read, after);
        }
        let (child, after) = element(rest);
        read.children.push(child);
        rest = after;
    }
}

fn pairs(mut text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").expect("name=\"");
        let (value, rest) = rest.split_once('"').expect("a closing quote");
        assert!(pairs.iter().all(|(other, _)| other != name), "{name} is given twice");
        pairs.push((name.to_owned(), unescape(value)));
        text = rest.strip_prefix(' ').unwrap_or(rest);
    }
    pairs
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').expect("a closed reference");
        out.push_str(before);
        out.push_str(match entity {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "#39" => "'",
            "#10" => "\n",
            "#9" => "\t",
            other => panic!("the reference {other}"),
        });
        rest = after;
    }
    out + rest
}

/// A range with all of [`SERIES`](super::SERIES) and no swap; `memory` gives total, available and free at an index.
pub(super) fn range(
    times: &[i64],
    step_ms: i64,
    memory: impl Fn(usize) -> (i64, i64, i64),
) -> Range {
    let column = |name: &str| {
        let values: Vec<Option<i64>> = (0..times.len())
            .map(|index| {
                let (total, available, free) = memory(index);
                Some(match name {
                    "memory.total" => total,
                    "memory.available" => available,
                    "memory.free" => free,
                    "memory.used" => total - available,
                    _ => 0,
                })
            })
            .collect();
        Series {
            name: name.to_owned(),
            kind: Kind::Gauge,
            unit: Unit::Bytes,
            min: values.clone(),
            max: values.clone(),
            mean: values,
        }
    };
    Range {
        from_ms: times.first().copied().unwrap_or(0),
        to_ms: times.last().map_or(0, |last| last + step_ms),
        step_ms,
        time_ms: times.to_vec(),
        series: super::SERIES.map(column).into(),
    }
}
