//! What oha tells of each request, as requests of ours.

use std::time::Duration;

use anyhow::Context as _;
use measure::{ErrorKind, Told};

use crate::load::sender::outcome_of;
use crate::oha::OhaReport;

/// The requests that were answered, a line each: intended start, start and end in seconds, status, bytes.
pub(super) fn read(text: &str, accepted: &[u16]) -> anyhow::Result<Vec<Told>> {
    let request = |line: &str| -> Option<Told> {
        let mut fields = line.split(' ');
        let mut time = || Duration::try_from_secs_f64(fields.next()?.parse().ok()?).ok();
        let (intended, sent, ended) = (time()?, time()?, time()?);
        let status = fields.next()?.parse().ok()?;
        Some(Told { intended, sent, ended, outcome: outcome_of(status, accepted) })
    };
    let told = |line: &str| request(line).with_context(|| format!("oha told {line:?}"));
    text.lines().map(told).collect()
}

/// What is known of requests without an answer: that they ended, and took no longer than they may.
pub(super) fn unanswered(
    report: &OhaReport,
    elapsed: Duration,
    timeout: Duration,
) -> impl Iterator<Item = Told> {
    let sent = elapsed.saturating_sub(timeout);
    report.error_distribution.iter().flat_map(move |(message, count)| {
        let outcome = Err(kind_of(message));
        (0..*count).map(move |_| Told { intended: sent, sent, ended: elapsed, outcome })
    })
}

/// The kind of an error that oha tells in its own words.
pub(super) fn kind_of(message: &str) -> ErrorKind {
    let message = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["timeout", "timed out", "deadline"]) {
        ErrorKind::TIMEOUT
    } else if has(&["refused", "connect error", "dns", "unreachable"]) {
        ErrorKind::CONNECT
    } else if has(&["reset", "closed", "broken pipe", "incomplete", "canceled"]) {
        ErrorKind::CONNECTION_LOST
    } else {
        ErrorKind::OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_request() {
        let told = read("0.5 0.75 1 202 9\n0 0 0.25 503 0\n", &[]).unwrap();
        let ms = Duration::from_millis;
        assert_eq!(
            told,
            [
                Told { intended: ms(500), sent: ms(750), ended: ms(1000), outcome: Ok(()) },
                Told {
                    intended: ms(0),
                    sent: ms(0),
                    ended: ms(250),
                    outcome: Err(ErrorKind::Status(503))
                },
            ]
        );
        assert!(read("0.5 x 1 202 9", &[]).unwrap_err().to_string().contains("0.5 x 1 202 9"));
    }

    #[test]
    fn what_got_no_answer_counts_with_all_of_its_timeout() {
        let (elapsed, timeout) = (Duration::from_secs(2), Duration::from_millis(1_500));
        let json = br#"{"summary":{"total":2.0},"statusCodeDistribution":{},
            "errorDistribution":{"operation timed out":2}}"#;
        let report = OhaReport::from_json(json).unwrap();
        let told: Vec<_> = unanswered(&report, elapsed, timeout).collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].intended + timeout, told[0].ended);
        assert_eq!(told[0].outcome, Err(ErrorKind::TIMEOUT));
    }

    #[test]
    fn errors_in_ohas_words_are_of_our_kinds() {
        for (message, kind) in [
            ("Connection refused (os error 111)", ErrorKind::CONNECT),
            ("connection error: Connection reset by peer", ErrorKind::CONNECTION_LOST),
            ("connection closed before message completed", ErrorKind::CONNECTION_LOST),
            ("aborted due to deadline", ErrorKind::TIMEOUT),
            ("timeout", ErrorKind::TIMEOUT),
            ("something new", ErrorKind::OTHER),
        ] {
            assert_eq!(kind_of(message), kind, "{message}");
        }
    }
}
