//! Records as bytes: of each the key, the headers and the payload, every one behind its length; in
//! the headers, of each the name and the value, likewise.

use bytes::Bytes;

use super::bytes::{pop_bytes, pop_length, push_bytes, push_number};
use crate::{Headers, NewRecord};

/// A record without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its key.
    pub key: Bytes,
    /// Its headers.
    pub headers: Headers,
    /// Its payload.
    pub payload: Bytes,
}

/// Appends a record to `blob`.
pub fn push(blob: &mut Vec<u8>, record: &NewRecord) {
    push_bytes(blob, &record.key);
    let size = |bytes: &[u8]| length_size(bytes.len()) + bytes.len();
    let headers = record.headers.iter().map(|(name, value)| size(name.as_bytes()) + size(value));
    push_number(blob, headers.sum::<usize>() as u64);
    for (name, value) in record.headers.iter() {
        push_bytes(blob, name.as_bytes());
        push_bytes(blob, value);
    }
    push_bytes(blob, &record.payload);
}

/// How many bytes the length `length` takes.
fn length_size(length: usize) -> usize {
    let bits = usize::BITS - (length | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// Reads records off the front of a blob; what they hold is shared with it, not copied.
pub struct Records {
    blob: Bytes,
}

impl Records {
    /// The records of `blob`.
    pub const fn new(blob: Bytes) -> Self {
        Self { blob }
    }

    /// The next record; nothing where the blob is damaged or at its end.
    pub fn pop(&mut self) -> Option<Content> {
        let key = self.pop_bytes()?;
        let headers = headers(self.pop_bytes()?)?;
        let payload = self.pop_bytes()?;
        Some(Content { key, headers, payload })
    }

    /// Passes over the next record; `None` as for [`pop`](Self::pop).
    pub fn skip(&mut self) -> Option<()> {
        let mut rest = &self.blob[..];
        for _ in 0..3 {
            pop_bytes(&mut rest)?;
        }
        let passed = self.blob.len() - rest.len();
        drop(self.blob.split_to(passed));
        Some(())
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.blob.is_empty()
    }

    fn pop_bytes(&mut self) -> Option<Bytes> {
        pop_shared(&mut self.blob)
    }
}

fn pop_shared(blob: &mut Bytes) -> Option<Bytes> {
    let mut rest = &blob[..];
    let length = pop_length(&mut rest)?;
    let passed = blob.len() - rest.len();
    drop(blob.split_to(passed));
    Some(blob.split_to(length))
}

fn headers(mut blob: Bytes) -> Option<Headers> {
    let mut headers = Headers::new();
    while !blob.is_empty() {
        let name = pop_shared(&mut blob)?;
        let name = std::str::from_utf8(&name).ok()?.to_owned();
        headers.push(name, pop_shared(&mut blob)?);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(key: Vec<u8>, headers: Vec<(String, Vec<u8>)>, payload: Vec<u8>) -> NewRecord {
        let mut all = Headers::new();
        for (name, value) in headers {
            all.push(name, value);
        }
        NewRecord { key: key.into(), headers: all, payload: payload.into() }
    }

    #[test]
    fn the_bytes_look_like_this() {
        let mut blob = Vec::new();
        let headers = vec![("a".into(), b"bc".to_vec()), (String::new(), vec![0; 200])];
        push(&mut blob, &record(b"k".to_vec(), headers, b"payload".to_vec()));
        let mut expected = vec![1, b'k', 0xd0, 0x01, 1, b'a', 2, b'b', b'c', 0, 0xc8, 0x01];
        expected.extend([0; 200]);
        expected.extend(b"\x07payload");
        assert_eq!(blob, expected);
    }

    #[test]
    fn damage_is_noticed() {
        let mut blob = Vec::new();
        let headers = vec![("name".into(), b"value".to_vec())];
        push(&mut blob, &record(b"key".to_vec(), headers, b"payload".to_vec()));
        for length in 0..blob.len() {
            let cut = Bytes::copy_from_slice(&blob[..length]);
            assert_eq!(Records::new(cut.clone()).pop(), None);
            assert_eq!(Records::new(cut).skip(), None);
        }
        let not_utf8 = Bytes::from_static(&[0, 3, 1, 0xff, 0, 0]);
        assert_eq!(Records::new(not_utf8).pop(), None, "a header's name is UTF-8");
    }

    proptest! {
        #[test]
        fn records_come_back(
            parts in proptest::collection::vec(any::<(Vec<u8>, Vec<(String, Vec<u8>)>, Vec<u8>)>(), 0..5),
            skipped in 0_usize..5,
        ) {
            let records: Vec<_> = parts.into_iter().map(|(k, h, p)| record(k, h, p)).collect();
            let mut blob = Vec::new();
            for record in &records {
                push(&mut blob, record);
            }
            let mut found = Records::new(blob.into());
            for (n, NewRecord { key, payload, headers }) in records.into_iter().enumerate() {
                if n == skipped {
                    prop_assert!(found.skip().is_some());
                } else {
                    prop_assert_eq!(found.pop(), Some(Content { key, headers, payload }));
                }
            }
            prop_assert!(found.is_empty());
        }
    }
}
