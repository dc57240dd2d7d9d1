//! `Prefer: wait=<seconds>` (RFC 7240, section 4.3).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How long the client would wait for the outcome, at most `wait_max`, in whole seconds; `None` when
/// it would not. What can't be understood is ignored, as the RFC has it; of several the first counts.
pub(crate) fn wait(headers: &HeaderMap, wait_max: Duration) -> Option<Duration> {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let asked = values.flat_map(|value| value.split(',')).find_map(wait_of)?;
    let seconds = asked.min(wait_max.as_secs());
    (seconds > 0).then(|| Duration::from_secs(seconds))
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

    fn seconds(values: &[&str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, value.parse().unwrap());
        }
        wait(&headers, Duration::from_secs(30)).map(|wait| wait.as_secs())
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
