//! Who and what: identifiers, each a type of its own.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// An order's id: a `UUIDv7`, or the `UUIDv5` of account and idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub Uuid);

impl OrderId {
    /// The namespace of ids made from idempotency keys. Changing it would let a retry double an
    /// order, so it never changes.
    const NAMESPACE: Uuid = Uuid::from_u128(0x5e71_a71a_0000_5000_8000_5e71_a71a_0001);

    /// The id that every copy of the producer gives to the order that `customer` sends with `key`.
    ///
    /// Source: RFC 9562, section 5.5 (`UUIDv5`).
    pub fn from_idempotency_key(customer: CustomerId, key: &IdempotencyKey) -> Self {
        let name = format!("{customer}:{}", key.as_str());
        Self(Uuid::new_v5(&Self::NAMESPACE, name.as_bytes()))
    }
}

/// A customer of a shop. Any non-negative number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub u64);

/// What a client sends in `Idempotency-Key`: 1 to [`IdempotencyKey::LENGTH_MAX`] visible ASCII
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in bytes.
    pub const LENGTH_MAX: usize = 255;

    /// Checks `text` and takes it as a key.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        let fits = !text.is_empty() && text.len() <= Self::LENGTH_MAX;
        if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(InvalidId("an idempotency key is 1 to 255 visible ASCII characters"))
        }
    }

    /// The key as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for IdempotencyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The unit of total order: a shop's shard (`shop/7`) or a market. It is the key of a
/// record, hence decides its partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct VenueId(String);

impl VenueId {
    /// The longest name of a venue, in bytes.
    pub const LENGTH_MAX: usize = 64;

    /// What the shop's venues begin with.
    const SHOP: &str = "shop/";

    /// Checks `text` (1 to 64 of `a-z`, `0-9`, `/`, `-`, `_`, `.`) and takes it as a venue.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/-_.".contains(&b);
        if !text.is_empty() && text.len() <= Self::LENGTH_MAX && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(InvalidId("a venue is 1 to 64 of a-z, 0-9, '/', '-', '_' and '.'"))
        }
    }

    /// A market's venue: any but those of the [shop](ShopShards). None of the names between its slashes is
    /// empty, `.` or `..`, which a path would take for steps (RFC 3986, section 5.2.4).
    pub fn of_market(text: impl Into<String>) -> Result<Self, InvalidId> {
        let venue = Self::new(text)?;
        let mut names = venue.0.split('/');
        if venue.0.starts_with(Self::SHOP) {
            Err(InvalidId("\"shop/...\" are the shop's own venues"))
        } else if names.any(|name| matches!(name, "" | "." | "..")) {
            Err(InvalidId("a market has no name between its slashes that is empty, '.' or '..'"))
        } else {
            Ok(venue)
        }
    }

    /// The venue's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for VenueId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Into how many venues a shop is split. One customer's orders always meet in the same one.
///
/// The number is part of the log's history: with another number a customer's later orders may go
/// to another venue than the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopShards(u32);

impl ShopShards {
    /// The most shards a shop may have.
    pub const MAX: u32 = 65_536;

    /// `count` shards, 1 to [`ShopShards::MAX`].
    pub fn new(count: u32) -> Result<Self, InvalidId> {
        if (1..=Self::MAX).contains(&count) {
            Ok(Self(count))
        } else {
            Err(InvalidId("a shop has 1 to 65536 shards"))
        }
    }

    /// The venue that keeps `customer`'s orders in order.
    pub fn venue_of(self, customer: CustomerId) -> VenueId {
        let shard = mix(customer.0) % u64::from(self.0);
        VenueId(format!("{}{shard}", VenueId::SHOP))
    }
}

/// Spreads customer numbers that follow one another over all shards: the finaliser of
/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
const fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A trace context to carry on: the `traceparent` of W3C Trace Context, level 1, version 00.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct TraceParent(String);

impl TraceParent {
    /// Checks `text` (`00-<32 hex>-<16 hex>-<2 hex>`, ids not all zero) and takes it.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        let lower_hex = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let mut parts = text.split('-');
        let well_formed = parts.next() == Some("00")
            && parts.next().is_some_and(|id| lower_hex(id, 32) && id.bytes().any(|b| b != b'0'))
            && parts.next().is_some_and(|id| lower_hex(id, 16) && id.bytes().any(|b| b != b'0'))
            && parts.next().is_some_and(|flags| lower_hex(flags, 2))
            && parts.next().is_none();
        if well_formed {
            Ok(Self(text))
        } else {
            Err(InvalidId("a traceparent is 00-<trace id>-<span id>-<flags> in lower-case hex"))
        }
    }

    /// The header's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The trace id: 32 hex digits.
    pub fn trace_id(&self) -> &str {
        &self.0[3..35]
    }
}

impl<'de> Deserialize<'de> for TraceParent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A text or number that is no id of the wanted kind; the message says what one looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidId(pub(crate) &'static str);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for VenueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_customer_and_key_give_the_same_order_id_for_ever() {
        let key = IdempotencyKey::new("checkout-17").unwrap();
        let id = OrderId::from_idempotency_key(CustomerId(7), &key);
        assert_eq!(id.to_string(), "5621f998-21d3-5543-9bd1-04ead0a2f082");
        assert_ne!(id, OrderId::from_idempotency_key(CustomerId(8), &key));
    }

    #[test]
    fn a_customer_always_meets_the_same_shard_and_shards_fill_evenly() {
        let shards = ShopShards::new(16).unwrap();
        let mut filled = std::collections::BTreeMap::new();
        for customer in 0..16_000 {
            let venue = shards.venue_of(CustomerId(customer));
            assert_eq!(venue, shards.venue_of(CustomerId(customer)));
            *filled.entry(venue).or_insert(0) += 1;
        }
        assert_eq!(filled.len(), 16);
        assert!(filled.values().all(|&count| (850..1_150).contains(&count)), "{filled:?}");
    }

    #[test]
    fn broken_ids_are_refused() {
        assert!(IdempotencyKey::new("").is_err());
        assert!(IdempotencyKey::new("with space").is_err());
        assert!(IdempotencyKey::new("x".repeat(256)).is_err());
        assert!(VenueId::new("Shop 1").is_err());
        assert_eq!(VenueId::of_market("market/eu.1").unwrap().as_str(), "market/eu.1");
        for bad in ["shop/1", "market/..", "./market", "market//main", "market/", "/market", ".."] {
            assert!(VenueId::of_market(bad).is_err(), "{bad}");
        }
        assert!(ShopShards::new(0).is_err());
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(TraceParent::new(good).unwrap().trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for bad in [
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert!(TraceParent::new(bad).is_err(), "{bad}");
        }
    }
}
