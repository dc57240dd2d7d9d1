//! The mapping: how a record of a source becomes a request.
//!
//! A TOML file. The shipped ones in `mappings/` are commented and worth copying; `--mapping` takes
//! their names too. All text under `[request]` and `[response]` is a template: `{name}` is a field
//! of the record.
//!
//! | placeholder | becomes |
//! |---|---|
//! | `{name}` | the field as it is; standing alone in JSON it keeps its type |
//! | `{name:number}` | a JSON number; `00042` is 42 |
//! | `{name:text}` | a text |
//! | `{name:json}` | the JSON that the field's text holds |
//! | `{name:number:text}` | one after the other: `00042` is the text `42` |
//! | `{name?}` | the same, and what it stands in (header, member) is left out if it is absent |
//! | `{/customer/id}` | a JSON Pointer (RFC 6901) into a JSON record |
//! | `{$file}`, `{$line}`, `{$record}` | where the record stands, and the record as it is there |
//! | `{{`, `}}` | a brace |
//!
//! The keys of the file:
//!
//! | key | meaning |
//! |---|---|
//! | `source.format` | `csv`, `json` (one document, an array, or JSON Lines) or `access-log` |
//! | `source.separator` | csv: one ASCII character, or `whitespace` (any amount); default `,` |
//! | `source.columns` | csv: the columns' names; without it the first line has them |
//! | `source.extensions` | which files of a folder are read, without `.gz` and `.zst`; default all |
//! | `source.order` | `source` (files by name, default) or `time` (equal times stay as they were) |
//! | `request.at` | when it was sent |
//! | `request.at-format` | `rfc3339` (default), `unix`, `unix-ms`, `unix-us`, or strftime's letters |
//! | `request.at-offset` | from UTC, when the time has none, such as `+01:00`; default `+00:00` |
//! | `request.key` | the ordering key; default empty |
//! | `request.method`, `request.path` | default `POST`; the path has no default |
//! | `request.methods` | accepted methods; others are rejected. Default: all |
//! | `request.headers` | a table of name and value |
//! | `request.body` | a text, or |
//! | `request.json` | a text that is JSON; placeholders stand in its strings |
//! | `response.status`, `response.body` | what was answered, where the source knows |
//! | `outcome` | what became of it, where the source knows |

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;
use serde::Deserialize;
use serde_json::Value;

use super::record::Record;
use super::template::{JsonTemplate, Reason, Template};
use crate::archive::{Body, Exchange, Response};

/// The mappings that come with the program, by name.
const SHIPPED: [(&str, &str); 3] = [
    ("cdnow", include_str!("../../mappings/cdnow.toml")),
    ("orders", include_str!("../../mappings/orders.toml")),
    ("combined", include_str!("../../mappings/combined.toml")),
];

/// The text of a shipped mapping.
pub(super) fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(other, _)| *other == name).map(|(_, text)| *text)
}

/// A mapping can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// There is no such file, and no shipped mapping of this name.
    #[error("mapping {name:?} is neither a file ({source}) nor one of cdnow, orders, combined")]
    NotFound {
        /// What was given.
        name: String,
        /// Why it can't be read.
        source: std::io::Error,
    },
    /// The file is no mapping.
    #[error("mapping {name:?}: {reason}")]
    Wrong {
        /// What was given.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    source: Source,
    request: RequestFile,
    #[serde(default)]
    response: ResponseFile,
    outcome: Option<String>,
}

