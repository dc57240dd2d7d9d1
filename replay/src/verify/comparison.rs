//! What differs, counted by kind, and the first of it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json_path::JsonPath;
use traffic_archive::{Body, Entry, Exchange, Response, Sequence};

use super::Finding;
use super::json::{differences, shorten};
use crate::capture::{BODY_OMITTED, REDACTED};

/// Kinds of differences that are counted apart; further ones are counted as one.
const KINDS_MAX: usize = 200;

/// The kind of all kinds beyond [`KINDS_MAX`].
const OTHER_KINDS: &str = "other kinds";

/// What is compared.
pub(super) struct Rules {
    /// Fields of response bodies that may differ.
    pub(super) ignore: Vec<JsonPath>,
    /// Fields of request bodies that may differ.
    pub(super) ignore_request: Vec<JsonPath>,
    /// Response headers that are compared.
    pub(super) headers: Vec<String>,
}

/// What came of comparing.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comparison {
    pub(super) compared: u64,
    /// Entries that differ in something.
    pub(super) different: u64,
    /// Entries that had nothing to be compared with.
    pub(super) not_recorded: u64,
    pub(super) first: Option<Difference>,
    /// How many entries differ in this.
    pub(super) kinds: BTreeMap<String, u64>,
}

/// One difference of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    pub(super) sequence: Sequence,
    /// What differs, such as `response body $.items[2].price`.
    pub(super) place: String,
    pub(super) recorded: String,
    pub(super) now: String,
    #[serde(skip)]
    kind: String,
}

impl Comparison {
    /// Counts an entry with its differences.
    pub(super) fn add(&mut self, differences: Differences) {
        self.compared += 1;
        self.different += u64::from(!differences.found.is_empty());
        let mut kinds: Vec<&str> = differences.found.iter().map(|d| &*d.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let known = self.kinds.contains_key(kind) || self.kinds.len() < KINDS_MAX;
            let kind = if known { kind } else { OTHER_KINDS };
            *self.kinds.entry(kind.to_owned()).or_default() += 1;
        }
        if self.first.is_none() {
            self.first = differences.found.into_iter().next();
        }
    }
}

impl Finding for Comparison {
    fn is_good(&self) -> bool {
        self.different == 0
    }

    fn print(&self) {
        println!("{} entries compared, {} differ", self.compared, self.different);
        if self.not_recorded > 0 {
            println!("{} have no recorded response", self.not_recorded);
        }
        if let Some(Difference { sequence, place, recorded, now, .. }) = &self.first {
            println!("first: entry {sequence}, {place}: {recorded} recorded, {now} now");
        }
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), *kind));
        for (kind, count) in kinds {
            println!("{count:>9}  {kind}");
        }
    }
}

/// The differences of one entry.
pub(super) struct Differences {
    sequence: Sequence,
    found: Vec<Difference>,
}

impl Differences {
    pub(super) fn of(sequence: Sequence) -> Self {
        Self { sequence, found: Vec::new() }
    }

    /// A difference that is counted with all of its name.
    pub(super) fn push(&mut self, place: &str, recorded: &str, now: &str) {
        self.push_kind(place.to_owned(), place.to_owned(), recorded, now);
    }

    fn push_kind(&mut self, place: String, kind: String, recorded: &str, now: &str) {
        let sequence = self.sequence;
        let (recorded, now) = (shorten(recorded), shorten(now));
        self.found.push(Difference { sequence, place, recorded, now, kind });
    }

    /// A difference of short values, counted by name and values.
    fn values(&mut self, place: &str, recorded: &str, now: &str) {
        if recorded != now {
            let kind = format!("{place} {} -> {}", shorten(recorded), shorten(now));
            self.push_kind(place.to_owned(), kind, recorded, now);
        }
    }

    fn texts(&mut self, place: &str, recorded: &str, now: &str) {
        if recorded != now {
            self.push(place, recorded, now);
        }
    }

    fn bodies(&mut self, place: &str, recorded: &Body, now: &Body, ignore: &[JsonPath]) {
        for difference in differences(recorded.bytes(), now.bytes(), ignore) {
            let at = |path: Option<String>| match path {
                Some(path) => format!("{place} {path}"),
                None => place.to_owned(),
            };
            let (place, kind) = (at(difference.path), at(difference.kind));
            self.push_kind(place, kind, &difference.recorded, &difference.now);
        }
    }

    /// Two answers to one request.
    pub(super) fn responses(&mut self, recorded: &Response, now: &Response, rules: &Rules) {
        self.values("status", &recorded.status.to_string(), &now.status.to_string());
        for name in &rules.headers {
            let (recorded, now) = (values_of(recorded, name), values_of(now, name));
            if recorded != REDACTED {
                self.texts(&format!("response header {name}"), &recorded, &now);
            }
        }
        // One that was left out when it was captured is not known.
        if values_of(recorded, BODY_OMITTED).is_empty() {
            self.bodies("response body", &recorded.body, &now.body, &rules.ignore);
        }
    }

    /// Two entries of one place.
    pub(super) fn entries(&mut self, recorded: &Entry, now: &Entry, rules: &Rules) {
        let (old, new): (&Exchange, &Exchange) = (&recorded.exchange, &now.exchange);
        self.values("method", &old.method, &new.method);
        self.texts("path", &old.path, &new.path);
        self.texts("key", &old.key, &new.key);
        self.texts("time", &old.at.to_string(), &new.at.to_string());
        if old.headers != new.headers {
            self.push("request headers", &listed(&old.headers), &listed(&new.headers));
        }
        self.bodies("request body", &old.body, &new.body, &rules.ignore_request);
        match (&old.response, &new.response) {
            (None, None) => {}
            (Some(old), Some(new)) => self.responses(old, new, rules),
            (Some(old), None) => self.push("response", &old.status.to_string(), "nothing"),
            (None, Some(new)) => self.push("response", "nothing", &new.status.to_string()),
        }
        let outcome = |exchange: &Exchange| exchange.outcome.clone().unwrap_or_default();
        self.values("outcome", &outcome(old), &outcome(new));
    }
}

/// A header may come more than once.
fn values_of(response: &Response, name: &str) -> String {
    let named = response.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")
}

fn listed(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}
