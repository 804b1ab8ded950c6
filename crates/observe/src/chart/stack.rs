//! The stack itself: areas over time, cut at gaps, on a plot that knows where things stand.

use jiff::tz::TimeZone;

use super::curve::{Curve, Point};
use super::look::{MARGIN, Paint, Palette, Size};
use super::slices::Slices;
use super::svg::{Element, Path};
use super::words::{exact, moment};
use crate::TimeMs;

/// A layer of the stack, from the ground up.
#[derive(Clone, Copy)]
pub(super) struct Layer {
    pub(super) name: &'static str,
    /// In the kernel's words.
    pub(super) formula: &'static str,
    paint: Paint,
    /// The bytes of the layer itself.
    pub(super) amount: fn(Slices) -> u64,
    /// The bytes of the layers under it.
    pub(super) below: fn(Slices) -> u64,
}

/// The layers that make up all of memory.
pub(super) const LAYERS: [Layer; 3] = [
    Layer {
        name: "Used",
        formula: "MemTotal − MemAvailable",
        paint: Paint::Used,
        amount: |slices| slices.used,
        below: |_| 0,
    },
    Layer {
        name: "Reclaimable",
        formula: "max(0, MemAvailable − MemFree)",
        paint: Paint::Reclaimable,
        amount: |slices| slices.reclaimable,
        below: |slices| slices.used,
    },
    Layer {
        name: "Free",
        formula: "min(MemFree, MemAvailable)",
        paint: Paint::Free,
        amount: |slices| slices.free,
        below: |slices| slices.used + slices.reclaimable,
    },
];

/// Where things stand, in px, and what the axes run over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// Top and bottom of the band for swap, where there is any.
    pub(super) swap: Option<(f64, f64)>,
    pub(super) from: TimeMs,
    pub(super) to: TimeMs,
    /// The height of the stack, in bytes.
    pub(super) most: u64,
    pub(super) most_swap: u64,
}

impl Plot {
    /// A plot from one moment to another, as high as the most that memory ever was.
    pub(super) fn new(size: Size, curve: &Curve, (from, to): (TimeMs, TimeMs)) -> Self {
        let most_swap = curve.points().map(|point| point.swap_total).max().unwrap_or(0);
        let floor = f64::from(size.height) - MARGIN - 20.0;
        let swap = (most_swap > 0).then_some((floor - 32.0, floor));
        Self {
            left: MARGIN + 56.0,
            right: f64::from(size.width) - MARGIN - 104.0,
            top: 88.0,
            bottom: swap.map_or(floor, |(top, _)| top - 24.0),
            swap,
            from,
            to,
            most: curve.points().map(|point| point.slices.total()).max().unwrap_or(0),
            most_swap,
        }
    }

    /// Where a moment stands; what lies outside of the plot stands on its edge.
    pub(super) fn x(&self, time_ms: TimeMs) -> f64 {
        let length = self.to.saturating_sub(self.from).max(1) as f64;
        let share = time_ms.saturating_sub(self.from) as f64 / length;
        (self.left + share * (self.right - self.left)).clamp(self.left, self.right)
    }

    /// How high so many bytes reach.
    pub(super) fn y(&self, bytes: u64) -> f64 {
        self.bottom - share(bytes, self.most) * (self.bottom - self.top)
    }

    /// Where the step around a point begins and ends, at least `least` px apart.
    pub(super) fn reach(&self, point: &Point, step_ms: i64, least: f64) -> [f64; 2] {
        let (x, half) = (self.x(point.time_ms), step_ms / 2);
        let left = self.x(point.time_ms.saturating_sub(half)).min(x - least / 2.0);
        let right = self.x(point.time_ms.saturating_add(half)).max(x + least / 2.0);
        [left, right]
    }

