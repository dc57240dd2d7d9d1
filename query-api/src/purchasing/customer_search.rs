//! `GET /api/Orders/customerSearch/{text}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use service_kit::parameters::{ParameterError, Parameters, PathText, path_text};

use super::view::{self, PageView};
use crate::api::QueryApi;
use crate::described::{Failures, PageParameters, StrongReadHeaders};
use crate::error::QueryError;
use crate::parameters::{AFTER, LIMIT, page};
use crate::strong_read::StrongRead;

/// The longest text that is searched for, in bytes of UTF-8.
const TEXT_BYTES_MAX: usize = 256;

/// Orders of the customers whose names or e-mail begin with these words
///
/// Every word of the text must begin a word of the customer's first name, last name or e-mail; case
/// and accents don't matter, and no character has a meaning of its own. Newest first, in pages like
/// those of `/api/Orders`.
#[utoipa::path(
    get,
    path = "/api/Orders/customerSearch/{text}",
    operation_id = "searchOrdersByCustomer",
    tag = "purchasing",
    params(
        ("text" = String, Path, description = "What to search for: at most 256 bytes, percent-encoded.", example = "ada love"),
        PageParameters,
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "A page.", body = PageView, headers(("Link" = String, description = "The next page, `rel=\"next\"` (RFC 8288). None on the last one."))),
        Failures,
    ),
)]
pub(crate) async fn customer_search(
    State(api): State<QueryApi>,
    text: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let text = search_text(text)?;
    let parameters = Parameters::read(query.as_deref(), &[LIMIT, AFTER])?;
    let page = page(&parameters)?;
    api.catch_up(strong).await?;
    let rows = api.reader.search_customers(&text, page).await?;
    let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC);
    Ok(view::page(&rows, page, &format!("/api/Orders/customerSearch/{encoded}"), &parameters))
}

fn search_text(text: PathText) -> Result<String, ParameterError> {
    let text = path_text("text", text)?;
    if text.len() > TEXT_BYTES_MAX {
        let wrong = format!("expected at most {TEXT_BYTES_MAX} bytes");
        return Err(ParameterError::new("text", wrong));
    }
    Ok(text)
}
