//! What an order was executed at, on average.

use super::Asset;
use crate::Decimal;

/// What was paid for one of the base asset: `executed_value / executed`, reckoned in integers.
///
/// Rounded to the nearest, halves up: to [`Asset::SCALE_MAX`] decimal places, or to fewer where there
/// would be more than [`Decimal::DIGITS_MAX`] digits. `None` where nothing was executed.
pub fn average_price(executed_value: Decimal, executed: Decimal) -> Option<Decimal> {
    let scale = executed_value.scale().max(executed.scale());
    let (value, executed) = (units(executed_value, scale)?, units(executed, scale)?);
    if executed == 0 {
        return None;
    }
    let (mut price, mut rest, mut places) = (value / executed, value % executed, 0);
    while rest > 0 && places < Asset::SCALE_MAX && price < ROOM_FOR_A_DIGIT {
        rest *= 10;
        price = price * 10 + rest / executed;
        rest %= executed;
        places += 1;
    }
    if rest * 2 >= executed {
        price += 1;
    }
    // One that was rounded up may have got a digit too many.
    while places > 0 && price % 10 == 0 {
        price /= 10;
        places -= 1;
    }
    Decimal::new(i64::try_from(price).ok()?, places).ok()
}

/// Below this a number takes one more digit.
const ROOM_FOR_A_DIGIT: u128 = 10_u128.pow(Decimal::DIGITS_MAX - 1);

/// The number in units of `10^-scale`, of which it has no parts: below `10^36`. `None` where it is
/// negative.
fn units(number: Decimal, scale: u32) -> Option<u128> {
    let unscaled = u128::try_from(number.units(number.scale())?).ok()?;
    Some(unscaled * 10_u128.pow(scale - number.scale()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn average(value: &str, executed: &str) -> Option<String> {
        let price = average_price(value.parse().unwrap(), executed.parse().unwrap());
        price.map(|price| price.to_string())
    }

    #[test]
    fn the_value_is_shared_out_among_what_was_executed() {
        for (value, executed, price) in [
            ("0", "0", None),
            ("250", "2.5", Some("100")),
            ("0.00000001", "0.5", Some("0.00000002")),
            ("100", "3", Some("33.333333333333")),
            ("200", "3", Some("66.666666666667")),
            // Exactly half of the last place: up.
            ("0.000000000001", "8", Some("0")),
            ("0.000000000003", "2", Some("0.000000000002")),
            ("0.000000000005", "2", Some("0.000000000003")),
            // 18 digits hold 7 before the point and 11 behind it.
            ("20000000", "3", Some("6666666.66666666667")),
            ("699999999.999999999", "70", Some("9999999.99999999999")),
            ("999999999999999999", "0.000000000000000001", None),
            ("0.000000000000000001", "999999999999999999", Some("0")),
            ("999999999999999999", "1", Some("999999999999999999")),
        ] {
            assert_eq!(average(value, executed).as_deref(), price, "{value} / {executed}");
        }
    }

    proptest! {
        /// Of orders that filled at two prices: between them, but for the rounding.
        #[test]
        fn the_average_lies_between_the_prices(
            low in 1_i64..1_000_000, more in 0_i64..1_000, first in 1_i64..1_000_000, second in 1_i64..1_000_000,
        ) {
            let value = low * first + (low + more) * second;
            let price = average_price(
                Decimal::new(value, 2).unwrap(),
                Decimal::new(first + second, 0).unwrap(),
            );
            let price = i128::from(price.unwrap().units(12).unwrap());
            let of = |cents: i64| i128::from(cents) * 10_i128.pow(10);
            prop_assert!((of(low)..=of(low + more)).contains(&price), "{price}");
        }
    }
}
