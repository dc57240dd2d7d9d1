//! Statements over many rows at once: a few sizes of each, so that all stay prepared.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

/// How many rows one statement takes, largest first. More than 100 is slower again, and the largest
/// row has 19 values where SQLite takes 32,766 a statement.
const SIZES: [usize; 4] = [100, 20, 5, 1];

/// A statement whose text holds one group of placeholders for every row.
pub struct MultiRow {
    by_size: [Arc<str>; SIZES.len()],
    /// Whether each takes any number of rows.
    any_size: bool,
}

impl MultiRow {
    /// `text` makes the statement for so many rows.
    pub fn with(text: impl Fn(usize) -> String) -> Self {
        Self { by_size: SIZES.map(|rows| text(rows).into()), any_size: false }
    }

    /// A text that takes any number of rows.
    pub fn of_any_size(text: &str) -> Self {
        Self { by_size: SIZES.map(|_| text.into()), any_size: true }
    }

    /// `head`, then `group` once for every row with commas between, then `tail`.
    pub fn new(head: &str, group: &str, tail: &str) -> Self {
        Self::with(|rows| format!("{head}{}{tail}", vec![group; rows].join(",")))
    }

    /// Splits `rows` into runs, each with the statement that takes it whole.
    pub fn split<'a, T>(&'a self, mut rows: &'a [T]) -> impl Iterator<Item = (Sql, &'a [T])> {
        std::iter::from_fn(move || {
            let size = SIZES.iter().position(|&size| size <= rows.len())?;
            let taken = if self.any_size { rows.len() } else { SIZES[size] };
            let (run, rest) = rows.split_at(taken);
            rows = rest;
            // Nothing but our own constants is in the text.
            Some((AssertSqlSafe(self.by_size[size].clone()), run))
        })
    }
}

/// The text of a statement.
pub type Sql = AssertSqlSafe<Arc<str>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_exactly_one_statement_with_as_many_groups() {
        let statement = MultiRow::new("values ", "(?)", "");
        let rows: Vec<u32> = (0..347).collect();
        let mut seen = Vec::new();
        for (sql, run) in statement.split(&rows) {
            assert_eq!(sql.0.matches("(?)").count(), run.len());
            seen.extend_from_slice(run);
        }
        assert_eq!(seen, rows);
    }
}
