//! What an archive holds: requests in their order, each with its response where it is known.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The place of an entry in its archive's order: 1, 2, 3, ... without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(NonZeroU64);

impl Sequence {
    /// The first of every archive.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// Beyond the last of any archive.
    pub const LAST: Self = Self(NonZeroU64::MAX);

    /// `None` for 0, which no entry has.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// As a number, at least 1.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The one after this.
    ///
    /// # Panics
    /// After 2^64 - 1.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The one `entries` later.
    ///
    /// # Panics
    /// Beyond 2^64 - 1.
    #[must_use]
    pub const fn plus(self, entries: u64) -> Self {
        Self(self.0.checked_add(entries).expect("an archive has fewer than 2^64 entries"))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Sequence {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// One line of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the order.
    pub sequence: Sequence,
    /// What was said.
    pub exchange: Exchange,
}

/// A request and, where they are known, its response and outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When the request began. An archive keeps microseconds; what is finer is cut off.
    pub at: Timestamp,
    /// The ordering key. Requests of one key are to stay in order; the empty key is a key too.
    pub key: String,
    /// The HTTP method, in the case it was sent in.
    pub method: String,
    /// The request target in origin form: path and query, such as `/api/Orders?limit=5`.
    pub path: String,
    /// Names and values in the order they were sent in; a name may repeat.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: Body,
    /// What the original target answered.
    pub response: Option<Response>,
    /// What became of the request in the end, such as `accepted`; the source's own word.
    pub outcome: Option<String>,
}

impl Exchange {
    /// A request without key, headers, body, response and outcome.
    pub fn new(at: Timestamp, method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            at,
            key: String::new(),
            method: method.into(),
            path: path.into(),
            headers: Vec::new(),
            body: Body::EMPTY,
            response: None,
            outcome: None,
        }
    }

    /// The value of the first request header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }
}

/// What the original target answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names and values in the order they came in; a name may repeat.
    pub headers: Vec<(String, String)>,
    /// The response's body.
    pub body: Body,
    /// From the beginning of the request to the end of the response, in microseconds.
    pub elapsed_us: Option<u64>,
}

/// The bytes of a body; cheap to clone.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Body(Bytes);

impl Body {
    /// No body; an archive does not tell it from a body of no bytes.
    pub const EMPTY: Self = Self(Bytes::new());

    /// All of it.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// All of it, if it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it, without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => write!(f, "Body({text:?})"),
            None => write!(f, "Body({:?})", self.0),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}
