//! An entry as a line of JSON, and back.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::{Body, Entry, Exchange, Response, Sequence};
use crate::error::ArchiveError;

/// Bytes of a time as it is written, in the years 0 to 9999: `2026-11-21T12:00:00.123456Z`.
const TIME_BYTES: usize = 27;

/// Times in UTC with six digits of the second.
pub(crate) mod micros {
    use jiff::Timestamp;
    use jiff::fmt::temporal::DateTimePrinter;
    use serde::{Deserialize, Deserializer, Serializer};

    static PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&PRINTER.timestamp_to_string(at))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryOut<'a> {
    sequence: Sequence,
    #[serde(with = "micros")]
    at: Timestamp,
    key: &'a str,
    method: &'a str,
    path: &'a str,
    headers: &'a [(String, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<ResponseOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
}

/// A response as it is written, in a line of an archive and wherever else one is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseOut<'a> {
    status: u16,
    headers: &'a [(String, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_us: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EntryIn {
    sequence: Sequence,
    #[serde(with = "micros")]
    at: Timestamp,
    key: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    response: Option<ResponseIn>,
    outcome: Option<String>,
    /// Of a line; a stream's record has none.
    #[serde(default, rename = "chain")]
    _chain: serde::de::IgnoredAny,
}

/// What [`ResponseOut`] wrote.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResponseIn {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    elapsed_us: Option<u64>,
}

/// The fields by which entries are ordered and routed; the rest of the line is passed over.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Heading<'a> {
    pub(crate) sequence: Sequence,
    #[serde(borrow)]
    pub(crate) key: Cow<'a, str>,
}

impl Entry {
    /// Appends the entry's line without `chain` and without an end of line: what a stream's record
    /// holds.
    pub fn write_json(&self, json: &mut Vec<u8>) {
        write_json(self.sequence, &self.exchange, json);
    }

    /// Reads such a line, with or without `chain` (which is not looked at).
    pub fn from_json(json: &[u8]) -> Result<Self, ArchiveError> {
        parse(json).map_err(ArchiveError::NotAnEntry)
    }
}

pub(crate) fn write_json(sequence: Sequence, exchange: &Exchange, json: &mut Vec<u8>) {
    let (body, body_base64) = body_out(&exchange.body);
    let response = exchange.response.as_ref().map(ResponseOut::from);
    let entry = EntryOut {
        sequence,
        at: exchange.at,
        key: &exchange.key,
        method: &exchange.method,
        path: &exchange.path,
        headers: &exchange.headers,
        body,
        body_base64,
        response,
        outcome: exchange.outcome.as_deref(),
    };
    serde_json::to_writer(json, &entry).expect("an entry is JSON, and memory takes it");
}

impl<'a> From<&'a Response> for ResponseOut<'a> {
    fn from(response: &'a Response) -> Self {
        let (body, body_base64) = body_out(&response.body);
        Self {
            status: response.status,
            headers: &response.headers,
            body,
            body_base64,
            elapsed_us: response.elapsed_us,
        }
    }
}

impl TryFrom<ResponseIn> for Response {
    /// What is wrong with it.
    type Error = String;

    fn try_from(response: ResponseIn) -> Result<Self, String> {
        Ok(Self {
            status: response.status,
            headers: response.headers,
            body: body_in(response.body, response.body_base64)?,
            elapsed_us: response.elapsed_us,
        })
    }
}

fn body_out(body: &Body) -> (Option<&str>, Option<String>) {
    if body.is_empty() {
        return (None, None);
    }
    match body.text() {
        Some(text) => (Some(text), None),
        None => (None, Some(BASE64.encode(body.bytes()))),
    }
}

/// Fails with the reason.
pub(crate) fn parse(json: &[u8]) -> Result<Entry, String> {
    let entry: EntryIn = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let response = entry.response.map(Response::try_from).transpose()?;
    let exchange = Exchange {
        at: entry.at,
        key: entry.key,
        method: entry.method,
        path: entry.path,
        headers: entry.headers,
        body: body_in(entry.body, entry.body_base64)?,
        response,
        outcome: entry.outcome,
    };
    Ok(Entry { sequence: entry.sequence, exchange })
}

fn body_in(text: Option<String>, base64: Option<String>) -> Result<Body, String> {
    match (text, base64) {
        (None, None) => Ok(Body::EMPTY),
        (Some(text), None) => Ok(text.into()),
        (None, Some(base64)) => match BASE64.decode(base64) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(format!("bodyBase64: {error}")),
        },
        (Some(_), Some(_)) => Err("it has both a body and a bodyBase64".to_owned()),
    }
}

/// Fails with the reason.
pub(crate) fn heading(json: &[u8]) -> Result<Heading<'_>, String> {
    match first_fields(json) {
        Some(heading) => Ok(heading),
        None => serde_json::from_slice(json).map_err(|error| error.to_string()),
    }
}

/// What a line begins with.
const FIRST_FIELD: &[u8] = br#"{"sequence":"#;

/// Where the digits of the sequence number are, in a line that begins as [`Entry::write_json`] begins
/// it.
pub(crate) fn first_number(json: &[u8]) -> Option<Range<usize>> {
    let begin = FIRST_FIELD.len();
    let rest = json.strip_prefix(FIRST_FIELD)?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    (digits > 0 && rest[digits] == b',').then_some(begin..begin + digits)
}

/// The heading of a line that begins as [`Entry::write_json`] begins it, found without going
/// through the rest. `None` of any other line, and where the key has an escape in it.
fn first_fields(json: &[u8]) -> Option<Heading<'_>> {
    let number = first_number(json)?;
    let (number, rest) = (&json[number.clone()], &json[number.end..]);
    let rest = rest.strip_prefix(br#","at":""#)?.split_at_checked(TIME_BYTES)?.1;
    let rest = rest.strip_prefix(br#"","key":""#)?;
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    let (key, rest) = rest.split_at(end);
    rest.starts_with(br#"","method":""#).then_some(())?;
    let text = |bytes| std::str::from_utf8(bytes).ok();
    Some(Heading { sequence: text(number)?.parse().ok()?, key: text(key)?.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_the_same_found_quickly_or_parsed() {
        for key in ["", "shop/23", "käse", "a\"b", "back\\slash", "line\nfeed"] {
            let mut exchange = Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/\"key\":\"no\"");
            exchange.key = key.to_owned();
            let mut json = Vec::new();
            write_json(Sequence::new(42).unwrap(), &exchange, &mut json);
            let parsed: Heading<'_> = serde_json::from_slice(&json).unwrap();
            assert_eq!(heading(&json).unwrap(), parsed);
            let plain = !key.contains(['"', '\\', '\n']);
            assert_eq!(first_fields(&json), plain.then_some(parsed), "{key:?}");
        }
    }

    #[test]
    fn the_first_number_is_found_where_it_stands_first() {
        let digits = |json: &str| first_number(json.as_bytes()).map(|range| json[range].to_owned());
        assert_eq!(digits(r#"{"sequence":42,"at":""}"#).unwrap(), "42");
        for other in
            [r#"{"sequence": 42,"#, r#"{"sequence":4e2,"#, r#"{"sequence":,"#, r#"{"sequence":42"#]
        {
            assert_eq!(digits(other), None, "{other}");
        }
    }
}
