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

mod body;
mod file;
mod time;
mod valid;

use std::path::Path;

use super::record::Record;
use super::template::{Reason, Template};
use body::BodyTemplate;
use file::File;
pub(super) use file::{Format, Order, Source};
use time::TimeFormat;
use traffic_archive::{Exchange, Response};
use valid::{check_header, check_path, check_token};

/// The mappings that come with the program, by name.
const SHIPPED: [(&str, &str); 3] = [
    ("cdnow", include_str!("../../../mappings/cdnow.toml")),
    ("orders", include_str!("../../../mappings/orders.toml")),
    ("combined", include_str!("../../../mappings/combined.toml")),
];

/// The text of a shipped mapping.
pub(super) fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(other, _)| *other == name).map(|(_, text)| *text)
}

/// A mapping can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// There is no such file, and no shipped mapping of this name.
    #[error("mapping {name:?} is neither a file nor one of cdnow, orders, combined")]
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

fn required(template: &Template, record: &Record<'_>) -> Result<String, Reason> {
    Ok(template.text(record)?.unwrap_or_default())
}

fn text(template: Option<&Template>, record: &Record<'_>) -> Result<Option<String>, Reason> {
    template.map_or(Ok(None), |template| template.text(record))
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
