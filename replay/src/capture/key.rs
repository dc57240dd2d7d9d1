//! Which requests have to stay in order.

use std::fmt;
use std::str::FromStr;

use traffic_archive::{Exchange, Hash};

use super::redaction::Redaction;

/// Digits of the hash that stands for a key that must not be shown.
const HASH_DIGITS: usize = 16;

/// Where the ordering key of a request is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRule {
    /// Nowhere: all requests are one order.
    None,
    /// In a header.
    Header(String),
    /// In the JSON of the body: the names of fields, from outside in.
    Json(Vec<String>),
    /// In the path: the number of a segment, from 1.
    Path(usize),
}

impl KeyRule {
    /// The key of a request that is not yet redacted; empty where it has none. What is redacted
    /// becomes a hash, which orders just as well.
    pub fn key_of(&self, request: &Exchange, redaction: &Redaction) -> String {
        let (key, secret) = match self {
            Self::None => return String::new(),
            Self::Header(name) => {
                (request.header(name).map(str::to_owned), redaction.hides_header(name))
            }
            Self::Json(names) => {
                let secret = names.iter().any(|name| redaction.hides_field(name));
                (field(request.body.bytes(), names), secret)
            }
            Self::Path(number) => (segment(&request.path, *number), false),
        };
        match key {
            Some(key) if secret => {
                let mut hash = Hash::of(&[key.as_bytes()]).to_string();
                hash.truncate(HASH_DIGITS);
                hash
            }
            key => key.unwrap_or_default(),
        }
    }
}

fn field(body: &[u8], names: &[String]) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let value = names.iter().try_fold(&json, |json, name| json.get(name))?;
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn segment(path: &str, number: usize) -> Option<String> {
    let path = path.split(['?', '#']).next()?;
    path.split('/').filter(|segment| !segment.is_empty()).nth(number - 1).map(str::to_owned)
}

impl FromStr for KeyRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule = match text.split_once(':') {
            None if text == "none" => Some(Self::None),
            Some(("header", name)) if !name.is_empty() => Some(Self::Header(name.to_owned())),
            Some(("json", names)) if names.split('.').all(|name| !name.is_empty()) => {
                Some(Self::Json(names.split('.').map(str::to_owned).collect()))
            }
            Some(("path", number)) => {
                number.parse().ok().filter(|number| *number > 0).map(Self::Path)
            }
            _ => None,
        };
        rule.ok_or_else(|| {
            "a rule is header:NAME, json:FIELD[.FIELD...], path:NUMBER (from 1) or none".to_owned()
        })
    }
}

impl fmt::Display for KeyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Json(names) => write!(f, "json:{}", names.join(".")),
            Self::Path(number) => write!(f, "path:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use traffic_archive::Body;

    #[test]
    fn a_key_is_found_where_the_rule_says() {
        let mut request = Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/api/shops/7?x=/9");
        request.headers = vec![("X-User".to_owned(), "ada".to_owned())];
        request.body = Body::from(r#"{"customer":{"id":42,"name":"Ada"},"empty":null}"#);
        let redaction = Redaction::new(&["x-secret".to_owned()], &["name".to_owned()]);
        for (rule, key) in [
            ("none", ""),
            ("header:x-user", "ada"),
            ("header:x-other", ""),
            ("json:customer.id", "42"),
            ("json:customer.email", ""),
            ("json:empty", ""),
            ("path:3", "7"),
            ("path:4", ""),
        ] {
            let parsed: KeyRule = rule.parse().unwrap();
            assert_eq!(parsed.to_string(), rule);
            assert_eq!(parsed.key_of(&request, &redaction), key, "{rule}");
        }
        let hidden = "json:customer.name".parse::<KeyRule>().unwrap();
        let key = hidden.key_of(&request, &redaction);
        assert!(key.len() == HASH_DIGITS && !key.contains("Ada"), "{key}");
        for rule in ["", "path:0", "path:x", "json:", "json:a..b", "header:", "cookie:a"] {
            assert!(rule.parse::<KeyRule>().is_err(), "{rule}");
        }
    }
}
