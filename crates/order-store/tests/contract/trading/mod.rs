//! Markets: what is written of them, and what readers see.

pub mod changing;
pub mod listing;
pub mod refusing;
pub mod summing;
pub mod trades;
pub mod words;
