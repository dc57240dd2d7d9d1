//! `Prefer: wait=<seconds>` (RFC 7240, section 4.3): how long a client would wait.

use axum::http::{HeaderMap, HeaderName};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The whole seconds that the client would wait; more than fit are [`u64::MAX`], so bound them. `None` where
/// it does not say. What can't be understood is ignored, as section 2 has it; of several the first counts.
pub fn wait_seconds(headers: &HeaderMap) -> Option<u64> {
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

    #[test]
    fn the_wait_is_found_among_other_preferences() {
        for (values, expected) in [
            (&["wait=2"][..], Some(2)),
            (&["respond-async, WAIT = \"7\"; x=y"], Some(7)),
            (&["handling=strict", "wait=3", "wait=9"], Some(3)),
            (&["wait=soon, wait=4"], Some(4)),
            (&["wait=99999999999999999999999"], Some(u64::MAX)),
            (&["wait=0"], Some(0)),
            (&["wait=-1"], None),
            (&["wait=1.5"], None),
            (&["wait"], None),
            (&["waiting=3"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, value.parse().unwrap());
            }
            assert_eq!(wait_seconds(&headers), expected, "{values:?}");
        }
    }
}
