//! Memory drawn with its addresses: a box a block, the taller the more bytes it has.

/// Lines of a drawing, about; a block has one at least.
const LINES: u64 = 24;

/// Blocks of a drawing at most: beyond, a table says more.
const BLOCKS_MAX: usize = 64;

/// Bytes with one use.
#[derive(Debug)]
pub(super) struct Block {
    /// The first byte.
    pub(super) base: u64,
    /// How many there are.
    pub(super) bytes: u64,
    /// What they are; `None` where they are free, or of nobody who is named.
    pub(super) label: Option<String>,
}

/// The blocks, lowest first and without gaps, each with its first address at the left.
pub(super) fn draw(blocks: &[Block]) -> String {
    let Some(last) = blocks.last() else { return String::new() };
    let end = last.base + last.bytes;
    let all: u64 = blocks.iter().map(|block| block.bytes).sum();
    let words = |block: &Block| block.label.as_deref().unwrap_or("free").chars().count();
    let name = blocks.iter().map(words).max().unwrap_or(0);
    let size = blocks.iter().map(|block| block.bytes.to_string().len()).max().unwrap_or(0);
    let (address, rule) = (end.to_string().len(), "-".repeat(name + size + 4));
    let mut text = String::new();
    for block in blocks.iter().take(BLOCKS_MAX) {
        let label = block.label.as_deref().unwrap_or("free");
        let tall = (block.bytes.saturating_mul(LINES) / all.max(1)).max(1);
        let fill = if block.label.is_some() { " " } else { "." };
        text.push_str(&format!("{:>address$} +{rule}+\n", block.base));
        text.push_str(&format!("{:address$} | {label:name$}  {:>size$} |\n", "", block.bytes));
        for _ in 1..tall {
            text.push_str(&format!("{:address$} |{}|\n", "", fill.repeat(rule.len())));
        }
    }
    let more = blocks.len().saturating_sub(BLOCKS_MAX);
    match more {
        0 => text.push_str(&format!("{end:>address$} +{rule}+\n")),
        more => text.push_str(&format!("{:address$} and {more} blocks more\n", "")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(base: u64, bytes: u64, label: Option<&str>) -> Block {
        Block { base, bytes, label: label.map(str::to_owned) }
    }

    #[test]
    fn blocks_stand_between_their_addresses() {
        let drawn = draw(&[block(0, 5, Some("p1 code")), block(5, 95, None)]);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "  0 +-------------+",
                "    | p1 code   5 |",
                "  5 +-------------+",
                "    | free     95 |",
                "    |.............|",
            ]
        );
        assert_eq!((lines.len(), lines[lines.len() - 1]), (26, "100 +-------------+"));
        assert_eq!(draw(&[]), "");
    }

    #[test]
    fn a_map_of_many_blocks_ends_with_their_number() {
        let many: Vec<Block> = (0..100).map(|at| block(at, 1, Some("x"))).collect();
        assert!(draw(&many).ends_with("and 36 blocks more\n"));
    }
}
