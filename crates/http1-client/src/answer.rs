//! Reading an answer as it comes.

use std::mem;
use std::time::{Duration, SystemTime};

use bytes::{Buf as _, Bytes, BytesMut};
use httparse::{Header, Status};

use super::body::{Body, Step, named};

/// Headers that an answer may have.
const HEADERS_MAX: usize = 128;
/// Bytes of a body that are kept at most.
pub const BODY_BYTES_MAX: usize = 8 << 20;
/// Bytes that the head of an answer may have.
const HEAD_BYTES_MAX: usize = 256 << 10;

/// Of which answers headers and body are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Of none.
    Nothing,
    /// Of those with a status from 400 on.
    Refusals,
    /// Of all.
    All,
}

impl Keep {
    fn keeps(self, status: u16) -> bool {
        match self {
            Self::Nothing => false,
            Self::Refusals => status >= 400,
            Self::All => true,
        }
    }
}

/// What the target said.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case. Empty unless they were to be kept.
    pub headers: Vec<(String, String)>,
    /// Empty unless it was to be kept; at most [`BODY_BYTES_MAX`].
    pub body: Bytes,
    /// Whether `body` is only its beginning.
    pub body_cut: bool,
    /// How long the target wants to be left alone.
    pub retry_after: Option<Duration>,
    /// Bytes of all of it, as they came over the connection.
    pub wire_bytes: u64,
}

impl Answer {
    /// The first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(other, _)| other == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// An answer that is being read.
pub(super) struct Reading {
    keep: Keep,
    /// Whether headers and body of this one are kept.
    keeping: bool,
    answer_has_body: bool,
    /// `None` until the head is whole.
    body: Option<Body>,
    answer: Answer,
    kept: Vec<u8>,
    reusable: bool,
}

/// A whole answer.
pub(super) struct Read {
    pub(super) answer: Answer,
    /// Whether another request may be sent over the same connection.
    pub(super) reusable: bool,
}

impl Reading {
    pub(super) fn new(keep: Keep, answer_has_body: bool) -> Self {
        let (answer, kept) = (Answer::default(), Vec::new());
        let keeping = false;
        Self { keep, keeping, answer_has_body, body: None, answer, kept, reusable: false }
    }

    /// Takes what it needs of `input`; `None` while the answer is not whole.
    pub(super) fn take(&mut self, input: &mut BytesMut) -> Result<Option<Read>, &'static str> {
        while self.body.is_none() {
            if !self.take_head(input)? {
                return Ok(None);
            }
        }
        let Some(body) = &mut self.body else { return Ok(None) };
        loop {
            match body.step(input)? {
                Step::More => return Ok(None),
                Step::End => return Ok(Some(self.whole())),
                Step::Framing(bytes) => {
                    self.answer.wire_bytes += bytes as u64;
                    input.advance(bytes);
                }
                Step::Data(bytes) => {
                    self.answer.wire_bytes += bytes as u64;
                    if self.keeping {
                        let room = BODY_BYTES_MAX - self.kept.len();
                        self.answer.body_cut |= bytes > room;
                        self.kept.extend_from_slice(&input[..bytes.min(room)]);
                    }
                    input.advance(bytes);
                }
            }
        }
    }

    /// The target has closed the connection: some answers end so.
    pub(super) fn closed(&mut self) -> Option<Read> {
        (self.body == Some(Body::UntilClosed)).then(|| Read { reusable: false, ..self.whole() })
    }

    fn whole(&mut self) -> Read {
        let body = Bytes::from(mem::take(&mut self.kept));
        Read { answer: Answer { body, ..mem::take(&mut self.answer) }, reusable: self.reusable }
    }

