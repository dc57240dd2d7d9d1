//! Entity tags: the version of a thing, so that a client that has it need not get it again.

use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderMap, HeaderValue};

/// The tag of one state: `"<version>"`.
pub(crate) struct EntityTag(String);

impl EntityTag {
    /// The tag of the state that has this number.
    pub(crate) fn of(version: impl Into<u64>) -> Self {
        Self(format!("\"{}\"", version.into()))
    }

    /// Whether `headers` say that the client has this state already.
    ///
    /// The comparison is the weak one, which `If-None-Match` asks for. Source: RFC 9110,
    /// sections 8.8.3.2 and 13.1.2.
    pub(crate) fn is_known_to(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.0)
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::try_from(&self.0).expect("digits in quotes are a header value")
    }
}
