//! The bar of memory: used, reclaimable and free add up to the total; swap and what moves stand below.

use ramscope_observe::{Memory, format};
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::layout::Layout;
use crate::look::{Symbols, Tone};
use crate::moment::Moment;
use crate::state::State;
use crate::text;

/// Draws the three lines: amounts, bar, swap.
pub(crate) fn draw(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
    if layout.framed {
        let total = state.shown().map(|moment| moment.memory.total_bytes);
        let more = total.map(|total| format!("{} in all", exact(total)));
        pen.part(layout.memory, true, "Memory", &more.unwrap_or_default());
    }
    let inside = layout.inside(layout.memory);
    let Some(moment) = state.shown() else { return };
    let lines: Vec<Rect> = inside.rows().collect();
    if let [first, second, third, ..] = lines[..] {
        let end = amounts(&moment.memory, first, pen);
        // In a frame, its title says it.
        let total = format!("total {}", format::iec(moment.memory.total_bytes));
        if !layout.framed && usize::from(first.right().saturating_sub(end)) >= text::width(&total) {
            pen.right(first, &total, Tone::Muted);
        }
        bar(&moment.memory, second, pen);
        swap(moment, third, pen);
    }
}

/// An amount with its bytes.
fn exact(bytes: u64) -> String {
    format!("{} ({} B)", format::iec(bytes), thousands(bytes))
}

/// Digits in groups of three, parted by a space, as ISO 80000-1 has it.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// The parts of the bar, in its order.
fn slices(memory: &Memory) -> [(&'static str, u64, Tone); 3] {
    let free = memory.free_bytes.min(memory.available_bytes);
    [
        ("used", memory.used_bytes, Tone::Used),
        ("reclaimable", memory.reclaimable_bytes(), Tone::Reclaimable),
        ("free", free, Tone::Free),
    ]
}

/// The slices with their names: with exact bytes where all of them fit, else rounded. Where they end.
fn amounts(memory: &Memory, line: Rect, pen: &mut Pen<'_>) -> u16 {
    const GAP: u16 = 3;
    let slices = slices(memory);
    let share = |bytes| format!(" {}", format::percent(ratio(bytes, memory.total_bytes)));
    let needed: usize = slices
        .iter()
        .map(|(name, bytes, _)| {
            3 + name.len() + 1 + text::width(&exact(*bytes)) + share(*bytes).len()
        })
        .sum();
    let roomy = needed + 2 * usize::from(GAP) <= usize::from(line.width);
    let mut x = line.x;
    for (name, bytes, tone) in slices {
        let room = |x: u16| line.right().saturating_sub(x);
        let (symbol, style) = pattern(tone, pen);
        pen.styled(x, line.y, room(x), &symbol.to_string().repeat(2), style);
        x = pen.write(x + 3, line.y, room(x + 3), &format!("{name} "), Tone::Muted);
        let amount = if roomy { exact(bytes) } else { format::iec(bytes) };
        x = pen.write(x, line.y, room(x), &amount, Tone::Strong);
        x = pen.write(x, line.y, room(x), &share(bytes), Tone::Text) + GAP;
    }
    x
}

/// The symbol and the style of a slice: they differ without colours too.
pub(crate) fn pattern(tone: Tone, pen: &Pen<'_>) -> (char, ratatui::style::Style) {
    let plain = pen.look.symbols == Symbols::Ascii;
    let symbol = match tone {
        Tone::Used => '█',
        Tone::Reclaimable => '▒',
        _ if plain => '-',
        _ => '·',
    };
    (symbol, pen.look.style(tone))
}

fn bar(memory: &Memory, line: Rect, pen: &mut Pen<'_>) {
    let mut sum = 0u64;
    let mut from = line.x;
    for (_, bytes, tone) in slices(memory) {
        sum = sum.saturating_add(bytes);
        let mut to = line.x + cells(sum, memory.total_bytes, line.width);
        // What is there is seen, however small.
        if bytes > 0 && to == from {
            to = (from + 1).min(line.right());
        }
        let (symbol, style) = pattern(tone, pen);
        for x in from..to {
            pen.symbol(x, line.y, symbol, style);
        }
        from = from.max(to);
    }
}

/// How many of `width` cells a part of a whole takes, rounded.
pub(crate) fn cells(part: u64, whole: u64, width: u16) -> u16 {
    let scaled = u128::from(part.min(whole)) * u128::from(width) + u128::from(whole) / 2;
    u16::try_from(scaled.checked_div(u128::from(whole)).unwrap_or(0)).unwrap_or(width).min(width)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown in three digits of a double's fifteen"
)]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn swap(moment: &Moment, line: Rect, pen: &mut Pen<'_>) {
    const BAR: u16 = 12;
    let memory = &moment.memory;
    let mut x = pen.write(line.x, line.y, line.width, "swap ", Tone::Muted);
    if memory.swap_total_bytes == 0 {
        x = pen.write(x, line.y, line.right().saturating_sub(x), "none", Tone::Text);
    } else {
        let full = x + cells(memory.swap_used_bytes, memory.swap_total_bytes, BAR);
        for at in x..(x + BAR).min(line.right()) {
            let (symbol, tone) = if at < full { ('█', Tone::Swap) } else { ('·', Tone::Free) };
            pen.symbol(at, line.y, symbol, pen.look.style(tone));
        }
        let used = format!(" {}", format::iec_of(memory.swap_used_bytes, memory.swap_total_bytes));
        x = pen.write(x + BAR, line.y, line.right().saturating_sub(x + BAR), &used, Tone::Strong);
    }
    for (name, value, loud) in movement(moment) {
        let words = format!("   {name} ");
        let needed = text::width(&words) + text::width(&value);
        if usize::from(line.right().saturating_sub(x)) < needed {
            return;
        }
        x = pen.write(x, line.y, line.right() - x, &words, Tone::Muted);
        let tone = if loud { Tone::Alert } else { Tone::Text };
        x = pen.write(x, line.y, line.right() - x, &value, tone);
    }
}

/// What happens a second, the most telling first; loud is what hurts.
fn movement(moment: &Moment) -> Vec<(&'static str, String, bool)> {
    let stalled = moment.stalled.map_or_else(|| "not measured".to_owned(), format::percent);
    let mut all = vec![("stalls", stalled, moment.stalled.is_some_and(|stalled| stalled >= 0.01))];
    let Some(rates) = moment.rates else { return all };
    let per_second = |rate: f64| match rate {
        ..10.0 => format!("{rate:.1}/s").replace(".0/s", "/s"),
        _ => format!("{rate:.0}/s"),
    };
    let mut rate = |name, rate: Option<f64>, loud: bool| {
        if let Some(rate) = rate {
            all.push((name, per_second(rate), loud && rate > 0.0));
        }
    };
    if moment.memory.swap_total_bytes > 0 {
        rate("swap in", rates.pswpin_per_s, true);
        rate("out", rates.pswpout_per_s, true);
    }
    rate("major faults", rates.pgmajfault_per_s, false);
    rate("faults", rates.pgfault_per_s, false);
    rate("reclaimed pages", rates.pgsteal_per_s, false);
    rate("refaults", rates.workingset_refault_per_s, false);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1000, "1 000"), (25_165_824_000, "25 165 824 000")]
        {
            assert_eq!(thousands(number), expected);
        }
    }

    #[test]
    fn a_part_takes_its_share_of_cells() {
        for (part, whole, expected) in
            [(0, 0, 0), (0, 10, 0), (5, 10, 50), (10, 10, 100), (u64::MAX, u64::MAX, 100)]
        {
            assert_eq!(cells(part, whole, 100), expected);
        }
    }
}
