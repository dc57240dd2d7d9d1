//! What must not be written.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use traffic_archive::{Body, Exchange};

/// Stands where something was.
pub(crate) const REDACTED: &str = "[redacted]";

/// Says, with the number of its bytes, that a body was left out.
pub(crate) const BODY_OMITTED: &str = "replay-body-omitted";

/// Headers that are never written.
const ALWAYS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// JSON that is nested deeper is left out as a whole.
const DEPTH_MAX: usize = 100;

/// Leaves out headers and fields by their names, in whatever case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    headers: BTreeSet<String>,
    fields: BTreeSet<String>,
}

impl Redaction {
    /// These headers and those with credentials, and these fields of JSON, forms and queries.
    pub fn new(headers: &[String], fields: &[String]) -> Self {
        let lower = |name: &String| name.to_lowercase();
        let always = ALWAYS.iter().map(|name| (*name).to_owned());
        Self {
            headers: always.chain(headers.iter().map(lower)).collect(),
            fields: fields.iter().map(lower).collect(),
        }
    }

    /// Whether bodies have to be looked into.
    pub(super) fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    pub(super) fn hides_header(&self, name: &str) -> bool {
        self.headers.contains(&name.to_lowercase())
    }

    pub(super) fn hides_field(&self, name: &str) -> bool {
        self.fields.contains(&name.to_lowercase())
    }

    /// Leaves out of a request and its response what must not be written.
    pub fn apply(&self, exchange: &mut Exchange) {
        if let Some((path, query)) = exchange.path.split_once('?')
            && let Some(query) = self.form(query)
        {
            exchange.path = format!("{path}?{query}");
        }
        self.message(&mut exchange.headers, &mut exchange.body);
        if let Some(response) = &mut exchange.response {
            self.message(&mut response.headers, &mut response.body);
        }
    }

    fn message(&self, headers: &mut Vec<(String, String)>, body: &mut Body) {
        for (name, value) in headers.iter_mut() {
            if self.hides_header(name) {
                REDACTED.clone_into(value);
            }
        }
        match self.body(headers, body) {
            Looked::Clean => {}
            Looked::Redacted(text) => *body = Body::from(text),
            Looked::Blind => {
                headers.push((BODY_OMITTED.to_owned(), body.bytes().len().to_string()));
                *body = Body::EMPTY;
            }
        }
    }

    fn body(&self, headers: &[(String, String)], body: &Body) -> Looked {
        if self.fields.is_empty() || body.is_empty() {
            return Looked::Clean;
        }
        let header = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map_or("", |(_, value)| value.as_str())
        };
        if !matches!(header("content-encoding"), "" | "identity") {
            return Looked::Blind;
        }
        let Some(text) = body.text() else { return Looked::Blind };
        if is_form(header("content-type")) {
            return self.form(text).map_or(Looked::Clean, Looked::Redacted);
        }
        match self.json(text, 0) {
            Ok(None) => Looked::Clean,
            Ok(Some(redacted)) => Looked::Redacted(redacted),
            // No JSON: harmless, unless it has one of the names somewhere, or may hide one.
            Err(NotJson) => {
                let text = text.to_lowercase();
                let named = self.fields.iter().any(|field| text.contains(field.as_str()));
                if named || text.contains("\\u") { Looked::Blind } else { Looked::Clean }
            }
        }
    }

    /// A form or a query; `None` if there is nothing to leave out.
    fn form(&self, text: &str) -> Option<String> {
        let mut changed = false;
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if self.hides_field(&form_name(name)) => {
                changed = true;
                format!("{name}={REDACTED}")
            }
            _ => pair.to_owned(),
        });
        let pairs: Vec<_> = pairs.collect();
        changed.then(|| pairs.join("&"))
    }

    /// JSON as it was but for the fields; `None` if there is nothing to leave out.
    fn json(&self, text: &str, depth: usize) -> Result<Option<String>, NotJson> {
        if depth > DEPTH_MAX {
            return Ok(Some(quoted(REDACTED)));
        }
        match text.trim_start().as_bytes().first() {
            Some(b'{') => self.object(text, depth),
            Some(b'[') => self.array(text, depth),
            _ => serde_json::from_str::<&RawValue>(text).map(|_| None).map_err(|_| NotJson),
        }
    }

    fn object(&self, text: &str, depth: usize) -> Result<Option<String>, NotJson> {
        let Members(members) = serde_json::from_str(text).map_err(|_| NotJson)?;
        let mut changed = false;
        let mut shown = Vec::with_capacity(members.len());
        for (name, value) in members {
            let redacted = if self.hides_field(&name) {
                Some(quoted(REDACTED))
            } else {
                self.json(value.get(), depth + 1)?
            };
            changed |= redacted.is_some();
            let value = redacted.unwrap_or_else(|| value.get().to_owned());
            shown.push(format!("{}:{value}", quoted(&name)));
        }
        Ok(changed.then(|| format!("{{{}}}", shown.join(","))))
    }

    fn array(&self, text: &str, depth: usize) -> Result<Option<String>, NotJson> {
        let values: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| NotJson)?;
        let mut changed = false;
        let mut shown = Vec::with_capacity(values.len());
        for value in values {
            let redacted = self.json(value.get(), depth + 1)?;
            changed |= redacted.is_some();
            shown.push(redacted.unwrap_or_else(|| value.get().to_owned()));
        }
        Ok(changed.then(|| format!("[{}]", shown.join(","))))
    }
}