/// How the source is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Source {
    pub(super) format: Format,
    pub(super) separator: Option<String>,
    pub(super) columns: Option<Vec<String>>,
    #[serde(default)]
    pub(super) extensions: Vec<String>,
    #[serde(default)]
    pub(super) order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    Csv,
    Json,
    AccessLog,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    #[default]
    Source,
    Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RequestFile {
    at: String,
    #[serde(default = "rfc3339")]
    at_format: String,
    at_offset: Option<String>,
    #[serde(default)]
    key: String,
    #[serde(default = "post")]
    method: String,
    methods: Option<Vec<String>>,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    json: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ResponseFile {
    status: Option<String>,
    body: Option<String>,
}

fn rfc3339() -> String {
    "rfc3339".to_owned()
}

fn post() -> String {
    "POST".to_owned()
}

/// A mapping that can be used.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) source: Source,
    at: Template,
    time: TimeFormat,
    key: Template,
    method: Template,
    methods: Option<Vec<String>>,
    path: Template,
    headers: Vec<(String, Template)>,
    body: BodyTemplate,
    status: Option<Template>,
    response_body: Option<Template>,
    outcome: Option<Template>,
}

#[derive(Debug)]
enum BodyTemplate {
    None,
    Text(Template),
    Json(JsonTemplate),
}

#[derive(Debug)]
enum TimeFormat {
    Rfc3339,
    /// Units a second.
    Unix(i64),
    Letters {
        letters: String,
        offset: Offset,
    },
}

impl Mapping {
    /// Reads a file, or takes the shipped mapping of this name.
    pub(super) fn load(name: &str) -> Result<Self, MappingError> {
        let wrong = |reason| MappingError::Wrong { name: name.to_owned(), reason };
        let text = match shipped(name) {
            Some(text) => text.to_owned(),
            None => std::fs::read_to_string(Path::new(name))
                .map_err(|source| MappingError::NotFound { name: name.to_owned(), source })?,
        };
        Self::parse(&text).map_err(wrong)
    }

    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        let File { source, request, response, outcome } =
            toml::from_str(text).map_err(|error| error.to_string())?;
        let at = |key: &'static str| move |reason| format!("{key}: {reason}");
        let optional = |key, text: Option<String>| {
            text.map(|text| Template::parse(&text).map_err(at(key))).transpose()
        };
        let headers = request.headers.iter().map(|(name, value)| {
            Ok((name.clone(), Template::parse(value).map_err(at("request.headers"))?))
        });
        source.check()?;
        for name in request.headers.keys() {
            check_token(name).map_err(|_| format!("request.headers: {name:?} is no name"))?;
        }
        Ok(Self {
            source,
            at: Template::parse(&request.at).map_err(at("request.at"))?,
            time: TimeFormat::parse(&request.at_format, request.at_offset.as_deref())?,
            key: Template::parse(&request.key).map_err(at("request.key"))?,
            method: Template::parse(&request.method).map_err(at("request.method"))?,
            methods: request.methods,
            path: Template::parse(&request.path).map_err(at("request.path"))?,
            headers: headers.collect::<Result<_, Reason>>()?,
            body: BodyTemplate::parse(request.body, request.json)?,
            status: optional("response.status", response.status)?,
            response_body: optional("response.body", response.body)?,
            outcome: optional("outcome", outcome)?,
        })
    }

    /// The request that a record is; fails with the reason why it is none.
    pub(super) fn apply(&self, record: &Record<'_>) -> Result<Exchange, Reason> {
        let at = self.time.parse_time(&required(&self.at, record)?)?;
        let method = required(&self.method, record)?;
        if self.methods.as_ref().is_some_and(|accepted| !accepted.contains(&method)) {
            return Err(format!("method {method} is not accepted by the mapping"));
        }
        check_token(&method)?;
        let path = required(&self.path, record)?;
        check_path(&path)?;
        let mut exchange = Exchange::new(at, method, path);
        exchange.key = required(&self.key, record)?;
        for (name, value) in &self.headers {
            if let Some(value) = value.text(record)? {
                check_header(name, &value)?;
                exchange.headers.push((name.clone(), value));
            }
        }
        exchange.body = self.body.fill(record)?;
        exchange.response = self.response(record)?;
        exchange.outcome = text(self.outcome.as_ref(), record)?;
        Ok(exchange)
    }

    fn response(&self, record: &Record<'_>) -> Result<Option<Response>, Reason> {
        let Some(status) = text(self.status.as_ref(), record)? else { return Ok(None) };
        let number = status.parse().ok().filter(|status| (100..1000).contains(status));
        let status = number.ok_or_else(|| format!("{status:?} is no HTTP status"))?;
        let body = text(self.response_body.as_ref(), record)?.unwrap_or_default();
        Ok(Some(Response { status, headers: Vec::new(), body: body.into(), elapsed_us: None }))
    }
}

