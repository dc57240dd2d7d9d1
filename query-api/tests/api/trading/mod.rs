//! The market as its members read it.

mod answers;
mod average;
mod candles;
pub(crate) mod double;
mod history;
mod paging;
mod statuses;

pub(crate) use history::History;
