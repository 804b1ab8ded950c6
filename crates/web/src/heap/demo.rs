//! The demo: a real recording that the binary carries, of the small shop in `tests/data/shop.c`. It holds nothing of the machine
//! that serves it, and so whoever reaches the server may look at it.

use std::sync::{Arc, Mutex, OnceLock};

use ramscope_heap::Intake;
use ramscope_heap::recording::Stream;

use super::shelf::Held;

/// What other paths call it.
pub(crate) const ID: &str = "demo";

/// The recording itself.
pub(super) const RECORDING: &[u8] = include_bytes!("../../assets/demo.heap");

/// The session of the demo, read when it is first asked for.
///
/// # Errors
/// Why it cannot be read, in words.
pub(crate) fn held() -> Result<Held, String> {
    static HELD: OnceLock<Result<Held, String>> = OnceLock::new();
    HELD.get_or_init(read).clone()
}

fn read() -> Result<Held, String> {
    let unread =
        |error: ramscope_heap::recording::Error| format!("the demo cannot be read: {error}");
    let mut stream = Stream::new();
    stream.push_header(RECORDING).map_err(unread)?;
    let mut intake = Intake::new(stream.start().cloned().unwrap_or_default());
    stream.push(&[], &mut |time_us, said| intake.replay(time_us, &said)).map_err(unread)?;
    Ok(Held {
        id: ID.to_owned(),
        intake: Arc::new(Mutex::new(intake)),
        names: Arc::default(),
        is_live: false,
        file: None,
        tail: None,
        carried: Some(RECORDING),
    })
}
