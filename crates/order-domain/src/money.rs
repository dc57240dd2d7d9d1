//! Money: an integer of minor units and its currency. No float comes near it.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A currency that orders may be in, by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Euro.
    Eur,
    /// United States dollar.
    Usd,
    /// Pound sterling.
    Gbp,
}

impl Currency {
    /// Every currency.
    pub const ALL: [Self; 3] = [Self::Eur, Self::Usd, Self::Gbp];

    /// How many decimal digits the minor unit has (ISO 4217, "minor unit").
    pub const fn minor_digits(self) -> u32 {
        match self {
            Self::Eur | Self::Usd | Self::Gbp => 2,
        }
    }

    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Usd => "USD",
            Self::Gbp => "GBP",
        }
    }

    /// The currency with this ISO 4217 code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.code() == code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

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

/// Why a text is no decimal, or a decimal no money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("expected a decimal number, such as 12.50 or \"12.50\"")]
    NotADecimal,
    /// More digits than fit.
    #[error("a number has at most 18 digits")]
    TooManyDigits,
    /// More decimal places than the currency's minor unit has.
    #[error("{0} has {digits} decimal places at most", digits = .0.minor_digits())]
    TooPrecise(Currency),
}

impl Decimal {
    /// The most digits, before and after the point together.
    pub const DIGITS_MAX: u32 = 18;

    /// Nothing.
    pub const ZERO: Self = Self { unscaled: 0, scale: 0 };

    /// `unscaled * 10^-scale`; refused where it has too many digits.
    pub fn new(unscaled: i64, scale: u32) -> Result<Self, MoneyError> {
        if unscaled.unsigned_abs() >= LIMIT.unsigned_abs() || scale > Self::DIGITS_MAX {
            return Err(MoneyError::TooManyDigits);
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

    /// How many decimal places the number has.
    pub const fn scale(self) -> u32 {
        self.scale
    }

    fn parse(text: &str) -> Result<Self, MoneyError> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotADecimal),
            Some((whole, fraction)) => (whole, fraction),
            None => (digits, ""),
        };
        if whole.is_empty() {
            return Err(MoneyError::NotADecimal);
        }
        let mut unscaled: i64 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return Err(MoneyError::NotADecimal);
            }
            unscaled = push_digit(unscaled, i64::from(byte - b'0'))?;
        }
        let mut scale =
            i64::try_from(fraction.len()).map_err(|_| MoneyError::TooManyDigits)? - exponent;
        while scale > 0 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        while scale < 0 && unscaled != 0 {
            unscaled = push_digit(unscaled, 0)?;
            scale += 1;
        }
        let scale = if unscaled == 0 { 0 } else { scale.max(0) };
        let scale = u32::try_from(scale).map_err(|_| MoneyError::TooManyDigits)?;
        if scale > Self::DIGITS_MAX {
            return Err(MoneyError::TooManyDigits);
        }
        Ok(Self { unscaled: if negative { -unscaled } else { unscaled }, scale })
    }
}

/// The first number that has too many digits.
const LIMIT: i64 = 10_i64.pow(Decimal::DIGITS_MAX);

fn push_digit(unscaled: i64, digit: i64) -> Result<i64, MoneyError> {
    match unscaled.checked_mul(10).and_then(|shifted| shifted.checked_add(digit)) {
        Some(number) if number < LIMIT => Ok(number),
        _ => Err(MoneyError::TooManyDigits),
    }
}

fn parse_exponent(text: &str) -> Result<i64, MoneyError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::NotADecimal);
    }
    text.strip_prefix('+')
        .unwrap_or(text)
        .parse::<i16>()
        .map(i64::from)
        .map_err(|_| MoneyError::TooManyDigits)
}

impl FromStr for Decimal {
    type Err = MoneyError;

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
struct DecimalText {
    bytes: [u8; Self::LENGTH_MAX],
    begin: usize,
}

impl DecimalText {
    /// The digits of an `i64`, or one more than the most decimal places; a sign, and a point.
    const LENGTH_MAX: usize = 21;

    fn new(units: i64, scale: u32) -> Self {
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

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.begin..]).expect("digits, a point and a sign")
    }
}

/// An amount of money: minor units (cents) of one currency. It may be negative.
///
/// On the wire: `{"amount":"12.50","currency":"EUR"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` minor units (cents) of `currency`.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The amount that `decimal` names in `currency`; refused when it has more decimal places than
    /// the currency.
    pub fn from_decimal(decimal: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let digits = currency.minor_digits();
        if decimal.scale > digits {
            return Err(MoneyError::TooPrecise(currency));
        }
        let factor = 10_i64.pow(digits - decimal.scale);
        let minor = decimal.unscaled.checked_mul(factor).ok_or(MoneyError::TooManyDigits)?;
        Ok(Self { minor, currency })
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as a decimal text with all the currency's places, such as `-0.05`.
    pub fn decimal_text(self) -> String {
        DecimalText::new(self.minor, self.currency.minor_digits()).as_str().to_owned()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal_text(), self.currency)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown {
            amount: String,
            currency: Currency,
        }
        Shown { amount: self.decimal_text(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Read {
            amount: Decimal,
            currency: Currency,
        }
        let Read { amount, currency } = Read::deserialize(deserializer)?;
        Self::from_decimal(amount, currency).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euros(json: &str) -> Result<i64, String> {
        let decimal: Decimal = serde_json::from_str(json).map_err(|error| error.to_string())?;
        Money::from_decimal(decimal, Currency::Eur)
            .map(Money::minor)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_and_strings_are_read_digit_by_digit() {
        for (json, minor) in [
            ("240", 24_000),
            ("\"240\"", 24_000),
            ("12.5", 1_250),
            ("\"12.50\"", 1_250),
            ("0.1", 10),
            ("-0.05", -5),
            ("2.4e2", 24_000),
            ("24000e-2", 24_000),
            ("1.230000", 123),
            ("0e99", 0),
            // The nearest double of this number is 90071992547409.92, one cent off.
            ("90071992547409.93", 9_007_199_254_740_993),
        ] {
            assert_eq!(euros(json), Ok(minor), "{json}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_with_a_reason() {
        assert!(euros("12.345").unwrap_err().contains("2 decimal places"));
        assert!(euros("1e30").unwrap_err().contains("18 digits"));
        assert!(euros("1e99999").unwrap_err().contains("18 digits"));
        for json in [
            "\"\"", "\"1,5\"", "\".5\"", "\"5.\"", "\"--5\"", "\"1 \"", "true", "null", "[1]",
            "\"NaN\"", "\"1e\"",
        ] {
            assert!(euros(json).unwrap_err().contains("decimal number"), "{json}");
        }
        assert!(euros("999999999999999999").unwrap_err().contains("18 digits"));
    }

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
        fn money_survives_its_wire_form(minor in -99_999_999_999_999_999_i64..=99_999_999_999_999_999) {
            let money = Money::from_minor(minor, Currency::Gbp);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<Decimal>();
        }
    }
}
