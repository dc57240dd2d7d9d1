//! Names of a market's things, each a type of its own.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{IdempotencyKey, InvalidId};

/// Makes a checked text type: what it may hold, its longest length in bytes, and the sentence that
/// refuses anything else.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $length_max:literal, $allowed:expr, $refusal:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The longest text, in bytes.
            pub const LENGTH_MAX: usize = $length_max;

            /// Checks `text` and takes it.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let allowed: fn(u8) -> bool = $allowed;
                let fits = !text.is_empty() && text.len() <= Self::LENGTH_MAX;
                if fits && text.bytes().all(allowed) {
                    Ok(Self(text))
                } else {
                    Err(InvalidId($refusal))
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// An instrument's name, such as `BTC-EUR`: 1 to 32 of `A-Z`, `0-9`, `-`, `_` and `.`.
    Symbol,
    32,
    |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-_.".contains(&b),
    "a symbol is 1 to 32 of A-Z, 0-9, '-', '_' and '.'"
);

text_id!(
    /// What can be held and paid with, such as `BTC` or `EUR`: 1 to 16 of `A-Z` and `0-9`.
    AssetCode,
    16,
    |b| b.is_ascii_uppercase() || b.is_ascii_digit(),
    "an asset is 1 to 16 of A-Z and 0-9"
);

text_id!(
    /// A member's account: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`.
    AccountId,
    64,
    |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b),
    "an account is 1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'"
);

text_id!(
    /// A member's own name for an order, unique among its open orders: 1 to 64 visible ASCII
    /// characters.
    ClientOrderId,
    64,
    |b| b.is_ascii_graphic(),
    "a client order id is 1 to 64 visible ASCII characters"
);

/// One command: a `UUIDv7`, or the `UUIDv5` of account and idempotency key, so that every copy of
/// the producer makes the same one. That of a command that places an order is the order's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl CommandId {
    /// The namespace of ids made from idempotency keys. Changing it would let a retry trade twice,
    /// so it never changes.
    const NAMESPACE: Uuid = Uuid::from_u128(0x5e71_a71a_0000_5000_8000_5e71_a71a_0002);

    /// The id that every copy of the producer gives to what `account` sends with `key`.
    ///
    /// Source: RFC 9562, section 5.5 (`UUIDv5`).
    pub fn from_idempotency_key(account: &AccountId, key: &IdempotencyKey) -> Self {
        Self::from_name(account.as_str(), key)
    }

    /// The id that every copy of the producer gives to what is sent with `key` and names no account:
    /// halting an instrument is nobody's own. All such requests to a market share their keys.
    pub fn from_idempotency_key_of_the_market(key: &IdempotencyKey) -> Self {
        Self::from_name("", key)
    }

    /// An account has no ':' and is not empty, so no two pairs give one name.
    fn from_name(account: &str, key: &IdempotencyKey) -> Self {
        let name = format!("{account}:{}", key.as_str());
        Self(Uuid::new_v5(&Self::NAMESPACE, name.as_bytes()))
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_checked() {
        assert!(Symbol::new("BTC-EUR").is_ok());
        for bad in ["", "btc-eur", "BTC EUR", "BTC/EUR", &"X".repeat(33)] {
            assert!(Symbol::new(bad).is_err(), "{bad}");
        }
        assert!(AssetCode::new("EUR").is_ok());
        assert!(AssetCode::new("EU-R").is_err());
        assert!(AccountId::new("Ada.Lovelace-1").is_ok());
        assert!(AccountId::new("ada:1").is_err());
        assert!(ClientOrderId::new("my#1").is_ok());
        assert!(ClientOrderId::new("my 1").is_err());
    }

    #[test]
    fn the_same_account_and_key_give_the_same_command_for_ever() {
        let key = IdempotencyKey::new("k-1").unwrap();
        let [ada, bob] = ["ada", "bob"].map(|name| AccountId::new(name).unwrap());
        let of_ada = CommandId::from_idempotency_key(&ada, &key);
        let of_bob = CommandId::from_idempotency_key(&bob, &key);
        let of_the_market = CommandId::from_idempotency_key_of_the_market(&key);
        assert_eq!(of_ada.to_string(), "62aea490-fdaa-5e18-8e37-ee08765750f7");
        assert_eq!(of_the_market.to_string(), "960aa122-da7f-5639-a724-8af316f9653f");
        assert_ne!(of_ada, of_bob);
    }
}
