//! One file a policy. Each names its source and the choices it makes where the source leaves one.
//!
//! Policies that differ in a word are one generic type beside this folder, and in their files the small type that says
//! the word: LRU and MRU, LFU and MFU, OPT and UNOPT, PFF and the working set.

pub mod aging;
pub mod arc;
pub mod car;
pub mod clock;
pub mod clock_pro;
pub mod enhanced_clock;
pub mod fifo;
pub mod lfu;
pub mod linux_lru;
pub mod lirs;
pub mod lirs_libcachesim;
pub mod lru;
pub mod lru_k;
pub mod mfu;
pub mod mglru;
pub mod mru;
pub mod nru;
pub mod opt;
pub mod pff;
pub mod random;
pub mod s3_fifo;
pub mod second_chance;
pub mod sieve;
pub mod slru;
pub mod two_q;
pub mod unopt;
pub mod w_tinylfu;
pub mod working_set;
pub mod wsclock;
