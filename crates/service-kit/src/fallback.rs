//! Answers for paths and methods that nobody serves.

use axum::Router;
use axum::http::{Method, Uri};

use crate::Problem;
use crate::problem::types;

/// Lets `router` answer unknown paths and methods with problems. Call it once, last: routes that are
/// added afterwards don't get it.
pub fn with_problems(router: Router) -> Router {
    router.fallback(not_found).method_not_allowed_fallback(method_not_allowed)
}

pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::new(&types::NOT_FOUND).detail(format!("Nothing is at {}.", uri.path()))
}

/// axum adds `Allow`.
async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::new(&types::METHOD_NOT_ALLOWED)
        .detail(format!("{} does not take {method}.", uri.path()))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use axum::http::header::{ALLOW, CONTENT_TYPE};
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn unknown_paths_and_methods_are_problems() {
        let router = with_problems(Router::new().route("/here", post(|| async {})));
        for (method, path, status, allow) in
            [("GET", "/there", 404, None), ("DELETE", "/here", 405, Some("POST"))]
        {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            let allowed = response.headers().get(ALLOW).map(|value| value.to_str().unwrap());
            assert_eq!(allowed, allow);
        }
    }
}
