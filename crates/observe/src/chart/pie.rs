//! The donut: where all of memory is at one moment.

use std::f64::consts::TAU;

use super::labels::spread;
use super::look::{HEADLINE, LARGE, MARGIN, MEDIUM, Paint, Palette, SMALL, Size, Theme};
use super::slices::Slices;
use super::svg::{Element, Path};
use super::words::{exact, percent};
use crate::Memory;
use crate::format::iec;

/// What a donut shows beside the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieOptions {
    /// Two slices, used and available (as "Free"), in place of three.
    pub plain: bool,
    /// The ground it is drawn for.
    pub theme: Theme,
    /// Its size in px; below 520 × 360 the texts lack room, and it becomes that.
    pub size: Size,
    /// The heading, such as `Memory of host`.
    pub title: String,
    /// The line under it: when this was, as [`moment`](super::moment) writes it.
    pub time_label: String,
}

impl Default for PieOptions {
    fn default() -> Self {
        Self {
            plain: false,
            theme: Theme::Light,
            size: Size { width: 640, height: 440 },
            title: "Memory".to_owned(),
            time_label: String::new(),
        }
    }
}

/// Draws memory as a donut whose slices add up to all of it, with swap as a bar of its own below; SVG.
#[must_use]
pub fn pie(memory: &Memory, options: &PieOptions) -> String {
    let size = options.size.at_least(520, 360);
    let palette = Palette::of(options.theme);
    let slices = Slices::of(memory.total_bytes, memory.available_bytes, memory.free_bytes);
    let parts: Vec<Part> =
        if options.plain { plain_parts(slices).into() } else { parts(slices).into() };
    let ring = Ring::within(size);
    let arcs = arcs(&parts);
    let drawn = parts.iter().zip(&arcs).filter(|(part, _)| part.bytes > 0);
    let drawn: Vec<(&Part, &Arc)> = drawn.collect();
    let width = f64::from(size.width);
    palette
        .root(size, &sentence(&parts, slices.total(), memory))
        .with(palette.heading(width, &options.title, &options.time_label))
        .with(donut(&palette, &ring, &drawn, slices.total()))
        .with(labels(&palette, &ring, &drawn, slices.total()))
        .with(centre(&palette, &ring, slices))
        .with(swap_bar(&palette, size, &ring, memory))
        .to_string()
        + "\n"
}

/// A slice of the donut.
#[derive(Clone, Debug)]
struct Part {
    name: &'static str,
    /// The formula, in the kernel's words.
    formula: &'static str,
    paint: Paint,
    bytes: u64,
}

fn parts(slices: Slices) -> [Part; 3] {
    [
        used(slices.used),
        Part {
            name: "Reclaimable",
            formula: "max(0, MemAvailable − MemFree)",
            paint: Paint::Reclaimable,
            bytes: slices.reclaimable,
        },
        Part {
            name: "Free",
            formula: "min(MemFree, MemAvailable)",
            paint: Paint::Free,
            bytes: slices.free,
        },
    ]
}

fn plain_parts(slices: Slices) -> [Part; 2] {
    let bytes = slices.available();
    [used(slices.used), Part { name: "Free", formula: "MemAvailable", paint: Paint::Free, bytes }]
}

fn used(bytes: u64) -> Part {
    Part { name: "Used", formula: "MemTotal − MemAvailable", paint: Paint::Used, bytes }
}

impl Part {
    fn title(&self, total: u64) -> String {
        let Self { name, formula, bytes, .. } = self;
        format!("{name}: {}, {} of total\n{formula}", exact(*bytes), percent(*bytes, total))
    }
}

/// The picture in one sentence.
fn sentence(parts: &[Part], total: u64, memory: &Memory) -> String {
    let shares: Vec<String> = parts
        .iter()
        .map(|part| format!("{} {}", iec(part.bytes), part.name.to_lowercase()))
        .collect();
    let swap = match memory.swap_total_bytes {
        0 => "no swap".to_owned(),
        total => format!("{} of {} swap used", iec(memory.swap_used_bytes), iec(total)),
    };
    format!("Memory, {} in all: {}; {swap}.", iec(total), shares.join(", "))
}

/// A slice's share of the circle, in turns clockwise from the top.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Arc {
    start: f64,
    end: f64,
}

