//! Where two bodies differ.

use serde_json::Value;
use serde_json_path::{JsonPath, NormalizedPath};

use crate::capture::REDACTED;

/// Differences that are told of one pair of bodies.
const DIFFERENCES_MAX: usize = 16;

/// Characters of a value that are shown.
const SHOWN_CHARS_MAX: usize = 120;

/// A place at which two bodies differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BodyDifference {
    /// As a JSONPath; `None` for bodies that are not JSON.
    pub(super) path: Option<String>,
    /// The same, with `*` for the places in lists: what is counted together.
    pub(super) kind: Option<String>,
    pub(super) recorded: String,
    pub(super) now: String,
}

/// The differences of two bodies, but for what is to be ignored.
pub(super) fn differences(recorded: &[u8], now: &[u8], ignore: &[JsonPath]) -> Vec<BodyDifference> {
    if recorded == now {
        return Vec::new();
    }
    let (Ok(mut old), Ok(mut new)) =
        (serde_json::from_slice::<Value>(recorded), serde_json::from_slice::<Value>(now))
    else {
        let text = |bytes| shorten(&String::from_utf8_lossy(bytes));
        let (recorded, now) = (text(recorded), text(now));
        return vec![BodyDifference { path: None, kind: None, recorded, now }];
    };
    for path in ignore {
        remove(&mut old, path);
        remove(&mut new, path);
    }
    let mut found = Vec::new();
    walk(Some(&old), Some(&new), &Place::default(), &mut found);
    found
}

/// What is found becomes `null` instead of going away, so that places in lists stay what they are;
/// a member goes away.
fn remove(value: &mut Value, path: &JsonPath) {
    let pointers: Vec<String> =
        path.query_located(value).locations().map(NormalizedPath::to_json_pointer).collect();
    for pointer in pointers {
        let Some((parent, step)) = pointer.rsplit_once('/') else {
            *value = Value::Null;
            return;
        };
        match value.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                members.remove(&step.replace("~1", "/").replace("~0", "~"));
            }
            Some(list @ Value::Array(_)) => {
                if let Some(element) = list.pointer_mut(&format!("/{step}")) {
                    *element = Value::Null;
                }
            }
            // It went away with a member further up.
            _ => {}
        }
    }
}

#[derive(Clone, Default)]
struct Place {
    path: String,
    kind: String,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        let plain = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let step = if plain { format!(".{name}") } else { format!("[{name:?}]") };
        Self { path: format!("{}{step}", self.path), kind: format!("{}{step}", self.kind) }
    }

    fn element(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), kind: format!("{}[*]", self.kind) }
    }
}

fn walk(old: Option<&Value>, new: Option<&Value>, place: &Place, found: &mut Vec<BodyDifference>) {
    if old == new || found.len() >= DIFFERENCES_MAX {
        return;
    }
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for (name, value) in old {
                walk(Some(value), new.get(name), &place.member(name), found);
            }
            for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
                walk(None, Some(value), &place.member(name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                walk(old.get(index), new.get(index), &place.element(index), found);
            }
        }
        // What was there is not known any more.
        (Some(Value::String(old)), Some(_)) if old == REDACTED => {}
        _ => found.push(BodyDifference {
            path: Some(format!("${}", place.path)),
            kind: Some(format!("${}", place.kind)),
            recorded: shown(old),
            now: shown(new),
        }),
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| shorten(&value.to_string()))
}

pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(old: &str, new: &str, ignore: &[&str]) -> Vec<String> {
        let ignore: Vec<_> = ignore.iter().map(|path| JsonPath::parse(path).unwrap()).collect();
        let found = differences(old.as_bytes(), new.as_bytes(), &ignore);
        found
            .into_iter()
            .map(|d| format!("{} {} {}", d.path.unwrap_or_default(), d.recorded, d.now))
            .collect()
    }

    #[test]
    fn json_is_compared_as_json() {
        assert!(paths(r#"{"a":1,"b":[2]}"#, r#"{ "b": [2], "a": 1 }"#, &[]).is_empty());
        let found = paths(r#"{"a":1,"b":[2,{"c-d":3}]}"#, r#"{"b":[2,{"c-d":"3"},4]}"#, &[]);
        assert_eq!(found, ["$.a 1 nothing", r#"$.b[1]["c-d"] 3 "3""#, "$.b[2] nothing 4"]);
    }

    #[test]
    fn places_in_lists_are_counted_together() {
        let found = differences(br#"{"a":[1,2]}"#, br#"{"a":[1,3]}"#, &[]);
        assert_eq!(found[0].kind.as_deref(), Some("$.a[*]"));
    }

    #[test]
    fn what_is_ignored_may_differ_or_be_absent() {
        let (old, new) = (r#"{"id":1,"l":[{"id":2,"x":5}]}"#, r#"{"id":3,"l":[{"x":6}]}"#);
        assert_eq!(paths(old, new, &["$..id"]), ["$.l[0].x 5 6"]);
        assert!(paths(old, new, &["$..id", "$.l[0].x"]).is_empty());
        assert!(paths(old, new, &["$"]).is_empty());
        assert!(paths("[1,2]", "[3,2]", &["$[0]"]).is_empty());
        // An element more is a difference, ignored or not.
        assert_eq!(paths("[1]", "[1,2]", &["$[1]"]), ["$[1] nothing null"]);
        assert!(paths(r#"{"a/b":{"~":1}}"#, r#"{"a/b":{}}"#, &["$['a/b']['~']"]).is_empty());
    }

    #[test]
    fn what_was_redacted_may_have_been_anything() {
        let recorded = r#"{"token":"[redacted]","a":["[redacted]",1]}"#;
        assert!(paths(recorded, r#"{"token":{"b":2},"a":[7,1]}"#, &[]).is_empty());
        let found = paths(recorded, r#"{"a":["x",2]}"#, &[]);
        assert_eq!(found, ["$.a[1] 1 2", r#"$.token "[redacted]" nothing"#]);
    }

    #[test]
    fn what_is_not_json_is_compared_as_bytes() {
        assert_eq!(paths("a", "b", &["$"]), [" a b"]);
        assert_eq!(paths("", "1", &[]), ["  1"]);
    }
}
