//! What a market has from the beginning: instruments and funded accounts, out of a file.
//!
//! A seed is given to the market at every start, by every copy of the program, and changes nothing a
//! second time. That does not rest on the engine's memory of commands, which is bounded: to list an
//! instrument again and to open an account again change nothing anyway, and a seeded deposit is taken only
//! where the account never had any of that asset.
//!
//! The ids of its commands follow from all that the seed says. So two instances with the same seed come to
//! the same outcome hash, and a seed that was mended is decided anew, where one that was refused once would
//! be refused again by the engine's memory.

mod file;
mod sow;
mod text;

pub use file::{Seed, SeedError};
pub(crate) use sow::sow;
