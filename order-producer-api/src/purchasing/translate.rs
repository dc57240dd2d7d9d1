//! From a shop's JSON to the command of the domain.

use order_domain::purchase::{ADDRESS_BYTES_MAX, Customer, Item, TEXT_BYTES_MAX};
use order_domain::{
    Currency, CustomerId, Decimal, IdempotencyKey, Money, NewOrder, OrderId, TraceParent, VenueId,
};
use service_kit::Problem;

use super::{OrderItem, PlaceOrder};
use crate::json::invalid_field;

/// What a request has besides its body.
pub(super) struct Envelope {
    pub(super) order_id: OrderId,
    pub(super) venue: VenueId,
    pub(super) idempotency_key: Option<IdempotencyKey>,
    pub(super) trace_parent: Option<TraceParent>,
}

/// The command; or a 422 for a field that no order can hold. Whether the order makes sense is the
/// engine's question.
pub(super) fn new_order(request: PlaceOrder, envelope: Envelope) -> Result<NewOrder, Problem> {
    let order = Fields(Place::Order);
    let currency = request.currency_type.0;
    let items = request.order_items.into_iter().enumerate();
    Ok(NewOrder {
        order_id: envelope.order_id,
        venue: envelope.venue,
        customer: Customer {
            id: CustomerId(request.customer_id),
            name: order.text("customerName", request.customer_name)?,
            last_name: order.text("customerLastName", request.customer_last_name)?,
            email: order.text("customerEmail", request.customer_email)?,
        },
        shipping_address: order.address("shippingAddress", request.shipping_address)?,
        billing_address: order.address("billingAddress", request.billing_address)?,
        total: order.money("totalPrice", request.total_price, currency)?,
        payment_method: request.payment_method_type.0,
        items: items.map(|(index, item)| line(index, item)).collect::<Result<_, _>>()?,
        idempotency_key: envelope.idempotency_key,
        trace_parent: envelope.trace_parent,
    })
}

fn line(index: usize, item: OrderItem) -> Result<Item, Problem> {
    let fields = Fields(Place::Item(index));
    Ok(Item {
        item_code: fields.text("itemCode", item.item_code)?,
        brand: fields.text("brand", item.brand)?,
        kind: fields.text("type", item.kind)?,
        size: fields.text("size", item.size)?,
        colour: fields.text("colour", item.colour)?,
        quantity: item.quantity,
        price: fields.money("price", item.price, item.currency_type.0)?,
    })
}

/// The fields of one object in the body; knows where they stand.
#[derive(Clone, Copy)]
struct Fields(Place);

#[derive(Clone, Copy)]
enum Place {
    Order,
    Item(usize),
}

impl Fields {
    fn text(self, name: &str, text: String) -> Result<String, Problem> {
        self.bounded(name, text, TEXT_BYTES_MAX)
    }

    fn address(self, name: &str, text: String) -> Result<String, Problem> {
        self.bounded(name, text, ADDRESS_BYTES_MAX)
    }

    fn bounded(self, name: &str, text: String, bytes_max: usize) -> Result<String, Problem> {
        if text.len() > bytes_max {
            return Err(self.wrong(name, format!("a text of at most {bytes_max} bytes of UTF-8")));
        }
        if has_control_character(&text) {
            return Err(self.wrong(name, "a text without control characters"));
        }
        Ok(text)
    }

    fn money(self, name: &str, amount: Decimal, currency: Currency) -> Result<Money, Problem> {
        Money::from_decimal(amount, currency)
            .map_err(|error| invalid_field(self.pointer(name), error.to_string()))
    }

    fn wrong(self, name: &str, expected: impl std::fmt::Display) -> Problem {
        invalid_field(self.pointer(name), format!("expected {expected}"))
    }

    fn pointer(self, name: &str) -> String {
        match self.0 {
            Place::Order => format!("/{name}"),
            Place::Item(index) => format!("/orderItems/{index}/{name}"),
        }
    }
}

/// Stores differ in what they keep of control characters (Postgres refuses NUL): none may pass.
/// The bytes tell first, because most texts are printable ASCII.
fn has_control_character(text: &str) -> bool {
    let suspicious = text.bytes().any(|byte| !(b' '..=b'~').contains(&byte));
    suspicious && text.chars().any(char::is_control)
}
