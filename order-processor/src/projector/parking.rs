//! Which orders wait for an earlier event of theirs, and where.
//!
//! Events keep the order of each of their subjects while they wait, though one event may be about
//! several: each enters the first tier, is tried when its delay has passed, and climbs from one tier
//! to the next, never past one. A tier is first in, first out. So of two events that share a subject
//! the earlier one is always ahead in the same tier, or in a later one.

use std::collections::BTreeMap;

use order_domain::{Offset, OrderId};
use order_store::{ParkedSubject, RetryTier};

/// Why an event is set aside behind another.
pub(super) const BEHIND_ANOTHER: &str = "an earlier event of the same order waits";

/// The parked orders of one partition, as the store has them.
pub(super) struct Parking(BTreeMap<OrderId, ParkedSubject>);

impl Parking {
    pub(super) fn new(parked: Vec<ParkedSubject>) -> Self {
        Self(parked.into_iter().map(|subject| (subject.order_id, subject)).collect())
    }

    pub(super) fn get(&self, order_id: OrderId) -> Option<&ParkedSubject> {
        self.0.get(&order_id)
    }

    /// Whether one of these orders waits.
    pub(super) fn holds_any(&self, subjects: &[OrderId]) -> bool {
        !self.0.is_empty() && subjects.iter().any(|order_id| self.0.contains_key(order_id))
    }

    /// The tiers in which these orders wait, each the latest of its order.
    pub(super) fn tiers_of(&self, subjects: &[OrderId]) -> impl Iterator<Item = RetryTier> {
        subjects.iter().filter_map(|order_id| self.get(*order_id)).map(|parked| parked.tier)
    }

    /// Of these orders, those whose last waiting event is at or before `source`: they are free.
    pub(super) fn freed_by(&self, subjects: &[OrderId], source: Option<Offset>) -> Vec<OrderId> {
        let last = |order_id: &OrderId| self.get(*order_id).map(|parked| parked.last_source);
        let is_last = |order_id: &&OrderId| match (last(order_id), source) {
            (Some(last), Some(source)) => source >= last,
            (Some(_), None) => true,
            (None, _) => false,
        };
        subjects.iter().filter(is_last).copied().collect()
    }

    /// The store has parked these.
    pub(super) fn park(&mut self, subjects: Vec<ParkedSubject>) {
        self.0.extend(subjects.into_iter().map(|subject| (subject.order_id, subject)));
    }

    /// The store has freed these.
    pub(super) fn free(&mut self, subjects: &[OrderId]) {
        for order_id in subjects {
            self.0.remove(order_id);
        }
    }

    /// All of them.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &ParkedSubject> {
        self.0.values()
    }

    /// Every parked order.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
