//! Places in a request or an answer, where ids and users are.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use hyper::header::HeaderName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use traffic_archive::{Body, Exchange, Response};

use super::RewriteError;
use super::json::Pointer;
use super::template::split;

/// What is written as it is in a path or query: the unreserved characters (RFC 3986, section 2.3).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As text: `path`, `query:<name>`, `header:<name>`, `location`, `key`, `body:<JSON pointer>`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Place {
    /// Every segment of the path.
    Path,
    /// The values of a query parameter.
    Query(String),
    /// A header's whole value.
    Header(String),
    /// The last segment of the path in `Location`.
    Location,
    /// The ordering key.
    Key,
    /// Values of a JSON body.
    Body(Pointer),
}

impl TryFrom<String> for Place {
    type Error = RewriteError;

    fn try_from(text: String) -> Result<Self, RewriteError> {
        text.parse()
    }
}

impl FromStr for Place {
    type Err = RewriteError;

    fn from_str(text: &str) -> Result<Self, RewriteError> {
        let wrong = |reason| RewriteError::Place { text: text.to_owned(), reason };
        match text.split_once(':') {
            None if text == "path" => Ok(Self::Path),
            None if text == "location" => Ok(Self::Location),
            None if text == "key" => Ok(Self::Key),
            Some(("query", "")) => Err(wrong("a query parameter has a name")),
            Some(("query", name)) => Ok(Self::Query(name.to_owned())),
            Some(("header", name)) => {
                check_header_name(name)?;
                Ok(Self::Header(name.to_owned()))
            }
            Some(("body", pointer)) => pointer.parse().map(Self::Body).map_err(wrong),
            _ => Err(wrong(
                "expected path, query:<name>, header:<name>, location, key or body:<JSON pointer>",
            )),
        }
    }
}

impl Place {
    /// Fails unless one value can be read there in a request.
    pub(super) fn check_read_from_request(&self, what: &str) -> Result<(), RewriteError> {
        let reason = "it is read from query:<name>, header:<name>, key or body:<JSON pointer>";
        check(what, reason, !matches!(self, Self::Path | Self::Location))
    }

    /// Fails unless a value can be replaced there in a request.
    pub(super) fn check_in_request(&self, what: &str) -> Result<(), RewriteError> {
        let reason = "a request has path, query:<name>, header:<name> and body:<JSON pointer>";
        check(what, reason, !matches!(self, Self::Location | Self::Key))
    }

    /// Fails unless a value can be read there in an answer.
    pub(super) fn check_in_answer(&self, what: &str) -> Result<(), RewriteError> {
        let reason = "an answer has location, header:<name> and body:<JSON pointer>";
        check(what, reason, matches!(self, Self::Location | Self::Header(_) | Self::Body(_)))
    }

    /// The first value there. A whole path is no single value.
    pub(super) fn of_request(&self, request: &Exchange) -> Option<String> {
        match self {
            Self::Path | Self::Location => None,
            Self::Query(name) => query_value(&request.path, name),
            Self::Header(name) => request.header(name).map(str::to_owned),
            Self::Key => Some(request.key.clone()),
            Self::Body(pointer) => pointer.get(request.body.text()?),
        }
    }