    /// `false` while it is not whole.
    fn take_head(&mut self, input: &mut BytesMut) -> Result<bool, &'static str> {
        let mut room = [const { httparse::EMPTY_HEADER }; HEADERS_MAX];
        let mut head = httparse::Response::new(&mut room);
        let length = match head.parse(input) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) if input.len() > HEAD_BYTES_MAX => {
                return Err("its head is too long");
            }
            Ok(Status::Partial) => return Ok(false),
            Err(httparse::Error::TooManyHeaders) => return Err("it has too many headers"),
            Err(_) => return Err("it is no HTTP/1"),
        };
        let status = head.code.ok_or("it has no status")?;
        if status == 101 {
            return Err("the target wants to speak another protocol");
        }
        // Answers of the kind 1xx come before the one that counts (RFC 9110, section 15.2).
        if status >= 200 {
            let headers = &*head.headers;
            self.answer.status = status;
            self.answer.retry_after = named(headers, "retry-after").next().and_then(retry_after);
            self.reusable = stays_open(head.version == Some(1), headers);
            self.body = Some(Body::of(status, headers, self.answer_has_body)?);
            self.keeping = self.keep.keeps(status);
            if self.keeping {
                self.answer.headers = headers.iter().map(owned).collect();
            }
        }
        self.answer.wire_bytes += length as u64;
        input.advance(length);
        Ok(true)
    }
}

/// Since HTTP/1.1 a connection stays open unless somebody says otherwise (RFC 9112, section 9.3).
fn stays_open(is_1_1: bool, headers: &[Header<'_>]) -> bool {
    let says = |wanted: &[u8]| {
        named(headers, "connection")
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(wanted))
    };
    if is_1_1 { !says(b"close") } else { says(b"keep-alive") }
}

