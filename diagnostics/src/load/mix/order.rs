//! Made-up orders of a market: around one price, on both sides, so that about half of them trade.

use fastrand::Rng;

/// Instruments that are traded.
pub(in crate::load) const SYMBOLS: usize = 4;
/// Accounts that trade.
pub(in crate::load) const ACCOUNTS: usize = 64;

/// The price around which all happens, in ticks of 0.50.
const MIDDLE_TICKS: u32 = 120_000;
/// How far from it an order is, at most.
const AWAY_TICKS: u32 = 40;
/// Orders trade where they are on the other side of the middle by up to so much.
const CROSSING_TICKS: u32 = 20;
/// Hundredths of a unit in a lot.
const LOT_HUNDREDTHS: u32 = 2;
const LOTS_MAX: u32 = 10;
/// One of so many is a market order.
const MARKET_ORDER_EVERY: u32 = 10;

/// The name of an account.
pub(in crate::load) fn account(number: usize) -> String {
    format!("load-{number}")
}

/// The name of an instrument.
pub(in crate::load) fn symbol_of(number: usize) -> String {
    format!("LOAD-{number}")
}

/// The name of any instrument.
pub(super) fn symbol(chance: &mut Rng) -> String {
    symbol_of(chance.usize(0..SYMBOLS))
}

/// A new order.
pub(super) fn body(owner: usize, chance: &mut Rng) -> String {
    let (symbol, account) = (symbol(chance), account(owner));
    let buys = chance.bool();
    let side = if buys { "buy" } else { "sell" };
    let quantity = quantity(chance);
    if chance.u32(0..MARKET_ORDER_EVERY) == 0 {
        return format!(
            r#"{{"account":"{account}","symbol":"{symbol}","side":"{side}","type":"market","quantity":"{quantity}","selfTrade":"allow"}}"#
        );
    }
    let price = price(buys, chance);
    format!(
        r#"{{"account":"{account}","symbol":"{symbol}","side":"{side}","type":"limit","price":"{price}","quantity":"{quantity}","selfTrade":"allow"}}"#
    )
}

/// Another price for an order.
pub(super) fn amendment(owner: usize, chance: &mut Rng) -> String {
    let price = price(chance.bool(), chance);
    format!(r#"{{"account":"{}","price":"{price}"}}"#, account(owner))
}

fn quantity(chance: &mut Rng) -> String {
    let hundredths = LOT_HUNDREDTHS * chance.u32(1..=LOTS_MAX);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn price(buys: bool, chance: &mut Rng) -> String {
    let away = chance.u32(0..AWAY_TICKS);
    let ticks = if buys {
        MIDDLE_TICKS + CROSSING_TICKS - away
    } else {
        MIDDLE_TICKS - CROSSING_TICKS + away
    };
    format!("{}.{}", ticks / 2, if ticks.is_multiple_of(2) { "0" } else { "5" })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn orders_are_of_both_sides_and_cross_about_half_the_time() {
        let (mut buys, mut markets, mut crossing) = (0, 0, 0);
        for seed in 0..4_000 {
            let order: Value = serde_json::from_str(&body(7, &mut Rng::with_seed(seed))).unwrap();
            assert_eq!(order["account"], "load-7");
            let buy = order["side"] == "buy";
            buys += u32::from(buy);
            let Some(price) = order["price"].as_str() else {
                markets += 1;
                continue;
            };
            let price: f64 = price.parse().unwrap();
            crossing += u32::from(if buy { price > 60_000.0 } else { price < 60_000.0 });
            assert!((price * 2.0).fract().abs() < f64::EPSILON, "{price} is no tick");
        }
        assert!((1_900..2_100).contains(&buys), "{buys}");
        assert!((330..470).contains(&markets), "{markets}");
        assert!((1_600..2_000).contains(&crossing), "{crossing}");
    }

    #[test]
    fn quantities_are_whole_lots() {
        for seed in 0..100 {
            let quantity: f64 = quantity(&mut Rng::with_seed(seed)).parse().unwrap();
            let lots = quantity / 0.02;
            assert!((lots - lots.round()).abs() < 1e-9 && (1.0..=10.0).contains(&lots.round()));
        }
    }
}
