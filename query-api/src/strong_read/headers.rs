//! The request headers of a strong read.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use order_domain::Position;
use service_kit::prefer::wait_seconds;

use crate::error::QueryError;

/// The position of a command in `orders`, which writes answer with and reads send back.
const SERIATIM_POSITION: &str = "seriatim-position";

/// What a request says about the state it wants to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct StrongRead {
    /// The command whose effect must be seen; `None` takes the state as it is.
    pub(crate) wanted: Option<Position>,
    /// The longest that the client wants to wait.
    pub(crate) wait: Option<Duration>,
}

impl StrongRead {
    fn of(headers: &HeaderMap) -> Result<Self, QueryError> {
        Ok(Self { wanted: wanted(headers)?, wait: wait_seconds(headers).map(Duration::from_secs) })
    }
}

impl<S: Sync> FromRequestParts<S> for StrongRead {
    type Rejection = QueryError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, QueryError> {
        Self::of(&parts.headers)
    }
}

fn wanted(headers: &HeaderMap) -> Result<Option<Position>, QueryError> {
    let mut positions = headers.get_all(SERIATIM_POSITION).iter();
    let Some(position) = positions.next() else { return Ok(None) };
    let position = position.to_str().ok().and_then(|text| text.trim().parse().ok());
    match (position, positions.next()) {
        (Some(position), None) => Ok(Some(position)),
        _ => Err(QueryError::MalformedPosition),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use order_domain::{Offset, Partition};

    use super::*;

    fn read(headers: &[(&'static str, &'static str)]) -> Result<StrongRead, QueryError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        StrongRead::of(&map)
    }

    #[test]
    fn a_request_without_a_position_wants_no_state_in_particular() {
        assert_eq!(read(&[]).unwrap(), StrongRead::default());
    }

    #[test]
    fn the_position_is_that_of_a_write() {
        let wanted = Some(Position::new(Partition(3), Offset(1042)));
        assert_eq!(read(&[("seriatim-position", " 3:1042 ")]).unwrap().wanted, wanted);
    }

    #[test]
    fn a_position_that_is_malformed_or_comes_twice_is_an_error() {
        for headers in [
            &[("seriatim-position", "")][..],
            &[("seriatim-position", "3")],
            &[("seriatim-position", "3:-1")],
            &[("seriatim-position", "3:1, 4:2")],
            &[("seriatim-position", "3:1"), ("seriatim-position", "4:2")],
        ] {
            assert!(matches!(read(headers), Err(QueryError::MalformedPosition)), "{headers:?}");
        }
    }

    #[test]
    fn the_wait_is_the_one_that_the_client_prefers() {
        let wait = |prefer| read(&[("prefer", prefer)]).unwrap().wait;
        assert_eq!(wait("respond-async, wait=7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("respond-async"), None);
    }
}
