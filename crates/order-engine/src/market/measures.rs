//! How an instrument's prices, quantities and values are counted: in ticks, lots and units.
//!
//! A price is a number of ticks, a quantity a number of lots, an amount a number of the asset's
//! smallest units. One lot at one tick costs a whole number of the quote asset's units, so no value
//! is ever rounded; only fees are.

use order_domain::Decimal;
use order_domain::trading::{BasisPoints, Instrument, Side};

use super::bounds::UNITS_MAX;

/// The integers of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measures {
    /// A tick, in units of `10^-tick_scale`.
    tick: i64,
    tick_scale: u32,
    /// The highest price that can be shown.
    ticks_max: i64,
    /// Units of the base asset in a lot.
    pub(super) lot: u64,
    base_scale: u32,
    quote_scale: u32,
    /// Units of the quote asset that one lot costs at one tick.
    lot_at_tick: u64,
    pub(super) minimum_notional: u64,
    pub(super) band: Option<BasisPoints>,
    pub(super) maker_fee: BasisPoints,
    pub(super) taker_fee: BasisPoints,
}

impl Measures {
    /// Those of an instrument, or what its terms contradict themselves in.
    pub(super) fn new(terms: &Instrument) -> Result<Self, &'static str> {
        let (base_scale, quote_scale) = (terms.base.scale, terms.quote.scale);
        if terms.base.code == terms.quote.code {
            return Err("the base asset and the quote asset are the same");
        }
        if base_scale.max(quote_scale) > order_domain::trading::Asset::SCALE_MAX {
            return Err("an asset has at most 12 decimal places");
        }
        let tick_scale = terms.tick_size.scale();
        let tick = positive(terms.tick_size, tick_scale).ok_or("the tick size is not above 0")?;
        let lot = positive(terms.lot_size, base_scale)
            .ok_or("the lot size is not a number of the base asset's units above 0")?;
        let minimum_notional = positive(terms.minimum_notional, quote_scale)
            .ok_or("the minimum notional is not a number of the quote asset's units above 0")?;
        let lot_at_tick = lot_at_tick(terms)
            .ok_or("one lot at one tick is no whole number of the quote asset's units")?;
        if terms.maker_fee >= BasisPoints::WHOLE || terms.taker_fee >= BasisPoints::WHOLE {
            return Err("a fee is below 10000 basis points");
        }
        Ok(Self {
            tick: tick.cast_signed(),
            tick_scale,
            ticks_max: (UNITS_MAX / tick).cast_signed(),
            lot,
            base_scale,
            quote_scale,
            lot_at_tick,
            minimum_notional,
            band: terms.price_band,
            maker_fee: terms.maker_fee,
            taker_fee: terms.taker_fee,
        })
    }

    /// A price in ticks; `None` where it is no multiple of the tick, or out of bounds.
    pub(super) fn ticks(&self, price: Decimal) -> Option<i64> {
        let units = price.units(self.tick_scale)?;
        let ticks = units / self.tick;
        (units % self.tick == 0 && self.has_price(ticks)).then_some(ticks)
    }

    /// Whether an order may stand at this price.
    pub(super) fn has_price(&self, ticks: i64) -> bool {
        (1..=self.ticks_max).contains(&ticks)
    }

    /// A quantity in lots; `None` where it is no multiple of the lot.
    pub(super) fn lots(&self, quantity: Decimal) -> Option<u64> {
        let units = u64::try_from(quantity.units(self.base_scale)?).ok()?;
        (units % self.lot == 0 && units <= UNITS_MAX).then_some(units / self.lot)
    }

    /// An amount of the quote asset in its units; `None` where it is no whole number of them.
    pub(super) fn quote_units(&self, amount: Decimal) -> Option<u64> {
        units(amount, self.quote_scale)
    }

    pub(super) fn price(&self, ticks: i64) -> Decimal {
        let unscaled = ticks.checked_mul(self.tick).expect("no order stands higher");
        Decimal::new(unscaled, self.tick_scale).expect("no order stands higher")
    }

    pub(super) fn quantity(&self, lots: u64) -> Decimal {
        shown(self.base_units(lots), self.base_scale)
    }

    pub(super) fn quote(&self, units: u64) -> Decimal {
        shown(units, self.quote_scale)
    }

    /// What `lots` are in units of the base asset. Orders have no more lots than can be counted.
    pub(super) const fn base_units(&self, lots: u64) -> u64 {
        lots * self.lot
    }

    /// What `lots` cost at a price, in units of the quote asset; `None` beyond what can be counted.
    pub(super) fn value(&self, ticks: i64, lots: u64) -> Option<u64> {
        let at_tick = u128::from(lots).checked_mul(u128::from(self.lot_at_tick))?;
        let value = at_tick.checked_mul(u128::try_from(ticks).ok()?)?;
        u64::try_from(value).ok().filter(|value| *value <= UNITS_MAX)
    }

    /// What an open order holds: a buy what it costs at its limit with the larger fee, in units of
    /// the quote asset; a sell its quantity, in units of the base asset.
    pub(super) fn hold(&self, side: Side, ticks: i64, lots: u64) -> Option<u64> {
        match side {
            Side::Buy => {
                let value = self.value(ticks, lots)?;
                Some(value + fee(value, self.maker_fee.max(self.taker_fee)))
            }
            Side::Sell => Some(self.base_units(lots)),
        }
    }
}

/// What is paid of a value, rounded down: the fees of the parts never exceed the fee of the whole.
pub(super) fn fee(value: u64, rate: BasisPoints) -> u64 {
    let fee = u128::from(value) * u128::from(rate.0) / u128::from(BasisPoints::WHOLE.0);
    u64::try_from(fee).expect("a fee is below 100 %")
}

/// An amount in units of `10^-scale`; `None` where it is no whole number of them from 0 to
/// [`UNITS_MAX`].
pub(super) fn units(amount: Decimal, scale: u32) -> Option<u64> {
    u64::try_from(amount.units(scale)?).ok().filter(|units| *units <= UNITS_MAX)
}

/// Units as the number that they are.
pub(super) fn shown(units: u64, scale: u32) -> Decimal {
    let unscaled = i64::try_from(units).expect("what is counted is below UNITS_MAX");
    Decimal::new(unscaled, scale).expect("what is counted is below UNITS_MAX")
}

fn positive(number: Decimal, scale: u32) -> Option<u64> {
    units(number, scale).filter(|units| *units > 0)
}

fn lot_at_tick(terms: &Instrument) -> Option<u64> {
    let unscaled = |number: Decimal| number.units(number.scale()).map(i128::from);
    let product = unscaled(terms.tick_size)?.checked_mul(unscaled(terms.lot_size)?)?;
    let places = terms.tick_size.scale() + terms.lot_size.scale();
    let units = if places <= terms.quote.scale {
        product.checked_mul(10_i128.checked_pow(terms.quote.scale - places)?)?
    } else {
        let below_a_unit = 10_i128.checked_pow(places - terms.quote.scale)?;
        (product % below_a_unit == 0).then(|| product / below_a_unit)?
    };
    u64::try_from(units).ok().filter(|units| *units <= UNITS_MAX)
}
