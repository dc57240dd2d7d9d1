//! The `OpenAPI` document and the page that shows it.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::SwaggerUi;

use crate::fallback;

const DESCRIPTION: &str = "An event-sourced order service. A write is answered when the log has \
    made it durable, with its place in `Seriatim-Position`; a read that sends that position back \
    sees the write. Every error is an RFC 9457 problem whose `type` is stable.";

/// Serves the documents, merged into one, at `/openapi.json`, and Swagger UI at `/docs`.
pub fn router(documents: Vec<OpenApi>) -> Router {
    let pages: Router = SwaggerUi::new("/docs").url("/openapi.json", merged(documents)).into();
    pages.layer(from_fn(missing_pages_are_problems))
}

/// Swagger UI answers for its own files, also where there are none.
async fn missing_pages_are_problems(uri: Uri, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return fallback::not_found(uri).await.into_response();
    }
    response
}

/// One document out of those of all roles.
pub fn merged(documents: Vec<OpenApi>) -> OpenApi {
    let mut info = Info::new("Seriatim", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    documents.into_iter().fold(OpenApiBuilder::new().info(info).build(), OpenApi::merge_from)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn get(path: &str) -> (u16, Vec<u8>) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(vec![]).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, to_bytes(response.into_body(), 10_000_000).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn the_document_is_openapi_3_1_and_the_page_shows_it() {
        let (status, json) = get("/openapi.json").await;
        let document: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(status, 200);
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let (status, page) = get("/docs/").await;
        assert_eq!(status, 200);
        assert!(String::from_utf8(page).unwrap().contains("swagger-ui"));
    }

    #[tokio::test]
    async fn a_page_that_is_not_there_is_a_problem() {
        let (status, problem) = get("/docs/nothing.js").await;
        let problem: serde_json::Value = serde_json::from_slice(&problem).unwrap();
        assert_eq!((status, &problem["type"]), (404, &"/problems/not-found".into()));
    }
}
