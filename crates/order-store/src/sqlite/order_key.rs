//! The key of an order inside SQLite: a number that grows with the order's time.
//!
//! An FTS5 index can only list its hits by row number. With row numbers in the order of time, a
//! search for a common word reads one page instead of every hit; and the other indexes, which hold
//! the row number anyhow, list newest first for nothing.
//!
//! A key is `bucket << SEQUENCE_BITS | sequence`: the bucket is the order's time in steps of
//! [`BUCKET_MS`], the sequence counts the bucket's orders as they came. Orders of one bucket are
//! therefore sorted when they are read.

use order_domain::Timestamp;

use crate::StoreError;

/// How long a bucket is, in milliseconds: 16.
pub const BUCKET_MS: i64 = 1 << BUCKET_MS_BITS;

const BUCKET_MS_BITS: u32 = 4;
const SEQUENCE_BITS: u32 = 25;
/// Times beyond this bucket (the year 2109), before 1970 likewise, share the last one: there, pages
/// are still right, only slower.
const BUCKET_MAX: i64 = (1 << (i64::BITS - 1 - SEQUENCE_BITS)) - 1;

/// A stretch of keys whose orders were placed at almost the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(i64);

impl Bucket {
    /// The bucket of an order that was placed then.
    pub fn at(placed_at: Timestamp) -> Self {
        Self((placed_at.0 >> BUCKET_MS_BITS).clamp(-BUCKET_MAX - 1, BUCKET_MAX))
    }

    /// The bucket that `key` lies in.
    pub const fn of_key(key: i64) -> Self {
        Self(key >> SEQUENCE_BITS)
    }

    /// The lowest key of the bucket.
    pub const fn first_key(self) -> i64 {
        self.0 << SEQUENCE_BITS
    }

    /// The highest key of the bucket.
    pub const fn last_key(self) -> i64 {
        self.first_key() | ((1 << SEQUENCE_BITS) - 1)
    }

    /// The key behind `newest`, the highest one taken in this bucket. A bucket takes 33,554,432.
    pub fn next_key(self, newest: Option<i64>) -> Result<i64, StoreError> {
        match newest {
            None => Ok(self.first_key()),
            Some(key) if key < self.last_key() => Ok(key + 1),
            Some(_) => Err(StoreError::Refused(format!(
                "more orders within {BUCKET_MS} ms than the store can number"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bucket_numbers_its_orders_until_it_is_full() {
        let bucket = Bucket::at(Timestamp(1_700_000_000_000));
        assert_eq!(bucket.next_key(None).unwrap(), bucket.first_key());
        assert_eq!(bucket.next_key(Some(bucket.first_key())).unwrap(), bucket.first_key() + 1);
        assert!(matches!(bucket.next_key(Some(bucket.last_key())), Err(StoreError::Refused(_))));
    }

    proptest! {
        #[test]
        fn a_later_order_never_lies_in_an_earlier_bucket(one: i64, other: i64) {
            let (earlier, later) = (Timestamp(one.min(other)), Timestamp(one.max(other)));
            prop_assert!(Bucket::at(earlier) <= Bucket::at(later));
            prop_assert!(Bucket::at(earlier).first_key() <= Bucket::at(later).first_key());
        }

        #[test]
        fn every_key_of_a_bucket_lies_in_it(at: i64) {
            let bucket = Bucket::at(Timestamp(at));
            prop_assert!(bucket.first_key() < bucket.last_key());
            prop_assert_eq!(Bucket::of_key(bucket.first_key()), bucket);
            prop_assert_eq!(Bucket::of_key(bucket.last_key()), bucket);
        }
    }
}
