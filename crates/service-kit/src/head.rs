//! How large the head of a request may be.
//!
//! hyper has bounds of its own, and answers what is beyond them without a body: it has no place to put
//! one. Ours are lower, so that what is too large is nearly always told as a problem.

use axum::http::{HeaderMap, Request};

use crate::Problem;
use crate::problem::types;

/// The longest target, which is path and query string, in bytes. RFC 9110 (section 4.1) asks of everybody
/// to take 8,000. (hyper: 65,534.)
const TARGET_BYTES_MAX: usize = 8_192;

/// The most bytes that all headers may take, each with its colon, space and line end. (hyper: about
/// 400,000 with the target, and 100 headers.)
const HEADERS_BYTES_MAX: usize = 65_536;

/// What a header takes besides its name and its value: `: ` and CRLF.
const BYTES_BESIDES: usize = 4;

/// Refuses a head that is too large.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), Problem> {
    let target = request.uri().path_and_query();
    if target.is_some_and(|target| target.as_str().len() > TARGET_BYTES_MAX) {
        return Err(Problem::new(&types::TARGET_TOO_LONG)
            .detail(format!(
                "Path and query string have {TARGET_BYTES_MAX} bytes at most, together."
            ))
            .with("bytesMax", TARGET_BYTES_MAX));
    }
    if bytes_of(request.headers()) > HEADERS_BYTES_MAX {
        return Err(Problem::new(&types::HEADERS_TOO_LARGE)
            .detail(format!("The headers take {HEADERS_BYTES_MAX} bytes at most, together."))
            .with("bytesMax", HEADERS_BYTES_MAX));
    }
    Ok(())
}

fn bytes_of(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + BYTES_BESIDES).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(target: &str, header_bytes: usize) -> Option<&'static str> {
        let request = Request::get(target).header("x", "v".repeat(header_bytes)).body(()).unwrap();
        check(&request).err().map(|problem| problem.kind())
    }

    #[test]
    fn what_is_at_the_bound_is_taken_and_what_is_beyond_it_is_not() {
        let target = |bytes: usize| format!("/{}?q", "p".repeat(bytes - "/?q".len()));
        let largest = HEADERS_BYTES_MAX - "x".len() - BYTES_BESIDES;
        assert_eq!(checked(&target(TARGET_BYTES_MAX), largest), None);
        assert_eq!(checked(&target(TARGET_BYTES_MAX + 1), 0), Some("target-too-long"));
        assert_eq!(checked("/", largest + 1), Some("headers-too-large"));
    }
}
