//! Orders as JSON, in the words of the purchasing dialect: the fields of the POST body, and what
//! became of the order. Texts are borrowed from the row.

use axum::response::Response;
use order_domain::purchase::Item;
use order_domain::purchasing::{currency_type, payment_method_type};
use order_domain::{CustomerId, Money, OrderId, Position};
use order_store::{OrderRow, OrderStatus, Page};
use serde::{Serialize, Serializer};
use service_kit::parameters::Parameters;
use utoipa::ToSchema;

use crate::answer;
use crate::cursor::{self, CursorText};
use crate::each::Each;
use crate::parameters::AFTER;
use crate::text::{self, Rfc3339};

/// About how many bytes of JSON an order takes.
pub(crate) const ORDER_BYTES: usize = 1_024;

/// A purchase and what became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub(crate) struct OrderView<'a> {
    /// The order's id.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// `accepted`, or `rejected` where the order broke a rule.
    #[schema(example = "accepted")]
    status: &'static str,
    /// The stable code of the broken rule. Only where the order was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "total-mismatch")]
    reason: Option<&'static str>,
    /// The broken rule in words. Only where the order was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<&'a str>,
    /// How often the order has changed, counted from 1; also its `ETag`.
    version: u32,
    /// The command that last changed the order: `<partition>:<offset>` of the topic `orders`.
    #[serde(serialize_with = "text::position")]
    #[schema(value_type = String, example = "3:1042")]
    position: Position,
    /// When the order was placed: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    placed_at: Rfc3339,
    /// When it last changed: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    updated_at: Rfc3339,
    /// The customer's number in the shop.
    #[schema(value_type = u64)]
    customer_id: CustomerId,
    /// First name.
    customer_name: &'a str,
    /// Last name.
    customer_last_name: &'a str,
    /// E-mail address, as the client wrote it.
    customer_email: &'a str,
    /// Where the goods go.
    shipping_address: &'a str,
    /// Where the bill goes.
    billing_address: &'a str,
    /// The order's currency: 1 = EUR, 2 = USD, 3 = GBP.
    #[schema(minimum = 1, maximum = 3)]
    currency_type: u8,
    /// What all items cost together: a decimal number as a string, so that no reader rounds it.
    #[serde(serialize_with = "as_decimal")]
    #[schema(value_type = String, example = "240.00")]
    total_price: Money,
    /// 1 = card, 2 = bank transfer, 3 = direct debit, 4 = wallet, 5 = invoice.
    #[schema(minimum = 1, maximum = 5)]
    payment_method_type: u8,
    /// What is bought, in the order's own order.
    #[schema(value_type = Vec<ItemView>)]
    order_items: Each<'a, Item, ItemView<'a>>,
}

/// One line of a purchase.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderItem)]
pub(crate) struct ItemView<'a> {
    /// The shop's code of the article.
    item_code: &'a str,
    /// Brand.
    brand: &'a str,
    /// Kind of article.
    #[serde(rename = "type")]
    kind: &'a str,
    /// Size.
    size: &'a str,
    /// Colour.
    colour: &'a str,
    /// How many.
    quantity: u32,
    /// Price of one: a decimal number as a string.
    #[serde(serialize_with = "as_decimal")]
    #[schema(value_type = String, example = "240.00")]
    price: Money,
    /// The price's currency: 1 = EUR, 2 = USD, 3 = GBP.
    #[schema(minimum = 1, maximum = 3)]
    currency_type: u8,
}

/// A page of orders, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderPage)]
pub(crate) struct PageView<'a> {
    /// The page's orders.
    #[schema(value_type = Vec<OrderView>)]
    pub(crate) orders: Each<'a, OrderRow, OrderView<'a>>,
    /// Send it as `after` to get the next page; `null` on the last one. A page that is exactly full
    /// may be followed by an empty one.
    #[schema(value_type = Option<String>, required = true)]
    pub(crate) next: Option<CursorText>,
}

/// 200 with the page of orders at `path` that `parameters` ask for.
pub(crate) fn page(
    rows: &[OrderRow],
    page: Page,
    path: &str,
    parameters: &Parameters<'_>,
) -> Response {
    let next = cursor::last_of(rows, page.limit, |row| CursorText(row.cursor()));
    let view = PageView { orders: Each::of(rows), next };
    let next = next.map(|next| parameters.uri_with(path, AFTER, next));
    answer::page(&view, ORDER_BYTES * (rows.len() + 1), next)
}

impl<'a> From<&'a OrderRow> for OrderView<'a> {
    fn from(row: &'a OrderRow) -> Self {
        Self {
            order_id: row.order_id,
            status: row.status.name(),
            reason: match row.status {
                OrderStatus::Accepted => None,
                OrderStatus::Rejected(reason) => Some(reason.code()),
            },
            detail: row.rejection_detail.as_deref(),
            version: row.version,
            position: row.source,
            placed_at: Rfc3339(row.placed_at),
            updated_at: Rfc3339(row.updated_at),
            customer_id: row.customer.id,
            customer_name: &row.customer.name,
            customer_last_name: &row.customer.last_name,
            customer_email: &row.customer.email,
            shipping_address: &row.shipping_address,
            billing_address: &row.billing_address,
            currency_type: currency_type(row.total.currency()),
            total_price: row.total,
            payment_method_type: payment_method_type(row.payment_method),
            order_items: Each::of(&row.items),
        }
    }
}

impl<'a> From<&'a Item> for ItemView<'a> {
    fn from(item: &'a Item) -> Self {
        Self {
            item_code: &item.item_code,
            brand: &item.brand,
            kind: &item.kind,
            size: &item.size,
            colour: &item.colour,
            quantity: item.quantity,
            price: item.price,
            currency_type: currency_type(item.price.currency()),
        }
    }
}

fn as_decimal<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&money.decimal_text())
}
