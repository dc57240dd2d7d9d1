//! From order id to order: a hash table of buckets that each fill one cache line.
//!
//! An id may be in either of two buckets, else in a sorted overflow. A bucket counts its ids that are
//! elsewhere, so that a look-up stays in the first bucket unless one had to move. That bounds every
//! operation: two cache lines, and a walk of a tree if somebody has chosen ids that collide. Taking
//! an id out leaves no mark and moves nothing. The table is at most 4/7 full.

use std::collections::BTreeMap;

use crate::arena::Orders;

/// Places of a bucket: with its two counters they fill 64 bytes.
const PLACES: usize = 7;
/// Ids a bucket on average before the table doubles.
const LOAD_MAX: usize = 4;
/// Buckets of the smallest table.
const BUCKETS_MIN: usize = 16;

/// 64 bits of the golden ratio and of pi's fraction: any odd numbers without pattern would do.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
const SALT: u64 = 0x243F_6A88_85A3_08D3;

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket {
    /// A part of the hash of the id at each place.
    tags: [u32; PLACES],
    /// Which places are taken.
    taken: u32,
    /// The order at each place.
    orders: [u32; PLACES],
    /// How many ids have this as their first bucket but are elsewhere.
    elsewhere: u32,
}

impl Bucket {
    const EMPTY: Self =
        Self { tags: [0; PLACES], taken: 0, orders: [0; PLACES], elsewhere: 0 };

    /// The taken places with this tag, as bits.
    #[inline]
    fn matches(&self, tag: u32) -> u32 {
        let mut found = 0;
        for place in 0..PLACES {
            found |= u32::from(self.tags[place] == tag) << place;
        }
        found & self.taken
    }

    /// Puts an id into a free place; false if there is none.
    #[inline]
    fn put(&mut self, tag: u32, order: u32) -> bool {
        let place = self.taken.trailing_ones() as usize;
        if place >= PLACES {
            return false;
        }
        self.tags[place] = tag;
        self.orders[place] = order;
        self.taken |= 1 << place;
        true
    }
}

/// Where an id is, found once for looking and taking out.
#[derive(Clone, Copy, Debug)]
enum Place {
    Bucket { bucket: usize, place: usize },
    Overflow,
}

/// Orders by id. The ids themselves are in the orders.
#[derive(Clone, Debug)]
pub(crate) struct IdIndex {
    buckets: Vec<Bucket>,
    overflow: BTreeMap<u64, u32>,
    len: usize,
}

/// The hash of an id, cut up: first bucket, second bucket, tag.
#[derive(Clone, Copy)]
struct Hashed {
    hash: u64,
}

impl Hashed {
    #[inline]
    fn of(id: u64) -> Self {
        let product = u128::from(id ^ SALT) * u128::from(MIX);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded into one")]
        let hash = (product >> 64) as u64 ^ product as u64;
        Self { hash }
    }

    #[inline]
    fn tag(self) -> u32 {
        (self.hash >> 32) as u32
    }

    #[inline]
    fn first(self, mask: usize) -> usize {
        self.hash as usize & mask
    }

    #[inline]
    fn second(self, mask: usize) -> usize {
        (self.hash.wrapping_mul(MIX) >> 32) as usize & mask
    }
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
        match self.locate(id, orders)? {
            Place::Bucket { bucket, place } => Some(self.buckets[bucket].orders[place]),
            Place::Overflow => self.overflow.get(&id).copied(),
        }
    }

    /// Takes an id out and tells its order.
    #[inline]
    pub(crate) fn remove(&mut self, id: u64, orders: &Orders) -> Option<u32> {
        let (order, found) = match self.locate(id, orders)? {
            Place::Bucket { bucket, place } => {
                let bucket_node = &mut self.buckets[bucket];
                bucket_node.taken &= !(1 << place);
                (bucket_node.orders[place], bucket)
            }
            Place::Overflow => (self.overflow.remove(&id)?, usize::MAX),
        };
        let first = Hashed::of(id).first(self.mask());
        if found != first {
            self.buckets[first].elsewhere -= 1;
        }
        self.len -= 1;
        Some(order)
    }

    /// Puts an id in. It must not be there yet.
    #[inline]
    pub(crate) fn insert(&mut self, id: u64, order: u32, orders: &Orders) {
        if self.len == self.buckets.len() * LOAD_MAX {
            self.rebuild(self.buckets.len() * 2, orders);
        }
        self.len += 1;
        let hashed = Hashed::of(id);
        let first = hashed.first(self.mask());
        if !self.buckets[first].put(hashed.tag(), order) {
            self.put_elsewhere(id, order);
        }
    }

    #[cold]
    fn put_elsewhere(&mut self, id: u64, order: u32) {
        let hashed = Hashed::of(id);
        let (first, second) = (hashed.first(self.mask()), hashed.second(self.mask()));
        self.buckets[first].elsewhere += 1;
        if first == second || !self.buckets[second].put(hashed.tag(), order) {
            self.overflow.insert(id, order);
        }
    }

    #[inline]
    fn mask(&self) -> usize {
        self.buckets.len() - 1
    }

    #[inline]
    fn locate(&self, id: u64, orders: &Orders) -> Option<Place> {
        let hashed = Hashed::of(id);
        let first = hashed.first(self.mask());
        if let Some(place) = self.place_in(first, hashed.tag(), id, orders) {
            return Some(Place::Bucket { bucket: first, place });
        }
        if self.buckets[first].elsewhere == 0 {
            return None;
        }
        let second = hashed.second(self.mask());
        match self.place_in(second, hashed.tag(), id, orders) {
            Some(place) => Some(Place::Bucket { bucket: second, place }),
            None => self.overflow.contains_key(&id).then_some(Place::Overflow),
        }
    }

    #[inline]
    fn place_in(&self, bucket: usize, tag: u32, id: u64, orders: &Orders) -> Option<usize> {
        let bucket = &self.buckets[bucket];
        let mut matches = bucket.matches(tag);
        while matches != 0 {
            let place = matches.trailing_zeros() as usize;
            if orders[bucket.orders[place]].id == id {
                return Some(place);
            }
            matches &= matches - 1;
        }
        None
    }

    #[cold]
    fn rebuild(&mut self, buckets: usize, orders: &Orders) {
        let old = std::mem::replace(&mut self.buckets, vec![Bucket::EMPTY; buckets]);
        let overflow = std::mem::take(&mut self.overflow);
        self.len = 0;
        for bucket in old {
            for place in (0..PLACES).filter(|place| bucket.taken >> place & 1 == 1) {
                let order = bucket.orders[place];
                self.insert(orders[order].id, order, orders);
            }
        }
        for (id, order) in overflow {
            self.insert(id, order, orders);
        }
    }
}
