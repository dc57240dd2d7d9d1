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