fn owned(header: &Header<'_>) -> (String, String) {
    (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
}

/// `Retry-After` is seconds or a date (RFC 9110, section 10.2.3); anything else is as if it were
/// not there.
fn retry_after(value: &[u8]) -> Option<Duration> {
    let value = std::str::from_utf8(value).ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `wire` as it comes in these pieces, then the end of the connection.
    fn read(wire: &[u8], piece: usize) -> Result<Option<(Read, usize)>, &'static str> {
        let (mut reading, mut input) = (Reading::new(Keep::All, true), BytesMut::new());
        for (number, part) in wire.chunks(piece).enumerate() {
            input.extend_from_slice(part);
            if let Some(read) = reading.take(&mut input)? {
                let behind = wire.len() - (number * piece + part.len());
                return Ok(Some((read, input.len() + behind)));
            }
        }
        Ok(reading.closed().map(|read| (read, input.len())))
    }

    /// What every way of cutting it into pieces gives.
    fn whole(wire: &str) -> Option<(u16, String, bool, usize)> {
        let told = |piece| {
            let (read, left) = read(wire.as_bytes(), piece).unwrap()?;
            let body = String::from_utf8(read.answer.body.to_vec()).unwrap();
            Some((read.answer.status, body, read.reusable, left))
        };
        let answer = told(wire.len());
        (1..wire.len()).for_each(|piece| assert_eq!(told(piece), answer, "pieces of {piece}"));
        answer
    }

    fn refused(wire: &str) -> &'static str {
        read(wire.as_bytes(), wire.len()).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_body_ends_after_its_length() {
        let wire = "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}HTTP";
        assert_eq!(whole(wire), Some((202, "{}".to_owned(), true, 4)));
    }

    #[test]
    fn a_body_ends_after_its_last_chunk_and_trailers() {
        let wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 9\r\n\r\n\
                    5;name=value\r\nhello\r\nA\r\n, 0123456 \r\n0\r\nDigest: x\r\n\r\n";
        assert_eq!(whole(wire), Some((200, "hello, 0123456 ".to_owned(), true, 0)));
    }

    #[test]
    fn a_body_without_length_ends_with_the_connection() {
        let wire = "HTTP/1.0 200 OK\r\n\r\nall of it";
        assert_eq!(whole(wire), Some((200, "all of it".to_owned(), false, 0)));
    }

    #[test]
    fn some_answers_have_no_body_whatever_they_say() {
        for status in ["204 No Content", "304 Not Modified"] {
            let wire = format!("HTTP/1.1 {status}\r\nContent-Length: 7\r\n\r\n");
            assert_eq!(whole(&wire).unwrap().1, "");
        }
        let mut input = BytesMut::from("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
        assert!(Reading::new(Keep::All, false).take(&mut input).unwrap().is_some(), "HEAD");
    }

    #[test]
    fn answers_that_come_before_the_one_that_counts_are_passed_over() {
        let wire = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
                    HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(whole(wire), Some((201, String::new(), true, 0)));
    }

    #[test]
    fn an_answer_that_is_cut_off_is_none() {
        for wire in [
            "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        ] {
            assert_eq!(whole(wire), None, "{wire}");
        }
    }

    #[test]
    fn a_connection_is_closed_where_somebody_says_so() {
        let reusable = |head: &str| whole(&format!("{head}Content-Length: 0\r\n\r\n")).unwrap().2;
        assert!(reusable("HTTP/1.1 200 OK\r\n"));
        assert!(!reusable("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\n"));
        assert!(!reusable("HTTP/1.0 200 OK\r\n"));
        assert!(reusable("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        assert_eq!(refused("SSH-2.0-OpenSSH\r\n"), "it is no HTTP/1");
        let head = "HTTP/1.1 200 OK\r\n";
        assert_eq!(
            refused(&format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n")),
            "it tells two lengths"
        );
        assert_eq!(
            refused(&format!("{head}Content-Length: -1\r\n\r\n")),
            "its Content-Length is no number"
        );
        let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
        assert_eq!(refused(&format!("{chunked}xyz\r\n")), "a chunk has no size");
        assert_eq!(refused(&format!("{chunked}1\r\nab\r\n")), "a chunk is longer than its size");
        assert_eq!(
            refused(&format!("{head}A: {}", "x".repeat(HEAD_BYTES_MAX))),
            "its head is too long"
        );
        let many = "A: b\r\n".repeat(HEADERS_MAX + 1);
        assert_eq!(refused(&format!("{head}{many}\r\n")), "it has too many headers");
        assert_eq!(
            refused("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
            "the target wants to speak another protocol"
        );
    }

    #[test]
    fn headers_are_kept_with_names_in_lower_case() {
        let wire = "HTTP/1.1 200 OK\r\nX-Answer: 42\r\nContent-Length: 0\r\n\r\n";
        let (read, _) = read(wire.as_bytes(), wire.len()).unwrap().unwrap();
        let expected = [("x-answer", "42"), ("content-length", "0")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read.answer.headers, expected);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after(b"3"), Some(Duration::from_secs(3)));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_mins(1));
        let wait = retry_after(later.as_bytes()).unwrap();
        assert!((58..=60).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(retry_after(b"Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after(b"soon"), None);
    }

    #[test]
    fn what_is_kept_depends_on_the_status() {
        for (keep, status, kept) in [
            (Keep::Nothing, 503, false),
            (Keep::Refusals, 202, false),
            (Keep::Refusals, 400, true),
            (Keep::All, 202, true),
        ] {
            let wire = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\nA: b\r\n\r\n{{}}");
            let mut input = BytesMut::from(wire.as_str());
            let read = Reading::new(keep, true).take(&mut input).unwrap().unwrap();
            assert_eq!(read.answer.body.len(), if kept { 2 } else { 0 }, "{keep:?} {status}");
            assert_eq!(read.answer.header("a").is_some(), kept, "{keep:?} {status}");
            assert_eq!(read.answer.wire_bytes, wire.len() as u64);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(wire in prop::collection::vec(any::<u8>(), 0..200), piece in 1usize..50) {
            let _ = read(&wire, piece);
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let _ = read(&[&head[..], &wire].concat(), piece);
        }
    }
}
