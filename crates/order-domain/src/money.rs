//! Money: an integer of minor units and its currency. No float comes near it.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::currency::Currency;
use crate::decimal::{Decimal, DecimalError, DecimalText};

/// An amount of money: minor units (cents) of one currency. It may be negative.
///
/// On the wire: `{"amount":"12.50","currency":"EUR"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a decimal is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount does not fit.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// More decimal places than the currency's minor unit has.
    #[error("{0} has {digits} decimal places at most", digits = .0.minor_digits())]
    TooPrecise(Currency),
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
        if decimal.scale() > digits {
            return Err(MoneyError::TooPrecise(currency));
        }
        let minor = decimal.units(digits).ok_or(DecimalError::TooManyDigits)?;
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
        fn money_survives_its_wire_form(minor in -99_999_999_999_999_999_i64..=99_999_999_999_999_999) {
            let money = Money::from_minor(minor, Currency::Gbp);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }
    }
}
