//! The outcomes file of a run: what became of every request, for whoever compares.
//!
//! JSON Lines, one line a request, in the order in which requests ended. The fields, those in
//! brackets may be absent:
//!
//! ```text
//! {"sequence":1,"key":"shop/23","attempts":1,["response":{...},]["bodyCut":true,]["error":"timeout"]}
//! ```
//!
//! - `sequence` and `key` are those of the entry that was sent.
//! - `attempts` counts how often it was sent, in the run that ended it.
//! - `response` is the answer, written as in an archive. It is there whenever the target answered.
//! - `bodyCut` tells that the answer's body was longer than [`BODY_BYTES_MAX`](http1_client::BODY_BYTES_MAX); the rest is left out.
//! - `error` is there when the request failed for good, in a word or two.
//!
//! A run that was killed and went on may have written a request twice: the last line counts. A last
//! line without its end is one that was being written.

use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};
use traffic_archive::{Response, ResponseIn, ResponseOut, Sequence};

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The entry that was sent.
    pub sequence: Sequence,
    /// Its ordering key.
    pub key: String,
    /// How often it was sent.
    pub attempts: u32,
    /// The last answer, if there was one.
    pub response: Option<Response>,
    /// Whether the answer's body is only its beginning.
    pub body_cut: bool,
    /// Why it failed for good, in a word or two.
    pub error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutcomeOut<'a> {
    sequence: Sequence,
    key: &'a str,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<ResponseOut<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    body_cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OutcomeIn {
    sequence: Sequence,
    key: String,
    attempts: u32,
    response: Option<ResponseIn>,
    #[serde(default)]
    body_cut: bool,
    error: Option<String>,
}

impl Outcome {
    /// Appends its line, with the end of line.
    pub fn write_line(&self, lines: &mut Vec<u8>) {
        let line = OutcomeOut {
            sequence: self.sequence,
            key: &self.key,
            attempts: self.attempts,
            response: self.response.as_ref().map(ResponseOut::from),
            body_cut: self.body_cut,
            error: self.error.as_deref(),
        };
        serde_json::to_writer(&mut *lines, &line).expect("an outcome is JSON, and memory takes it");
        lines.push(b'\n');
    }

    /// Reads a line. Fails with the reason.
    pub fn from_line(line: &[u8]) -> Result<Self, String> {
        let line: OutcomeIn = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        Ok(Self {
            sequence: line.sequence,
            key: line.key,
            attempts: line.attempts,
            response: line.response.map(Response::try_from).transpose()?,
            body_cut: line.body_cut,
            error: line.error,
        })
    }
}

/// The outcomes of a file in the order of its lines. A last line without its end is left out.
pub fn outcomes(mut file: impl BufRead) -> impl Iterator<Item = io::Result<Outcome>> {
    let mut line = Vec::new();
    let mut number = 0_u64;
    std::iter::from_fn(move || {
        line.clear();
        number += 1;
        match file.read_until(b'\n', &mut line) {
            Ok(_) if line.last() != Some(&b'\n') => None,
            Ok(_) => Some(Outcome::from_line(&line).map_err(|reason| {
                io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {reason}"))
            })),
            Err(error) => Some(Err(error)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        Outcome {
            sequence: Sequence::FIRST,
            key: "shop/23".to_owned(),
            attempts: 2,
            response: Some(Response {
                status: 202,
                headers: vec![("location".to_owned(), "/api/Orders/1".to_owned())],
                body: "{}".into(),
                elapsed_us: Some(1234),
            }),
            body_cut: false,
            error: None,
        }
    }

    #[test]
    fn a_line_is_as_documented() {
        let mut line = Vec::new();
        outcome().write_line(&mut line);
        let expected = r#"{"sequence":1,"key":"shop/23","attempts":2,"response":{"status":202,"headers":[["location","/api/Orders/1"]],"body":"{}","elapsedUs":1234}}"#;
        assert_eq!(String::from_utf8(line).unwrap(), format!("{expected}\n"));
    }

    #[test]
    fn what_was_written_is_read_but_for_a_torn_end() {
        let failed = Outcome {
            response: None,
            error: Some("timeout".to_owned()),
            body_cut: true,
            ..outcome()
        };
        let mut lines = Vec::new();
        outcome().write_line(&mut lines);
        failed.write_line(&mut lines);
        lines.extend_from_slice(b"{\"sequence\":3,");
        let read: io::Result<Vec<_>> = outcomes(&*lines).collect();
        assert_eq!(read.unwrap(), [outcome(), failed]);
    }

    #[test]
    fn a_broken_line_is_named() {
        let error = outcomes(&b"{}\n"[..]).next().unwrap().unwrap_err();
        assert!(error.to_string().starts_with("line 1: missing field"), "{error}");
    }
}
