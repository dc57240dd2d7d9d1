//! From a recorded request to one that can be sent.

use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use hyper::{Method, Uri};

use crate::archive::{ArchiveId, Exchange, Sequence};
use crate::marks;
use crate::target::TargetUrl;

/// A request as it goes over the wire, to be sent as often as it must be.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// All of it, head and body: one write.
    pub(super) wire: Bytes,
    /// Answers to `HEAD` have none, whatever length they tell (RFC 9112, section 6.3).
    pub(super) answer_has_body: bool,
}

/// Room for a head of usual size.
const HEAD_BYTES: usize = 512;

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
        let method = Method::from_bytes(exchange.method.as_bytes())
            .map_err(|_| Unsendable::Method(exchange.method.clone()))?;
        let body = exchange.body.bytes();
        let mut wire = Wire::with_capacity(HEAD_BYTES + body.len());
        self.begin(&mut wire, &method, &exchange.path)?;
        let mut keyed = false;
        for (name, value) in &exchange.headers {
            keyed |= name.eq_ignore_ascii_case(marks::IDEMPOTENCY_KEY.as_str());
            wire.recorded(name, value)?;
        }
        if self.marks {
            wire.header(&marks::SEQUENCE, &HeaderValue::from(sequence.get()));
            wire.header(&marks::KEY, &marks::key_value(&exchange.key));
        }
        if self.idempotency_keys && !method.is_safe() && !keyed {
            wire.header(&marks::IDEMPOTENCY_KEY, &marks::idempotency_key(self.archive, sequence));
        }
        if !body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&method) {
            // A server takes a POST that tells no length for one without body, or refuses it
            // (RFC 9110, section 8.6).
            wire.header(&CONTENT_LENGTH, &HeaderValue::from(body.len()));
        }
        Ok(Prepared { wire: wire.end(body), answer_has_body: method != Method::HEAD })
    }

    fn begin(&self, wire: &mut Wire, method: &Method, path: &str) -> Result<(), Unsendable> {
        if !path.starts_with('/') || path.parse::<Uri>().is_err() {
            return Err(Unsendable::Path(path.to_owned()));
        }
        wire.put([method.as_str(), " ", self.target.prefix(), path, " HTTP/1.1\r\n"]);
        wire.header(&HOST, self.target.authority());
        Ok(())
    }
}

/// A request in the making.
struct Wire(Vec<u8>);

impl Wire {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn header(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.put([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }

    fn put<P: AsRef<[u8]>>(&mut self, parts: impl IntoIterator<Item = P>) {
        for part in parts {
            self.0.extend_from_slice(part.as_ref());
        }
    }

    /// A header as it was recorded, unless it is left out.
    fn recorded(&mut self, name: &str, value: &str) -> Result<(), Unsendable> {
        let wrong = || Unsendable::Header(name.to_owned());
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        if LEFT_OUT.binary_search(&parsed.as_str()).is_err() {
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?;
            self.header(&parsed, &value);
        }
        Ok(())
    }

    fn end(mut self, body: &[u8]) -> Bytes {
        self.0.extend_from_slice(b"\r\n");
        self.0.extend_from_slice(body);
        self.0.into()
    }
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

    fn text(request: &Prepared) -> &str {
        std::str::from_utf8(&request.wire).unwrap()
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
        let key = marks::idempotency_key(preparation.archive, Sequence::FIRST);
        let expected = [
            "POST /v2/api/Order?x=1 HTTP/1.1",
            "host: 127.0.0.1:9000",
            "content-type: application/json",
            "x-twice: a",
            "x-twice: b",
            "replay-sequence: 1",
            "replay-key: shop/23",
            &format!("idempotency-key: {}", key.to_str().unwrap()),
            "content-length: 2",
            "",
            "{}",
        ];
        assert_eq!(text(&request), expected.join("\r\n"));
    }

    #[test]
    fn a_recorded_idempotency_key_is_kept_and_reads_need_none() {
        let preparation = preparation("http://127.0.0.1:9000");
        let kept = exchange(&[("Idempotency-Key", "mine")]);
        let request = preparation.prepare(Sequence::FIRST, &kept).unwrap();
        let text_of_kept = text(&request);
        assert_eq!(text_of_kept.matches("idempotency-key: ").count(), 1);
        assert!(text_of_kept.contains("idempotency-key: mine\r\n"));
        let read = Exchange { method: "GET".to_owned(), ..exchange(&[]) };
        let request = preparation.prepare(Sequence::FIRST, &read).unwrap();
        assert!(!text(&request).contains("idempotency-key"));
    }

    #[test]
    fn a_request_without_body_tells_its_length_only_where_one_is_expected() {
        let wire_of = |method: &str| {
            let recorded = Exchange { method: method.to_owned(), body: "".into(), ..exchange(&[]) };
            text(&preparation("http://x").prepare(Sequence::FIRST, &recorded).unwrap()).to_owned()
        };
        assert!(wire_of("POST").contains("content-length: 0\r\n"));
        assert!(!wire_of("GET").contains("content-length"));
        assert!(wire_of("DELETE").ends_with("\r\n\r\n"));
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
