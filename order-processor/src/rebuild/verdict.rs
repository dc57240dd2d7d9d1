//! What two generations hold, table by table.

use order_store::StoreError;
use order_store::content::{
    ContentTable, ContentView, RowDifference, TableComparison, compare, differing_rows,
};

use super::SHOWN_ROWS;
use super::telling::Telling;

/// What was found: the live generation is on the left.
pub(super) struct Verdict {
    pub(super) tables: Vec<TableComparison>,
    /// The first rows that differ, where they were asked for.
    pub(super) rows: Vec<RowDifference>,
}

impl Verdict {
    /// Compares two views, which must be of the same place in the log.
    pub(super) async fn of(
        mut live: ContentView,
        mut new: ContentView,
        with_rows: bool,
        tell: &Telling,
    ) -> Result<Self, StoreError> {
        let (mut tables, mut rows) = (Vec::new(), Vec::new());
        tell.begin("comparing tables", ContentTable::ALL.len() as u64);
        for table in ContentTable::ALL {
            tell.say(table.name());
            let found = compare(&mut live, &mut new, table).await?;
            if with_rows {
                rows.extend(differing_rows(&mut live, &mut new, &found, SHOWN_ROWS).await?);
            }
            tables.push(found);
            tell.advance(1);
        }
        Ok(Self { tables, rows })
    }

    /// Whether all that could be compared is the same.
    pub(super) fn is_same(&self) -> bool {
        self.tables.iter().all(TableComparison::is_same)
    }
}
