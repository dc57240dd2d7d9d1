//! From decisions to what the store writes: pure.

mod purchasing;
mod trading;

pub use purchasing::rows_of;
pub use trading::{UnfitDecision, market_change};
