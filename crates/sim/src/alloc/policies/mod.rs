//! The policies, one file each.

pub mod best;
mod blocks;
pub mod buddy;
pub mod bump;
mod classed;
pub mod first;
pub mod fit;
mod holes;
mod index;
pub mod list;
mod lists;
pub mod next;
mod pairs;
pub mod quick;
pub mod segregated;
pub mod slab;
pub mod tlsf;
pub mod worst;
