//! How meanings look: the colours of the page in as many colours as the terminal has, and the symbols that its font has.
//!
//! Nothing is said by colour alone: bands differ in symbol too, states and changes carry words and signs, and without colours
//! the chosen row is reversed.

use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None: bold, dim and reverse only.
    None,
    /// The sixteen that every terminal names.
    #[default]
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// Red, green and blue, a byte each.
    True,
}

/// What the terminal's own ground is; it is never painted over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
}

/// The symbols that graphs and frames are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symbols {
    /// Block elements and braille patterns.
    #[default]
    Braille,
    /// Block elements alone, for fonts without braille (the Linux console).
    Blocks,
    /// ASCII alone, for terminals that are not UTF-8.
    Ascii,
}

/// A meaning that has a look; the same meanings as on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// What is read.
    Text,
    /// What is read second.
    Muted,
    /// Frames and rules.
    Frame,
    /// Headings, keys.
    Strong,
    /// Memory that is used.
    Used,
    /// Memory that the kernel would give back.
    Reclaimable,
    /// Memory that holds nothing.
    Free,
    /// Swap.
    Swap,
    /// Stalls, kills, what goes wrong.
    Alert,
    /// What is as it should be.
    Good,
    /// The row that is chosen.
    Chosen,
    /// The moment of the past that is shown.
    Cursor,
}

/// Colours of one meaning: on dark and on light ground, and among the sixteen.
struct Hue {
    dark: u32,
    light: u32,
    sixteen_dark: Color,
    sixteen_light: Color,
}

const fn hue(dark: u32, light: u32, sixteen_dark: Color, sixteen_light: Color) -> Hue {
    Hue { dark, light, sixteen_dark, sixteen_light }
}

/// Everything that decides how the screen looks, the moment's numbers apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Colours.
    pub depth: Depth,
    /// The ground below.
    pub ground: Ground,
    /// Symbols.
    pub symbols: Symbols,
}

impl Look {
    /// The style of a meaning.
    pub(crate) fn style(self, tone: Tone) -> Style {
        let style = match tone {
            Tone::Strong => Style::new().add_modifier(Modifier::BOLD),
            Tone::Muted | Tone::Frame | Tone::Free if self.depth == Depth::None => {
                Style::new().add_modifier(Modifier::DIM)
            }
            Tone::Alert => Style::new().add_modifier(Modifier::BOLD),
            Tone::Chosen if self.depth == Depth::None => {
                return Style::new().add_modifier(Modifier::REVERSED);
            }
            _ => Style::new(),
        };
        match (self.color(tone), tone) {
            (None, _) => style,
            (Some(ground), Tone::Chosen) => style.bg(ground),
            (Some(color), _) => style.fg(color),
        }
    }

    /// The colour of a meaning; `None` where the terminal's own text colour is right.
    pub(crate) fn color(self, tone: Tone) -> Option<Color> {
        let hue = hue_of(tone)?;
        let wanted = match self.ground {
            Ground::Dark => hue.dark,
            Ground::Light => hue.light,
        };
        match self.depth {
            Depth::None => None,
            Depth::Sixteen => Some(match self.ground {
                Ground::Dark => hue.sixteen_dark,
                Ground::Light => hue.sixteen_light,
            }),
            Depth::Indexed => Some(Color::Indexed(indexed(wanted))),
            Depth::True => Some(Color::from_u32(wanted)),
        }
    }
}

/// The colours of UI tokens; frames and chosen rows are the terminal's own.
fn hue_of(tone: Tone) -> Option<Hue> {
    use Color::{Blue, Cyan, DarkGray, Gray, Green, LightBlue, LightRed, Magenta, Red};
    Some(match tone {
        Tone::Text | Tone::Strong => return None,
        Tone::Muted => hue(0x9a_a3_ac, 0x5b_63_6b, Gray, DarkGray),
        Tone::Frame => hue(0x3d_44_4c, 0xc9_ce_d3, DarkGray, Gray),
        Tone::Used => hue(0x6f_a8_ff, 0x1f_5f_bf, LightBlue, Blue),
        Tone::Reclaimable => hue(0x3a_57_80, 0x9d_b7_da, Blue, LightBlue),
        Tone::Free => hue(0x6c_75_7d, 0x86_8e_96, DarkGray, DarkGray),
        Tone::Swap => hue(0xc4_9b_f0, 0x8a_4f_bf, Color::LightMagenta, Magenta),
        Tone::Alert => hue(0xff_9a_55, 0xb8_4a_00, LightRed, Red),
        Tone::Good => hue(0x3c_c7_9a, 0x00_7a_5a, Green, Green),
        Tone::Chosen => hue(0x25_38_52, 0xd6_e4_f7, Blue, Cyan),
        Tone::Cursor => hue(0xff_d8_66, 0x8a_62_00, Color::LightYellow, Color::Yellow),
    })
}

/// The nearest of xterm's 256: the 6×6×6 cube from 16, or the 24 greys from 232.
fn indexed(rgb: u32) -> u8 {
    const STEPS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let [_, red, green, blue] = rgb.to_be_bytes().map(i32::from);
    let nearest =
        |value: i32| (0..6u8).min_by_key(|&at| (STEPS[usize::from(at)] - value).abs()).unwrap_or(0);
    let far = |r: i32, g: i32, b: i32| (r - red).pow(2) + (g - green).pow(2) + (b - blue).pow(2);
    let [r, g, b] = [red, green, blue].map(nearest);
    let [cube_r, cube_g, cube_b] = [r, g, b].map(|at| STEPS[usize::from(at)]);
    let grey = (0..24u8).min_by_key(|&at| {
        let level = 8 + 10 * i32::from(at);
        far(level, level, level)
    });
    let grey = grey.unwrap_or(0);
    let level = 8 + 10 * i32::from(grey);
    if far(level, level, level) < far(cube_r, cube_g, cube_b) {
        232 + grey
    } else {
        16 + 36 * r + 6 * g + b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TONES: [Tone; 12] = [
        Tone::Text,
        Tone::Muted,
        Tone::Frame,
        Tone::Strong,
        Tone::Used,
        Tone::Reclaimable,
        Tone::Free,
        Tone::Swap,
        Tone::Alert,
        Tone::Good,
        Tone::Chosen,
        Tone::Cursor,
    ];

    #[test]
    fn without_colours_no_meaning_has_one() {
        let look = Look { depth: Depth::None, ..Look::default() };
        for tone in TONES {
            let style = look.style(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
        }
    }

    #[test]
    fn sixteen_colours_are_named_ones_and_256_are_numbered_ones() {
        let is = |depth, fits: fn(Color) -> bool| {
            for ground in [Ground::Dark, Ground::Light] {
                let look = Look { depth, ground, symbols: Symbols::Braille };
                for color in TONES.iter().filter_map(|&tone| look.color(tone)) {
                    assert!(fits(color), "{depth:?} {color:?}");
                }
            }
        };
        is(Depth::Sixteen, |color| !matches!(color, Color::Rgb(..) | Color::Indexed(_)));
        is(Depth::Indexed, |color| matches!(color, Color::Indexed(16..)));
        is(Depth::True, |color| matches!(color, Color::Rgb(..)));
    }

    #[test]
    fn the_nearest_of_256_is_found_in_the_cube_and_among_the_greys() {
        for (rgb, index) in
            [(0x00_00_00, 16), (0xff_ff_ff, 231), (0x80_80_80, 244), (0xff_00_00, 196)]
        {
            assert_eq!(indexed(rgb), index, "{rgb:06x}");
        }
    }
}
