//! The stacked curve: where all of memory was, over a stretch of time.

use jiff::tz::TimeZone;

use super::axis;
use super::curve::Curve;
use super::labels::spread;
use super::look::{MEDIUM, Palette, Size, Theme};
use super::stack::{LAYERS, Plot, areas, readings, swap_area};
use super::svg::{Element, Path};
use super::words::{exact, moment, stretch};
use crate::format::iec;
use crate::history::Range;

/// What a curve shows beside the samples.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// The ground it is drawn for.
    pub theme: Theme,
    /// Its size in px; below 560 × 320 the texts lack room, and it becomes that. Ask the history for as many
    /// points as it is wide.
    pub size: Size,
    /// The heading, such as `Memory of host`.
    pub title: String,
    /// The zone that the times are written in.
    pub zone: TimeZone,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self {
            theme: Theme::Light,
            size: Size { width: 960, height: 420 },
            title: "Memory".to_owned(),
            zone: TimeZone::UTC,
        }
    }
}

/// Draws the series of [`SERIES`](super::SERIES) as stacked areas (used, reclaimable, free) with swap as a band of
/// its own below, over the stretch of time that was asked for; SVG. Where nobody watched, nothing is drawn.
#[must_use]
pub fn memory(range: &Range, options: &MemoryOptions) -> String {
    let size = options.size.at_least(560, 320);
    let palette = Palette::of(options.theme);
    let curve = Curve::of(range);
    let plot = Plot::new(size, &curve, (range.from_ms, range.to_ms));
    let root = palette
        .root(size, &sentence(&curve, &plot, &options.zone))
        .with(palette.heading(
            f64::from(size.width),
            &options.title,
            &below(&curve, &plot, &options.zone),
        ))
        .with(areas(&palette, &plot, &curve))
        .with(amounts(&palette, &plot))
        .with(times(&palette, &plot, &options.zone))
        .with(unwatched(&palette, &plot, &curve))
        .with_all(peak(&palette, &plot, &curve, &options.zone))
        .with_all(legend(&palette, &plot, &curve))
        .with_all(swap_band(&palette, &plot, &curve))
        .with(readings(&plot, &curve, &options.zone));
    format!("{root}\n")
}

/// The picture in one sentence.
fn sentence(curve: &Curve, plot: &Plot, zone: &TimeZone) -> String {
    let (Some(last), Some(peak)) = (curve.points().last(), curve.peak()) else {
        return format!("Memory, {}: no samples.", stretch(plot.from, plot.to, zone));
    };
    let amounts = LAYERS
        .map(|layer| format!("{} {}", iec((layer.amount)(last.slices)), layer.name.to_lowercase()));
    format!(
        "Memory, {}: of {} in all, at the end {}; at most {} were used.",
        stretch(plot.from, plot.to, zone),
        iec(last.slices.total()),
        amounts.join(", "),
        iec(peak.used_max),
    )
}

/// The line under the heading: when, how much at most, and whether there is swap.
fn below(curve: &Curve, plot: &Plot, zone: &TimeZone) -> String {
    let when = stretch(plot.from, plot.to, zone);
    let Some(peak) = curve.peak() else { return when };
    let swap = if plot.swap.is_some() { "" } else { " · no swap" };
    format!("{when} · at most {} used{swap}", iec(peak.used_max))
}

/// Says "not watched" where that is so and there is room to say it.
fn unwatched(palette: &Palette, plot: &Plot, curve: &Curve) -> Element {
    let mut edges = vec![plot.left];
    for run in &curve.runs {
        edges.extend(run.first().map(|point| plot.reach(point, curve.step_ms, 0.0)[0]));
        edges.extend(run.last().map(|point| plot.reach(point, curve.step_ms, 0.0)[1]));
    }
    edges.push(plot.right);
    let middle = f64::midpoint(plot.top, plot.bottom);
    let gaps = edges.chunks_exact(2).filter(|gap| gap[1] - gap[0] >= 84.0);
    let says = gaps.map(|gap| {
        let text = palette.muted((f64::midpoint(gap[0], gap[1]), middle), "not watched");
        // The ground around the letters keeps the hairlines out of them.
        let text = text.set("stroke", palette.ground).set("stroke-width", "8");
        text.set("paint-order", "stroke").set("text-anchor", "middle")
    });
    Element::new("g").set("class", "unwatched").with_all(says)
}

/// The axis of amounts: hairlines at powers of two, and all of memory at the top.
fn amounts(palette: &Palette, plot: &Plot) -> Element {
    let group = Element::new("g").set("class", "amounts");
    let height = plot.bottom - plot.top;
    let most = if height < 150.0 {
        3
    } else if height < 350.0 {
        5
    } else {
        8
    };
    let ticks = axis::bytes(plot.most, most).into_iter().map(|tick| (plot.y(tick.at), tick.label));
    let below_top = ticks.filter(|(y, _)| *y >= plot.top + 16.0);
    let top = (plot.most > 0).then(|| (plot.top, iec(plot.most)));
    group.with_all(below_top.chain(top).flat_map(|(y, label)| {
        let line = Path::default().start((plot.left, y)).line((plot.right, y));
        let label = palette.muted((plot.left - 8.0, y + 4.0), &label).set("text-anchor", "end");
        [palette.hairline(line).set("stroke-opacity", "0.35"), label]
    }))
}

