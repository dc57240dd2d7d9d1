//! What a table holds, in a few bytes: two that hold the same rows have the same summary, in whatever
//! order the rows came.

use std::fmt;
use std::ops::ControlFlow;

use super::row::{ContentRow, RowHash};
use super::table::{Column, ContentTable};
use super::view::ContentView;
use crate::StoreError;

/// Into how many buckets the rows of a table are dealt, by the hash of their key. A row that differs
/// is looked for in one of them only.
pub const BUCKETS: usize = 4_096;

/// Which bucket a row is in: below [`BUCKETS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bucket(u16);

impl Bucket {
    /// The bucket of a row with this key.
    pub(super) fn of(key: RowHash) -> Self {
        let first_bits = key.0 >> (u128::BITS - BUCKETS.trailing_zeros());
        Self(u16::try_from(first_bits).expect("twelve bits"))
    }
}

/// The rows of one bucket: how many, and the sum of their hashes, modulo 2^128. A sum has no order,
/// and unlike an exclusive or it tells a row that is there twice. It is a check against damage, not
/// against somebody who looks for rows of the same sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Tally {
    rows: u64,
    sum: u128,
}

impl Tally {
    const fn add(&mut self, rows: u64, sum: u128) {
        self.rows += rows;
        self.sum = self.sum.wrapping_add(sum);
    }
}

/// What a table holds. Always the same size, some 130 kB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSummary {
    buckets: Vec<Tally>,
}

impl TableSummary {
    pub(super) fn empty() -> Self {
        Self { buckets: vec![Tally::default(); BUCKETS] }
    }

    fn add(&mut self, row: &ContentRow<'_>) {
        let Bucket(bucket) = Bucket::of(row.key_hash());
        self.buckets[usize::from(bucket)].add(1, row.hash().0);
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.rows).sum()
    }

    /// A hash over all rows, whatever their order.
    pub fn hash(&self) -> ContentHash {
        let mut all = Tally::default();
        for bucket in &self.buckets {
            all.add(bucket.rows, bucket.sum);
        }
        ContentHash(all.sum)
    }

    /// The buckets in which the two differ, and how many rows the larger of each has.
    pub(super) fn differing(&self, other: &Self) -> Vec<(Bucket, u64)> {
        let pairs = (0..).zip(self.buckets.iter().zip(&other.buckets));
        pairs
            .filter(|(_, (left, right))| left != right)
            .map(|(number, (left, right))| (Bucket(number), left.rows.max(right.rows)))
            .collect()
    }
}

/// A hash over all rows of a table: 32 hex digits in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub u128);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl ContentView {
    /// Reads all of `table`, of each row `columns`, which begin with the table's
    /// [key](ContentTable::key). Summaries over the same columns can be compared, of whatever database.
    pub async fn summary(
        &mut self,
        table: ContentTable,
        columns: &[Column],
    ) -> Result<TableSummary, StoreError> {
        let mut summary = TableSummary::empty();
        let mut take = |row: ContentRow<'_>| {
            summary.add(&row);
            ControlFlow::Continue(())
        };
        self.each_row(table, columns, &mut take).await?;
        Ok(summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(rows: impl IntoIterator<Item = (u16, u128)>) -> TableSummary {
        let mut summary = TableSummary::empty();
        for (bucket, hash) in rows {
            summary.buckets[usize::from(bucket)].add(1, hash);
        }
        summary
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_their_number_does() {
        let rows = [(1, u128::MAX), (1, 7), (4_095, 9)];
        let one = summary(rows);
        assert_eq!(one, summary(rows.into_iter().rev()));
        assert_eq!((one.rows(), one.hash()), (3, ContentHash(15)));
        let doubled = summary(rows.into_iter().chain([rows[1], rows[1]]));
        assert_ne!(one.hash(), doubled.hash());
        assert_ne!(one.rows(), doubled.rows());
    }

    #[test]
    fn buckets_that_differ_are_found() {
        let (one, other) = (summary([(1, 5), (2, 6)]), summary([(1, 5), (2, 7), (2, 8), (3, 0)]));
        assert_eq!(one.differing(&other), [(Bucket(2), 2), (Bucket(3), 1)]);
        assert_eq!(one.differing(&one), []);
    }

    #[test]
    fn every_key_has_a_bucket() {
        assert_eq!(Bucket::of(RowHash(0)), Bucket(0));
        assert_eq!(usize::from(Bucket::of(RowHash(u128::MAX)).0), BUCKETS - 1);
    }

    #[test]
    fn a_hash_is_32_digits() {
        assert_eq!(ContentHash(0xabc).to_string(), "00000000000000000000000000000abc");
    }
}
