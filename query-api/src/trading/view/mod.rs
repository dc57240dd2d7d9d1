//! What a market's readers see, as JSON. Prices, quantities and amounts are decimal numbers as strings,
//! so that no reader rounds them. Texts are borrowed from the rows.

pub(crate) mod account;
pub(crate) mod book;
pub(crate) mod figures;
pub(crate) mod instrument;
pub(crate) mod order;
pub(crate) mod trade;
