//! The one parameter that a path has.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use super::ParameterError;

/// What a handler gets of its path.
pub type PathText = Result<Path<String>, PathRejection>;

/// The length of a UUID with its hyphens, the only form that ids are shown and asked for in.
const UUID_LENGTH: usize = 36;

/// The text of parameter `name`.
pub fn path_text(name: &'static str, path: PathText) -> Result<String, ParameterError> {
    let wrong = |_| ParameterError::new(name, "expected percent-encoded UTF-8");
    path.map(|Path(text)| text).map_err(wrong)
}

/// The UUID of parameter `name`.
pub fn path_uuid(name: &'static str, path: PathText) -> Result<Uuid, ParameterError> {
    let text = path.ok().filter(|Path(text)| text.len() == UUID_LENGTH);
    text.and_then(|Path(text)| Uuid::try_parse(&text).ok()).ok_or_else(|| {
        let form = "expected a UUID, such as 0199f6f2-8e5c-7c3a-9d1e-3f0f3f6f2a11";
        ParameterError::new(name, form)
    })
}
