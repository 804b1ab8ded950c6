//! Binary traces: records of one length, little endian, after a header or none.
//!
//! ```text
//!   oracleGeneral     0 time u32   4 id u64   12 size u32   16 next access i64                                  24
//!   lcs header        0 magic      8 version u64   16 statistics …                                    magic  8192
//!   lcs 1             0 time u32   4 id u64   12 size u32   16 next access i64                                  24
//!   lcs 2             0 time u32   4 id u64   12 size u32   16 op u8   17 tenant   20 next access i64           28
//!   lcs 3             0 time u32   4 id u64   12 size i64   20 op u8   21 tenant   24 ttl   28 next access      36
//!   lcs 4 to 8        as 3, then 1, 2, 4, 8, 16 features of 4 bytes                       40, 44, 52, 68, 100
//!   input_instr       0 ip u64     8 branch, registers   16 two stores u64   32 four loads u64                  64
//! ```
//!
//! Source: libCacheSim, `traceReader/customizedReader/lcs.h`, whose first versions had a header of 1024 bytes;
//! ChampSim, `inc/trace_instruction.h`, where address 0 is no access.

use crate::paging::error::Error;
use crate::paging::references::Numbering;

/// Length of a record of oracleGeneral.
pub(super) const ORACLE_BYTES: usize = 24;
/// Length of a record of ChampSim's.
pub(super) const CHAMPSIM_BYTES: usize = 64;
/// What an lcs header begins and ends with.
const LCS_MAGIC: u64 = 0x1234_5678_9abc_def0;
/// Lengths of the header, the present one first.
const LCS_HEADERS: [usize; 2] = [8192, 1024];
/// Length of a record by the version, from 1.
const LCS_RECORDS: [usize; 8] = [24, 28, 36, 40, 44, 52, 68, 100];
/// libCacheSim's operations that write: set, add, cas, replace, append, prepend; incr, decr; write, update.
const LCS_WRITES: [u8; 10] = [3, 4, 5, 6, 7, 8, 10, 11, 13, 14];

const NO_LCS: &str = "libCacheSim's lcs begins and ends its header with the number 0x123456789abcdef0, and this does \
                      not: choose the trace's own format";
const NO_LCS_VERSION: &str = "versions 1 to 8 of lcs are known, and this is another: convert the trace with \
                              libCacheSim's traceConv";

/// Reads libCacheSim's traces for oracles.
pub(super) fn oracle_general(bytes: &[u8], numbering: &mut Numbering) -> Result<(), Error> {
    each_record(bytes, 0, ORACLE_BYTES, |record| numbering.push(word(record, 4), false))
}

/// Reads libCacheSim's traces with a header.
pub(super) fn lcs(bytes: &[u8], numbering: &mut Numbering) -> Result<(), Error> {
    let header = lcs_header(bytes).ok_or(Error::NoTrace { offset: 0, problem: NO_LCS })?;
    let version = usize::try_from(word(bytes, 8)).ok().and_then(|version| version.checked_sub(1));
    let record_bytes = version.and_then(|version| LCS_RECORDS.get(version).copied());
    let record_bytes = record_bytes.ok_or(Error::NoTrace { offset: 8, problem: NO_LCS_VERSION })?;
    let op = match record_bytes {
        24 => None,
        28 => Some(16),
        _ => Some(20),
    };
    each_record(bytes, header, record_bytes, |record| {
        let write = op.is_some_and(|op| LCS_WRITES.contains(&record[op]));
        numbering.push(word(record, 4), write)
    })
}

/// Whether these are libCacheSim's traces with a header.
pub(super) fn is_lcs(bytes: &[u8]) -> bool {
    lcs_header(bytes).is_some()
}

/// The length of the header that a trace begins with.
fn lcs_header(bytes: &[u8]) -> Option<usize> {
    let is_magic = |at: usize| bytes.len() >= at + 8 && word(bytes, at) == LCS_MAGIC;
    LCS_HEADERS.into_iter().find(|&length| is_magic(0) && is_magic(length - 8))
}

/// Reads ChampSim's instructions.
pub(super) fn champsim(
    bytes: &[u8],
    page_bytes: u64,
    numbering: &mut Numbering,
) -> Result<(), Error> {
    each_record(bytes, 0, CHAMPSIM_BYTES, |record| {
        numbering.push(word(record, 0) / page_bytes, false)?;
        let loads = [32, 40, 48, 56].map(|at| (word(record, at), false));
        let stores = [16, 24].map(|at| (word(record, at), true));
        let accesses = loads.into_iter().chain(stores).filter(|&(address, _)| address != 0);
        for (address, write) in accesses {
            numbering.push(address / page_bytes, write)?;
        }
        Ok(())
    })
}

/// Reads the records from `start` on.
fn each_record(
    bytes: &[u8],
    start: usize,
    record_bytes: usize,
    read: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let records = bytes[start..].chunks_exact(record_bytes);
    let left = records.remainder().len();
    if left > 0 {
        return Err(Error::Truncated { offset: bytes.len() - left, left, record_bytes });
    }
    records.into_iter().try_for_each(read)
}

/// The eight bytes from `at`, which are there.
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}
