//! Do two stores hold the same, and which rows differ?

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use super::row::{ContentRow, ContentValue, RowHash};
use super::summary::{Bucket, TableSummary};
use super::table::{Column, ContentTable};
use super::view::ContentView;
use crate::StoreError;

/// The most rows of one table that are held at once to find those that differ.
pub const HELD_ROWS_MAX: u64 = 20_000;

/// What two views have of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableComparison {
    /// Which table.
    pub table: ContentTable,
    /// The columns that both have, and that were compared; none where one of them lacks the table, or
    /// a column of its key.
    pub columns: Vec<Column>,
    /// What the left view holds of these columns.
    pub left: TableSummary,
    /// What the right view holds.
    pub right: TableSummary,
}

impl TableComparison {
    /// Whether what was compared is the same.
    pub fn is_same(&self) -> bool {
        self.left == self.right
    }

    /// The names of the columns that only one has, or neither: they were not compared.
    pub fn left_out(&self) -> Vec<&'static str> {
        let of_table = self.table.columns().iter();
        of_table.filter(|column| !self.columns.contains(column)).map(|column| column.name).collect()
    }
}

/// A row that is not the same in two stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDifference {
    /// Its table.
    pub table: ContentTable,
    /// Which row: columns and values.
    pub key: Vec<(&'static str, ContentValue<'static>)>,
    /// What differs.
    pub difference: Difference,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Only the left store has it.
    OnlyLeft,
    /// Only the right store has it.
    OnlyRight,
    /// These columns have other values: on the left, on the right.
    Values(Vec<(&'static str, ContentValue<'static>, ContentValue<'static>)>),
}

/// Compares one table of two views, by the columns that both have. Reads all of it, both sides at once.
pub async fn compare(
    left: &mut ContentView,
    right: &mut ContentView,
    table: ContentTable,
) -> Result<TableComparison, StoreError> {
    let (of_left, of_right) = (left.columns(table).await?, right.columns(table).await?);
    let mut columns: Vec<Column> =
        of_left.into_iter().filter(|column| of_right.contains(column)).collect();
    if !columns.starts_with(table.key()) {
        columns.clear();
        let nothing = TableSummary::empty();
        return Ok(TableComparison { table, columns, left: nothing.clone(), right: nothing });
    }
    let (left, right) =
        tokio::try_join!(left.summary(table, &columns), right.summary(table, &columns))?;
    Ok(TableComparison { table, columns, left, right })
}

/// At most `limit` of the rows that make up the difference, by their keys. Reads the table once more
/// on each side, and looks at the buckets that differ only, of these at so many as have
/// [`HELD_ROWS_MAX`] rows.
pub async fn differing_rows(
    left: &mut ContentView,
    right: &mut ContentView,
    found: &TableComparison,
    limit: usize,
) -> Result<Vec<RowDifference>, StoreError> {
    if found.is_same() {
        return Ok(Vec::new());
    }
    let buckets = looked_at(&found.left.differing(&found.right));
    let lefts = rows_in(left, found, &buckets).await?;
    let mut missing: HashMap<RowHash, Vec<ContentValue<'static>>> = lefts;
    let (table, columns) = (found.table, &found.columns[..]);
    let mut differing = BTreeMap::new();
    let mut take = |row: ContentRow<'_>| {
        let key_hash = row.key_hash();
        if !buckets.contains(&Bucket::of(key_hash)) {
            return ControlFlow::Continue(());
        }
        let difference = match missing.remove(&key_hash) {
            None => Some(Difference::OnlyRight),
            Some(left) => values(columns, &left, row.values()),
        };
        if let Some(difference) = difference {
            let key = row.key().iter().cloned().map(ContentValue::into_owned).collect();
            keep_first(&mut differing, key, difference, limit);
        }
        ControlFlow::Continue(())
    };
    right.each_row(table, columns, &mut take).await?;
    for mut values in missing.into_values() {
        values.truncate(table.key().len());
        keep_first(&mut differing, values, Difference::OnlyLeft, limit);
    }
    let named = |(key, difference): (Vec<ContentValue<'static>>, Difference)| RowDifference {
        table,
        key: table.key().iter().map(|column| column.name).zip(key).collect(),
        difference,
    };
    Ok(differing.into_iter().map(named).collect())
}

/// So many of the differing buckets as have together [`HELD_ROWS_MAX`] rows; at least one.
fn looked_at(differing: &[(Bucket, u64)]) -> HashSet<Bucket> {
    let mut held = 0;
    let few = differing.iter().take_while(|(_, rows)| {
        let fits = held == 0 || held + rows <= HELD_ROWS_MAX;
        held += rows;
        fits
    });
    few.map(|(bucket, _)| *bucket).collect()
}

async fn rows_in(
    view: &mut ContentView,
    found: &TableComparison,
    buckets: &HashSet<Bucket>,
) -> Result<HashMap<RowHash, Vec<ContentValue<'static>>>, StoreError> {
    let mut rows = HashMap::new();
    let mut take = |row: ContentRow<'_>| {
        let key = row.key_hash();
        if buckets.contains(&Bucket::of(key)) {
            rows.insert(key, row.into_owned());
        }
        ControlFlow::Continue(())
    };
    view.each_row(found.table, &found.columns, &mut take).await?;
    Ok(rows)
}

/// The columns whose values differ; `None` where none does.
fn values(
    columns: &[Column],
    left: &[ContentValue<'static>],
    right: &[ContentValue<'_>],
) -> Option<Difference> {
    let pairs = columns.iter().zip(left.iter().zip(right));
    let other: Vec<_> = pairs
        .filter(|(_, (left, right))| left != right)
        .map(|(column, (left, right))| (column.name, left.clone(), right.clone().into_owned()))
        .collect();
    (!other.is_empty()).then_some(Difference::Values(other))
}

/// Keeps the first `limit` by key.
fn keep_first(
    differing: &mut BTreeMap<Vec<ContentValue<'static>>, Difference>,
    key: Vec<ContentValue<'static>>,
    difference: Difference,
    limit: usize,
) {
    differing.insert(key, difference);
    if differing.len() > limit {
        differing.pop_last();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_to_find_differences_is_bounded() {
        let bucket = |number: u128| Bucket::of(RowHash(number << 116));
        let differing = [(bucket(1), HELD_ROWS_MAX - 1), (bucket(2), 1), (bucket(3), 1)];
        assert_eq!(looked_at(&differing), HashSet::from([bucket(1), bucket(2)]));
        let large = [(bucket(1), HELD_ROWS_MAX * 9), (bucket(2), 1)];
        assert_eq!(looked_at(&large), HashSet::from([bucket(1)]), "one is looked at in any case");
    }
}
