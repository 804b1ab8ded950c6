//! Rust source as text: enough to tell code from comments and strings, and where functions end.
//!
//! It counts braces and knows no grammar. Macros that write braces of their own are counted as they
//! stand, which is what a reader sees too.

use std::ops::Range;

/// A function in a source text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of its `fn`, from 1.
    pub(crate) line: usize,
    /// Lines from its `fn` to its closing brace, both counted.
    pub(crate) lines: usize,
}

/// `text` with every comment, string and character literal blanked out. Lines and columns stay
/// where they are (a character becomes a blank, a line end stays).
pub(crate) fn code_only(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match literal_end(&text, at) {
            Some(end) => {
                code.extend(text[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
                at = end;
            }
            None => {
                code.push(text[at]);
                at += 1;
            }
        }
    }
    code
}

/// Where `word` stands in `code` as a whole word: line (from 1) and byte offset.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_part);
        let after = code[at + word.len()..].chars().next().is_some_and(is_part);
        (!before && !after).then(|| (line_of(code, at), at))
    })
}

/// The line, from 1, that holds the byte at `offset`.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// Every function with a body, in order. `code` comes from [`code_only`].
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let function = |(line, at): (usize, usize)| {
        let rest = &code[at + "fn".len()..];
        let name: String =
            rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let body = rest.find(['{', ';']).filter(|&open| rest[open..].starts_with('{'))?;
        let end = block_end(rest, body)?;
        // `fn(u8) -> u8` is a type, not a function.
        (!name.is_empty()).then(|| Function { name, line, lines: line_of(rest, end) })
    };
    words(code, "fn").filter_map(function).collect()
}

/// The lines (from 1, end not counted) of the modules that only tests see.
pub(crate) fn test_lines(code: &str) -> Vec<Range<usize>> {
    let module = |(at, mark): (usize, &str)| {
        let rest = &code[at..];
        let open = rest.find(['{', ';']).filter(|&open| rest[open..].starts_with('{'))?;
        let end = block_end(rest, open)?;
        let line = line_of(code, at + mark.len());
        Some(line..line + line_of(rest, end))
    };
    code.match_indices("#[cfg(test)]").filter_map(module).collect()
}

/// The byte behind the brace that closes the one at `open`.
fn block_end(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, brace) in code[open..].match_indices(['{', '}']) {
        depth = if brace == "{" { depth + 1 } else { depth.checked_sub(1)? };
        if depth == 0 {
            return Some(open + at + 1);
        }
    }
    None
}

/// When a comment or a literal begins at `at`: the position behind it.
fn literal_end(text: &[char], at: usize) -> Option<usize> {
    let next = text.get(at + 1).copied();
    match text[at] {
        '/' if next == Some('/') => Some(position(text, at, |c| c == '\n')),
        '/' if next == Some('*') => Some(block_comment_end(text, at)),
        '"' => Some(quoted_end(text, at, '"')),
        '\'' => char_end(text, at),
        'r' if !follows_word(text, at) => raw_end(text, at),
        'b' if next == Some('r') && !follows_word(text, at) => raw_end(text, at + 1),
        _ => None,
    }
}

fn position(text: &[char], from: usize, is_it: impl Fn(char) -> bool) -> usize {
    text[from..].iter().position(|&c| is_it(c)).map_or(text.len(), |found| from + found)
}

/// Whether the character at `at` continues a word. A `b` before a raw string's `r` does not count.
fn follows_word(text: &[char], at: usize) -> bool {
    at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_')
}

/// Block comments nest in Rust.
fn block_comment_end(text: &[char], at: usize) -> usize {
    let mut depth = 0usize;
    let mut at = at;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(text.len())
}

fn quoted_end(text: &[char], at: usize, quote: char) -> usize {
    let mut at = at + 1;
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// A quote begins a character (`'x'`, `'\n'`) or a lifetime (`'a`), which is no literal.
fn char_end(text: &[char], at: usize) -> Option<usize> {
    let escaped = text.get(at + 1) == Some(&'\\');
    (escaped || text.get(at + 2) == Some(&'\'')).then(|| quoted_end(text, at, '\''))
}

/// `r"…"`, `r#"…"#` and so on; `r#name` is a name.
fn raw_end(text: &[char], at: usize) -> Option<usize> {
    let quote = position(text, at + 1, |c| c != '#');
    if text.get(quote) != Some(&'"') {
        return None;
    }
    let hashes = quote - at - 1;
    let closes = |end: usize| {
        text[end] == '"' && text[end + 1..].iter().take_while(|&&c| c == '#').count() >= hashes
    };
    let end = (quote + 1..text.len()).find(|&end| closes(end));
    Some(end.map_or(text.len(), |end| end + 1 + hashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_are_blanked_and_lifetimes_are_not() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("x \" y", z)"#, "f(        , z)"),
            (r##"f(r#"a "quoted" b"#, br"c", r#type)"##, "f(                 ,      , r#type)"),
            (r"g('\'', '{', b'x')", "g(    ,    , b   )"),
            ("fn h<'a>(x: &'a str)", "fn h<'a>(x: &'a str)"),
            ("\"never closed", "             "),
        ] {
            assert_eq!(code_only(text), code, "{text}");
        }
    }

    #[test]
    fn a_word_is_found_whole_with_its_line() {
        let found: Vec<usize> =
            words("unsafe_code\nunsafe {}\nan unsafe", "unsafe").map(|(line, _)| line).collect();
        assert_eq!(found, [2, 3]);
    }

    #[test]
    fn a_function_ends_at_its_own_brace() {
        let code = "fn a() {\n  if b {\n  }\n}\ntrait T { fn c(); fn d() {} }\ntype F = fn(u8);";
        let found: Vec<_> =
            functions(code).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("a".to_owned(), 1, 4), ("d".to_owned(), 5, 1)]);
    }

    #[test]
    fn the_lines_of_a_test_module_are_found() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n";
        assert_eq!(test_lines(code), [Range { start: 2, end: 6 }]);
        assert_eq!(test_lines("#[cfg(test)]\nmod tests;\nfn c() {}"), []);
    }
}
