//! Where all of MemTotal is: parts that add up to it, each with its share.

use ramscope_observe::format;
use ratatui::layout::Rect;

use super::memory::{cells, ratio};
use super::pen::Pen;
use crate::look::Tone;
use crate::moment::Moment;

/// Draws a line a part, the largest first, and the remainder last. Parts of nothing are left out; where lines are
/// short, the smallest parts share one.
pub(crate) fn draw(moment: Option<&Moment>, area: Rect, pen: &mut Pen<'_>) {
    let Some(moment) = moment else { return };
    let ledger = &moment.ledger;
    let total = ledger.total_bytes();
    let mut lines: Vec<(&str, u64, Tone)> = ledger
        .parts()
        .iter()
        .filter(|part| part.bytes > 0)
        .map(|part| (part.label, part.bytes, tone(part.key)))
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.1));
    let room = usize::from(area.height).saturating_sub(2);
    if lines.len() > room {
        let rest = lines.split_off(room.saturating_sub(1).min(lines.len()));
        let sum = rest.iter().map(|line| line.1).sum();
        lines.push(("all smaller parts", sum, Tone::Muted));
    }
    lines.push(match ledger.overlap_bytes() {
        0 => ("unaccounted", ledger.unaccounted_bytes(), Tone::Alert),
        overlap => ("counted twice", overlap, Tone::Alert),
    });
    lines.push(("total", total, Tone::Strong));
    for (line, (name, bytes, tone)) in area.rows().zip(lines) {
        part(name, bytes, total, tone, line, pen);
    }
}

/// The colour of a part: what can be reclaimed looks like that, what is free too.
fn tone(key: &str) -> Tone {
    match key {
        "free" | "free_pcp" => Tone::Free,
        "cache_clean" | "cache_dirty" | "slab_reclaimable" | "kernel_misc_reclaimable" => {
            Tone::Reclaimable
        }
        "compressed" => Tone::Swap,
        _ => Tone::Used,
    }
}

fn part(name: &str, bytes: u64, total: u64, tone: Tone, line: Rect, pen: &mut Pen<'_>) {
    const NAME: u16 = 21;
    const AMOUNT: u16 = 10;
    const SHARE: u16 = 7;
    let named = if tone == Tone::Strong { Tone::Strong } else { Tone::Text };
    pen.write(line.x, line.y, NAME.min(line.width), name, named);
    let amount = Rect { x: line.x + NAME, width: AMOUNT, ..line }.intersection(line);
    pen.right(amount, &format::iec(bytes), named);
    let share = Rect { x: amount.right(), width: SHARE, ..line }.intersection(line);
    pen.right(share, &format::percent(ratio(bytes, total)), Tone::Muted);
    let bar = Rect { x: share.right() + 1, width: line.width, ..line }.intersection(line);
    let full = cells(bytes, total, bar.width);
    if tone == Tone::Strong || bar.width < 4 {
        return;
    }
    for x in bar.x..bar.right() {
        let (symbol, tone) = if x < bar.x + full { ('━', tone) } else { ('─', Tone::Frame) };
        pen.symbol(x, line.y, symbol, pen.look.style(tone));
    }
}
