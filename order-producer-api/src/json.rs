//! JSON bodies: read fast, and told precisely what is wrong.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IntoDeserializer as _, MapAccess, Visitor};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use service_kit::Problem;
use service_kit::problem::types;

/// Reads `body` as a `T`. Malformed JSON is a 400 with line and column, a missing or wrong field a
/// 422 with a JSON pointer (RFC 6901).
///
/// Only a body that turned out to be wrong is read a second time, to learn where.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => wrong_field::<T>(body, &error),
        Category::Syntax | Category::Eof | Category::Io => malformed(&error),
    })
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(&types::MALFORMED_JSON)
        .detail(error.to_string())
        .with("line", error.line())
        .with("column", error.column())
}

fn wrong_field<'a, T: Deserialize<'a>>(body: &'a [u8], first: &serde_json::Error) -> Problem {
    let mut json = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(error) => {
            let detail = error.inner().to_string();
            invalid_field(pointer(error.path(), &detail), detail)
        }
        // Both readers take the same bodies; if they ever differ, the first one's word counts.
        Ok(_) => invalid_field(String::new(), first.to_string()),
    }
}

/// A 422 for the value at `pointer`.
pub(crate) fn invalid_field(pointer: String, detail: impl Into<String>) -> Problem {
    Problem::new(&types::INVALID_FIELD).detail(detail).with("pointer", pointer)
}

/// The JSON pointer of `path`. For a missing field, serde's path ends at the object that lacks it;
/// the pointer names the field itself.
fn pointer(path: &Path, detail: &str) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let missing = detail.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    if let Some(field) = missing {
        push(&mut pointer, field);
    }
    pointer
}

fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}

/// A `T` that must be a JSON object. Serde's derive would also take an array of its fields' values.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// Reads a field that must be a JSON object, for `#[serde(deserialize_with = "object")]`.
pub(crate) fn object<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Object::deserialize(deserializer).map(|Object(read)| read)
}

/// [`object`], of a list of them.
pub(crate) fn objects<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let read = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(read.into_iter().map(|Object(read)| read).collect())
}

/// Reads the name of one of several, for `#[serde(deserialize_with = "name")]`. Where a derived enum
/// meets what is no text, `serde_json` calls that malformed; and it takes an object for a name, too.
pub(crate) fn name<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(String::deserialize(deserializer)?.into_deserializer())
}

/// [`name`], where there may be none.
pub(crate) fn optional_name<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let name = Option::<String>::deserialize(deserializer)?;
    name.map(|name| T::deserialize(name.into_deserializer())).transpose()
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}
