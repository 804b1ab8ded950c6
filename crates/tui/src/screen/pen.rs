//! Writes words and amounts into cells.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::look::{Look, Symbols, Tone};
use crate::text;

/// The cells of the screen and the look that they get.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    pub(crate) cells: &'a mut Buffer,
    pub(crate) look: Look,
}

impl Pen<'_> {
    /// Writes at most `room` cells from `(x, y)` on; where the next word may stand.
    pub(crate) fn write(&mut self, x: u16, y: u16, room: u16, words: &str, tone: Tone) -> u16 {
        self.styled(x, y, room, words, self.look.style(tone))
    }

    /// As [`Pen::write`], with a style of its own; nothing of what stood there before shines through.
    pub(crate) fn styled(&mut self, x: u16, y: u16, room: u16, words: &str, style: Style) -> u16 {
        let clipped = text::clip(words, usize::from(room));
        let style = Style::reset().patch(style);
        let (end, _) = self.cells.set_stringn(x, y, &clipped, usize::from(room), style);
        end
    }

    /// Writes up to the right end of an area; what does not fit is left out.
    pub(crate) fn right(&mut self, area: Rect, words: &str, tone: Tone) -> u16 {
        let width = u16::try_from(text::width(words)).unwrap_or(u16::MAX);
        if width > area.width || area.height == 0 {
            return area.right();
        }
        let x = area.right() - width;
        self.write(x, area.y, width, words, tone);
        x
    }

    /// Several words in a row, each with its tone.
    pub(crate) fn line(&mut self, area: Rect, words: &[(&str, Tone)]) -> u16 {
        let mut x = area.x;
        if area.height == 0 {
            return x;
        }
        for (words, tone) in words {
            x = self.write(x, area.y, area.right().saturating_sub(x), words, *tone);
        }
        x
    }

    /// One symbol.
    pub(crate) fn symbol(&mut self, x: u16, y: u16, symbol: char, style: Style) {
        if let Some(cell) = self.cells.cell_mut((x, y)) {
            cell.set_char(symbol).set_style(Style::reset().patch(style));
        }
    }

    /// A frame around a part, or a rule above it, with what it is called on the left and more about it on the right.
    pub(crate) fn part(&mut self, part: Rect, framed: bool, name: &str, more: &str) {
        self.part_with(part, framed, name, (more, Tone::Muted));
    }

    /// As [`Pen::part`], with a tone for what is more about it.
    pub(crate) fn part_with(
        &mut self,
        part: Rect,
        framed: bool,
        name: &str,
        (more, tone): (&str, Tone),
    ) {
        if part.width < 4 || part.height == 0 {
            return;
        }
        let style = self.look.style(Tone::Frame);
        for x in part.x..part.right() {
            self.symbol(x, part.y, '─', style);
        }
        if framed && part.height > 1 {
            self.frame(part, style);
        }
        let inside = Rect { x: part.x + 2, width: part.width - 4, height: 1, ..part };
        let end = self.write(inside.x, part.y, inside.width, &format!(" {name} "), Tone::Strong);
        let room = Rect { x: end + 1, width: inside.right().saturating_sub(end + 1), ..inside };
        if !more.is_empty() && room.width > 4 {
            let more = text::clip(more, usize::from(room.width) - 2).into_owned();
            self.right(room, &format!(" {more} "), tone);
        }
    }

    fn frame(&mut self, part: Rect, style: Style) {
        let (right, bottom) = (part.right() - 1, part.bottom() - 1);
        for x in part.x..part.right() {
            self.symbol(x, bottom, '─', style);
        }
        for y in part.y..part.bottom() {
            self.symbol(part.x, y, '│', style);
            self.symbol(right, y, '│', style);
        }
        let corners = [
            (part.x, part.y, '╭'),
            (right, part.y, '╮'),
            (part.x, bottom, '╰'),
            (right, bottom, '╯'),
        ];
        for (x, y, corner) in corners {
            self.symbol(x, y, corner, style);
        }
    }

    /// Blank cells.
    pub(crate) fn clear(&mut self, area: Rect) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                if let Some(cell) = self.cells.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// Replaces what a terminal without UTF-8 cannot show.
    pub(crate) fn finish(&mut self) {
        if self.look.symbols != Symbols::Ascii {
            return;
        }
        for cell in &mut self.cells.content {
            let mut characters = cell.symbol().chars();
            if let Some(first) = characters.next().filter(|first| !first.is_ascii()) {
                cell.set_char(ascii(first));
            }
        }
    }
}

/// The ASCII character nearest to one of ours; of other people's, a question mark.
fn ascii(character: char) -> char {
    match character {
        '─' | '━' | '−' | '—' | '·' => '-',
        '│' => '|',
        '╭' | '╮' | '╰' | '╯' | '├' | '└' => '+',
        '…' => '~',
        '▾' | '↓' => 'v',
        '▴' | '↑' | 'Δ' => '^',
        '←' => '<',
        '→' | '▸' => '>',
        '●' | '█' => '#',
        '▒' => '=',
        '░' => '.',
        '×' | '✕' => 'x',
        '▁'..='▇' => '_',
        '\u{2800}' => ' ',
        '\u{2801}'..='\u{28ff}' => '.',
        _ => '?',
    }
}
