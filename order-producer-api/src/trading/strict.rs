//! Nothing that a member writes is passed over: where it stands in a place that is not looked at, the
//! request is refused.

use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use service_kit::Problem;
use service_kit::parameters::Parameters;
use service_kit::problem::types;

use super::submit::counted;

/// Only what deletes has parameters in its query string, and it has no body: an `account` in the wrong
/// place would not be checked.
pub(super) async fn strict(request: Request, next: Next) -> Result<Response, Problem> {
    counted(async {
        if request.method() == Method::DELETE {
            no_body(&request)?;
        } else {
            Parameters::read(request.uri().query(), &[])?;
        }
        Ok(next.run(request).await)
    })
    .await
}

fn no_body(request: &Request) -> Result<(), Problem> {
    if request.body().is_end_stream() {
        return Ok(());
    }
    let detail = "DELETE takes no body: name the account as ?account=.";
    Err(Problem::new(&types::INVALID_FIELD).detail(detail).with("pointer", ""))
}
