//! What is traded: assets and the instruments made of them.

use serde::{Deserialize, Serialize};

use super::{AssetCode, Symbol};
use crate::Decimal;

/// Something that accounts hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Its name.
    pub code: AssetCode,
    /// How many decimal places an amount of it has, 0 to [`Asset::SCALE_MAX`]. The first listing
    /// decides; a later one must agree.
    pub scale: u32,
}

impl Asset {
    /// The most decimal places.
    pub const SCALE_MAX: u32 = 12;
}

/// Hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BasisPoints(pub u32);

impl BasisPoints {
    /// The whole: 100 %.
    pub const WHOLE: Self = Self(10_000);
}

/// What can be bought and sold for what, and in which steps.
///
/// One lot at a price of one tick must cost a whole number of the quote asset's smallest units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instrument {
    /// Its name.
    pub symbol: Symbol,
    /// What is bought and sold.
    pub base: Asset,
    /// What is paid with.
    pub quote: Asset,
    /// Prices are multiples of this, in the quote asset.
    pub tick_size: Decimal,
    /// Quantities are multiples of this, in the base asset.
    pub lot_size: Decimal,
    /// The least that price times quantity of a limit order may be, in the quote asset.
    pub minimum_notional: Decimal,
    /// How far a limit price may lie from the last trade's, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_band: Option<BasisPoints>,
    /// What a maker pays of price times quantity, rounded down to the quote's smallest unit.
    pub maker_fee: BasisPoints,
    /// What a taker pays of price times quantity, rounded down to the quote's smallest unit.
    pub taker_fee: BasisPoints,
}