impl Source {
    fn check(&self) -> Result<(), Reason> {
        let is_csv = self.format == Format::Csv;
        if !is_csv && (self.separator.is_some() || self.columns.is_some()) {
            return Err("source.separator and source.columns are for csv".to_owned());
        }
        match self.separator.as_deref() {
            None | Some("whitespace") => Ok(()),
            Some(one) if one.len() == 1 && one != "\"" && one != "\n" => Ok(()),
            Some(other) => {
                Err(format!("source.separator: {other:?} is neither one character nor whitespace"))
            }
        }
    }
}

impl BodyTemplate {
    fn parse(body: Option<String>, json: Option<String>) -> Result<Self, Reason> {
        match (body, json) {
            (None, None) => Ok(Self::None),
            (Some(text), None) => {
                let template = Template::parse(&text);
                Ok(Self::Text(template.map_err(|reason| format!("request.body: {reason}"))?))
            }
            (None, Some(text)) => {
                let json: Result<Value, _> = serde_json::from_str(&text);
                let json = json.map_err(|error| format!("request.json: {error}"))?;
                let template = JsonTemplate::parse(&json);
                Ok(Self::Json(template.map_err(|reason| format!("request.json: {reason}"))?))
            }
            (Some(_), Some(_)) => Err("request.body and request.json exclude one another".into()),
        }
    }

    fn fill(&self, record: &Record<'_>) -> Result<Body, Reason> {
        Ok(match self {
            Self::None => Body::EMPTY,
            Self::Text(template) => template.text(record)?.unwrap_or_default().into(),
            Self::Json(template) => match template.value(record)? {
                Some(json) => json.to_string().into(),
                None => Body::EMPTY,
            },
        })
    }
}

impl TimeFormat {
    fn parse(format: &str, offset: Option<&str>) -> Result<Self, Reason> {
        let unix = match format {
            "unix" => Some(1),
            "unix-ms" => Some(1_000),
            "unix-us" => Some(1_000_000),
            _ => None,
        };
        match (unix, format) {
            (None, letters) if letters.contains('%') => {
                let offset = parse_offset(offset.unwrap_or("+00:00"))?;
                Ok(Self::Letters { letters: letters.to_owned(), offset })
            }
            _ if offset.is_some() => {
                Err(format!("request.at-offset is not for times of format {format:?}"))
            }
            (Some(units), _) => Ok(Self::Unix(units)),
            (None, "rfc3339") => Ok(Self::Rfc3339),
            _ => Err(format!("request.at-format: {format:?} is not known")),
        }
    }

    fn parse_time(&self, text: &str) -> Result<Timestamp, Reason> {
        let time = match self {
            Self::Rfc3339 => text.parse().ok(),
            Self::Unix(units) => text.parse::<i64>().ok().and_then(|number| {
                Timestamp::from_microsecond(number.checked_mul(1_000_000 / units)?).ok()
            }),
            Self::Letters { letters, offset } => with_letters(letters, *offset, text),
        };
        time.ok_or_else(|| format!("{text:?} is no time of the mapping's format"))
    }
}

/// A time without a clock is the beginning of the day.
fn with_letters(letters: &str, offset: Offset, text: &str) -> Option<Timestamp> {
    let parts = BrokenDownTime::parse(letters, text).ok()?;
    if parts.offset().is_some() {
        return parts.to_timestamp().ok();
    }
    let date = parts.to_date().ok()?;
    let time = parts.to_time().unwrap_or(Time::midnight());
    offset.to_timestamp(DateTime::from_parts(date, time)).ok()
}

