//! The numbers by which the purchasing dialect names currencies and ways to pay, in requests and in
//! answers alike.

use crate::Currency;
use crate::purchase::PaymentMethod;

/// The dialect's number of a currency: `currencyType`.
pub const fn currency_type(currency: Currency) -> u8 {
    match currency {
        Currency::Eur => 1,
        Currency::Usd => 2,
        Currency::Gbp => 3,
    }
}

/// The dialect's number of a way to pay: `paymentMethodType`.
pub const fn payment_method_type(method: PaymentMethod) -> u8 {
    match method {
        PaymentMethod::Card => 1,
        PaymentMethod::BankTransfer => 2,
        PaymentMethod::DirectDebit => 3,
        PaymentMethod::Wallet => 4,
        PaymentMethod::Invoice => 5,
    }
}

/// The currency of a `currencyType`; `None` where the dialect has no such number.
pub fn currency_of_type(number: u64) -> Option<Currency> {
    Currency::ALL.into_iter().find(|&currency| u64::from(currency_type(currency)) == number)
}

/// The way to pay of a `paymentMethodType`; `None` where the dialect has no such number.
pub fn payment_method_of_type(number: u64) -> Option<PaymentMethod> {
    PaymentMethod::ALL.into_iter().find(|&method| u64::from(payment_method_type(method)) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_reads_back_and_others_are_none() {
        for currency in Currency::ALL {
            assert_eq!(currency_of_type(currency_type(currency).into()), Some(currency));
        }
        for method in PaymentMethod::ALL {
            assert_eq!(payment_method_of_type(payment_method_type(method).into()), Some(method));
        }
        assert_eq!([0, 4, 257].map(currency_of_type), [None; 3]);
        assert_eq!([0, 6, 257].map(payment_method_of_type), [None; 3]);
    }
}
