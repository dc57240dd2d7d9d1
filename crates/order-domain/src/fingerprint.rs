//! What makes two commands the same command.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::trading::Request;
use crate::{Decimal, NewOrder};

/// The first 128 bits of a SHA-256 over what a client asked for: equal for equal requests, whatever
/// their ids and traces. 32 hex digits on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hex(&mut [0; 32]))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.hex(&mut [0; 32]))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let hex = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        match u128::from_str_radix(&text, 16) {
            Ok(number) if hex => Ok(Self(number.to_be_bytes())),
            _ => Err(serde::de::Error::custom("a fingerprint is 32 hex digits")),
        }
    }
}

impl Fingerprint {
    fn hex(self, text: &mut [u8; 32]) -> &str {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for (digits, byte) in text.chunks_exact_mut(2).zip(self.0) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        std::str::from_utf8(text).expect("hex digits are ASCII")
    }

    /// The fingerprint of everything the client asked for: not the id, venue, idempotency key or
    /// trace. `240` and `"240.00"` are the same amount, hence the same order.
    pub fn of(order: &NewOrder) -> Self {
        let mut content = Content::default();
        content.number(order.customer.id.0);
        content.text(&order.customer.name);
        content.text(&order.customer.last_name);
        content.text(&order.customer.email);
        content.text(&order.shipping_address);
        content.text(&order.billing_address);
        content.money(order.total);
        content.text(order.payment_method.name());
        content.number(order.items.len() as u64);
        for item in &order.items {
            content.text(&item.item_code);
            content.text(&item.brand);
            content.text(&item.kind);
            content.text(&item.size);
            content.text(&item.colour);
            content.number(u64::from(item.quantity));
            content.money(item.price);
        }
        Self(content.digest())
    }

    /// The fingerprint of what a market is asked.
    pub(crate) fn of_request(request: &Request) -> Self {
        let mut content = Content::default();
        request.add_to(&mut content);
        Self(content.digest())
    }
}

/// Feeds fields to the hash so that no two different contents give it the same bytes: each text is
/// led by its length.
#[derive(Default)]
pub(crate) struct Content(Sha256);

impl Content {
    pub(crate) fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.update([byte]);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A number that is written differently is the same.
    pub(crate) fn decimal(&mut self, decimal: Decimal) {
        let scale = decimal.scale();
        self.number(scale.into());
        self.number(decimal.units(scale).expect("its own scale").cast_unsigned());
    }

    fn money(&mut self, money: crate::Money) {
        self.0.update(money.minor().to_le_bytes());
        self.text(money.currency().code());
    }

    /// The first 128 bits.
    pub(crate) fn digest(self) -> [u8; 16] {
        let digest = self.0.finalize();
        let (first, _) = digest.split_first_chunk().expect("a SHA-256 has 32 bytes");
        *first
    }
}
