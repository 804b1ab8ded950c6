//! The smallest SVG writer that cannot write a broken file: elements, attributes, texts, and the escaping of both.

use std::fmt::{self, Display, Write};

/// An element with its attributes and children, in the order they were given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// An element without attributes or children.
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// Adds an attribute; each name is given once.
    pub(super) fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Adds an attribute that is a length or coordinate, in px.
    pub(super) fn at(self, name: &'static str, value: f64) -> Self {
        self.set(name, number(value))
    }

    /// Appends a child.
    pub(super) fn with(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// Appends children.
    pub(super) fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// Appends text.
    pub(super) fn say(mut self, text: &str) -> Self {
        self.children.push(Node::Text(text.to_owned()));
        self
    }

    /// Puts a `<title>` first, where readers and browsers look for what a hover shows.
    pub(super) fn titled(mut self, title: &str) -> Self {
        self.children.insert(0, Node::Element(Self::new("title").say(title)));
        self
    }

    /// Whether line breaks may be written between the children: not where a text would swallow them.
    fn is_block(&self) -> bool {
        self.name != "text" && !self.children.iter().any(|node| matches!(node, Node::Text(_)))
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"{}\"", Escaped(value))?;
        }
        if self.children.is_empty() {
            return f.write_str("/>");
        }
        let between = if self.is_block() { "\n" } else { "" };
        write!(f, ">{between}")?;
        for child in &self.children {
            match child {
                Node::Element(element) => write!(f, "{element}{between}")?,
                Node::Text(text) => write!(f, "{}", Escaped(text))?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// A text as it may stand in an attribute or an element.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_str("&#10;")?,
                '\t' => f.write_str("&#9;")?,
                // XML 1.0 has no way to write these, not even as a reference.
                '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                _ => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// A number with at most two places, so that the last bit of a sine never shows: `12`, `0.5`, `-3.25`.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The `d` of a path, in absolute px.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Path(String);

impl Path {
    /// Starts a new figure at `(x, y)`.
    pub(super) fn start(mut self, (x, y): (f64, f64)) -> Self {
        self.push('M', &[x, y]);
        self
    }

    /// A straight line to `(x, y)`.
    pub(super) fn line(mut self, (x, y): (f64, f64)) -> Self {
        self.push('L', &[x, y]);
        self
    }

    /// Straight lines through `points`; the first one starts a new figure.
    pub(super) fn through(self, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut points = points.into_iter();
        let Some(first) = points.next() else { return self };
        points.fold(self.start(first), Self::line)
    }

    /// A circle's arc of `radius` to `(x, y)`: the `long` way round or the short one, clockwise or not.
    pub(super) fn arc(
        mut self,
        radius: f64,
        long: bool,
        clockwise: bool,
        (x, y): (f64, f64),
    ) -> Self {
        let flag = |set| if set { 1.0 } else { 0.0 };
        self.push('A', &[radius, radius, 0.0, flag(long), flag(clockwise), x, y]);
        self
    }

    /// The figures of both.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Back to where the figure started.
    pub(super) fn close(mut self) -> Self {
        self.0.push('Z');
        self
    }

    fn push(&mut self, command: char, values: &[f64]) {
        self.0.push(command);
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.0.push(' ');
            }
            self.0.push_str(&number(*value));
        }
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chart::testing::parse;

    #[test]
    fn numbers_have_two_places_at_most() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.001, "0"),
            (12.0, "12"),
            (100.0, "100"),
            (0.5, "0.5"),
            (-3.254, "-3.25"),
            (1.999, "2"),
        ] {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn texts_stand_on_one_line_and_blocks_do_not() {
        let element = Element::new("g").with(
            Element::new("text")
                .at("x", 1.5)
                .say("a < b ")
                .with(Element::new("tspan").say("\"c\"")),
        );
        assert_eq!(
            element.to_string(),
            "<g>\n<text x=\"1.5\">a &lt; b <tspan>&quot;c&quot;</tspan></text>\n</g>"
        );
    }

    #[test]
    fn a_title_comes_first() {
        let element = Element::new("g").with(Element::new("rect")).titled("x");
        assert_eq!(element.to_string(), "<g>\n<title>x</title>\n<rect/>\n</g>");
    }

    #[test]
    fn a_path_writes_each_command_once() {
        let path =
            Path::default().through([(0.0, 1.0), (2.0, 3.0)]).arc(4.0, true, false, (5.0, 6.0));
        assert_eq!(String::from(path.close()), "M0 1L2 3A4 4 0 1 0 5 6Z");
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_a_reader(text in any::<String>()) {
            let written = Element::new("text").set("id", text.clone()).say(&text).to_string();
            let root = parse(&written);
            let expected: String = text
                .chars()
                .map(|c| match c {
                    '\n' | '\t' => c,
                    c if c < ' ' || "\u{7f}\u{fffe}\u{ffff}".contains(c) => '\u{fffd}',
                    c => c,
                })
                .collect();
            prop_assert_eq!(&root.attribute("id"), &expected);
            prop_assert_eq!(&root.text, &expected);
        }
    }
}
