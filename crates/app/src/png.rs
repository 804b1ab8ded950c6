//! An SVG of ours as PNG, with the fonts that are in the binary: the same picture on every machine.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

/// Roboto in the two weights that the pictures use (`assets/fonts/README.md`).
const FONTS: [&[u8]; 2] = [
    include_bytes!("../assets/fonts/Roboto-Regular.ttf"),
    include_bytes!("../assets/fonts/Roboto-SemiBold.ttf"),
];

/// The family that `FONTS` are of.
const FAMILY: &str = "Roboto";

/// More pixels than this are refused: at 4 bytes each they are 256 MiB.
const MOST_PIXELS: f64 = 67_108_864.0;

/// Renders an SVG at `scale` times its own size (2 for a sharp picture on today's screens) into the bytes of a
/// PNG file.
///
/// Nothing outside of the binary is read: no font of the system, no file that the SVG names.
///
/// # Errors
/// `svg` is not an SVG, or the picture would have no pixels or more than 64 Mi of them.
pub(crate) fn render(svg: &str, scale: f32) -> Result<Vec<u8>> {
    let tree =
        usvg::Tree::from_str(svg, &options()).context("the picture is not readable as SVG")?;
    let (width, height) = (tree.size().width() * scale, tree.size().height() * scale);
    let pixels = f64::from(width) * f64::from(height);
    ensure!(
        width >= 1.0 && height >= 1.0 && pixels <= MOST_PIXELS,
        "a picture of {width} × {height} pixels cannot be made: take a scale with 1 to 64 Mi pixels"
    );
    let size = tree.size().to_int_size().scale_by(scale).context("the picture has no pixels")?;
    let mut pixmap =
        Pixmap::new(size.width(), size.height()).context("there is no memory for the picture")?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    pixmap.encode_png().context("the picture cannot be written as PNG")
}

/// The renderer's settings: only our fonts, and nothing fetched from anywhere.
fn options() -> usvg::Options<'static> {
    let mut fonts = fontdb::Database::new();
    for font in FONTS {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(font)));
    }
    fonts.set_sans_serif_family(FAMILY);
    fonts.set_serif_family(FAMILY);
    fonts.set_monospace_family(FAMILY);
    let nothing = usvg::ImageHrefResolver {
        resolve_data: Box::new(|_, _, _| None),
        resolve_string: Box::new(|_, _| None),
    };
    usvg::Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::new(fonts),
        image_href_resolver: nothing,
        ..usvg::Options::default()
    }
}

#[cfg(test)]
mod tests {
    use ramscope_observe::{Memory, chart};
    use resvg::tiny_skia::PremultipliedColorU8;

    use super::*;

    const HELLO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20">
        <rect width="80" height="20" fill="#fff"/>
        <text x="2" y="15" font-family="Some UI, sans-serif" font-size="14">WORD</text></svg>"##;

    fn pixels(svg: &str, scale: f32) -> Pixmap {
        Pixmap::decode_png(&render(svg, scale).unwrap()).unwrap()
    }

    fn ink(pixmap: &Pixmap) -> usize {
        pixmap.pixels().iter().filter(|pixel| pixel.red() < 128).count()
    }

    #[test]
    fn text_is_drawn_without_any_font_of_the_system() {
        let pixmap = pixels(HELLO, 1.0);
        assert_eq!((pixmap.width(), pixmap.height()), (80, 20));
        assert!(ink(&pixmap) > 50, "{} dark pixels", ink(&pixmap));
        let without = HELLO.replace("WORD", "");
        assert_eq!(ink(&pixels(&without, 1.0)), 0);
    }

    #[test]
    fn both_weights_are_there() {
        let bold = HELLO.replace("<text", "<text font-weight=\"600\"");
        assert!(ink(&pixels(&bold, 2.0)) > ink(&pixels(HELLO, 2.0)));
    }

    #[test]
    fn digits_are_equally_wide() {
        let width = |digits: &str| {
            let svg = HELLO.replace("WORD", digits);
            let tree = usvg::Tree::from_str(&svg, &options()).unwrap();
            let usvg::Node::Text(text) = &tree.root().children()[1] else { panic!("no text") };
            text.bounding_box().width()
        };
        assert!((width("1111") - width("8888")).abs() < 0.01);
    }

    #[test]
    fn every_colour_of_the_donut_reaches_the_picture() {
        let memory = Memory {
            total_bytes: 16 << 30,
            available_bytes: 6 << 30,
            free_bytes: 2 << 30,
            swap_total_bytes: 2 << 30,
            swap_used_bytes: 1 << 30,
            ..Memory::default()
        };
        let pixmap = pixels(&chart::pie(&memory, &chart::PieOptions::default()), 1.0);
        assert_eq!((pixmap.width(), pixmap.height()), (640, 440));
        for (name, rgb) in [
            ("ground", [0xFB, 0xFB, 0xFA]),
            ("text", [0x1B, 0x1F, 0x23]),
            ("used", [0x1F, 0x5F, 0xBF]),
            ("reclaimable", [0x6E, 0x93, 0xC9]),
            ("swap", [0x8A, 0x4F, 0xBF]),
        ] {
            let is_it = |p: &&PremultipliedColorU8| [p.red(), p.green(), p.blue()] == rgb;
            let count = pixmap.pixels().iter().filter(is_it).count();
            assert!(count > 100, "{name}: {count} pixels");
        }
    }

    #[test]
    fn a_scale_multiplies_both_sides() {
        let pixmap = pixels(HELLO, 2.0);
        assert_eq!((pixmap.width(), pixmap.height()), (160, 40));
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error_in_words() {
        for (svg, scale, expected) in [
            ("hello", 1.0, "not readable as SVG"),
            (HELLO, 0.0, "cannot be made"),
            (HELLO, f32::NAN, "cannot be made"),
            (HELLO, 1e6, "cannot be made"),
        ] {
            let message = format!("{:#}", render(svg, scale).unwrap_err());
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_file_that_the_picture_names_is_not_opened() {
        let with_image = HELLO.replace(
            "</svg>",
            "<image href=\"/proc/self/cmdline\" width=\"9\" height=\"9\"/></svg>",
        );
        assert_eq!(render(&with_image, 1.0).unwrap(), render(HELLO, 1.0).unwrap());
    }
}
