//! Errors as the client sees them: RFC 9457 problem details.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

mod pages;
pub mod types;

pub use pages::router;
pub use types::ProblemType;

/// The media type of a problem (RFC 9457, section 3).
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error answer: `application/problem+json`, as RFC 9457 has it.
///
/// Its `type` is `/problems/<kind>`, where [a page](router) says what it means. The kind is what clients may rely on: it never changes its
/// meaning, while title and detail are for people. (Section 3.1.1 of the RFC allows a relative
/// reference with its full path; it names the kind on every host that Seriatim runs on.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Box<Content>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    of: &'static ProblemType,
    detail: Option<String>,
    extensions: Map<String, Value>,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem of the given type; [`types`] has them all.
    pub fn new(of: &'static ProblemType) -> Self {
        let extensions = Map::new();
        Self(Box::new(Content { of, detail: None, extensions, retry_after_s: None }))
    }

    /// 500. Says nothing about the cause: that is for the log, not for the client.
    pub fn internal() -> Self {
        Self::new(&types::INTERNAL).detail("The service failed. The failure is logged.")
    }

    /// A problem that asks to come back after so many seconds. `detail` must not tell the cause, only
    /// what it means for the client.
    pub fn unavailable(
        of: &'static ProblemType,
        detail: impl Into<String>,
        retry_after_s: u64,
    ) -> Self {
        Self::new(of).detail(detail).retry_after(retry_after_s)
    }

    /// Says what is wrong with this very request.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds a member of this problem's own, such as `pointer` (RFC 9457, section 3.2).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.extensions.insert(name.to_owned(), value.into());
        self
    }

    /// Asks the client to try again after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.0.of.status
    }

    /// The kind, for counting.
    pub const fn kind(&self) -> &'static str {
        self.0.of.kind
    }

    /// The answer's body.
    pub fn body(&self) -> ProblemBody {
        ProblemBody {
            type_uri: type_uri(self.0.of.kind),
            title: self.0.of.title.to_owned(),
            status: self.0.of.status.as_u16(),
            detail: self.0.detail.clone(),
            extensions: self.0.extensions.clone(),
        }
    }
}

/// The `type` of a kind.
fn type_uri(kind: &str) -> String {
    format!("/problems/{kind}")
}

/// The body of an error answer (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// What went wrong, for programs: `/problems/<kind>`. Stable.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-field")]
    type_uri: String,
    /// What went wrong, for people; the same for every problem of a type.
    title: String,
    /// The HTTP status, once more.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong with this very request.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Members of the type's own, such as `pointer`, `line` or `reason`.
    #[serde(flatten)]
    extensions: Map<String, Value>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let json = serde_json::to_vec(&self.body()).expect("strings and values are always JSON");
        let mut response = Response::new(Body::from(json));
        *response.status_mut() = self.0.of.status;
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        if let Some(seconds) = self.0.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_its_members_and_headers() {
        let problem =
            Problem::unavailable(&types::OVERLOADED, "Too busy.", 3).with("pointer", "/a/0");
        let json = serde_json::to_value(problem.body()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"type": "/problems/overloaded", "title": "Temporarily unavailable",
                "status": 503, "detail": "Too busy.", "pointer": "/a/0"})
        );
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[RETRY_AFTER], "3");
    }
}
