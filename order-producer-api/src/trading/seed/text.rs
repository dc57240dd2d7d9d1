//! A seed's text, and on which line of it things stand.

use std::ops::Range;

use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use toml_edit::visit::Visit;
use toml_edit::{Formatted, ImDocument};

use super::SeedError;

/// TOML without a number with a point: it would become a float, and lose digits.
pub(super) struct Text(ImDocument<String>);

impl Text {
    pub(super) fn parse(text: &str) -> Result<Self, SeedError> {
        let document = ImDocument::parse(text.to_owned())
            .map_err(|error| wrong(text, error.span(), error.message()))?;
        match Float::in_document(&document) {
            Some(place) => {
                let cause =
                    format!("{} is written in quotes, digit by digit", &text[place.clone()]);
                Err(wrong(text, Some(place), cause))
            }
            None => Ok(Self(document)),
        }
    }

    /// What it says.
    pub(super) fn value(&self) -> Result<Value, SeedError> {
        toml_edit::de::from_document(self.0.clone())
            .map_err(|error| wrong(self.0.raw(), error.span(), error.message()))
    }

    /// `cause` is wrong with what `path` leads to, or with what of the path is there.
    pub(super) fn wrong_at(&self, path: &Path, cause: impl Into<String>) -> SeedError {
        let mut item = self.0.as_item();
        let mut place = None;
        for segment in path {
            let next = match segment {
                Segment::Seq { index } => item.get(*index),
                Segment::Map { key } => item.get(key.as_str()),
                Segment::Enum { .. } | Segment::Unknown => None,
            };
            let Some(next) = next else { break };
            item = next;
            place = item.span().or(place);
        }
        wrong(self.0.raw(), place, cause)
    }
}

fn wrong(text: &str, place: Option<Range<usize>>, cause: impl Into<String>) -> SeedError {
    let before = place.and_then(|place| text.get(..place.start)).unwrap_or_default();
    SeedError::Wrong { line: before.matches('\n').count() + 1, cause: cause.into() }
}

/// Looks for the first float.
#[derive(Default)]
struct Float(Option<Range<usize>>);

impl Float {
    fn in_document(document: &ImDocument<String>) -> Option<Range<usize>> {
        let mut found = Self::default();
        found.visit_table(document.as_table());
        found.0
    }
}

impl Visit<'_> for Float {
    fn visit_float(&mut self, float: &Formatted<f64>) {
        self.0 = self.0.take().or_else(|| float.span());
    }
}
