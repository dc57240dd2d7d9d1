//! From a recorded request to one that can be sent.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};

use crate::archive::{ArchiveId, Exchange, Sequence};
use crate::marks;
use crate::target::TargetUrl;

/// A request as it goes over the wire.
pub(super) type Prepared = Request<Full<Bytes>>;

/// Headers that belong to the connection a request was recorded on, not to the request (RFC 9110,
/// section 7.6.1), or that tell how long a body is or which host is meant; and `Accept-Encoding`:
/// answers are to be compared, so they come as they are.
const LEFT_OUT: [&str; 12] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What every request of a run gets.
#[derive(Clone, Debug)]
pub(super) struct Preparation {
    pub(super) target: TargetUrl,
    pub(super) archive: ArchiveId,
    /// Whether requests that change something get an `Idempotency-Key` if they have none.
    pub(super) idempotency_keys: bool,
    /// Whether requests carry the headers of [`marks`].
    pub(super) marks: bool,
}

/// Why a recorded request can't be sent, whatever the target is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsendable {
    #[error("{0:?} is no HTTP method")]
    Method(String),
    #[error("{0:?} is no path")]
    Path(String),
    #[error("{0:?} is no header, or its value can't be sent")]
    Header(String),
}

impl Preparation {
    pub(super) fn prepare(
        &self,
        sequence: Sequence,
        exchange: &Exchange,
    ) -> Result<Prepared, Unsendable> {
        let mut request = Request::new(Full::new(exchange.body.bytes().clone()));
        *request.method_mut() = Method::from_bytes(exchange.method.as_bytes())
            .map_err(|_| Unsendable::Method(exchange.method.clone()))?;
        *request.uri_mut() = self.uri(&exchange.path)?;
        let safe = request.method().is_safe();
        let headers = request.headers_mut();
        // The recorded ones and four of ours.
        headers.reserve(exchange.headers.len() + 4);
        headers.insert(HOST, self.target.authority().clone());
        for (name, value) in &exchange.headers {
            add(headers, name, value)?;
        }
        if self.marks {
            headers.insert(marks::SEQUENCE, HeaderValue::from(sequence.get()));
            headers.insert(marks::KEY, marks::key_value(&exchange.key));
        }
        if self.idempotency_keys && !safe && !headers.contains_key(marks::IDEMPOTENCY_KEY) {
            let key = marks::idempotency_key(self.archive, sequence);
            headers.insert(marks::IDEMPOTENCY_KEY, key);
        }
        Ok(request)
    }

    fn uri(&self, path: &str) -> Result<Uri, Unsendable> {
        let wrong = || Unsendable::Path(path.to_owned());
        if !path.starts_with('/') {
            return Err(wrong());
        }
        let prefix = self.target.prefix();
        let uri = if prefix.is_empty() { path.parse() } else { format!("{prefix}{path}").parse() };
        uri.map_err(|_| wrong())
    }
}

fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Unsendable> {
    let wrong = || Unsendable::Header(name.to_owned());
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    if LEFT_OUT.binary_search(&parsed.as_str()).is_ok() {
        return Ok(());
    }
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?;
    headers.append(parsed, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn preparation(target: &str) -> Preparation {
        Preparation {
            target: target.parse().unwrap(),
            archive: ArchiveId::random(),
            idempotency_keys: true,
            marks: true,
        }
    }

    fn exchange(headers: &[(&str, &str)]) -> Exchange {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Exchange {
            headers: headers.collect(),
            key: "shop/23".to_owned(),
            body: "{}".into(),
            ..Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/api/Order?x=1")
        }
    }

    #[test]
    fn a_request_is_sent_as_recorded_but_for_what_belonged_to_its_connection() {
        let preparation = preparation("http://127.0.0.1:9000/v2");
        let recorded = [
            ("Content-Type", "application/json"),
            ("Host", "production"),
            ("Content-Length", "2"),
            ("Connection", "close"),
            ("X-Twice", "a"),
            ("X-Twice", "b"),
        ];
        let request = preparation.prepare(Sequence::FIRST, &exchange(&recorded)).unwrap();
        assert_eq!(request.uri(), "/v2/api/Order?x=1");
        let headers: Vec<_> = request.headers().iter().map(|(n, v)| (n.as_str(), v)).collect();
        let key = marks::idempotency_key(preparation.archive, Sequence::FIRST);
        let expected = [
            ("host", "127.0.0.1:9000"),
            ("content-type", "application/json"),
            ("x-twice", "a"),
            ("x-twice", "b"),
            ("replay-sequence", "1"),
            ("replay-key", "shop/23"),
            ("idempotency-key", key.to_str().unwrap()),
        ];
        assert_eq!(headers.len(), expected.len());
        for header in expected {
            assert!(headers.iter().any(|(n, v)| (*n, v.to_str().unwrap()) == header), "{header:?}");
        }
    }

    #[test]
    fn a_recorded_idempotency_key_is_kept_and_reads_need_none() {
        let preparation = preparation("http://127.0.0.1:9000");
        let kept = exchange(&[("Idempotency-Key", "mine")]);
        let request = preparation.prepare(Sequence::FIRST, &kept).unwrap();
        assert_eq!(request.headers()[marks::IDEMPOTENCY_KEY], "mine");
        let read = Exchange { method: "GET".to_owned(), ..exchange(&[]) };
        let request = preparation.prepare(Sequence::FIRST, &read).unwrap();
        assert!(!request.headers().contains_key(marks::IDEMPOTENCY_KEY));
    }

    #[test]
    fn what_can_not_be_sent_is_told() {
        let prepare = |exchange: &Exchange| {
            let prepared = preparation("http://x").prepare(Sequence::FIRST, exchange);
            prepared.unwrap_err().to_string()
        };
        let no_path = Exchange { path: "*".to_owned(), ..exchange(&[]) };
        assert_eq!(prepare(&no_path), "\"*\" is no path");
        assert!(prepare(&exchange(&[("a b", "c")])).contains("\"a b\" is no header"));
        assert!(prepare(&exchange(&[("a", "b\r\nc: d")])).contains("\"a\" is no header"));
    }

    #[test]
    fn the_names_that_are_left_out_are_sorted() {
        assert!(LEFT_OUT.is_sorted());
    }
}
