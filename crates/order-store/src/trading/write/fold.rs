//! What becomes of every order of a batch, all its changes together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use order_domain::{OrderId, Position, Timestamp, VenueId};

use crate::StoreError;
use crate::newest::follows;
use crate::trading::{MarketChange, OrderChange, OrderProgress, PlacedOrder};

/// All changes of one order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Folded<'a> {
    pub venue: &'a VenueId,
    pub order_id: OrderId,
    /// Of the last change.
    pub source: Position,
    /// What was placed, and when, where one of the changes is about placing it.
    pub placed: Option<(&'a PlacedOrder, Timestamp)>,
    pub version_before: u64,
    pub progress: OrderProgress,
    pub updated_at: Timestamp,
}

/// The orders of a batch in the order of their first appearance. A change that is no newer than
/// those before it changes nothing; one that leaves out a version is refused, for the one between
/// may come yet.
pub fn fold(changes: &[MarketChange]) -> Result<Vec<Folded<'_>>, StoreError> {
    let mut folded: Vec<Folded<'_>> = Vec::new();
    let mut places = HashMap::new();
    for change in changes {
        for order in &change.orders {
            match places.entry((&change.venue, order.order_id)) {
                Entry::Vacant(vacant) => {
                    vacant.insert(folded.len());
                    folded.push(alone(change, order));
                }
                Entry::Occupied(place) => {
                    let before = &mut folded[*place.get()];
                    if follows(change.source, before.source) {
                        *before = behind(*before, alone(change, order))?;
                    }
                }
            }
        }
    }
    Ok(folded)
}

fn alone<'a>(change: &'a MarketChange, order: &'a OrderChange) -> Folded<'a> {
    Folded {
        venue: &change.venue,
        order_id: order.order_id,
        source: change.source,
        placed: order.placed.as_ref().map(|placed| (placed, change.at)),
        version_before: order.version_before,
        progress: order.progress,
        updated_at: change.at,
    }
}

fn behind<'a>(before: Folded<'a>, later: Folded<'a>) -> Result<Folded<'a>, StoreError> {
    if later.placed.is_some() {
        return Ok(later);
    }
    let Folded { order_id, version_before, .. } = later;
    if version_before != before.progress.version {
        return Err(version_missing(order_id, before.progress.version, version_before));
    }
    Ok(Folded {
        placed: before.placed,
        version_before: before.version_before,
        progress: before.progress.then(later.progress),
        ..later
    })
}

/// A change that can't be made before another one has come.
pub fn version_missing(id: OrderId, standing: u64, changed: u64) -> StoreError {
    StoreError::Refused(format!(
        "order {id} is at version {standing}, and the change is one to version {changed}"
    ))
}
