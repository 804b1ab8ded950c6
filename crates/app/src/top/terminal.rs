//! What the terminal can show, as far as its environment tells.

use std::io::{IsTerminal as _, stdin};

use ramscope_tui::{Depth, Ground, Look, Symbols};

use crate::args::{ColorName, GroundName, SymbolsName, TopArgs};
use crate::config::Environment;

/// Whether keys can be read.
pub(super) fn stdin_is_one() -> bool {
    stdin().is_terminal()
}

/// The look: what was asked for, or what the environment says of the terminal.
pub(super) fn look(args: &TopArgs, environment: &Environment) -> Look {
    Look {
        depth: depth(args.color, environment),
        ground: ground(args.ground, environment),
        symbols: symbols(args.symbols, environment),
    }
}

/// `NO_COLOR` that is not empty (no-color.org), then `COLORTERM`, then the terminal's name.
fn depth(asked: ColorName, environment: &Environment) -> Depth {
    let variable = |name| environment.get(name).unwrap_or("");
    match asked {
        ColorName::Never => Depth::None,
        ColorName::Sixteen => Depth::Sixteen,
        ColorName::Indexed => Depth::Indexed,
        ColorName::True => Depth::True,
        ColorName::Auto => match (variable("COLORTERM"), variable("TERM")) {
            _ if !variable("NO_COLOR").is_empty() => Depth::None,
            ("truecolor" | "24bit", _) => Depth::True,
            (_, "dumb" | "vt100" | "vt220") => Depth::None,
            (_, term) if term.ends_with("-direct") => Depth::True,
            (_, term) if term.contains("256color") => Depth::Indexed,
            _ => Depth::Sixteen,
        },
    }
}

/// `COLORFGBG` ends in the number of the ground's colour: 7 and 15 are white.
fn ground(asked: GroundName, environment: &Environment) -> Ground {
    let told = environment.get("COLORFGBG").and_then(|colors| colors.rsplit(';').next());
    match (asked, told) {
        (GroundName::Light, _) | (GroundName::Auto, Some("7" | "15")) => Ground::Light,
        (GroundName::Dark | GroundName::Auto, _) => Ground::Dark,
    }
}

/// What the locale's encoding and the font of the Linux console can show.
fn symbols(asked: SymbolsName, environment: &Environment) -> Symbols {
    match asked {
        SymbolsName::Braille => Symbols::Braille,
        SymbolsName::Blocks => Symbols::Blocks,
        SymbolsName::Ascii => Symbols::Ascii,
        SymbolsName::Auto => {
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
                .iter()
                .find_map(|name| environment.get(name).filter(|value| !value.is_empty()));
            let utf8 = |locale: &str| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            };
            match environment.get("TERM") {
                // A locale that says another encoding is believed; none at all says nothing.
                _ if locale.is_some_and(|l| !utf8(l) && l.contains('.')) => Symbols::Ascii,
                Some("linux") => Symbols::Blocks,
                _ => Symbols::Braille,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(pairs.iter().copied())
    }

    #[test]
    fn colours_are_as_many_as_the_terminal_says() {
        for (pairs, expected) in [
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], Depth::True),
            (&[("TERM", "xterm-256color")], Depth::Indexed),
            (&[("TERM", "xterm")], Depth::Sixteen),
            (&[("TERM", "linux")], Depth::Sixteen),
            (&[("TERM", "dumb"), ("COLORTERM", "")], Depth::None),
            (&[("TERM", "xterm"), ("COLORTERM", "24bit"), ("NO_COLOR", "1")], Depth::None),
            (&[("COLORTERM", "24bit"), ("NO_COLOR", "")], Depth::True),
        ] {
            assert_eq!(depth(ColorName::Auto, &environment(pairs)), expected, "{pairs:?}");
        }
        assert_eq!(depth(ColorName::True, &environment(&[("NO_COLOR", "1")])), Depth::True);
    }

    #[test]
    fn symbols_are_what_the_locale_and_the_console_can_show() {
        for (pairs, expected) in [
            (&[("LANG", "de_DE.UTF-8")][..], Symbols::Braille),
            (&[("LANG", "de_DE.ISO-8859-1")], Symbols::Ascii),
            (&[("LANG", "de_DE.ISO-8859-1"), ("LC_ALL", "C.utf8")], Symbols::Braille),
            (&[("TERM", "linux"), ("LANG", "C.UTF-8")], Symbols::Blocks),
            (&[], Symbols::Braille),
        ] {
            assert_eq!(symbols(SymbolsName::Auto, &environment(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_white_ground_is_a_light_one() {
        for (told, expected) in
            [("15;0", Ground::Dark), ("0;15", Ground::Light), ("0;default;7", Ground::Light)]
        {
            let environment = environment(&[("COLORFGBG", told)]);
            assert_eq!(ground(GroundName::Auto, &environment), expected, "{told}");
        }
    }
}