    /// The lowest edge of all: where the times are written under.
    pub(super) fn floor(&self) -> f64 {
        self.swap.map_or(self.bottom, |(_, bottom)| bottom)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The stack's layers, and over them how far the use of memory went down and up within each step.
pub(super) fn areas(palette: &Palette, plot: &Plot, curve: &Curve) -> Element {
    let layers =
        LAYERS.iter().filter(|layer| curve.points().any(|point| (layer.amount)(point.slices) > 0));
    let layers = layers.map(|layer| {
        let top =
            |point: &Point| plot.y((layer.below)(point.slices) + (layer.amount)(point.slices));
        let low = |point: &Point| {
            let bottom = plot.y((layer.below)(point.slices));
            let is_ground = (layer.below)(point.slices) == 0;
            if is_ground { bottom } else { bottom - ((bottom - top(point)) / 2.0).min(2.0) }
        };
        let shape = Element::new("path").set("class", layer.name.to_lowercase());
        let shape = shape.set("d", band(plot, curve, top, low));
        palette.paint(shape, layer.paint).titled(&title(layer, curve))
    });
    let group = Element::new("g").set("class", "areas").with_all(layers);
    let swings = curve.points().any(|point| point.used_min < point.used_max);
    if !swings {
        return group;
    }
    let reach = band(plot, curve, |point| plot.y(point.used_max), |point| plot.y(point.used_min));
    let reach = Element::new("path")
        .set("class", "reach")
        .set("d", reach)
        .set("opacity", "0.6")
        .set("stroke", palette.used);
    group.with(
        palette
            .paint(reach, Paint::Used)
            .titled("Used: from the least to the most within each step"),
    )
}

/// What a hover over a layer says.
fn title(layer: &Layer, curve: &Curve) -> String {
    let amounts = || curve.points().map(|point| (layer.amount)(point.slices));
    format!(
        "{}: {} at the end, from {} to {}\n{}",
        layer.name,
        exact(amounts().last().unwrap_or_default()),
        exact(amounts().min().unwrap_or_default()),
        exact(amounts().max().unwrap_or_default()),
        layer.formula
    )
}

/// Used swap over time; nothing where none was used.
pub(super) fn swap_area(palette: &Palette, plot: &Plot, curve: &Curve) -> Option<Element> {
    let (top, bottom) = plot.swap?;
    curve.points().any(|point| point.swap_used > 0).then(|| {
        let height =
            |point: &Point| bottom - share(point.swap_used, plot.most_swap) * (bottom - top);
        let shape = Element::new("path").set("d", band(plot, curve, height, |_| bottom));
        palette.paint(shape, Paint::Swap)
    })
}

/// The figure between two edges, one a run; a lone point is as wide as its step, so that it can be seen.
fn band(
    plot: &Plot,
    curve: &Curve,
    top: impl Fn(&Point) -> f64,
    low: impl Fn(&Point) -> f64,
) -> Path {
    curve.runs.iter().fold(Path::default(), |path, run| {
        let x: Vec<f64> = match &run[..] {
            [lone] => plot.reach(lone, curve.step_ms, 1.5).into(),
            run => run.iter().map(|point| plot.x(point.time_ms)).collect(),
        };
        let points = || x.iter().zip(run.iter().cycle());
        let over = points().map(|(x, point)| (*x, top(point)));
        let mut under: Vec<_> = points().map(|(x, point)| (*x, low(point))).collect();
        under.reverse();
        path.through(over.chain(under)).close()
    })
}

/// Invisible columns over the stack that say, on a hover, what memory was at that moment, to the byte.
///
/// At least 4 px wide: where samples are denser, some have no column of their own.
pub(super) fn readings(plot: &Plot, curve: &Curve, zone: &TimeZone) -> Element {
    const LEAST: f64 = 4.0;
    let mut columns = Vec::new();
    let mut end = f64::NEG_INFINITY;
    for point in curve.points() {
        let [left, right] = plot.reach(point, curve.step_ms, LEAST);
        if left < end - 0.01 {
            continue;
        }
        end = right;
        let column = Element::new("rect")
            .at("x", left)
            .at("y", plot.top)
            .at("width", right - left)
            .at("height", plot.floor() - plot.top);
        columns.push(column.titled(&reading(point, zone)));
    }
    Element::new("g")
        .set("class", "readings")
        .set("fill", "none")
        .set("pointer-events", "all")
        .with_all(columns)
}

fn reading(point: &Point, zone: &TimeZone) -> String {
    let amounts =
        LAYERS.map(|layer| format!("{}: {}", layer.name, exact((layer.amount)(point.slices))));
    let swap = match point.swap_total {
        0 => String::new(),
        _ => format!("\nSwap used: {}", exact(point.swap_used)),
    };
    format!("{}\n{}{swap}", moment(point.time_ms, zone), amounts.join("\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chart::testing::range;

    proptest! {
        #[test]
        fn layers_lie_on_one_another_and_fill_the_plot(
            total in 1i64.., available in 0i64.., free in 0i64..,
        ) {
            let range = range(&[0, 1000], 1000, |_| (total, available.min(total), free));
            let curve = Curve::of(&range);
            let plot = Plot::new(Size { width: 960, height: 420 }, &curve, (0, 2000));
            let slices = curve.runs[0][0].slices;
            let mut floor = 0;
            for layer in LAYERS {
                prop_assert_eq!((layer.below)(slices), floor);
                floor += (layer.amount)(slices);
            }
            prop_assert_eq!(floor, slices.total());
            prop_assert!((plot.y(floor) - plot.top).abs() < 1e-9);
            prop_assert!((plot.y(0) - plot.bottom).abs() < 1e-9);
        }

        #[test]
        fn a_moment_outside_stands_on_the_edge(time_ms: i64) {
            let plot = Plot::new(Size { width: 960, height: 420 }, &Curve::default(), (0, 1000));
            prop_assert!((plot.left..=plot.right).contains(&plot.x(time_ms)));
        }
    }
}
