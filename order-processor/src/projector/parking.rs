//! Which orders wait for an earlier event of theirs, and where.

use std::collections::BTreeMap;

use order_domain::{Offset, OrderId};
use order_store::{ParkedSubject, RetryTier};

/// The parked orders of one partition, as the store has them.
pub(super) struct Parking(BTreeMap<OrderId, ParkedSubject>);

impl Parking {
    pub(super) fn new(parked: Vec<ParkedSubject>) -> Self {
        Self(parked.into_iter().map(|subject| (subject.order_id, subject)).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, order_id: OrderId) -> Option<&ParkedSubject> {
        self.0.get(&order_id)
    }

    /// The farthest tier in which one of these orders waits.
    pub(super) fn tier_of(&self, subjects: &[OrderId]) -> Option<RetryTier> {
        if self.is_empty() {
            return None;
        }
        subjects.iter().filter_map(|order_id| self.get(*order_id)).map(|parked| parked.tier).max()
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

    /// Every parked order.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