impl Arc {
    /// Where its label is tied to: as near to straight left or right as the middle half of the arc reaches, so that
    /// hairlines run level and no label lands above or below the donut.
    fn anchor(self) -> f64 {
        let (middle, quarter) =
            (f64::midpoint(self.start, self.end), (self.end - self.start) / 4.0);
        let level: f64 = if middle <= 0.5 { 0.25 } else { 0.75 };
        level.clamp(middle - quarter, middle + quarter)
    }
}

/// An arc a part, one after the other; together exactly one turn unless all are empty.
fn arcs(parts: &[Part]) -> Vec<Arc> {
    let total: u128 = parts.iter().map(|part| u128::from(part.bytes)).sum();
    let mut before = 0;
    let turns = |sum: u128| if total == 0 { 0.0 } else { sum as f64 / total as f64 };
    let arc = |part: &Part| {
        let start = turns(before);
        before += u128::from(part.bytes);
        Arc { start, end: turns(before) }
    };
    parts.iter().map(arc).collect()
}

/// Where the donut stands, in px.
#[derive(Clone, Copy, Debug)]
struct Ring {
    centre: (f64, f64),
    outer: f64,
    inner: f64,
}

impl Ring {
    /// As large as the labels beside it, the heading above and the swap bar below allow.
    fn within(size: Size) -> Self {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let (top, bottom) = (100.0, height - 92.0);
        let outer = (f64::midpoint(bottom, -top)).min(width / 2.0 - 152.0).floor();
        let centre = ((width / 2.0).floor(), f64::midpoint(top, bottom).floor());
        Self { centre, outer, inner: (outer * 0.7).floor() }
    }

    /// A point `radius` px from the centre, at so many turns clockwise from the top.
    fn at(&self, radius: f64, turns: f64) -> (f64, f64) {
        let (sin, cos) = (turns * TAU).sin_cos();
        (self.centre.0 + radius * sin, self.centre.1 - radius * cos)
    }

    /// The shape of a slice, `border` px inside of the ring's edges and `gap` px from where the slice ends, along
    /// the whole of its straight sides: two neighbours are two gaps apart. A slice too thin for that gives up at
    /// most half of its width.
    fn slice(&self, arc: Arc, border: f64, gap: f64) -> Path {
        let (outer, inner) = (self.outer - border, self.inner + border);
        if arc.end - arc.start >= 1.0 {
            return circle(self.centre, outer, true).and(&circle(self.centre, inner, false));
        }
        let trimmed = |radius: f64| {
            let trim = (gap / (radius * TAU)).min((arc.end - arc.start) / 4.0);
            (arc.start + trim, arc.end - trim)
        };
        let ((a, b), (c, d)) = (trimmed(outer), trimmed(inner));
        Path::default()
            .start(self.at(outer, a))
            .arc(outer, b - a > 0.5, true, self.at(outer, b))
            .line(self.at(inner, d))
            .arc(inner, d - c > 0.5, false, self.at(inner, c))
            .close()
    }
}

/// A circle as a closed figure of two arcs.
fn circle((x, y): (f64, f64), radius: f64, clockwise: bool) -> Path {
    let (top, bottom) = ((x, y - radius), (x, y + radius));
    let half = Path::default().start(top).arc(radius, true, clockwise, bottom);
    half.arc(radius, true, clockwise, top).close()
}

fn donut(palette: &Palette, ring: &Ring, drawn: &[(&Part, &Arc)], total: u64) -> Element {
    let group = Element::new("g").set("class", "donut");
    if drawn.is_empty() {
        let edge = circle(ring.centre, ring.outer - 0.5, true);
        let edge = edge.and(&circle(ring.centre, ring.inner + 0.5, false));
        let empty = Element::new("path").set("class", "empty").set("d", edge);
        return group
            .with(palette.paint(empty, Paint::Free))
            .titled("No memory was counted: 0 bytes");
    }
    group.with_all(drawn.iter().map(|(part, arc)| {
        // An outline lies half outside of its path.
        let border = if part.paint == Paint::Free { 0.5 } else { 0.0 };
        let shape = Element::new("path").set("class", part.name.to_lowercase());
        let shape = shape.set("d", ring.slice(**arc, border, 1.0 + border));
        palette.paint(shape, part.paint).titled(&part.title(total))
    }))
}

