//! The thinnest wrappers of what the system offers without a safe one: all `unsafe` of this crate stands here.

pub(crate) mod copier;
pub(crate) mod heap;
pub(crate) mod mapping;
pub(crate) mod signals;
