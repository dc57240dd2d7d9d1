//! Headers as one blob: for each, its name and its value, each behind its length as a LEB128
//! number. No headers are no blob.

use bytes::Bytes;

use crate::Headers;

/// The blob of `headers`, appended to `blob`.
pub fn encode(headers: &Headers, blob: &mut Vec<u8>) {
    for (name, value) in headers.iter() {
        push(blob, name.as_bytes());
        push(blob, value);
    }
}

/// The headers of a blob, or nothing where it is damaged.
pub fn decode(mut blob: &[u8]) -> Option<Headers> {
    let mut headers = Headers::new();
    while !blob.is_empty() {
        let name = std::str::from_utf8(pop(&mut blob)?).ok()?;
        headers.push(name.to_owned(), Bytes::copy_from_slice(pop(&mut blob)?));
    }
    Some(headers)
}

fn push(blob: &mut Vec<u8>, part: &[u8]) {
    let mut length = part.len();
    loop {
        let low = length.to_le_bytes()[0] & 0x7f;
        length >>= 7;
        if length == 0 {
            blob.push(low);
            break;
        }
        blob.push(low | 0x80);
    }
    blob.extend_from_slice(part);
}

fn pop<'a>(blob: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut length = 0_usize;
    let mut shift = 0;
    loop {
        let byte = blob.split_off_first()?;
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    blob.split_off(..length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blob(headers: &Headers) -> Vec<u8> {
        let mut blob = Vec::new();
        encode(headers, &mut blob);
        blob
    }

    #[test]
    fn the_blob_looks_like_this() {
        let headers = Headers::new().with("a", "bc").with("", vec![0; 200]);
        let mut expected = vec![1, b'a', 2, b'b', b'c', 0, 0xc8, 0x01];
        expected.extend([0; 200]);
        assert_eq!(blob(&headers), expected);
    }

    #[test]
    fn a_damaged_blob_is_noticed() {
        let whole = blob(&Headers::new().with("name", "value"));
        for length in 1..whole.len() {
            assert_eq!(decode(&whole[..length]).filter(|h| h.iter().len() == 1), None);
        }
        assert_eq!(decode(&[0xff; 20]), None);
        assert_eq!(decode(&[1, 0xff, 0]), None, "a name is UTF-8");
    }

    proptest! {
        #[test]
        fn headers_come_back(pairs: Vec<(String, Vec<u8>)>) {
            let mut headers = Headers::new();
            for (name, value) in pairs {
                headers.push(name, value);
            }
            prop_assert_eq!(decode(&blob(&headers)), Some(headers));
        }
    }
}
