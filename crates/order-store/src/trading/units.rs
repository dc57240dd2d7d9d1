//! Numbers of a market as SQL has them: whole units, at the scales of their instrument.

use order_domain::Decimal;
use order_domain::trading::Instrument;

use crate::StoreError;
use crate::rows::Columns;
use crate::stored::{foreign, small_from_sql};

/// How many decimal places an instrument's numbers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scales {
    /// Of prices: those of the tick size.
    pub tick: u32,
    /// Of quantities.
    pub base: u32,
    /// Of values and fees.
    pub quote: u32,
}

/// What [`Scales::read`] reads, in its order, of a table called `i`.
pub const SCALE_COLUMNS: &str = "i.tick_scale, i.base_scale, i.quote_scale";

impl Scales {
    /// Those of an instrument.
    pub const fn of(terms: &Instrument) -> Self {
        Self { tick: terms.tick_size.scale(), base: terms.base.scale, quote: terms.quote.scale }
    }

    /// Those that stand in a row.
    pub fn read(row: &impl Columns, first: usize) -> Result<Self, StoreError> {
        let scale = |column| small_from_sql("a scale", row.number(column)?);
        Ok(Self { tick: scale(first)?, base: scale(first + 1)?, quote: scale(first + 2)? })
    }

    /// What `quantity` units cost at a price of `price` units, in units of the quote asset.
    pub fn value(self, price: i64, quantity: i64) -> Result<i64, StoreError> {
        let uncountable = || {
            let (tick, base, quote) = (self.tick, self.base, self.quote);
            StoreError::Refused(format!(
                "{price} e-{tick} times {quantity} e-{base} is no number of units of 10^-{quote}"
            ))
        };
        let product = i128::from(price) * i128::from(quantity);
        let places = self.tick + self.base;
        let value = if places >= self.quote {
            let unit = 10_i128.checked_pow(places - self.quote).ok_or_else(uncountable)?;
            (product % unit == 0).then(|| product / unit)
        } else {
            10_i128.checked_pow(self.quote - places).and_then(|unit| product.checked_mul(unit))
        };
        value.and_then(|value| i64::try_from(value).ok()).ok_or_else(uncountable)
    }
}

/// A number in units of `10^-scale`; refused where it is no whole number of them.
pub fn to_units(number: Decimal, scale: u32) -> Result<i64, StoreError> {
    number.units(scale).ok_or_else(|| {
        StoreError::Refused(format!("{number} is no number of units of 10^-{scale}"))
    })
}

/// The number that `units` of `10^-scale` are.
pub fn from_units(units: i64, scale: u32) -> Result<Decimal, StoreError> {
    Decimal::new(units, scale).map_err(|_| foreign("an amount", units))
}

/// The number that a sum of units of `10^-scale` is. A [`Decimal`] has 18 digits: of a longer sum
/// the last decimal places are left out, and a sum whose whole part is longer is shown as the
/// largest whole number there is.
pub fn from_sum(mut sum: i128, mut scale: u32) -> Decimal {
    loop {
        let fits = i64::try_from(sum).ok().and_then(|units| Decimal::new(units, scale).ok());
        match fits {
            Some(number) => return number,
            None if scale > 0 => {
                sum /= 10;
                scale -= 1;
            }
            None => return largest(),
        }
    }
}

/// The largest number that a [`Decimal`] shows.
fn largest() -> Decimal {
    Decimal::new(10_i64.pow(Decimal::DIGITS_MAX) - 1, 0).expect("it has 18 digits")
}

/// The sum that stands in this column and the next, which are
/// [`sum_columns`](super::dialect::Dialect::sum_columns); 0 where there was nothing to sum up.
pub fn sum_of(row: &impl Columns, first: usize) -> Result<i128, StoreError> {
    let half = |column| row.optional_number(column).map(|half| i128::from(half.unwrap_or(0)));
    Ok((half(first)? << 32) + half(first + 1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales(tick: u32, base: u32, quote: u32) -> Scales {
        Scales { tick, base, quote }
    }

    #[test]
    fn a_value_is_price_times_quantity_in_units_of_the_quote() {
        // 100 at 1.5 BTC of 8 places, in cents.
        assert_eq!(scales(0, 8, 2).value(100, 150_000_000).unwrap(), 15_000);
        assert_eq!(scales(2, 0, 2).value(12_345, 7).unwrap(), 86_415);
        // The quote is counted in smaller steps than price and quantity.
        assert_eq!(scales(0, 0, 4).value(3, 5).unwrap(), 150_000);
    }

    #[test]
    fn a_value_that_can_not_be_counted_is_refused() {
        for (scales, price, quantity) in [
            (scales(0, 8, 2), 1, 1),
            (scales(0, 0, 12), i64::MAX, i64::MAX),
            (scales(18, 12, 0), 1, 1),
            (scales(0, 0, 0), i64::MAX, 2),
        ] {
            let refused = scales.value(price, quantity).unwrap_err();
            assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
        }
    }

    #[test]
    fn a_sum_is_shown_to_18_digits() {
        for (sum, scale, shown) in [
            (0, 8, "0"),
            (999_999_999_999_999_999, 8, "9999999999.99999999"),
            (1_000_000_000_000_000_019, 8, "10000000000.0000001"),
            (i128::from(i64::MAX) * 10, 12, "92233720.368547758"),
            (i128::MAX, 0, "999999999999999999"),
            (i128::MAX, 12, "999999999999999999"),
        ] {
            assert_eq!(from_sum(sum, scale).to_string(), shown);
        }
    }
}
