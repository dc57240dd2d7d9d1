//! From order id to order: a hash table of buckets that each fill one cache line.
//!
//! An id is in either of two buckets, or else in a sorted overflow. A bucket counts its ids that are
//! elsewhere, so that a look-up ends in the first bucket unless one had to move. That bounds every
//! operation: two cache lines, and the walk of a tree if somebody has chosen ids that collide. All
//! eight places of a bucket are compared at once, as bytes of one word. Taking an id out leaves no mark
//! and moves nothing.

use std::collections::BTreeMap;

use crate::arena::Orders;

/// Places of a bucket, one byte each of its tags.
const PLACES: usize = 8;
/// Ids a bucket on average before the table doubles.
const LOAD_MAX: usize = 4;
/// Buckets of the smallest table.
const BUCKETS_MIN: usize = 16;

/// The lowest bit of each byte, and the highest.
const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// The hash of an id.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    /// Multiplies, and folds the upper half of the product onto the lower one. The factors are bits of
    /// the golden ratio and of pi: numbers without pattern.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves of the product are kept")]
    fn of(id: u64) -> Self {
        let product = u128::from(id ^ 0x243F_6A88_85A3_08D3) * 0x9E37_79B9_7F4A_7C15;
        Self((product >> 64) as u64 ^ product as u64)
    }

    /// A byte that is no empty place's.
    #[inline]
    fn tag(self) -> u64 {
        self.0 >> 57 | 0x80
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the mask is smaller anyway")]
    fn first(self, mask: usize) -> usize {
        self.0 as usize & mask
    }

    /// Never the first bucket.
    #[inline]
    fn second(self, mask: usize) -> usize {
        let step = Self(self.0 >> 28).first(mask >> 1) << 1 | 1;
        self.first(mask) ^ step
    }
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket {
    /// A byte for each place: 0 if it is empty, else the tag of its id.
    tags: u64,
    /// The order at each place.
    orders: [u32; PLACES],
    /// How many ids have this as their first bucket but are elsewhere.
    elsewhere: u32,
}

impl Bucket {
    const EMPTY: Self = Self { tags: 0, orders: [0; PLACES], elsewhere: 0 };

    /// The place of an id, if it is here.
    #[inline]
    fn find(&self, hash: Hash, id: u64, orders: &Orders) -> Option<usize> {
        // A byte that is zero now has the tag. A borrow may mark the byte above it, too, which the
        // comparison of ids then finds out, as it does with an equal tag of another id.
        let differing = self.tags ^ (hash.tag() * LOW_BITS);
        let mut equal = differing.wrapping_sub(LOW_BITS) & !differing & HIGH_BITS;
        while equal != 0 {
            let place = equal.trailing_zeros() as usize / 8;
            if orders[self.orders[place]].id == id {
                return Some(place);
            }
            equal &= equal - 1;
        }
        None
    }

    /// Puts an id into an empty place; false if there is none.
    #[inline]
    fn put(&mut self, hash: Hash, order: u32) -> bool {
        let empty = !self.tags & HIGH_BITS;
        if empty == 0 {
            return false;
        }
        let place = empty.trailing_zeros() as usize / 8;
        self.tags |= hash.tag() << (8 * place);
        self.orders[place] = order;
        true
    }

    /// Empties a place and tells its order.
    #[inline]
    fn take(&mut self, place: usize) -> u32 {
        self.tags &= !(0xFF << (8 * place));
        self.orders[place]
    }

    fn taken(&self) -> impl Iterator<Item = u32> {
        let places = (0..PLACES).filter(|place| self.tags >> (8 * place) & 0xFF != 0);
        places.map(|place| self.orders[place])
    }
}

/// Orders by id. The ids themselves are in the orders.
#[derive(Clone, Debug)]
pub(crate) struct IdIndex {
    buckets: Vec<Bucket>,
    overflow: BTreeMap<u64, u32>,
    len: usize,
}

impl IdIndex {
    pub(crate) fn new() -> Self {
        Self { buckets: vec![Bucket::EMPTY; BUCKETS_MIN], overflow: BTreeMap::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Makes room for `ids` ids.
    pub(crate) fn reserve(&mut self, ids: usize, orders: &Orders) {
        let buckets = ids.div_ceil(LOAD_MAX).next_power_of_two();
        if buckets > self.buckets.len() {
            self.rebuild(buckets, orders);
        }
    }

    /// The order of an id.
    #[inline]
    pub(crate) fn find(&self, id: u64, orders: &Orders) -> Option<u32> {
        let hash = Hash::of(id);
        let first = &self.buckets[hash.first(self.mask())];
        match first.find(hash, id, orders) {
            Some(place) => Some(first.orders[place]),
            None if first.elsewhere == 0 => None,
            None => self.find_elsewhere(hash, id, orders),
        }
    }

    #[cold]
    fn find_elsewhere(&self, hash: Hash, id: u64, orders: &Orders) -> Option<u32> {
        let second = &self.buckets[hash.second(self.mask())];
        match second.find(hash, id, orders) {
            Some(place) => Some(second.orders[place]),
            None => self.overflow.get(&id).copied(),
        }
    }

    /// Takes an id out and tells its order.
    #[inline]
    pub(crate) fn remove(&mut self, id: u64, orders: &Orders) -> Option<u32> {
        let hash = Hash::of(id);
        let mask = self.mask();
        let first = &mut self.buckets[hash.first(mask)];
        let order = match first.find(hash, id, orders) {
            Some(place) => Some(first.take(place)),
            None if first.elsewhere == 0 => None,
            None => self.remove_elsewhere(hash, id, orders),
        };
        self.len -= usize::from(order.is_some());
        order
    }

    #[cold]
    fn remove_elsewhere(&mut self, hash: Hash, id: u64, orders: &Orders) -> Option<u32> {
        let mask = self.mask();
        let second = &mut self.buckets[hash.second(mask)];
        let order = match second.find(hash, id, orders) {
            Some(place) => second.take(place),
            None => self.overflow.remove(&id)?,
        };
        self.buckets[hash.first(mask)].elsewhere -= 1;
        Some(order)
    }

    /// Puts an id in. It must not be there yet.
    #[inline]
    pub(crate) fn insert(&mut self, id: u64, order: u32, orders: &Orders) {
        if self.len == self.buckets.len() * LOAD_MAX {
            self.rebuild(self.buckets.len() * 2, orders);
        }
        self.len += 1;
        let hash = Hash::of(id);
        let mask = self.mask();
        if !self.buckets[hash.first(mask)].put(hash, order) {
            self.insert_elsewhere(hash, id, order);
        }
    }

    #[cold]
    fn insert_elsewhere(&mut self, hash: Hash, id: u64, order: u32) {
        let mask = self.mask();
        self.buckets[hash.first(mask)].elsewhere += 1;
        if !self.buckets[hash.second(mask)].put(hash, order) {
            self.overflow.insert(id, order);
        }
    }

    #[inline]
    fn mask(&self) -> usize {
        self.buckets.len() - 1
    }

    #[cold]
    fn rebuild(&mut self, buckets: usize, orders: &Orders) {
        let old = std::mem::replace(&mut self.buckets, vec![Bucket::EMPTY; buckets]);
        let overflow = std::mem::take(&mut self.overflow);
        self.len = 0;
        for order in old.iter().flat_map(Bucket::taken).chain(overflow.into_values()) {
            self.insert(orders[order].id, order, orders);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::{OrderNode, Terms};
    use crate::{NONE, OwnerId, SelfTrade, Side, TimeInForce};

    fn orders(ids: impl IntoIterator<Item = u64>) -> Orders {
        let mut orders = Orders::new();
        let (next, previous, level) = (NONE, NONE, NONE);
        let terms = Terms {
            side: Side::Buy,
            time_in_force: TimeInForce::GoodTillCancelled,
            self_trade: SelfTrade::Allow,
        };
        for id in ids {
            let owner = OwnerId(0);
            orders.make(OrderNode { id, owner, quantity: 1, next, previous, level, terms });
        }
        orders
    }

    #[test]
    fn ids_are_found_until_they_are_taken_out_whatever_their_pattern() {
        let patterns: [fn(u64) -> u64; 5] = [
            |n| n,
            |n| n << 32,
            |n| n << 48,
            |n| n.reverse_bits(),
            |n| n.wrapping_mul(1 << 20 | 8),
        ];
        for pattern in patterns {
            let ids: Vec<u64> = (0..5_000).map(pattern).collect();
            let orders = orders(ids.iter().copied());
            let mut index = IdIndex::new();
            for (order, id) in (0..).zip(&ids) {
                assert_eq!(index.find(*id, &orders), None);
                index.insert(*id, order, &orders);
            }
            assert!(index.overflow.is_empty(), "a usual pattern fits the buckets");
            for (order, id) in (0..).zip(&ids) {
                assert_eq!(index.find(*id, &orders), Some(order));
                assert_eq!(index.remove(*id, &orders), Some(order));
                assert_eq!(index.remove(*id, &orders), None);
            }
            assert_eq!(index.len(), 0);
            assert!(index.buckets.iter().all(|bucket| bucket.tags == 0 && bucket.elsewhere == 0));
        }
    }

    #[test]
    fn ids_that_collide_on_purpose_overflow_and_come_back_out() {
        let mask = BUCKETS_MIN - 1;
        let buckets_of = |id| [Hash::of(id).first(mask), Hash::of(id).second(mask)];
        let colliding = (0..).filter(|id| buckets_of(*id) == buckets_of(0)).take(30);
        let ids: Vec<u64> = colliding.collect();
        let orders = orders(ids.iter().copied());
        let mut index = IdIndex::new();
        for (order, id) in (0..).zip(&ids) {
            index.insert(*id, order, &orders);
        }
        assert_eq!(index.overflow.len(), ids.len() - 2 * PLACES);
        assert_eq!(index.find(u64::MAX, &orders), None);
        for (order, id) in (0..).zip(&ids).step_by(2) {
            assert_eq!(index.remove(*id, &orders), Some(order));
        }
        index.reserve(1_000, &orders);
        for (order, id) in (0..).zip(&ids) {
            assert_eq!(index.find(*id, &orders), (order % 2 == 1).then_some(order));
        }
    }
}
