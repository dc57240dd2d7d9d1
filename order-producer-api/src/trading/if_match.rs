//! `If-Match`: change an order only as the client knows it (RFC 9110, section 13.1.1).

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use service_kit::Problem;
use service_kit::problem::types;

/// What `If-Match` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// That there is the order, at whatever version.
    Any,
    /// That the order is at this version.
    Version(u64),
}

impl IfMatch {
    /// Reads the header, if it was sent. It holds one tag: that of the state which the client has.
    ///
    /// A tag that no order ever has (a weak one, too: the comparison is the strong one) matches nothing,
    /// and is answered so at once.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(malformed());
        }
        match value.to_str().map(str::trim) {
            Ok("*") => Ok(Some(Self::Any)),
            Ok(tag) => Self::of_tag(tag).map(Some),
            Err(_) => Err(malformed()),
        }
    }

    fn of_tag(tag: &str) -> Result<Self, Problem> {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let inner = inner.filter(|inner| !inner.contains('"')).ok_or_else(malformed)?;
        match inner.parse::<u64>() {
            // Written as GET writes it.
            Ok(version) if tag == format!("\"{version}\"") => Ok(Self::Version(version)),
            _ => Err(matches_nothing()),
        }
    }

    /// The version that the order must be at.
    pub(super) const fn version(self) -> Option<u64> {
        match self {
            Self::Any => None,
            Self::Version(version) => Some(version),
        }
    }
}

fn malformed() -> Problem {
    Problem::new(&types::INVALID_HEADER)
        .detail("If-Match is one ETag of the order, such as \"3\" in quotes, or *.")
        .with("header", "if-match")
}

fn matches_nothing() -> Problem {
    Problem::new(&types::VERSION_MISMATCH)
        .detail("No order ever has this tag. Send the ETag as the order was answered with.")
        .with("header", "if-match")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<IfMatch>, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_static(value));
        }
        IfMatch::read(&headers).map_err(|problem| problem.kind())
    }

    #[test]
    fn one_strong_tag_or_a_star() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(Some(IfMatch::Any)));
        assert_eq!(read(&["\"3\""]), Ok(Some(IfMatch::Version(3))));
        for nothing in
            ["W/\"3\"", "\"03\"", "\"+3\"", "\"\"", "\"abc\"", "\"99999999999999999999\""]
        {
            assert_eq!(read(&[nothing]), Err("version-mismatch"), "{nothing}");
        }
        for wrong in ["", "3", "\"3", "\"3\", \"4\"", "\"3\"\"4\"", "W/3", "\"", "*, \"3\""] {
            assert_eq!(read(&[wrong]), Err("invalid-header"), "{wrong}");
        }
        assert_eq!(read(&["\"3\"", "\"4\""]), Err("invalid-header"));
    }
}
