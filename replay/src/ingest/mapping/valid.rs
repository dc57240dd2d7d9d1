//! What can stand in a request (RFC 9110). Each check fails with the reason.

use crate::ingest::template::Reason;

/// A method is a token (RFC 9110, 5.6.2).
pub(super) fn check_token(method: &str) -> Result<(), Reason> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !method.is_empty() && method.chars().all(is_token) {
        return Ok(());
    }
    Err(format!("{method:?} is no method"))
}

/// A value has no control characters but the tab (RFC 9110, 5.5).
pub(super) fn check_header(name: &str, value: &str) -> Result<(), Reason> {
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(format!("header {name} would have control characters: {value:?}"));
    }
    Ok(())
}

pub(super) fn check_path(path: &str) -> Result<(), Reason> {
    let visible = path.chars().all(|c| !c.is_control() && c != ' ');
    if path.starts_with('/') && visible {
        return Ok(());
    }
    Err(format!("{path:?} is no path: it must begin with / and have no spaces"))
}
