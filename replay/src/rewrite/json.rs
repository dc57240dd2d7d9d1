//! Values inside a JSON body, found and replaced without touching the bytes around them.

use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr;

use serde_json::value::RawValue;

/// Where values are in a JSON text: a JSON Pointer (RFC 6901) in which `*` is every item of an
/// array or every value of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer(Vec<String>);

impl FromStr for Pointer {
    /// What is wrong.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(text) = text.strip_prefix('/') else { return Err("a pointer begins with /") };
        Ok(Self(text.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect()))
    }
}

impl Pointer {
    /// The places of the values it leads to, in the order of the text; none if it is no JSON.
    pub(super) fn find(&self, json: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if let Ok(value) = serde_json::from_str::<&RawValue>(json) {
            follow(value.get(), &self.0, &mut |value| {
                // A value is a part of the text, so its distance from the beginning is its place.
                let begin = value.as_ptr().addr() - json.as_ptr().addr();
                found.push(begin..begin + value.len());
            });
        }
        found.sort_by_key(|place| place.start);
        found
    }

    /// The first value as text: strings without quotes, numbers as they are written.
    pub(super) fn get(&self, json: &str) -> Option<String> {
        let place = self.find(json).into_iter().next()?;
        text_of(&json[place])
    }

    /// Replaces each value for which there is a new one; `None` if there is none.
    pub(super) fn replace(
        &self,
        json: &str,
        mut new: impl FnMut(&str) -> Option<String>,
    ) -> Option<String> {
        let mut result = String::new();
        let mut copied = 0;
        for place in self.find(json) {
            let old = &json[place.clone()];
            let Some(new) = text_of(old).and_then(|old| new(&old)) else { continue };
            result.push_str(&json[copied..place.start]);
            result.push_str(&written_like(old, &new));
            copied = place.end;
        }
        if copied == 0 {
            return None;
        }
        result.push_str(&json[copied..]);
        Some(result)
    }
}

fn follow<'a>(json: &'a str, tokens: &[String], found: &mut impl FnMut(&'a str)) {
    let Some((token, rest)) = tokens.split_first() else { return found(json) };
    if let Ok(fields) = serde_json::from_str::<HashMap<String, &RawValue>>(json) {
        let fields = fields.into_iter().filter(|(name, _)| token == "*" || name == token);
        fields.for_each(|(_, value)| follow(value.get(), rest, found));
    } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
        let items = items.into_iter().enumerate();
        let items = items.filter(|(index, _)| token == "*" || index.to_string() == *token);
        items.for_each(|(_, value)| follow(value.get(), rest, found));
    }
}

/// `None` of what is neither string nor number.
fn text_of(value: &str) -> Option<String> {
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str(value).ok(),
        b'-' | b'0'..=b'9' => Some(value.to_owned()),
        _ => None,
    }
}

/// What was a number stays one, if it can.
fn written_like(old: &str, new: &str) -> String {
    let number = !old.starts_with('"') && serde_json::from_str::<serde_json::Number>(new).is_ok();
    if number { new.to_owned() } else { serde_json::Value::from(new).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(pointer: &str, json: &str) -> Option<String> {
        let pointer: Pointer = pointer.parse().unwrap();
        pointer.replace(json, |old| (old != "keep").then(|| format!("{old}0")))
    }

    #[test]
    fn only_the_value_changes() {
        let json = " {\"price\": 1.50, \"id\" : \"a\\u0062\", \"z\":[ ]}\n";
        assert_eq!(
            replace("/id", json).unwrap(),
            " {\"price\": 1.50, \"id\" : \"ab0\", \"z\":[ ]}\n"
        );
        assert_eq!(replace("/missing", json), None);
        assert_eq!(replace("/z", json), None);
    }

    #[test]
    fn every_item_may_be_meant() {
        let json = r#"{"items":[{"id":1},{"id":"keep"},{"id":3}]}"#;
        let all = r#"{"items":[{"id":10},{"id":"keep"},{"id":30}]}"#;
        assert_eq!(replace("/items/*/id", json).unwrap(), all);
        let third = r#"{"items":[{"id":1},{"id":"keep"},{"id":30}]}"#;
        assert_eq!(replace("/items/2/id", json).unwrap(), third);
    }

    #[test]
    fn names_with_a_slash_are_escaped() {
        let pointer: Pointer = "/a~1b~0".parse().unwrap();
        assert_eq!(pointer.get(r#"{"a/b~":"x"}"#).as_deref(), Some("x"));
        assert!("a".parse::<Pointer>().is_err());
    }

    #[test]
    fn a_number_that_becomes_text_is_quoted() {
        let pointer: Pointer = "/id".parse().unwrap();
        let replaced = pointer.replace(r#"{"id":7}"#, |_| Some("a\"b".to_owned()));
        assert_eq!(replaced.unwrap(), r#"{"id":"a\"b"}"#);
    }

    #[test]
    fn what_is_no_json_has_no_values() {
        assert_eq!(replace("/id", "id=1"), None);
        assert_eq!(replace("/id", ""), None);
    }
}
