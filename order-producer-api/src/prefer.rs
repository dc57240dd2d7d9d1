//! `Prefer: wait=<seconds>` (RFC 7240, section 4.3).

use std::time::Duration;

use axum::http::HeaderMap;
use service_kit::prefer::wait_seconds;

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
    Wait::of(wait_seconds(headers)?, wait_max, true)
}

/// [`wait`], where a client that says nothing of it waits as long as may be.
pub(crate) fn wait_by_default(headers: &HeaderMap, wait_max: Duration) -> Option<Wait> {
    match wait_seconds(headers) {
        Some(seconds) => Wait::of(seconds, wait_max, true),
        None => Wait::of(u64::MAX, wait_max, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT_MAX: Duration = Duration::from_secs(30);

    fn headers(prefer: &str) -> HeaderMap {
        HeaderMap::from_iter([("prefer".parse().unwrap(), prefer.parse().unwrap())])
    }

    #[test]
    fn a_wait_is_bounded_and_none_is_none() {
        let wait =
            |prefer: &str| wait(&headers(prefer), WAIT_MAX).map(|wait| wait.longest.as_secs());
        assert_eq!(wait("wait=2"), Some(2));
        assert_eq!(wait("wait=99999999999999999999999"), Some(30));
        assert_eq!(wait("wait=0"), None);
        assert_eq!(wait("respond-async"), None);
    }

    #[test]
    fn who_waits_by_default_may_say_otherwise() {
        let wait = |prefer: &str| {
            wait_by_default(&headers(prefer), WAIT_MAX)
                .map(|wait| (wait.longest.as_secs(), wait.asked))
        };
        assert_eq!(wait("respond-async"), Some((30, false)));
        assert_eq!(wait("wait=2"), Some((2, true)));
        assert_eq!(wait("wait=0"), None);
    }
}
