//! How the pictures look: size, colours, type, and the frame that all of them share.

use super::labels::fit;
use super::svg::{Element, Path, number};

/// The ground a picture is drawn for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark text on light ground.
    #[default]
    Light,
    /// Light text on dark ground.
    Dark,
}

/// The size of a picture in px.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Size {
    /// This size, or on each side the least at which the texts have room, at most 16,384 px.
    pub(super) fn at_least(self, width: u32, height: u32) -> Self {
        const MOST: u32 = 16_384;
        Self { width: self.width.clamp(width, MOST), height: self.height.clamp(height, MOST) }
    }
}

/// The margin around every picture, in px.
pub(super) const MARGIN: f64 = 24.0;

/// Headings, names, and all the rest, in px; the headline number is [`HEADLINE`].
pub(super) const LARGE: f64 = 16.0;
/// The size of names, in px.
pub(super) const MEDIUM: f64 = 14.0;
/// The size of everything said in passing, in px.
pub(super) const SMALL: f64 = 12.0;
/// The size of the one number that a picture is about, in px.
pub(super) const HEADLINE: f64 = 32.0;

/// What browsers try in turn. Roboto is the one that the PNG renderer has.
const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/// The meaning of a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// Filled.
    Used,
    /// Filled and hatched.
    Reclaimable,
    /// Empty with an outline.
    Free,
    /// Filled.
    Swap,
}

/// The colours of a theme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub(super) ground: &'static str,
    pub(super) text: &'static str,
    pub(super) muted: &'static str,
    pub(super) used: &'static str,
    pub(super) reclaimable: &'static str,
    pub(super) free: &'static str,
    pub(super) swap: &'static str,
    /// Names the hatch: pictures of both themes can stand in one page.
    hatch: &'static str,
}

const LIGHT: Palette = Palette {
    ground: "#FBFBFA",
    text: "#1B1F23",
    muted: "#5B636B",
    used: "#1F5FBF",
    reclaimable: "#6E93C9",
    free: "#868E96",
    swap: "#8A4FBF",
    hatch: "ramscope-hatch-light",
};

const DARK: Palette = Palette {
    ground: "#14171A",
    text: "#E6E8EA",
    muted: "#9AA3AC",
    used: "#6FA8FF",
    reclaimable: "#4A6E9E",
    free: "#6C757D",
    swap: "#C49BF0",
    hatch: "ramscope-hatch-dark",
};

impl Palette {
    /// The colours of a theme.
    pub(super) fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => LIGHT,
            Theme::Dark => DARK,
        }
    }

    /// Paints a shape. An outline lies on the shape's edge, 1 px wide.
    pub(super) fn paint(&self, shape: Element, paint: Paint) -> Element {
        match paint {
            Paint::Used => shape.set("fill", self.used),
            Paint::Reclaimable => shape.set("fill", format!("url(#{})", self.hatch)),
            Paint::Free => shape.set("fill", "none").set("stroke", self.free),
            Paint::Swap => shape.set("fill", self.swap),
        }
    }

    /// The diagonal hatch of what can be reclaimed: stripes of the ground on its colour, so that it is told from
    /// the used part without seeing colours.
    fn hatch(&self) -> Element {
        let tile = Element::new("pattern")
            .set("id", self.hatch)
            .set("width", "8")
            .set("height", "8")
            .set("patternUnits", "userSpaceOnUse")
            .set("patternTransform", "rotate(45)");
        let base = Element::new("rect").set("width", "8").set("height", "8");
        let stripe = Element::new("rect").set("width", "1.5").set("height", "8");
        tile.with(base.set("fill", self.reclaimable))
            .with(stripe.set("fill", self.ground).set("fill-opacity", "0.8"))
    }

    /// The root of a picture: its ground, its hatch, and `sentence` for those who cannot see it.
    pub(super) fn root(&self, size: Size, sentence: &str) -> Element {
        let (width, height) = (size.width.to_string(), size.height.to_string());
        let ground = Element::new("rect").set("width", &*width).set("height", &*height);
        Element::new("svg")
            .set("xmlns", "http://www.w3.org/2000/svg")
            .set("viewBox", format!("0 0 {width} {height}"))
            .set("width", width)
            .set("height", height)
            .set("role", "img")
            .set("aria-label", sentence)
            .set("font-family", FONTS)
            .set("style", "font-variant-numeric:tabular-nums")
            .with(Element::new("defs").with(self.hatch()))
            .with(ground.set("fill", self.ground))
    }

    /// A text at `(x, y)` (its baseline).
    pub(super) fn text(&self, (x, y): (f64, f64), size: f64, text: &str) -> Element {
        plain_text((x, y), size).set("fill", self.text).say(text)
    }

    /// A text that is said in passing.
    pub(super) fn muted(&self, (x, y): (f64, f64), text: &str) -> Element {
        plain_text((x, y), SMALL).set("fill", self.muted).say(text)
    }

    /// A hairline along a path.
    pub(super) fn hairline(&self, path: Path) -> Element {
        Element::new("path").set("d", path).set("fill", "none").set("stroke", self.free)
    }

    /// A picture's title and the line under it, at the top left.
    pub(super) fn heading(&self, width: f64, title: &str, below: &str) -> Element {
        let room = width - 2.0 * MARGIN;
        let shown = fit(title, room, LARGE);
        let first = self.text((MARGIN, 36.0), LARGE, &shown).set("font-weight", "600");
        let second = self.muted((MARGIN, 56.0), &fit(below, room, SMALL));
        let heading = Element::new("g").set("class", "heading").with(first).with(second);
        heading.titled(&format!("{title}\n{below}"))
    }
}

fn plain_text((x, y): (f64, f64), size: f64) -> Element {
    Element::new("text").at("x", x).at("y", y).set("font-size", number(size))
}
