//! A sequence that is written one by one, because a copy of all would take as much memory again.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

/// So many entries, and what makes them.
pub(crate) struct Each<F>(pub(crate) usize, pub(crate) F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(length, entries) = self;
        let mut written = serializer.serialize_seq(Some(*length))?;
        for entry in entries() {
            written.serialize_element(&entry)?;
        }
        written.end()
    }
}