    /// The first value there; an answer has neither path nor query nor key.
    pub(super) fn of_response(&self, response: &Response) -> Option<String> {
        let header = |name: &str| {
            let mut headers = response.headers.iter();
            headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        match self {
            Self::Path | Self::Query(_) | Self::Key => None,
            Self::Header(name) => header(name).cloned(),
            Self::Location => {
                let (path, _) = split(header("location")?);
                path.rsplit('/').next().map(decoded).map(Cow::into_owned)
            }
            Self::Body(pointer) => pointer.get(response.body.text()?),
        }
    }

    /// Replaces each value for which there is a new one.
    pub(super) fn replace(
        &self,
        request: &mut Exchange,
        mut new: impl FnMut(&str) -> Option<String>,
    ) {
        match self {
            Self::Path => {
                let (path, query) = split(&request.path);
                let path = replace_parts(path, '/', |segment| {
                    new(&decoded(segment)).map(|new| encoded(&new))
                });
                request.path = joined(&path, query);
            }
            Self::Query(name) => {
                let (path, query) = split(&request.path);
                let query = replace_parts(query, '&', |part| {
                    let (found, value) = part.split_once('=')?;
                    let value = if decoded(found) == *name { new(&decoded(value)) } else { None };
                    value.map(|value| format!("{found}={}", encoded(&value)))
                });
                request.path = joined(path, &query);
            }
            Self::Header(name) => {
                let headers = &mut request.headers;
                let named =
                    headers.iter_mut().filter(|(other, _)| other.eq_ignore_ascii_case(name));
                for (_, value) in named {
                    if let Some(new) = new(value) {
                        *value = new;
                    }
                }
            }
            Self::Body(pointer) => {
                let replaced = request.body.text().and_then(|body| pointer.replace(body, new));
                if let Some(body) = replaced {
                    request.body = Body::from(body);
                }
            }
            Self::Location | Self::Key => {}
        }
    }
}

fn check(what: &str, reason: &'static str, right: bool) -> Result<(), RewriteError> {
    if right { Ok(()) } else { Err(RewriteError::Place { text: what.to_owned(), reason }) }
}

/// Sets a header, in the place of all of that name.
pub(super) fn set_header(request: &mut Exchange, name: &str, value: String) {
    remove_header(request, name);
    request.headers.push((name.to_owned(), value));
}

pub(super) fn remove_header(request: &mut Exchange, name: &str) {
    request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
}

/// Puts a query parameter at the end, in the place of all of that name.
pub(super) fn set_query(request: &mut Exchange, name: &str, value: &str) {
    remove_query(request, name);
    let (path, query) = split(&request.path);
    let ampersand = if query.is_empty() { "" } else { "&" };
    let mut query = query.to_owned();
    write!(query, "{ampersand}{}={}", encoded(name), encoded(value))
        .expect("a string takes everything");
    request.path = joined(path, &query);
}

pub(super) fn remove_query(request: &mut Exchange, name: &str) {
    let (path, query) = split(&request.path);
    let named = |part: &&str| decoded(part.split_once('=').unwrap_or((part, "")).0) == name;
    let kept: Vec<_> = query.split('&').filter(|part| !named(part)).collect();
    request.path = joined(path, &kept.join("&"));
}

fn query_value(path: &str, name: &str) -> Option<String> {
    let mut parts = split(path).1.split('&').filter_map(|part| part.split_once('='));
    let value = parts.find(|(found, _)| decoded(found) == name).map(|(_, value)| value);
    value.map(|value| decoded(value).into_owned())
}

fn replace_parts(
    text: &str,
    separator: char,
    mut new: impl FnMut(&str) -> Option<String>,
) -> String {
    let parts = text.split(separator);
    let parts: Vec<_> = parts.map(|part| new(part).map_or(part.into(), Cow::Owned)).collect();
    parts.join(separator.encode_utf8(&mut [0; 4]))
}

fn joined(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

/// A name that HTTP takes for a header (RFC 9110, section 5.1).
pub(super) fn check_header_name(name: &str) -> Result<(), RewriteError> {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(RewriteError::HeaderName(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn request() -> Exchange {
        Exchange {
            key: "shop/23".to_owned(),
            headers: vec![("X-Order".to_owned(), "old".to_owned())],
            body: r#"{"order":{"id":"old"}}"#.into(),
            ..Exchange::new(Timestamp::UNIX_EPOCH, "GET", "/api/old/older?id=old&x=old")
        }
    }

    fn replaced(place: &str) -> Exchange {
        let mut request = request();
        let place: Place = place.parse().unwrap();
        place.replace(&mut request, |value| (value == "old").then(|| "n w".to_owned()));
        request
    }

    #[test]
    fn a_value_is_replaced_at_its_place_and_nowhere_else() {
        let path = |path: &str| Exchange { path: path.to_owned(), ..request() };
        assert_eq!(replaced("path"), path("/api/n%20w/older?id=old&x=old"));
        assert_eq!(replaced("query:id"), path("/api/old/older?id=n%20w&x=old"));
        let headers = vec![("X-Order".to_owned(), "n w".to_owned())];
        assert_eq!(replaced("header:x-order"), Exchange { headers, ..request() });
        let body = r#"{"order":{"id":"n w"}}"#.into();
        assert_eq!(replaced("body:/order/id"), Exchange { body, ..request() });
        assert_eq!(replaced("key"), request());
    }

    #[test]
    fn values_are_found() {
        let of = |place: &str| place.parse::<Place>().unwrap().of_request(&request());
        assert_eq!(of("query:x").as_deref(), Some("old"));
        assert_eq!(of("header:X-ORDER").as_deref(), Some("old"));
        assert_eq!(of("key").as_deref(), Some("shop/23"));
        assert_eq!(of("body:/order/id").as_deref(), Some("old"));
        assert_eq!(of("query:missing"), None);
        let response = Response {
            status: 202,
            headers: vec![("Location".to_owned(), "http://x/api/Orders/7?a=b".to_owned())],
            body: r#"{"id":8}"#.into(),
            elapsed_us: None,
        };
        let of = |place: &str| place.parse::<Place>().unwrap().of_response(&response);
        assert_eq!(of("location").as_deref(), Some("7"));
        assert_eq!(of("body:/id").as_deref(), Some("8"));
    }

    #[test]
    fn parameters_are_set_at_the_end() {
        let mut request = request();
        set_query(&mut request, "id", "a&b");
        assert_eq!(request.path, "/api/old/older?x=old&id=a%26b");
        remove_query(&mut request, "id");
        remove_query(&mut request, "x");
        assert_eq!(request.path, "/api/old/older");
        set_query(&mut request, "t", "1");
        assert_eq!(request.path, "/api/old/older?t=1");
    }

    #[test]
    fn unknown_places_are_refused() {
        for text in ["cookie", "body:id", "form:x", "header:", "header:a b", "query:"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