/// The axis of time.
fn times(palette: &Palette, plot: &Plot, zone: &TimeZone) -> Element {
    let room = (plot.right - plot.left) / 96.0;
    let most = (1..=200).take_while(|count| f64::from(*count) <= room).last().unwrap_or(1);
    let floor = plot.floor();
    let ticks = axis::times(plot.from, plot.to, zone, i64::from(most));
    Element::new("g").set("class", "times").with_all(ticks.into_iter().flat_map(|tick| {
        let x = plot.x(tick.at);
        let mark = Path::default().start((x, floor)).line((x, floor + 5.0));
        let label = palette.muted((x, floor + 20.0), &tick.label).set("text-anchor", "middle");
        [palette.hairline(mark), label]
    }))
}

/// A mark where the most was used.
fn peak(palette: &Palette, plot: &Plot, curve: &Curve, zone: &TimeZone) -> Option<Element> {
    let peak = curve.peak()?;
    let mark = Element::new("circle")
        .set("class", "peak")
        .at("cx", plot.x(peak.time_ms))
        .at("cy", plot.y(peak.used_max))
        .set("r", "3.5")
        .set("fill", palette.ground)
        .set("stroke", palette.text)
        .set("stroke-width", "1.5");
    Some(mark.titled(&format!(
        "At most used: {}, {}",
        exact(peak.used_max),
        moment(peak.time_ms, zone)
    )))
}

/// The names of the layers at their right end, with what they held last.
fn legend(palette: &Palette, plot: &Plot, curve: &Curve) -> Option<Element> {
    let last = curve.points().last()?.slices;
    let shown = LAYERS.iter().rev().filter(|layer| (layer.amount)(last) > 0);
    let middle = |low: u64, amount: u64| f64::midpoint(plot.y(low), plot.y(low + amount));
    let wanted: Vec<f64> =
        shown.clone().map(|layer| middle((layer.below)(last), (layer.amount)(last))).collect();
    let places = spread(&wanted, 38.0, plot.top, plot.bottom - 16.0);
    let group = Element::new("g").set("class", "legend");
    Some(group.with_all(shown.zip(wanted.iter().zip(places)).map(|(layer, (wanted, y))| {
        let bytes = (layer.amount)(last);
        let title = format!("{}: {} at the end\n{}", layer.name, exact(bytes), layer.formula);
        direct_label(palette, plot, (layer.name, &iec(bytes)), (*wanted, y)).titled(&title)
    })))
}

/// A name and an amount right of the plot, their middle at `y`, tied to what they name at `from`.
fn direct_label(
    palette: &Palette,
    plot: &Plot,
    (name, amount): (&str, &str),
    (from, y): (f64, f64),
) -> Element {
    let x = plot.right + 22.0;
    let tie = [(plot.right + 4.0, from), (plot.right + 8.0, from), (x - 8.0, y), (x - 4.0, y)];
    Element::new("g")
        .set("class", "label")
        .with(palette.hairline(Path::default().through(tie)))
        .with(palette.text((x, y - 1.0), MEDIUM, name).set("font-weight", "600"))
        .with(palette.muted((x, y + 15.0), amount))
}

