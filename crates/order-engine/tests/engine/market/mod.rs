//! Given what happened on a market before, when a command comes, then this is what is decided.

mod amending;
mod answer;
mod bounds;
mod cancelling;
mod funding;
mod listing;
mod matching;
mod placing;
mod properties;
pub mod random;
mod repeating;
mod snapshots;
pub mod words;
