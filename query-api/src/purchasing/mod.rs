//! The purchasing dialect: shops that send whole orders read them back here.

mod customer_search;
mod order;
mod orders;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::QueryApi;

/// The dialect's paths.
pub(crate) fn routes() -> OpenApiRouter<QueryApi> {
    OpenApiRouter::new()
        .routes(routes!(orders::orders))
        .routes(routes!(order::order))
        .routes(routes!(customer_search::customer_search))
}
