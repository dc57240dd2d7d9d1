//! Looking many things up at once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::StoreError;
use crate::rows::Columns as _;
use crate::stored::foreign;
use crate::trading::many_rows::ManyRows;
use crate::trading::session::{Session, Value};

/// Things to be looked up, each once.
pub struct Asked<K> {
    keys: Vec<K>,
}

impl<K: Copy + Eq + Hash> Asked<K> {
    /// Those of `keys`.
    pub fn of(keys: impl Iterator<Item = K>) -> Self {
        let mut seen = HashSet::new();
        Self { keys: keys.filter(|key| seen.insert(*key)).collect() }
    }

    /// What `statement` finds of them. It takes a number and then a key's values a row, and answers
    /// with that number first.
    pub async fn find<'a, S: Session, T>(
        &self,
        session: &mut S,
        statement: &ManyRows,
        values_of: impl Fn(K) -> [Value<'a>; 2],
        read: impl Fn(&S::Row) -> Result<T, StoreError>,
    ) -> Result<HashMap<K, T>, StoreError> {
        let mut found = HashMap::with_capacity(self.keys.len());
        for (sql, run) in statement.split::<S, _>(&self.keys) {
            let mut values = Vec::with_capacity(run.len() * 3);
            for (place, key) in (0..).zip(run) {
                values.push(Value::Number(place));
                values.extend(values_of(*key));
            }
            for row in &session.fetch(sql, values).await? {
                let place = row.number(0)?;
                let key = usize::try_from(place).ok().and_then(|place| run.get(place));
                found.insert(*key.ok_or_else(|| foreign("a place", place))?, read(row)?);
            }
        }
        Ok(found)
    }
}
