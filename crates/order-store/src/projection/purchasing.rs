//! Purchases: one row an order.

use order_domain::{Decision, Event, NewOrder};

use crate::{OrderRow, OrderStatus};

/// The rows of purchases that `decision` writes. Most events write one; some change nothing that readers see.
pub fn rows_of(decision: &Decision) -> impl Iterator<Item = OrderRow> + '_ {
    decision.events.iter().filter_map(|event| row_of(decision, event))
}

fn row_of(decision: &Decision, event: &Event) -> Option<OrderRow> {
    match event {
        Event::OrderAccepted(accepted) => {
            Some(placed(decision, &accepted.order, OrderStatus::Accepted, None))
        }
        Event::OrderRejected(rejected) => {
            let status = OrderStatus::Rejected(rejected.reason);
            Some(placed(decision, &rejected.order, status, Some(rejected.detail.clone())))
        }
        // The first command's row stands as it is.
        Event::NewOrderRepeated(_)
        | Event::NewOrderConflicted(_)
        | Event::CommandDeadLettered(_)
        | Event::Trading(_) => None,
    }
}

fn placed(
    decision: &Decision,
    order: &NewOrder,
    status: OrderStatus,
    rejection_detail: Option<String>,
) -> OrderRow {
    OrderRow {
        order_id: order.order_id,
        source: decision.source,
        version: 1,
        status,
        rejection_detail,
        placed_at: decision.at,
        updated_at: decision.at,
        customer: order.customer.clone(),
        shipping_address: order.shipping_address.clone(),
        billing_address: order.billing_address.clone(),
        total: order.total,
        payment_method: order.payment_method,
        items: order.items.clone(),
    }
}
