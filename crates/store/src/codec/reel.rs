//! Frames of a roster wound up together: from a key frame to the last, packed.
//!
//! ```text
//! ┌──────┬────────────┬───────────────────────┬────────────┐
//! │ form │ length     │ frames                │ check, 2 B │      form 1: deflate (RFC 1951)
//! │ 1 B  │ varint     │ packed                │            │      length: of the frames before they were packed
//! └──────┴────────────┴───────────────────────┴────────────┘
//! ```
//!
//! Limits: 64 MiB of frames.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::varint::{self, Cursor};
use super::{Torn, check};

/// Packed by deflate.
const DEFLATED: u8 = 1;
/// Frames of a reel, before they are packed.
pub(crate) const MAX_BYTES: usize = 64 << 20;

/// How much work packing is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Little: these frames are soon packed anew.
    Little,
    /// What is kept for days: a tenth less, for some times the work.
    Much,
}

/// Packs frames.
pub(crate) fn pack(frames: &[u8], effort: Effort) -> Vec<u8> {
    let mut out = vec![DEFLATED];
    varint::put(&mut out, frames.len() as u128);
    let level = match effort {
        Effort::Little => Compression::fast(),
        Effort::Much => Compression::default(),
    };
    let mut encoder = DeflateEncoder::new(out, level);
    // Writing into memory does not fail; if it ever did, the reel would be torn, and be told as such.
    let mut out = encoder.write_all(frames).and_then(|()| encoder.finish()).unwrap_or_default();
    check::close(&mut out);
    out
}

/// The frames of a reel.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Torn> {
    let body = check::open(bytes)?;
    let (&form, body) = body.split_first().ok_or(Torn("a reel is empty"))?;
    if form != DEFLATED {
        return Err(Torn("a reel is of an unknown form"));
    }
    let mut cursor = Cursor::new(body);
    let length = cursor.length(MAX_BYTES)?;
    let packed = cursor.take(cursor.left())?;
    let mut frames = Vec::with_capacity(length.min(packed.len().saturating_mul(8)));
    let limit = length as u64 + 1;
    match DeflateDecoder::new(packed).take(limit).read_to_end(&mut frames) {
        Ok(read) if read == length => Ok(frames),
        _ => Err(Torn("a reel does not unpack")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_reel_comes_back(frames: Vec<u8>) {
            for effort in [Effort::Little, Effort::Much] {
                prop_assert_eq!(unpack(&pack(&frames, effort)), Ok(frames.clone()));
            }
        }

        #[test]
        fn noise_is_read_to_an_end(mut bytes: Vec<u8>) {
            let _ = unpack(&bytes);
            bytes.insert(0, DEFLATED);
            check::close(&mut bytes);
            let _ = unpack(&bytes);
        }
    }
}
