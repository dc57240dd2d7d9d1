//! A purchase: the order that a shop sends whole, with its customer, addresses and items.

use serde::{Deserialize, Serialize};

use crate::{Currency, CustomerId, IdempotencyKey, Money, OrderId, TraceParent, VenueId};

/// The most items one order may have.
pub const ITEMS_MAX: usize = 500;

/// The longest text of any field (names, e-mail, item code, ...), in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 512;

/// The longest address, in bytes of UTF-8.
pub const ADDRESS_BYTES_MAX: usize = 2_048;

/// The command to take a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder {
    /// The order's id, given by the producer.
    pub order_id: OrderId,
    /// The shop's shard that decides the order; also the record's key.
    pub venue: VenueId,
    /// Who buys.
    pub customer: Customer,
    /// Where the goods go.
    pub shipping_address: String,
    /// Where the bill goes.
    pub billing_address: String,
    /// What the client says all items cost together.
    pub total: Money,
    /// How the customer pays.
    pub payment_method: PaymentMethod,
    /// What is bought.
    pub items: Vec<Item>,
    /// The client's key, if it sent one; the order's id was made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey>,
    /// The trace this order belongs to, if the client sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<TraceParent>,
}

impl NewOrder {
    /// The currency of the order as a whole.
    pub const fn currency(&self) -> Currency {
        self.total.currency()
    }
}

/// Who buys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// The customer's number in the shop.
    pub id: CustomerId,
    /// First name.
    pub name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address, as the client wrote it.
    pub email: String,
}

/// One line of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The shop's code of the article.
    pub item_code: String,
    /// Brand.
    pub brand: String,
    /// Kind of article.
    #[serde(rename = "type")]
    pub kind: String,
    /// Size.
    pub size: String,
    /// Colour.
    pub colour: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub price: Money,
}

/// How a customer pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentMethod {
    /// Credit or debit card.
    Card,
    /// Bank transfer ahead of delivery.
    BankTransfer,
    /// Direct debit.
    DirectDebit,
    /// An online wallet.
    Wallet,
    /// Payment against invoice.
    Invoice,
}

impl PaymentMethod {
    /// Every method.
    pub const ALL: [Self; 5] =
        [Self::Card, Self::BankTransfer, Self::DirectDebit, Self::Wallet, Self::Invoice];

    /// The method's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::BankTransfer => "bank-transfer",
            Self::DirectDebit => "direct-debit",
            Self::Wallet => "wallet",
            Self::Invoice => "invoice",
        }
    }

    /// The method with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}
