//! Rows as JSON, one after the other.

use std::marker::PhantomData;

use serde::{Serialize, Serializer};

/// Rows, each written as a `V`: straight to bytes, without a list of views between.
pub(crate) struct Each<'a, R, V> {
    rows: &'a [R],
    view: PhantomData<fn() -> V>,
}

impl<'a, R, V> Each<'a, R, V> {
    pub(crate) const fn of(rows: &'a [R]) -> Self {
        Self { rows, view: PhantomData }
    }
}

impl<'a, R, V: From<&'a R> + Serialize> Serialize for Each<'a, R, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(V::from))
    }
}