/// How far a label's hairline leaves the donut before it turns aside, in px.
const LEADER: f64 = 12.0;

/// The names and amounts beside the donut, each tied to its slice by a hairline.
fn labels(palette: &Palette, ring: &Ring, drawn: &[(&Part, &Arc)], total: u64) -> Element {
    let is_right = |arc: &Arc| arc.anchor() <= 0.5;
    let group = Element::new("g").set("class", "labels");
    [true, false].into_iter().fold(group, |group, right| {
        let mut side: Vec<(&Part, &Arc)> =
            drawn.iter().copied().filter(|(_, arc)| is_right(arc) == right).collect();
        if !right {
            side.reverse();
        }
        let wanted: Vec<f64> =
            side.iter().map(|(_, arc)| ring.at(ring.outer + LEADER, arc.anchor()).1).collect();
        let reach = ring.outer + LEADER;
        let (low, high) = (ring.centre.1 - reach, ring.centre.1 + reach);
        let places = spread(&wanted, 44.0, low, high);
        let labels = side.into_iter().zip(places);
        group.with_all(
            labels.map(|((part, arc), y)| label(palette, ring, part, *arc, (right, y), total)),
        )
    })
}

/// One label whose middle is at `y`, on the right or on the left.
fn label(
    palette: &Palette,
    ring: &Ring,
    part: &Part,
    arc: Arc,
    (right, y): (bool, f64),
    total: u64,
) -> Element {
    let (side, anchor) = if right { (1.0, "start") } else { (-1.0, "end") };
    let x = ring.centre.0 + side * (ring.outer + 32.0);
    let leader = [
        ring.at(ring.outer + 3.0, arc.anchor()),
        ring.at(ring.outer + LEADER, arc.anchor()),
        (x - side * 6.0, y),
    ];
    let amount = format!("{} · {}", iec(part.bytes), percent(part.bytes, total));
    let name = palette.text((x, y - 2.0), MEDIUM, part.name).set("font-weight", "600");
    Element::new("g")
        .set("class", "label")
        .with(palette.hairline(Path::default().through(leader)))
        .with(name.set("text-anchor", anchor))
        .with(palette.muted((x, y + 15.0), &amount).set("text-anchor", anchor))
        .titled(&part.title(total))
}

/// The headline number: what is used, of how much.
fn centre(palette: &Palette, ring: &Ring, slices: Slices) -> Element {
    let (x, y) = ring.centre;
    let used = iec(slices.used);
    let (number, unit) = used.split_once(' ').unwrap_or((&used, ""));
    let unit = Element::new("tspan").at("dx", 6.0).at("font-size", LARGE).say(unit);
    let headline =
        palette.text((x, y + 9.0), HEADLINE, number).set("font-weight", "600").with(unit);
    let share = percent(slices.used, slices.total());
    let below = format!("{share} of {}", iec(slices.total()));
    let centred =
        [palette.muted((x, y - 24.0), "used"), headline, palette.muted((x, y + 33.0), &below)];
    let centred = centred.map(|text| text.set("text-anchor", "middle"));
    let (used, total) = (exact(slices.used), exact(slices.total()));
    Element::new("g")
        .set("class", "headline")
        .with_all(centred)
        .titled(&format!("Used: {used} of {total}\nMemTotal − MemAvailable"))
}

