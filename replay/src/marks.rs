//! Headers by which a replayed request can be recognised.

use std::fmt::Write as _;

use hyper::header::{HeaderName, HeaderValue};
use traffic_archive::{ArchiveId, Sequence};

/// The sequence number of the entry that was sent.
pub const SEQUENCE: HeaderName = HeaderName::from_static("replay-sequence");

/// The ordering key of the entry that was sent. Bytes that a header can't hold, and `%`, are
/// percent-encoded.
pub const KEY: HeaderName = HeaderName::from_static("replay-key");

/// What makes a request that is sent twice harmless (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// An ordering key as a header's value.
pub fn key_value(key: &str) -> HeaderValue {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'%';
    if key.bytes().all(plain) && key.trim() == key {
        return HeaderValue::from_str(key).expect("visible ASCII and spaces");
    }
    let mut value = String::with_capacity(key.len() * 3);
    for byte in key.bytes() {
        if plain(byte) && byte != b' ' {
            value.push(char::from(byte));
        } else {
            write!(value, "%{byte:02X}").expect("a string takes everything");
        }
    }
    HeaderValue::try_from(value).expect("visible ASCII")
}

/// The idempotency key of an entry that was recorded without one: the same in every run.
pub fn idempotency_key(archive: ArchiveId, sequence: Sequence) -> HeaderValue {
    let value = format!("replay-{}-{sequence}", archive.uuid());
    HeaderValue::try_from(value).expect("visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_fits_into_a_header() {
        assert_eq!(key_value("shop/23 a"), "shop/23 a");
        assert_eq!(key_value("50%"), "50%25");
        assert_eq!(key_value("käse\n"), "k%C3%A4se%0A");
        assert_eq!(key_value(" a"), "%20a");
        assert_eq!(key_value(""), "");
    }
}
