//! The rows of a batch that are worth writing: one an order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::OrderRow;

/// Of the rows of every order, the one that stands after all were written one by one; in the order
/// of first appearance.
pub fn newest_of(orders: &[OrderRow]) -> Vec<&OrderRow> {
    let mut newest: Vec<&OrderRow> = Vec::with_capacity(orders.len());
    let mut places = HashMap::with_capacity(orders.len());
    for row in orders {
        match places.entry(row.order_id) {
            Entry::Vacant(vacant) => {
                vacant.insert(newest.len());
                newest.push(row);
            }
            Entry::Occupied(place) => {
                let standing = &mut newest[*place.get()];
                let same_partition = standing.source.partition == row.source.partition;
                if same_partition && row.source.offset > standing.source.offset {
                    *standing = row;
                }
            }
        }
    }
    newest
}
