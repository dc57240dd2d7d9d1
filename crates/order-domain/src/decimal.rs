//! Decimal numbers, of which no digit is lost.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A decimal number: `unscaled * 10^-scale`, with the smallest scale that holds it, so that equal
/// numbers are equal.
///
/// In JSON it is read from a number or a string, digit by digit, and never becomes a float; it is
/// written as a string. It has at most [`Decimal::DIGITS_MAX`] digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    unscaled: i64,
    scale: u32,
}

/// Why a text is no decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not a decimal number.
    #[error("expected a decimal number, such as 12.50 or \"12.50\"")]
    NotADecimal,
    /// More digits than fit.
    #[error("a number has at most 18 digits")]
    TooManyDigits,
}

impl Decimal {
    /// The most digits, before and after the point together.
    pub const DIGITS_MAX: u32 = 18;

    /// Nothing.
    pub const ZERO: Self = Self { unscaled: 0, scale: 0 };

    /// `unscaled * 10^-scale`; refused where it has too many digits.
    pub fn new(unscaled: i64, scale: u32) -> Result<Self, DecimalError> {
        if unscaled.unsigned_abs() >= LIMIT.unsigned_abs() || scale > Self::DIGITS_MAX {
            return Err(DecimalError::TooManyDigits);
        }
        let mut number = Self { unscaled, scale };
        while number.scale > 0 && number.unscaled % 10 == 0 {
            number.unscaled /= 10;
            number.scale -= 1;
        }
        Ok(number)
    }

    /// The number in units of `10^-scale`; `None` where it is no whole number of them, or one
    /// beyond an `i64`.
    pub fn units(self, scale: u32) -> Option<i64> {
        let factor = 10_i64.checked_pow(scale.checked_sub(self.scale)?)?;
        self.unscaled.checked_mul(factor)
    }

    /// Whether it is 0, of whatever scale.
    pub const fn is_zero(self) -> bool {
        self.unscaled == 0
    }

    /// How many decimal places the number has.
    pub const fn scale(self) -> u32 {
        self.scale
    }

    fn parse(text: &str) -> Result<Self, DecimalError> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotADecimal),
            Some((whole, fraction)) => (whole, fraction),
            None => (digits, ""),
        };
        if whole.is_empty() {
            return Err(DecimalError::NotADecimal);
        }
        let mut unscaled: i64 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return Err(DecimalError::NotADecimal);
            }
            unscaled = push_digit(unscaled, i64::from(byte - b'0'))?;
        }
        let mut scale =
            i64::try_from(fraction.len()).map_err(|_| DecimalError::TooManyDigits)? - exponent;
        while scale > 0 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        while scale < 0 && unscaled != 0 {
            unscaled = push_digit(unscaled, 0)?;
            scale += 1;
        }
        let scale = if unscaled == 0 { 0 } else { scale.max(0) };
        let scale = u32::try_from(scale).map_err(|_| DecimalError::TooManyDigits)?;
        if scale > Self::DIGITS_MAX {
            return Err(DecimalError::TooManyDigits);
        }
        Ok(Self { unscaled: if negative { -unscaled } else { unscaled }, scale })
    }
}

/// The first number that has too many digits.
const LIMIT: i64 = 10_i64.pow(Decimal::DIGITS_MAX);

fn push_digit(unscaled: i64, digit: i64) -> Result<i64, DecimalError> {
    match unscaled.checked_mul(10).and_then(|shifted| shifted.checked_add(digit)) {
        Some(number) if number < LIMIT => Ok(number),
        _ => Err(DecimalError::TooManyDigits),
    }
}

fn parse_exponent(text: &str) -> Result<i64, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::NotADecimal);
    }
    text.strip_prefix('+')
        .unwrap_or(text)
        .parse::<i16>()
        .map(i64::from)
        .map_err(|_| DecimalError::TooManyDigits)
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    /// Takes a JSON number or string; works with `serde_json` only, which keeps the digits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        Self::parse(text).map_err(D::Error::custom)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(DecimalText::new(self.unscaled, self.scale).as_str())
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(DecimalText::new(self.unscaled, self.scale).as_str())
    }
}

/// `units * 10^-scale` with exactly `scale` decimal places, written without an allocation: a decision
/// has a dozen such numbers.
pub(crate) struct DecimalText {
    bytes: [u8; Self::LENGTH_MAX],
    begin: usize,
}

impl DecimalText {
    /// The digits of an `i64`, or one more than the most decimal places; a sign, and a point.
    const LENGTH_MAX: usize = 21;

    pub(crate) fn new(units: i64, scale: u32) -> Self {
        let mut text = Self { bytes: [0; Self::LENGTH_MAX], begin: Self::LENGTH_MAX };
        let mut left = units.unsigned_abs();
        for _ in 0..scale {
            text.push_digit(&mut left);
        }
        if scale > 0 {
            text.push(b'.');
        }
        text.push_digit(&mut left);
        while left > 0 {
            text.push_digit(&mut left);
        }
        if units < 0 {
            text.push(b'-');
        }
        text
    }

    /// Puts the last digit of `left` before what is there.
    fn push_digit(&mut self, left: &mut u64) {
        let digit = u8::try_from(*left % 10).expect("a digit");
        *left /= 10;
        self.push(b'0' + digit);
    }

    fn push(&mut self, byte: u8) {
        self.begin -= 1;
        self.bytes[self.begin] = byte;
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.begin..]).expect("digits, a point and a sign")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_decimal_survives_its_wire_form(
            unscaled in prop_oneof![1 - LIMIT..LIMIT, Just(LIMIT - 1)],
            scale in 0..=Decimal::DIGITS_MAX,
        ) {
            let number = Decimal::new(unscaled, scale).unwrap();
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(serde_json::from_str::<Decimal>(&json).unwrap(), number);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<Decimal>();
        }
    }
}
