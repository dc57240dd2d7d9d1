//! Numbers and byte strings one behind the other: a number as LEB128, a byte string behind its
//! length.

/// Appends a number: seven bits a byte, the lowest first, the top bit set in all but the last.
pub fn push_number(blob: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            blob.push(low);
            return;
        }
        blob.push(low | 0x80);
    }
}

/// Appends a byte string behind its length.
pub fn push_bytes(blob: &mut Vec<u8>, bytes: &[u8]) {
    push_number(blob, bytes.len() as u64);
    blob.extend_from_slice(bytes);
}

/// Takes a number off the front; nothing where `blob` ends within it or it is beyond 64 bits.
pub fn pop_number(blob: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    let mut shift = 0;
    loop {
        let byte = blob.split_off_first()?;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits.checked_shl(shift)?;
        if shifted >> shift != bits {
            return None;
        }
        number |= shifted;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
}

/// Takes the length of a byte string off the front, where that many bytes follow.
pub fn pop_length(blob: &mut &[u8]) -> Option<usize> {
    let length = usize::try_from(pop_number(blob)?).ok()?;
    (length <= blob.len()).then_some(length)
}

/// Takes a byte string off the front.
pub fn pop_bytes<'a>(blob: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = pop_length(blob)?;
    blob.split_off(..length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_beyond_64_bits_is_none() {
        assert_eq!(pop_number(&mut &[0xff; 20][..]), None);
        let mut two_to_64 = [0x80; 10];
        two_to_64[9] = 0x02;
        assert_eq!(pop_number(&mut &two_to_64[..]), None);
    }

    proptest! {
        #[test]
        fn numbers_and_bytes_come_back(number: u64, bytes: Vec<u8>) {
            let mut blob = Vec::new();
            push_number(&mut blob, number);
            push_bytes(&mut blob, &bytes);
            let mut rest = &blob[..];
            prop_assert_eq!(pop_number(&mut rest), Some(number));
            prop_assert_eq!(pop_bytes(&mut rest), Some(&bytes[..]));
            prop_assert!(rest.is_empty());
        }
    }
}
