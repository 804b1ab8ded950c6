//! The bytes that are kept: rows of the tail, columns of a block, buckets of a tier.
//!
//! Everything here takes bytes and numbers and gives numbers and bytes; nothing opens a file.
//! Whatever the bytes are, decoding ends, allocates no more than it was told to expect, and either
//! gives what was encoded or says [`Torn`].

pub(crate) mod bucket;
pub(crate) mod check;
pub(crate) mod column;
pub(crate) mod frame;
pub(crate) mod reel;
pub(crate) mod row;
pub(crate) mod runs;
pub(crate) mod varint;

/// The bytes are not what any encoder here wrote; the text says which of its promises they break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Torn(pub(crate) &'static str);

/// The greatest common divisor (Euclid), where 0 is divided by everything.
pub(crate) fn gcd<N>(mut a: N, mut b: N) -> N
where
    N: Copy + PartialEq + From<u8> + std::ops::Rem<Output = N>,
{
    while b != N::from(0) {
        (a, b) = (b, a % b);
    }
    a
}