fn parse_offset(text: &str) -> Result<Offset, Reason> {
    let parts = BrokenDownTime::parse("%:z", text).ok().and_then(|parts| parts.offset());
    parts.ok_or_else(|| format!("request.at-offset: {text:?} is not of the form +01:00"))
}

fn required(template: &Template, record: &Record<'_>) -> Result<String, Reason> {
    Ok(template.text(record)?.unwrap_or_default())
}

fn text(template: Option<&Template>, record: &Record<'_>) -> Result<Option<String>, Reason> {
    template.map_or(Ok(None), |template| template.text(record))
}

/// A method is a token (RFC 9110, 5.6.2).
fn check_token(method: &str) -> Result<(), Reason> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !method.is_empty() && method.chars().all(is_token) {
        return Ok(());
    }
    Err(format!("{method:?} is no method"))
}

/// A value has no control characters but the tab (RFC 9110, 5.5).
fn check_header(name: &str, value: &str) -> Result<(), Reason> {
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(format!("header {name} would have control characters: {value:?}"));
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), Reason> {
    let visible = path.chars().all(|c| !c.is_control() && c != ' ');
    if path.starts_with('/') && visible {
        return Ok(());
    }
    Err(format!("{path:?} is no path: it must begin with / and have no spaces"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_mappings_can_be_used() {
        for (name, _) in SHIPPED {
            Mapping::load(name).unwrap();
        }
    }

    #[test]
    fn times_are_read_in_many_ways() {
        for (format, offset, text, expected) in [
            ("rfc3339", None, "2026-11-21T12:00:00+01:00", "2026-11-21T11:00:00Z"),
            ("unix", None, "1", "1970-01-01T00:00:01Z"),
            ("unix-ms", None, "-1", "1969-12-31T23:59:59.999Z"),
            ("unix-us", None, "1", "1970-01-01T00:00:00.000001Z"),
            ("%Y%m%d", None, "19970101", "1997-01-01T00:00:00Z"),
            ("%Y%m%d", Some("-05:00"), "19970101", "1997-01-01T05:00:00Z"),
            ("%d.%m.%Y %H:%M", Some("+01:00"), "02.01.1997 00:30", "1997-01-01T23:30:00Z"),
            ("%d/%b/%Y:%H:%M:%S %z", None, "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z"),
        ] {
            let time = TimeFormat::parse(format, offset).unwrap().parse_time(text);
            assert_eq!(time, Ok(expected.parse().unwrap()), "{format} {text}");
        }
        let wrong = TimeFormat::parse("%Y%m%d", None).unwrap().parse_time("19971301");
        assert_eq!(wrong.unwrap_err(), "\"19971301\" is no time of the mapping's format");
        assert!(TimeFormat::parse("unix", Some("+01:00")).is_err());
        assert!(TimeFormat::parse("sometimes", None).is_err());
        assert!(TimeFormat::parse("%Y", Some("CET")).is_err());
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_said() {
        let with = |source: &str, request: &str| {
            Mapping::parse(&format!("[source]\n{source}\n[request]\n{request}")).unwrap_err()
        };
        let at = "at = \"{a}\"\npath = \"/\"";
        for (source, request, reason) in [
            ("format = \"xml\"", at, "unknown variant `xml`"),
            ("format = \"json\"\nseparator = \",\"", at, "are for csv"),
            ("format = \"csv\"\nseparator = \";;\"", at, "neither one character nor whitespace"),
            ("format = \"csv\"\nheader = true", at, "unknown field `header`"),
            ("format = \"csv\"", "at = \"{a\"\npath = \"/\"", "request.at: \"{a\" has a brace"),
            ("format = \"csv\"", "at = \"{a}\"", "missing field `path`"),
        ] {
            let said = with(source, request);
            assert!(said.contains(reason), "{said}");
        }
        let both = with("format = \"csv\"", &format!("{at}\nbody = \"\"\njson = \"1\""));
        assert!(both.contains("exclude one another"), "{both}");
    }
}
