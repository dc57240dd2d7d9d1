//! The rows of a batch that are worth writing: one an order, a balance, an instrument.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use order_domain::Position;

/// Whether what comes from `source` may take the place of what came from `standing`: only from a
/// newer place of the same partition, because places of different partitions have no order.
pub fn follows(source: Position, standing: Position) -> bool {
    source.partition == standing.partition && source.offset > standing.offset
}

/// Of the rows of every key, the one that stands after all were written one by one; in the order
/// of first appearance.
pub fn newest_of<R, K: Eq + Hash>(
    rows: impl ExactSizeIterator<Item = R>,
    key: impl Fn(&R) -> K,
    source: impl Fn(&R) -> Position,
) -> Vec<R> {
    let mut newest: Vec<R> = Vec::with_capacity(rows.len());
    let mut places = HashMap::with_capacity(rows.len());
    for row in rows {
        match places.entry(key(&row)) {
            Entry::Vacant(vacant) => {
                vacant.insert(newest.len());
                newest.push(row);
            }
            Entry::Occupied(place) => {
                let standing = &mut newest[*place.get()];
                if follows(source(&row), source(standing)) {
                    *standing = row;
                }
            }
        }
    }
    newest
}
