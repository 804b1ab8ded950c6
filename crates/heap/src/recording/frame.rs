//! A block of a recording as it stands among the others: found by its sync, checked by its sum, unpacked within bounds.

use std::io::Read as _;

use zstd::stream::read::Decoder;

/// What every block begins with; the text mode of no tool leaves it as it is.
pub(crate) const SYNC: [u8; 8] = *b"\x89RSBLK\r\n";

/// Bytes before the payload.
pub(crate) const FIXED: usize = 40;

/// The most that a block unpacks to.
pub const MAX_RAW_BYTES: u32 = 64 << 20;

/// The most that a block's payload takes: what cannot be packed grows a little.
const MAX_PACKED_BYTES: u32 = MAX_RAW_BYTES + (MAX_RAW_BYTES >> 8) + 1024;

/// zstd's fastest level of full strength.
const LEVEL: i32 = 1;

/// What a block says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes of the payload.
    pub(crate) packed: u32,
    /// Bytes that it unpacks to.
    pub(crate) raw: u32,
    /// Events in it.
    pub(crate) events: u32,
    crc: u32,
    /// When the first one was.
    pub(crate) first_us: u64,
    /// When the last one was.
    pub(crate) last_us: u64,
}

/// Packs `raw` into a block at the end of `out`.
pub(crate) fn encode(out: &mut Vec<u8>, raw: &[u8], events: u32, first_us: u64, last_us: u64) {
    // It fails for want of memory alone; a block that says that it is empty and is not will be passed over.
    let payload = zstd::bulk::compress(raw, LEVEL).unwrap_or_default();
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let numbers = [length(&payload), length(raw), events];
    let times = [first_us, last_us];
    let crc = sum(numbers, times, &payload);
    out.extend_from_slice(&SYNC);
    numbers.iter().chain([&crc]).for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
    times.iter().for_each(|time| out.extend_from_slice(&time.to_le_bytes()));
    out.extend_from_slice(&payload);
}

fn sum(numbers: [u32; 3], times: [u64; 2], payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    numbers.iter().for_each(|number| crc.update(&number.to_le_bytes()));
    times.iter().for_each(|time| crc.update(&time.to_le_bytes()));
    crc.update(payload);
    crc.finalize()
}

/// What the block that begins at the first of `bytes` says of itself; `None` where none can begin there.
pub(crate) fn head(bytes: &[u8; FIXED]) -> Option<Head> {
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    let head = Head {
        packed: word(8),
        raw: word(12),
        events: word(16),
        crc: word(20),
        first_us: long(24),
        last_us: long(32),
    };
    let fits = head.packed <= MAX_PACKED_BYTES && head.raw <= MAX_RAW_BYTES;
    (bytes.starts_with(&SYNC) && fits).then_some(head)
}

impl Head {
    /// Whether `payload` is what was written.
    pub(crate) fn is_whole(&self, payload: &[u8]) -> bool {
        sum([self.packed, self.raw, self.events], [self.first_us, self.last_us], payload)
            == self.crc
    }

    /// Unpacks the payload into `raw`, which is emptied before. `None` where it does not unpack to what it says.
    pub(crate) fn unpack(&self, payload: &[u8], raw: &mut Vec<u8>) -> Option<()> {
        raw.clear();
        let decoder = Decoder::with_buffer(payload).ok()?;
        decoder.take(u64::from(self.raw) + 1).read_to_end(raw).ok()?;
        (raw.len() == self.raw as usize).then_some(())
    }
}
