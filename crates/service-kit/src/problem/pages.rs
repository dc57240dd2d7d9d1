//! `/problems`: what the types of problems mean.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::types::{ALL, NOT_FOUND, ProblemType};
use super::{Problem, type_uri};

/// A type of problem, as its own address tells of it.
#[derive(Serialize)]
struct Page {
    #[serde(rename = "type")]
    type_uri: String,
    title: &'static str,
    status: u16,
    meaning: &'static str,
}

impl From<&ProblemType> for Page {
    fn from(of: &ProblemType) -> Self {
        let type_uri = type_uri(of.kind);
        Self { type_uri, title: of.title, status: of.status.as_u16(), meaning: of.meaning }
    }
}

/// `/problems` lists all types, `/problems/<kind>` describes one.
pub fn router() -> Router {
    Router::new().route("/problems", get(all)).route("/problems/{kind}", get(one))
}

async fn all() -> Json<Vec<Page>> {
    Json(ALL.iter().copied().map(Page::from).collect())
}

async fn one(Path(kind): Path<String>) -> Result<Json<Page>, Problem> {
    let known = ALL.iter().copied().find(|known| known.kind == kind);
    known.map(|known| Json(Page::from(known))).ok_or_else(|| {
        Problem::new(&NOT_FOUND).detail("There is no such type of problem; /problems lists them.")
    })
}
