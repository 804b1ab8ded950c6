//! Bytes that were packed: gzip and Zstandard are unpacked, by their first bytes and never by a file's name.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

/// What packed files begin with, in hexadecimal: RFC 1952, RFC 8878, and xz and bzip2, which are known to be refused.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
const BZIP2: &[u8] = b"BZh";

/// Why bytes could not be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackedError {
    /// Packed in a way that is not read here.
    #[error("this is packed by {by}, which is not read here: unpack it with `{unpack}`")]
    Unknown {
        /// The program.
        by: &'static str,
        /// The command that undoes it.
        unpack: &'static str,
    },
    /// The packed bytes are damaged or end too early.
    #[error("this is packed by {by}, and cannot be unpacked after byte {unpacked}: {cause}")]
    Damaged {
        /// The program.
        by: &'static str,
        /// Bytes that came out of it.
        unpacked: usize,
        /// What the decoder says.
        cause: String,
    },
    /// More comes out than may.
    #[error("this is packed by {by}, and more than {most} bytes come out of it: split it")]
    TooLarge {
        /// The program.
        by: &'static str,
        /// The most bytes that may come out.
        most: usize,
    },
}

/// Whether bytes begin as packed ones do.
pub fn is_packed(head: &[u8]) -> bool {
    [GZIP, ZSTD, XZ, BZIP2].iter().any(|magic| head.starts_with(magic))
}

/// The bytes, unpacked where they are packed; at most `most` come out. A Zstandard file of several frames is read
/// to the end of the last.
///
/// # Errors
/// [`PackedError`], for bytes that are packed.
pub fn unpack(bytes: &[u8], most: usize) -> Result<Cow<'_, [u8]>, PackedError> {
    if bytes.starts_with(GZIP) {
        let mut out = Vec::new();
        drain("gzip", MultiGzDecoder::new(bytes), most, &mut out)?;
        Ok(Cow::Owned(out))
    } else if bytes.starts_with(ZSTD) {
        unpack_zstd(bytes, most).map(Cow::Owned)
    } else if bytes.starts_with(XZ) {
        Err(PackedError::Unknown { by: "xz", unpack: "xz --decompress" })
    } else if bytes.starts_with(BZIP2) && bytes.get(4..8) == Some(&[0x31, 0x41, 0x59, 0x26]) {
        Err(PackedError::Unknown { by: "bzip2", unpack: "bunzip2" })
    } else {
        Ok(Cow::Borrowed(bytes))
    }
}

fn unpack_zstd(bytes: &[u8], most: usize) -> Result<Vec<u8>, PackedError> {
    let mut out = Vec::new();
    let decoder = ZstdDecoder::with_buffer(bytes).map_err(|error| PackedError::Damaged {
        by: "zstd",
        unpacked: 0,
        cause: error.to_string(),
    })?;
    drain("zstd", decoder, most, &mut out)?;
    Ok(out)
}

/// Reads a decoder to its end.
fn drain(
    by: &'static str,
    decoder: impl Read,
    most: usize,
    out: &mut Vec<u8>,
) -> Result<(), PackedError> {
    let room = (most - out.len()) as u64 + 1;
    decoder.take(room).read_to_end(out).map_err(|error| PackedError::Damaged {
        by,
        unpacked: out.len(),
        cause: error.to_string(),
    })?;
    if out.len() > most { Err(PackedError::TooLarge { by, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(bytes, 1).unwrap()
    }

    #[test]
    fn what_was_packed_comes_out_and_what_was_not_stays() {
        let text = b"7 0 1 2 0 3 0 4\n".repeat(1000);
        assert_eq!(unpack(&gzip(&text), text.len()).unwrap(), text);
        assert_eq!(unpack(&zstd(&text), text.len()).unwrap(), text);
        let twice = [gzip(b"1 2"), gzip(b" 3")].concat();
        assert_eq!(unpack(&twice, 10).unwrap().as_ref(), b"1 2 3");
        let twice = [zstd(b"1 2"), zstd(b" 3")].concat();
        assert_eq!(unpack(&twice, 10).unwrap().as_ref(), b"1 2 3");
        assert!(matches!(unpack(&text, 0), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn what_cannot_be_unpacked_says_why() {
        let text = b"7 0 1 2 0 3 0 4\n".repeat(1000);
        for (bytes, part) in [
            (gzip(&text), "packed by gzip, and more than 999 bytes come out of it: split it"),
            (zstd(&text), "packed by zstd, and more than 999 bytes"),
            (gzip(&text)[..20].to_vec(), "packed by gzip, and cannot be unpacked after byte"),
            (zstd(&text)[..9].to_vec(), "packed by zstd, and cannot be unpacked after byte"),
            (XZ.to_vec(), "packed by xz, which is not read here: unpack it with `xz --decompress`"),
            (b"BZh91AY&SY".to_vec(), "unpack it with `bunzip2`"),
        ] {
            let error = unpack(&bytes, 999).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
