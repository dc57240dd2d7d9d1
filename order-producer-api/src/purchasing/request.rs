//! The JSON that a shop sends.

use order_domain::purchase::PaymentMethod;
use order_domain::purchasing::{
    currency_of_type, currency_type, payment_method_of_type, payment_method_type,
};
use order_domain::{Currency, Decimal};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};

use crate::json::objects;

/// A purchase. Further fields are ignored. Texts have no control characters and at most 512 bytes
/// of UTF-8, addresses 2048.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// The customer's number in the shop.
    #[schema(example = 23_982_398)]
    pub(super) customer_id: u64,
    /// First name.
    #[schema(example = "Ada")]
    pub(super) customer_name: String,
    /// Last name.
    #[schema(example = "Lovelace")]
    pub(super) customer_last_name: String,
    /// E-mail address.
    #[schema(example = "ada@example.com")]
    pub(super) customer_email: String,
    /// Where the goods go.
    #[schema(example = "Agricolastrasse 35, München, Germany")]
    pub(super) shipping_address: String,
    /// Where the bill goes.
    #[schema(example = "Agricolastrasse 35, München, Germany")]
    pub(super) billing_address: String,
    /// The currency of the total.
    pub(super) currency_type: CurrencyType,
    /// The sum of quantity times price over all items, as a number or a string.
    #[schema(schema_with = amount, example = 240)]
    pub(super) total_price: Decimal,
    /// How the customer pays.
    pub(super) payment_method_type: PaymentMethodType,
    /// What is bought: 1 to 500 items.
    #[serde(deserialize_with = "objects")]
    pub(super) order_items: Vec<OrderItem>,
}

/// One line of a purchase.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// The shop's code of the article.
    #[schema(example = "10293098")]
    pub(super) item_code: String,
    /// Brand.
    #[schema(example = "Jack Wolfskin")]
    pub(super) brand: String,
    /// Kind of article.
    #[serde(rename = "type")]
    #[schema(example = "Parka")]
    pub(super) kind: String,
    /// Size.
    #[schema(example = "XL")]
    pub(super) size: String,
    /// Colour.
    #[schema(example = "Black")]
    pub(super) colour: String,
    /// How many, at least 1.
    #[schema(example = 1)]
    pub(super) quantity: u32,
    /// Price of one, as a number or a string; not below 0.
    #[schema(schema_with = amount, example = 240)]
    pub(super) price: Decimal,
    /// The currency of the price; that of the order.
    pub(super) currency_type: CurrencyType,
}

/// 1 = EUR, 2 = USD, 3 = GBP.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(value_type = u8, minimum = 1, maximum = 3, example = 1)]
pub struct CurrencyType(pub(super) Currency);

/// 1 = card, 2 = bank transfer, 3 = direct debit, 4 = wallet, 5 = invoice.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(value_type = u8, minimum = 1, maximum = 5, example = 1)]
pub struct PaymentMethodType(pub(super) PaymentMethod);

impl<'de> Deserialize<'de> for CurrencyType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        currency_of_type(u64::deserialize(deserializer)?).map(Self).ok_or_else(|| {
            let all = Currency::ALL.map(|known| (currency_type(known), known.code().to_owned()));
            D::Error::custom(format!("a currencyType is {}", listed(&all)))
        })
    }
}

impl<'de> Deserialize<'de> for PaymentMethodType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        payment_method_of_type(u64::deserialize(deserializer)?).map(Self).ok_or_else(|| {
            let name = |known: PaymentMethod| known.name().replace('-', " ");
            let all = PaymentMethod::ALL.map(|known| (payment_method_type(known), name(known)));
            D::Error::custom(format!("a paymentMethodType is {}", listed(&all)))
        })
    }
}

/// `1 (EUR), 2 (USD) or 3 (GBP)`.
fn listed(all: &[(u8, String)]) -> String {
    let named: Vec<_> = all.iter().map(|(number, name)| format!("{number} ({name})")).collect();
    match named.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => named.concat(),
    }
}

/// A decimal amount: a JSON number, or a string that holds one.
fn amount() -> Schema {
    let number = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Number));
    let text = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .pattern(Some(r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"));
    OneOfBuilder::new().item(number).item(text).build().into()
}