/// Swap in its own band under the stack, on its own scale.
fn swap_band(palette: &Palette, plot: &Plot, curve: &Curve) -> Option<Element> {
    let (top, bottom) = plot.swap?;
    let last = curve.points().last()?;
    let edge = |y| Path::default().start((plot.left, y)).line((plot.right, y));
    let edges = edge(top).and(&edge(bottom));
    let limit = palette.muted((plot.left - 8.0, top + 4.0), &iec(plot.most_swap));
    let name = format!("{} used", iec(last.swap_used));
    let middle = f64::midpoint(top, bottom);
    let title = format!(
        "Swap: {} of {} used at the end\nSwapTotal − SwapFree",
        exact(last.swap_used),
        exact(last.swap_total)
    );
    let band = Element::new("g")
        .set("class", "swap")
        .with_all(swap_area(palette, plot, curve))
        .with(palette.hairline(edges).set("stroke-opacity", "0.35"))
        .with(limit.set("text-anchor", "end"))
        .with(direct_label(palette, plot, ("Swap", &name), (middle, middle)));
    Some(band.titled(&title))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chart::testing::{Read, parse, range};

    const NOON: i64 = 1_795_345_200_000;
    const GIB: i64 = 1 << 30;

    fn drawn(range: &Range) -> Read {
        parse(memory(range, &MemoryOptions::default()).trim_end())
    }

    /// An hour in steps of a minute, without those for which `missing` holds.
    fn hour(missing: impl Fn(i64) -> bool) -> Range {
        let times: Vec<i64> =
            (0..60).filter(|step| !missing(*step)).map(|step| NOON + step * 60_000).collect();
        let mut range = range(&times, 60_000, |index| match index {
            3 => (16 * GIB, 4 * GIB, GIB),
            _ => (16 * GIB, 6 * GIB, 2 * GIB),
        });
        (range.from_ms, range.to_ms) = (NOON, NOON + 3_600_000);
        range
    }

    #[test]
    fn the_picture_is_said_in_a_sentence() {
        let root = drawn(&hour(|_| false));
        assert_eq!(root.attribute("role"), "img");
        assert_eq!(
            root.attribute("aria-label"),
            "Memory, 2026-11-22 11:00 – 12:00 UTC: of 16 GiB in all, at the end 10 GiB used, \
             4 GiB reclaimable, 2 GiB free; at most 12 GiB were used."
        );
        assert_eq!(
            root.class("heading")[0].words()[1],
            "2026-11-22 11:00 – 12:00 UTC · at most 12 GiB used · no swap"
        );
    }

    #[test]
    fn the_axes_stand_at_round_amounts_and_times() {
        let root = drawn(&hour(|_| false));
        assert_eq!(root.class("amounts")[0].words(), ["0", "4 GiB", "8 GiB", "12 GiB", "16 GiB"]);
        assert_eq!(
            root.class("times")[0].words(),
            ["11:00", "11:10", "11:20", "11:30", "11:40", "11:50", "12:00"]
        );
    }

    #[test]
    fn each_layer_is_named_at_its_end() {
        let root = drawn(&hour(|_| false));
        assert_eq!(
            root.class("legend")[0].words(),
            ["Free", "2 GiB", "Reclaimable", "4 GiB", "Used", "10 GiB"]
        );
    }

    #[test]
    fn a_gap_stays_a_gap() {
        for (range, figures, says) in [
            (hour(|_| false), 1, 0),
            (hour(|step| (20..40).contains(&step)), 2, 1),
            (hour(|step| step < 30), 1, 1),
            (hour(|step| (20..25).contains(&step)), 2, 0),
            (hour(|step| step != 30), 1, 2),
            (hour(|_| true), 0, 1),
        ] {
            let root = drawn(&range);
            let used = root.class("used");
            let count = used.first().map_or(0, |path| path.attribute("d").matches('Z').count());
            assert_eq!(count, figures);
            assert_eq!(root.class("unwatched")[0].words(), vec!["not watched"; says]);
        }
    }

    #[test]
    fn swap_has_a_band_of_its_own_where_there_is_any() {
        let mut range = hour(|_| false);
        assert!(drawn(&range).class("swap").is_empty());
        range.series[4].mean = vec![Some(4 * GIB); 60];
        range.series[5].mean = (0..60).map(|step| Some(step * GIB / 100)).collect();
        let root = drawn(&range);
        let band = root.class("swap")[0];
        assert_eq!(band.words(), ["4 GiB", "Swap", "604 MiB used"]);
        assert_eq!(
            band.children[0].text,
            "Swap: 633,507,676 bytes of 4,294,967,296 bytes used at the end\nSwapTotal − SwapFree"
        );
    }

    #[test]
    fn the_peak_between_two_pixels_is_not_lost() {
        let mut range = hour(|_| false);
        range.series[1].max[50] = Some(15 * GIB);
        let root = drawn(&range);
        assert_eq!(root.class("reach").len(), 1);
        let peak = root.class("peak")[0];
        assert_eq!(
            peak.children[0].text,
            "At most used: 16,106,127,360 bytes, 2026-11-22 11:50:30 UTC"
        );
    }

    #[test]
    fn a_hover_tells_every_moment_to_the_byte() {
        let root = drawn(&hour(|_| false));
        let readings = &root.class("readings")[0].children;
        assert_eq!(readings.len(), 60);
        assert_eq!(
            readings[3].children[0].text,
            "2026-11-22 11:03:30 UTC\nUsed: 12,884,901,888 bytes\nReclaimable: 3,221,225,472 bytes\n\
             Free: 1,073,741,824 bytes"
        );
    }

    proptest! {
        #[test]
        fn any_history_is_drawn_within_its_picture(
            rows in prop::collection::vec((0i64..1000, 0i64.., 0i64.., 0i64..), 0..40),
            step_ms in 0i64..100,
            from in -1_000_000i64..1_000_000,
            length in 0i64..10_000_000,
        ) {
            let mut time = from;
            let times: Vec<i64> = rows.iter().map(|row| { time += row.0; time }).collect();
            let mut range = range(&times, step_ms, |index| {
                let (_, total, available, free) = rows[index];
                (total, available.min(total), free)
            });
            (range.from_ms, range.to_ms) = (from, from + length);
            let svg = memory(&range, &MemoryOptions::default());
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
            let root = parse(svg.trim_end());
            for text in root.all().into_iter().filter(|read| read.name == "text") {
                prop_assert!((0.0..=960.0).contains(&text.number("x")));
                prop_assert!((0.0..=420.0).contains(&text.number("y")));
            }
        }
    }
}