/// Swap, as wide as the donut; without swap it says so.
fn swap_bar(palette: &Palette, size: Size, ring: &Ring, memory: &Memory) -> Element {
    const THICK: f64 = 8.0;
    let group = Element::new("g").set("class", "swap");
    let (left, width) = (ring.centre.0 - ring.outer, 2.0 * ring.outer);
    let bottom = f64::from(size.height) - MARGIN;
    let total = memory.swap_total_bytes;
    if total == 0 {
        let says = palette.muted((ring.centre.0, bottom - 4.0), "No swap on this machine");
        return group.with(says.set("text-anchor", "middle")).titled("SwapTotal: 0 bytes");
    }
    let used = memory.swap_used_bytes.min(total);
    let filled =
        (width * (used as f64 / total as f64)).clamp(if used > 0 { 1.0 } else { 0.0 }, width);
    let bar = |x: f64, width: f64, inset: f64| {
        Element::new("rect")
            .at("x", x + inset)
            .at("y", bottom - THICK + inset)
            .at("width", (width - 2.0 * inset).max(0.0))
            .at("height", THICK - 2.0 * inset)
    };
    let gap = if used > 0 && used < total { 2.0 } else { 0.0 };
    let rest = bar(left + filled + gap, width - filled - gap, 0.5);
    let amount = format!("{} of {} used", iec(used), iec(total));
    let amount = palette.muted((left + width, bottom - THICK - 8.0), &amount);
    let title = format!("Swap: {} of {} used\nSwapTotal − SwapFree", exact(used), exact(total));
    let name = palette.text((left, bottom - THICK - 8.0), SMALL, "Swap").set("font-weight", "600");
    let group = group.with(name).with(amount.set("text-anchor", "end"));
    let group = if used < total { group.with(palette.paint(rest, Paint::Free)) } else { group };
    let group = if used > 0 {
        group.with(palette.paint(bar(left, filled, 0.0), Paint::Swap))
    } else {
        group
    };
    group.titled(&title)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chart::testing::{Read, parse};

    fn memory(total: u64, available: u64, free: u64) -> Memory {
        Memory {
            total_bytes: total,
            available_bytes: available,
            free_bytes: free,
            ..Memory::default()
        }
    }

    fn drawn(memory: &Memory, plain: bool) -> Read {
        parse(pie(memory, &PieOptions { plain, ..PieOptions::default() }).trim_end())
    }

    /// Draws, and compares the names of the slices and the texts beside them.
    fn check(memory: &Memory, plain: bool, slices: &[&str], words: &[&str]) {
        let root = drawn(memory, plain);
        let donut = root.class("donut")[0];
        let classes: Vec<String> = donut
            .children
            .iter()
            .filter(|child| child.name == "path")
            .map(|path| path.attribute("class"))
            .collect();
        assert_eq!(classes, slices);
        let labels: Vec<String> = root.class("labels")[0].words();
        assert_eq!(labels, words);
    }

    #[test]
    fn three_slices_have_their_labels_outside() {
        check(
            &memory(16 << 30, 6 << 30, 2 << 30),
            false,
            &["used", "reclaimable", "free"],
            &["Used", "10 GiB · 63 %", "Free", "2 GiB · 13 %", "Reclaimable", "4 GiB · 25 %"],
        );
    }

    #[test]
    fn the_plain_donut_has_two_slices() {
        check(
            &memory(16 << 30, 4 << 30, 1 << 30),
            true,
            &["used", "free"],
            &["Used", "12 GiB · 75 %", "Free", "4 GiB · 25 %"],
        );
    }

    #[test]
    fn an_empty_slice_is_not_drawn() {
        check(&memory(1024, 0, 500), false, &["used"], &["Used", "1 KiB · 100 %"]);
        check(&memory(1024, 1024, 1024), false, &["free"], &["Free", "1 KiB · 100 %"]);
        check(&memory(0, 0, 0), false, &["empty"], &[]);
    }

    #[test]
    fn a_whole_ring_is_two_closed_circles() {
        let root = drawn(&memory(10, 0, 0), false);
        let d = root.class("used")[0].attribute("d");
        assert_eq!((d.matches('Z').count(), d.matches('A').count()), (2, 4));
    }

    #[test]
    fn every_part_says_its_exact_bytes_and_formula() {
        let mut memory = memory(16_750_000_000, 6_937_654_322, 1_342_177_280);
        (memory.swap_total_bytes, memory.swap_used_bytes) = (4_294_967_296, 123_456_789);
        let root = drawn(&memory, false);
        let title = |class: &str| root.class(class)[0].children[0].text.clone();
        for (class, expected) in [
            ("used", "Used: 9,812,345,678 bytes, 59 % of total\nMemTotal − MemAvailable"),
            (
                "reclaimable",
                "Reclaimable: 5,595,477,042 bytes, 33 % of total\nmax(0, MemAvailable − MemFree)",
            ),
            ("free", "Free: 1,342,177,280 bytes, 8 % of total\nmin(MemFree, MemAvailable)"),
            (
                "headline",
                "Used: 9,812,345,678 bytes of 16,750,000,000 bytes\nMemTotal − MemAvailable",
            ),
            ("swap", "Swap: 123,456,789 bytes of 4,294,967,296 bytes used\nSwapTotal − SwapFree"),
        ] {
            assert_eq!(title(class), expected);
        }
    }

    #[test]
    fn the_root_says_it_all_in_a_sentence() {
        let root = drawn(&memory(16 << 30, 6 << 30, 2 << 30), false);
        assert_eq!(root.attribute("role"), "img");
        assert_eq!(
            root.attribute("aria-label"),
            "Memory, 16 GiB in all: 10 GiB used, 4 GiB reclaimable, 2 GiB free; no swap."
        );
        assert_eq!(root.class("swap")[0].words(), ["No swap on this machine"]);
    }

    #[test]
    fn a_title_is_text_and_never_markup() {
        let options = PieOptions {
            title: "<script>alert('&')</script>".to_owned(),
            time_label: "\"now\" & <then>".to_owned(),
            ..PieOptions::default()
        };
        let root = parse(pie(&memory(10, 5, 5), &options).trim_end());
        let heading = root.class("heading")[0].words();
        assert_eq!(heading, ["<script>alert('&')</script>", "\"now\" & <then>"]);
        assert!(root.all().iter().all(|read| read.name != "script"));
    }

    #[test]
    fn the_themes_differ_in_colours_alone() {
        let shape = |theme| {
            let svg = pie(&memory(10, 5, 2), &PieOptions { theme, ..PieOptions::default() });
            let mut shape = svg.replace("ramscope-hatch-dark", "ramscope-hatch-light");
            while let Some(at) = shape.find("\"#") {
                shape.replace_range(at..at + 9, "");
            }
            shape
        };
        assert_eq!(shape(Theme::Light), shape(Theme::Dark));
    }

    proptest! {
        #[test]
        fn arcs_follow_one_another_and_close_the_circle(total in 1u64.., available: u64, free: u64, plain: bool) {
            let slices = Slices::of(total, available, free);
            let parts = if plain { plain_parts(slices).to_vec() } else { parts(slices).to_vec() };
            let arcs = arcs(&parts);
            prop_assert_eq!(arcs[0].start, 0.0);
            prop_assert_eq!(arcs[arcs.len() - 1].end, 1.0);
            for (pair, part) in arcs.windows(2).zip(&parts) {
                prop_assert_eq!(pair[0].end, pair[1].start);
                let share = part.bytes as f64 / total as f64;
                prop_assert!((pair[0].end - pair[0].start - share).abs() < 1e-9);
            }
            prop_assert_eq!(parts.iter().map(|part| part.bytes).sum::<u64>(), total);
        }

        #[test]
        fn labels_stay_in_the_picture_and_off_each_other(
            total in 1u64.., available: u64, free: u64, width in 0u32..2000, height in 0u32..2000,
        ) {
            let options = PieOptions { size: Size { width, height }, ..PieOptions::default() };
            let root = parse(pie(&memory(total, available, free), &options).trim_end());
            let (width, height) = (root.number("width"), root.number("height"));
            let mut names: Vec<(String, f64)> = Vec::new();
            for label in root.class("label") {
                for text in label.children.iter().filter(|child| child.name == "text") {
                    let (x, y) = (text.number("x"), text.number("y"));
                    let reach = crate::chart::labels::width(&text.text, text.number("font-size"));
                    let right = text.attribute("text-anchor") == "start";
                    let (from, to) = if right { (x, x + reach) } else { (x - reach, x) };
                    prop_assert!(from >= 0.0 && to <= width, "{} at {from} to {to}", text.text);
                    prop_assert!(y >= 66.0 && y <= height - 20.0, "{} at {y}", text.text);
                }
                let name = &label.children[2];
                names.push((name.attribute("text-anchor"), name.number("y")));
            }
            for (index, (side, y)) in names.iter().enumerate() {
                let near = names[..index].iter().find(|(s, other)| s == side && (other - y).abs() < 40.0);
                prop_assert!(near.is_none());
            }
        }

        #[test]
        fn no_coordinate_is_nonsense(total: u64, available: u64, free: u64, swap: u64, used: u64) {
            let mut memory = memory(total, available, free);
            (memory.swap_total_bytes, memory.swap_used_bytes) = (swap, used);
            let svg = pie(&memory, &PieOptions::default());
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
            parse(svg.trim_end());
        }
    }
}