fn is_form(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// A name as whoever reads the form understands it.
fn form_name(name: &str) -> String {
    percent_decode_str(&name.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// What a look into a body told.
enum Looked {
    /// There is nothing to leave out.
    Clean,
    /// The body without what must not be written.
    Redacted(String),
    /// It can't be looked into.
    Blind,
}

struct NotJson;

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

/// The members of an object in their order, repeated names too.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Gather;
        impl<'de> Visitor<'de> for Gather {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Gather)
    }
}

/// Names of headers that belong to one connection and are neither forwarded nor recorded (RFC 9110,
/// section 7.6.1), and those that the next connection has to set anew.
pub(super) fn belongs_to_connection(name: &str, connection: &HashSet<String>) -> bool {
    const NAMES: [&str; 9] = [
        "connection",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.contains(&name) || connection.contains(name)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn redact(content_type: &str, body: &str) -> (Vec<(String, String)>, String) {
        let redaction = Redaction::new(&[], &["Password".to_owned(), "card".to_owned()]);
        let mut exchange = Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/");
        exchange.headers = vec![("content-type".to_owned(), content_type.to_owned())];
        exchange.body = Body::from(body);
        redaction.apply(&mut exchange);
        (exchange.headers, exchange.body.text().expect("text").to_owned())
    }

    #[test]
    fn fields_go_at_any_depth_and_the_rest_stays_as_it_was() {
        for (body, expected) in [
            (r#"{"b":1.50,"a":"x"}"#, r#"{"b":1.50,"a":"x"}"#),
            (r#"{ "b" : 1.50 }"#, r#"{ "b" : 1.50 }"#),
            (r#"{"b":1.50,"password":"p","a":2}"#, r#"{"b":1.50,"password":"[redacted]","a":2}"#),
            (r#"{"x":[{"PASSWORD":{"y":1}}, 2]}"#, r#"{"x":[{"PASSWORD":"[redacted]"},2]}"#),
            (r#"{"p\u0061ssword":"p"}"#, r#"{"password":"[redacted]"}"#),
            (r#"{"card":1,"card":2}"#, r#"{"card":"[redacted]","card":"[redacted]"}"#),
            (r#""password""#, r#""password""#),
            ("plain words", "plain words"),
        ] {
            assert_eq!(redact("application/json", body).1, expected);
        }
    }

    #[test]
    fn what_cant_be_looked_into_is_left_out() {
        let deep = format!("{}{{\"card\":1}}{}", "[".repeat(5000), "]".repeat(5000));
        assert!(!redact("application/json", &deep).1.contains("card"));
        let (headers, body) = redact("application/json", r#"{"password":"p""#);
        assert_eq!(body, "");
        assert!(headers.contains(&(BODY_OMITTED.to_owned(), "15".to_owned())), "{headers:?}");
        let two_lines = "{\"p\\u0061ssword\":1}\n{\"a\":2}";
        assert_eq!(redact("application/x-ndjson", two_lines).1, "");
    }

    #[test]
    fn forms_and_queries_are_looked_into() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(redact(form, "a=1&card=2").1, "a=1&card=[redacted]");
        let form = "Application/X-WWW-Form-Urlencoded; charset=utf-8";
        assert_eq!(redact(form, "a=1&c%61rd=2&Card=3").1, "a=1&c%61rd=[redacted]&Card=[redacted]");
        let redaction = Redaction::new(&["X-Key".to_owned()], &["token".to_owned()]);
        let mut exchange = Exchange::new(Timestamp::UNIX_EPOCH, "GET", "/a?b=1&Token=x");
        let header = |name: &str| (name.to_owned(), "secret".to_owned());
        exchange.headers = ["Authorization", "cookie", "x-key", "accept"].map(header).to_vec();
        redaction.apply(&mut exchange);
        assert_eq!(exchange.path, "/a?b=1&Token=[redacted]");
        let kept: Vec<_> = exchange.headers.iter().filter(|(_, v)| v == "secret").collect();
        assert_eq!(kept, [&header("accept")]);
    }
}
