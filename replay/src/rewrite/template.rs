//! Text with names in braces: `{run}-{sequence}`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use traffic_archive::{ArchiveId, Exchange, Sequence};
use uuid::Uuid;

use super::RewriteError;
use super::file::expand;
use super::place::check_header_name;

/// Text and names, in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(Name),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Sequence,
    Key,
    Run,
    Archive,
    User,
    Method,
    Path,
    Query,
    Body,
    TimestampMs,
    TimestampS,
}

/// The names, as they are written.
const NAMES: [(&str, Name); 11] = [
    ("sequence", Name::Sequence),
    ("key", Name::Key),
    ("run", Name::Run),
    ("archive", Name::Archive),
    ("user", Name::User),
    ("method", Name::Method),
    ("path", Name::Path),
    ("query", Name::Query),
    ("body", Name::Body),
    ("timestamp_ms", Name::TimestampMs),
    ("timestamp_s", Name::TimestampS),
];

/// What the names stand for, besides the request's own parts.
pub(super) struct Scene<'a> {
    pub(super) sequence: Sequence,
    pub(super) run: Uuid,
    pub(super) archive: ArchiveId,
    pub(super) user: Option<&'a str>,
    pub(super) now: Timestamp,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, RewriteError> {
        let wrong = |reason: String| RewriteError::Template { text: text.to_owned(), reason };
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let name = after.split_once('}');
            let (name, behind) = name.ok_or_else(|| wrong("a { has no }".to_owned()))?;
            let known = NAMES.iter().find(|(known, _)| *known == name);
            let (_, name) = known.ok_or_else(|| wrong(format!("{{{name}}} is not known")))?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Name(*name));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Of a request as far as it is rewritten. Bodies may be anything, hence bytes.
    pub(super) fn bytes(&self, scene: &Scene<'_>, request: &Exchange) -> Vec<u8> {
        let mut bytes = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => bytes.extend_from_slice(text.as_bytes()),
                Piece::Name(Name::Body) => bytes.extend_from_slice(request.body.bytes()),
                Piece::Name(name) => bytes.extend_from_slice(name.text(scene, request).as_bytes()),
            }
        }
        bytes
    }

    pub(super) fn text(&self, scene: &Scene<'_>, request: &Exchange) -> String {
        String::from_utf8_lossy(&self.bytes(scene, request)).into_owned()
    }
}

impl Name {
    fn text(self, scene: &Scene<'_>, request: &Exchange) -> String {
        let mut text = String::new();
        let written = match self {
            Self::Sequence => write!(text, "{}", scene.sequence),
            Self::Key => write!(text, "{}", request.key),
            Self::Run => write!(text, "{}", scene.run),
            Self::Archive => write!(text, "{}", scene.archive),
            Self::User => write!(text, "{}", scene.user.unwrap_or_default()),
            Self::Method => write!(text, "{}", request.method),
            Self::Path => write!(text, "{}", split(&request.path).0),
            Self::Query => write!(text, "{}", split(&request.path).1),
            Self::Body => write!(text, "{}", request.body.text().unwrap_or_default()),
            Self::TimestampMs => write!(text, "{}", scene.now.as_millisecond()),
            Self::TimestampS => write!(text, "{}", scene.now.as_second()),
        };
        written.expect("a string takes everything");
        text
    }
}

/// The values of a table, `${NAME}` expanded.
pub(super) fn templates(
    texts: BTreeMap<String, String>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<(String, Template)>, RewriteError> {
    let parse =
        |(name, text): (String, String)| Ok((name, Template::parse(&expand(&text, variable)?)?));
    texts.into_iter().map(parse).collect()
}

/// The same, for headers.
pub(super) fn header_templates(
    texts: BTreeMap<String, String>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<(String, Template)>, RewriteError> {
    texts.keys().try_for_each(|name| check_header_name(name))?;
    templates(texts, variable)
}

/// Path and query of a request target, without the question mark.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.split_once('?').unwrap_or((path, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_what_they_say() {
        let request = Exchange {
            key: "shop/23".to_owned(),
            body: "{}".into(),
            ..Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/api/Order?a=1")
        };
        let scene = Scene {
            sequence: Sequence::FIRST,
            run: Uuid::nil(),
            archive: Uuid::nil().into(),
            user: Some("alice"),
            now: Timestamp::from_millisecond(1_500).unwrap(),
        };
        let text = |template: &str| Template::parse(template).unwrap().text(&scene, &request);
        assert_eq!(
            text("{timestamp_ms}{method}{path}?{query}|{body}"),
            "1500POST/api/Order?a=1|{}"
        );
        assert_eq!(text("{user} {key} {sequence} {timestamp_s}"), "alice shop/23 1 1");
        assert_eq!(text("{run}"), Uuid::nil().to_string());
        assert_eq!(text(""), "");
    }

    #[test]
    fn an_unknown_name_is_told_when_the_file_is_read() {
        let told = |text: &str| Template::parse(text).unwrap_err().to_string();
        assert!(told("{nonce}").contains("{nonce} is not known"), "{}", told("{nonce}"));
        assert!(told("{run").contains("a { has no }"), "{}", told("{run"));
    }
}
