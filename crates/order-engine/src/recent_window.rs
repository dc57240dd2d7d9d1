//! The newest things of a kind, found by their id.

use std::num::NonZeroU32;

use hashbrown::HashTable;
use uuid::Uuid;

/// A ring of the newest `capacity` entries, and where in it each stands.
#[derive(Clone, Debug)]
pub(crate) struct RecentWindow<T> {
    capacity: NonZeroU32,
    ring: Vec<(Uuid, T)>,
    /// Where the oldest stands once the ring is full; the next entry takes its place.
    oldest: usize,
    /// Slots of `ring`, found by id; never iterated.
    slots: HashTable<u32>,
}

impl<T> RecentWindow<T> {
    pub(crate) const fn new(capacity: NonZeroU32) -> Self {
        Self { capacity, ring: Vec::new(), oldest: 0, slots: HashTable::new() }
    }

    /// What is remembered under this id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&T> {
        let holds = |slot: &u32| self.ring[*slot as usize].0 == id;
        let slot = self.slots.find(hash_id(id), holds)?;
        self.ring.get(*slot as usize).map(|(_, entry)| entry)
    }

    /// Remembers an entry of an id that it does not hold, and forgets the oldest when it is full.
    pub(crate) fn remember(&mut self, id: Uuid, entry: T) {
        let slot = if self.ring.len() < self.capacity.get() as usize {
            self.ring.push((id, entry));
            self.ring.len() - 1
        } else {
            self.forget(self.oldest);
            let slot = self.oldest;
            self.ring[slot] = (id, entry);
            self.oldest = (slot + 1) % self.ring.len();
            slot
        };
        let slot = u32::try_from(slot).expect("the capacity is a u32");
        let ring = &self.ring;
        self.slots.insert_unique(hash_id(id), slot, |other| hash_id(ring[*other as usize].0));
    }

    fn forget(&mut self, slot: usize) {
        let id = self.ring[slot].0;
        if let Ok(entry) = self.slots.find_entry(hash_id(id), |other| *other as usize == slot) {
            entry.remove();
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.ring.len()
    }

    /// Everything remembered, oldest first: the canonical order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Uuid, &T)> {
        let (newer, older) = self.ring.split_at(self.oldest);
        older.iter().chain(newer).map(|(id, entry)| (*id, entry))
    }
}

/// UUIDs are random in their low half (RFC 9562: versions 5 and 7), so that folding is enough.
pub(crate) const fn hash_id(id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    (low ^ high.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a plain queue that is searched from end to end.
        #[test]
        fn holds_exactly_the_newest(
            capacity in 1_u32..8,
            numbers in prop::collection::vec(0_u8..20, 0..60),
        ) {
            let mut window = RecentWindow::new(NonZeroU32::new(capacity).unwrap());
            let mut naive: VecDeque<(Uuid, usize)> = VecDeque::new();
            for (moment, number) in numbers.into_iter().enumerate() {
                let id = Uuid::from_u128(u128::from(number));
                let known = naive.iter().find(|(other, _)| *other == id).map(|(_, entry)| entry);
                prop_assert_eq!(window.get(id), known);
                if known.is_none() {
                    window.remember(id, moment);
                    naive.push_back((id, moment));
                    if naive.len() > capacity as usize {
                        naive.pop_front();
                    }
                }
                prop_assert_eq!(window.len(), naive.len());
                prop_assert!(window.iter().eq(naive.iter().map(|(id, entry)| (*id, entry))));
            }
        }
    }
}
