//! The newest orders of a venue, to know a command that comes again.

use std::num::NonZeroU32;

use hashbrown::HashTable;
use order_domain::event::Outcome;
use order_domain::{Fingerprint, Offset, OrderId};

/// What a venue remembers of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) order_id: OrderId,
    pub(crate) fingerprint: Fingerprint,
    /// The offset of its command.
    pub(crate) first: Offset,
    pub(crate) outcome: Outcome,
}

/// A ring of the newest `capacity` orders, and where in it each stands.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyWindow {
    capacity: NonZeroU32,
    ring: Vec<Remembered>,
    /// Where the oldest stands once the ring is full; the next order takes its place.
    oldest: usize,
    /// Slots of `ring`, found by order id; never iterated.
    slots: HashTable<u32>,
}

impl IdempotencyWindow {
    pub(crate) const fn new(capacity: NonZeroU32) -> Self {
        Self { capacity, ring: Vec::new(), oldest: 0, slots: HashTable::new() }
    }

    /// What is remembered of this order.
    pub(crate) fn get(&self, order_id: OrderId) -> Option<&Remembered> {
        let holds = |slot: &u32| self.ring[*slot as usize].order_id == order_id;
        let slot = self.slots.find(hash(order_id), holds)?;
        self.ring.get(*slot as usize)
    }

    /// Remembers an order that it does not hold, and forgets the oldest when it is full.
    pub(crate) fn remember(&mut self, order: Remembered) {
        let slot = if self.ring.len() < self.capacity.get() as usize {
            self.ring.push(order);
            self.ring.len() - 1
        } else {
            self.forget(self.oldest);
            let slot = self.oldest;
            self.ring[slot] = order;
            self.oldest = (slot + 1) % self.ring.len();
            slot
        };
        let slot = u32::try_from(slot).expect("the capacity is a u32");
        let ring = &self.ring;
        self.slots.insert_unique(hash(order.order_id), slot, |other| {
            hash(ring[*other as usize].order_id)
        });
    }

    fn forget(&mut self, slot: usize) {
        let order_id = self.ring[slot].order_id;
        if let Ok(entry) = self.slots.find_entry(hash(order_id), |other| *other as usize == slot) {
            entry.remove();
        }
    }

    /// Every remembered order, oldest first: the canonical order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Remembered> {
        let (newer, older) = self.ring.split_at(self.oldest);
        older.iter().chain(newer)
    }
}

/// UUIDs are random in their low half (RFC 9562: versions 5 and 7), so that folding is enough.
const fn hash(order_id: OrderId) -> u64 {
    let (high, low) = order_id.0.as_u64_pair();
    (low ^ high.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn order(number: u8, first: u64) -> Remembered {
        Remembered {
            order_id: OrderId(uuid::Uuid::from_u128(u128::from(number))),
            fingerprint: Fingerprint([number; 16]),
            first: Offset(first),
            outcome: Outcome::Accepted,
        }
    }

    proptest! {
        /// Against a plain queue that is searched from end to end.
        #[test]
        fn holds_exactly_the_newest_orders(
            capacity in 1_u32..8,
            numbers in prop::collection::vec(0_u8..20, 0..60),
        ) {
            let mut window = IdempotencyWindow::new(NonZeroU32::new(capacity).unwrap());
            let mut naive: VecDeque<Remembered> = VecDeque::new();
            for (offset, number) in numbers.into_iter().enumerate() {
                let order = order(number, offset as u64);
                let known = naive.iter().find(|other| other.order_id == order.order_id);
                prop_assert_eq!(window.get(order.order_id), known);
                if known.is_none() {
                    window.remember(order);
                    naive.push_back(order);
                    if naive.len() > capacity as usize {
                        naive.pop_front();
                    }
                }
                prop_assert!(window.iter().eq(naive.iter()));
            }
        }
    }
}
