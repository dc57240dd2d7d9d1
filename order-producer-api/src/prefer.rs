//! `Prefer: wait=<seconds>` (RFC 7240, section 4.3).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How long a request waits for its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// At most so long, in whole seconds.
    pub(crate) longest: Duration,
    /// Whether the client asked for it: only then the answer says that it was honoured.
    pub(crate) asked: bool,
}

impl Wait {
    fn of(seconds: u64, wait_max: Duration, asked: bool) -> Option<Self> {
        let seconds = seconds.min(wait_max.as_secs());
        (seconds > 0).then(|| Self { longest: Duration::from_secs(seconds), asked })
    }
}

/// How long the client would wait for the outcome, at most `wait_max`; `None` when it would not.
pub(crate) fn wait(headers: &HeaderMap, wait_max: Duration) -> Option<Wait> {
    Wait::of(asked(headers)?, wait_max, true)
}

/// [`wait`], where a client that says nothing of it waits as long as may be.
pub(crate) fn wait_by_default(headers: &HeaderMap, wait_max: Duration) -> Option<Wait> {
    match asked(headers) {
        Some(seconds) => Wait::of(seconds, wait_max, true),
        None => Wait::of(u64::MAX, wait_max, false),
    }
}

/// The seconds that the client would wait. What can't be understood is ignored, as the RFC has it; of
/// several the first counts.
fn asked(headers: &HeaderMap) -> Option<u64> {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).find_map(wait_of)
}

/// The seconds in one preference, such as `wait=2` or `wait="2"; foo=bar`.
fn wait_of(preference: &str) -> Option<u64> {
    let (name, value) = preference.split(';').next()?.split_once('=')?;
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !name.trim().eq_ignore_ascii_case("wait") || !digits {
        return None;
    }
    Some(value.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT_MAX: Duration = Duration::from_secs(30);

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, value.parse().unwrap());
        }
        headers
    }

    fn seconds(values: &[&str]) -> Option<u64> {
        wait(&headers(values), WAIT_MAX).map(|wait| wait.longest.as_secs())
    }

    #[test]
    fn who_waits_by_default_may_say_otherwise() {
        let wait = |values: &[&str]| {
            wait_by_default(&headers(values), WAIT_MAX)
                .map(|wait| (wait.longest.as_secs(), wait.asked))
        };
        assert_eq!(wait(&[]), Some((30, false)));
        assert_eq!(wait(&["respond-async"]), Some((30, false)));
        assert_eq!(wait(&["wait=2"]), Some((2, true)));
        assert_eq!(wait(&["wait=0"]), None);
    }

    #[test]
    fn the_wait_is_found_among_other_preferences_and_bounded() {
        for (values, expected) in [
            (&["wait=2"][..], Some(2)),
            (&["respond-async, WAIT = \"7\"; x=y"], Some(7)),
            (&["handling=strict", "wait=3", "wait=9"], Some(3)),
            (&["wait=100000"], Some(30)),
            (&["wait=99999999999999999999999"], Some(30)),
            (&["wait=0"], None),
            (&["wait=-1"], None),
            (&["wait=1.5"], None),
            (&["wait"], None),
            (&["waiting=3"], None),
            (&[], None),
        ] {
            assert_eq!(seconds(values), expected, "{values:?}");
        }
    }
}
