//! A row as it is, whatever the database.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::table::{Column, ContentTable, Kind};
use crate::StoreError;
use crate::rows::Columns;

/// A value as it is, whatever the database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContentValue<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Number(i64),
    /// Text. JSON is written in one way: keys sorted, no blanks.
    Text(Cow<'a, str>),
    /// A UUID.
    Id(Uuid),
}

impl ContentValue<'_> {
    fn read<'a>(
        row: &'a dyn Columns,
        place: usize,
        kind: Kind,
    ) -> Result<ContentValue<'a>, StoreError> {
        let text = |text: Option<&'a str>, of: fn(&'a str) -> Cow<'a, str>| {
            text.map_or(ContentValue::Null, |text| ContentValue::Text(of(text)))
        };
        Ok(match kind {
            Kind::Number => {
                row.optional_number(place)?.map_or(ContentValue::Null, ContentValue::Number)
            }
            Kind::Text => text(row.optional_text(place)?, Cow::Borrowed),
            Kind::Json => text(row.optional_text(place)?, canonical_json),
            Kind::Id => ContentValue::Id(row.uuid(place)?),
        })
    }

    /// The value without the row that it was read from.
    pub fn into_owned(self) -> ContentValue<'static> {
        match self {
            Self::Null => ContentValue::Null,
            Self::Number(number) => ContentValue::Number(number),
            Self::Text(text) => ContentValue::Text(Cow::Owned(text.into_owned())),
            Self::Id(id) => ContentValue::Id(id),
        }
    }

    /// Kind, length and bytes, so that no two rows of values run together to the same bytes.
    fn feed(&self, hash: &mut Sha256) {
        match self {
            Self::Null => hash.update([0]),
            Self::Number(number) => {
                hash.update([1]);
                hash.update(number.to_le_bytes());
            }
            Self::Text(text) => {
                hash.update([2]);
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
            Self::Id(id) => {
                hash.update([3]);
                hash.update(id.as_bytes());
            }
        }
    }
}

impl fmt::Display for ContentValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// What is no JSON stays as it is.
fn canonical_json(text: &str) -> Cow<'_, str> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => Cow::Owned(value.to_string()),
        Err(_) => Cow::Borrowed(text),
    }
}

/// A row of a table, as long as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentRow<'a> {
    key_columns: usize,
    values: Vec<ContentValue<'a>>,
}

impl<'a> ContentRow<'a> {
    /// Reads `columns` of `table`, which stand first in `row`.
    pub(super) fn read(
        table: ContentTable,
        columns: &[Column],
        row: &'a dyn Columns,
    ) -> Result<Self, StoreError> {
        let read = |(place, column): (usize, &Column)| ContentValue::read(row, place, column.kind);
        let values = columns.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { key_columns: table.key().len(), values })
    }

    /// The values of the columns that were asked for, in their order.
    pub fn values(&self) -> &[ContentValue<'a>] {
        &self.values
    }

    /// Those that say which row it is.
    pub fn key(&self) -> &[ContentValue<'a>] {
        &self.values[..self.key_columns]
    }

    pub(super) fn into_owned(self) -> Vec<ContentValue<'static>> {
        self.values.into_iter().map(ContentValue::into_owned).collect()
    }

    /// What the row is known by among all.
    pub fn hash(&self) -> RowHash {
        RowHash::of(&self.values)
    }

    pub(super) fn key_hash(&self) -> RowHash {
        RowHash::of(self.key())
    }
}

/// The first 128 bits of a SHA-256 over values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowHash(pub u128);

impl RowHash {
    fn of(values: &[ContentValue<'_>]) -> Self {
        let mut hash = Sha256::new();
        for value in values {
            value.feed(&mut hash);
        }
        let digest = hash.finalize();
        let (first, _) = digest.split_first_chunk().expect("a SHA-256 has 32 bytes");
        Self(u128::from_be_bytes(*first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ContentValue<'_> {
        ContentValue::Text(text.into())
    }

    #[test]
    fn no_two_rows_run_together() {
        let rows = [
            vec![text("ab"), text("c")],
            vec![text("a"), text("bc")],
            vec![text("abc")],
            vec![text("abc"), ContentValue::Null],
            vec![text(""), text("abc")],
            vec![ContentValue::Number(0)],
            vec![ContentValue::Null],
            vec![ContentValue::Id(Uuid::nil())],
        ];
        let hashes: std::collections::BTreeSet<_> =
            rows.iter().map(|values| RowHash::of(values)).collect();
        assert_eq!(hashes.len(), rows.len());
    }

    #[test]
    fn json_is_the_same_however_it_is_written() {
        assert_eq!(canonical_json(r#"{ "b": [1, 2], "a": "x" }"#), r#"{"a":"x","b":[1,2]}"#);
        assert_eq!(canonical_json("no JSON"), "no JSON");
    }
}
