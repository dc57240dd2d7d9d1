//! A request as it goes over the wire.

use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use hyper::{Method, Uri};

use crate::TargetUrl;

/// A request as it goes over the wire, to be sent as often as it must be.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// All of it, head and body: one write.
    pub wire: Bytes,
    /// Answers to `HEAD` have none, whatever length they tell (RFC 9112, section 6.3).
    pub answer_has_body: bool,
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

/// Why a request can't be sent, whatever the target is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// Not a method.
    #[error("{0:?} is no HTTP method")]
    Method(String),
    /// Not a path.
    #[error("{0:?} is no path")]
    Path(String),
    /// Not a header.
    #[error("{0:?} is no header, or its value can't be sent")]
    Header(String),
}

/// A request in the making.
pub struct Wire {
    bytes: Vec<u8>,
    method: Method,
}

impl Wire {
    /// The first line, and the header that every request has. `path` begins with a slash and stands
    /// below the target's prefix; `body_bytes` will follow, about.
    pub fn begin(
        target: &TargetUrl,
        method: &str,
        path: &str,
        body_bytes: usize,
    ) -> Result<Self, Unsendable> {
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Unsendable::Method(method.to_owned()))?;
        if !path.starts_with('/') || path.parse::<Uri>().is_err() {
            return Err(Unsendable::Path(path.to_owned()));
        }
        let bytes = Vec::with_capacity(HEAD_BYTES + body_bytes);
        let mut wire = Self { bytes, method };
        let method = wire.method.clone();
        wire.put([method.as_str(), " ", target.prefix(), path, " HTTP/1.1\r\n"]);
        wire.header(&HOST, target.authority());
        Ok(wire)
    }

    /// Its method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// One more header.
    pub fn header(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.put([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }

    /// A header as somebody wrote it or as it was recorded, unless it belongs to a connection.
    pub fn recorded(&mut self, name: &str, value: &str) -> Result<(), Unsendable> {
        let wrong = || Unsendable::Header(name.to_owned());
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        if LEFT_OUT.binary_search(&parsed.as_str()).is_err() {
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?;
            self.header(&parsed, &value);
        }
        Ok(())
    }

    /// The finished request.
    pub fn end(mut self, body: &[u8]) -> Prepared {
        if !body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&self.method) {
            // A server takes a POST that tells no length for one without body, or refuses it
            // (RFC 9110, section 8.6).
            self.header(&CONTENT_LENGTH, &HeaderValue::from(body.len()));
        }
        self.put([b"\r\n", body]);
        Prepared { wire: self.bytes.into(), answer_has_body: self.method != Method::HEAD }
    }

    fn put<P: AsRef<[u8]>>(&mut self, parts: impl IntoIterator<Item = P>) {
        for part in parts {
            self.bytes.extend_from_slice(part.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(method: &str, path: &str) -> Result<Wire, Unsendable> {
        Wire::begin(&"http://127.0.0.1:9000/v2".parse().unwrap(), method, path, 0)
    }

    fn text(wire: Wire, body: &str) -> String {
        String::from_utf8(wire.end(body.as_bytes()).wire.to_vec()).unwrap()
    }

    #[test]
    fn headers_of_a_connection_are_left_out() {
        let mut request = wire("POST", "/api/Order?x=1").unwrap();
        for (name, value) in
            [("Host", "production"), ("Content-Length", "9"), ("Connection", "close"), ("X-A", "b")]
        {
            request.recorded(name, value).unwrap();
        }
        let expected = "POST /v2/api/Order?x=1 HTTP/1.1\r\nhost: 127.0.0.1:9000\r\nx-a: b\r\n\
                        content-length: 2\r\n\r\n{}";
        assert_eq!(text(request, "{}"), expected);
    }

    #[test]
    fn a_request_without_body_tells_its_length_only_where_one_is_expected() {
        assert!(text(wire("POST", "/").unwrap(), "").contains("content-length: 0\r\n"));
        assert!(!text(wire("GET", "/").unwrap(), "").contains("content-length"));
        assert!(text(wire("DELETE", "/").unwrap(), "").ends_with("\r\n\r\n"));
    }

    #[test]
    fn what_can_not_be_sent_is_told() {
        let error = |wire: Result<Wire, Unsendable>| wire.err().unwrap().to_string();
        assert_eq!(error(wire("GET", "*")), "\"*\" is no path");
        assert_eq!(error(wire("A B", "/")), "\"A B\" is no HTTP method");
        let mut request = wire("GET", "/").unwrap();
        let mut header =
            |name: &str, value: &str| request.recorded(name, value).unwrap_err().to_string();
        assert!(header("a b", "c").contains("\"a b\" is no header"));
        assert!(header("a", "b\r\nc: d").contains("\"a\" is no header"));
    }

    #[test]
    fn the_names_that_are_left_out_are_sorted() {
        assert!(LEFT_OUT.is_sorted());
    }
}
