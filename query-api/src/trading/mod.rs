//! The trading dialect: members of a market read their orders, trades and balances here, and what the
//! market is like.

mod account;
mod account_trades;
mod candles;
mod instrument;
mod instruments;
mod named;
mod order;
mod order_book;
mod orders;
mod ticker;
mod trades;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::QueryApi;

/// The dialect's paths.
pub(crate) fn routes() -> OpenApiRouter<QueryApi> {
    OpenApiRouter::new()
        .routes(routes!(order::order))
        .routes(routes!(orders::orders))
        .routes(routes!(order_book::order_book))
        .routes(routes!(trades::trades))
        .routes(routes!(ticker::ticker))
        .routes(routes!(candles::candles))
        .routes(routes!(instruments::instruments))
        .routes(routes!(instrument::instrument))
        .routes(routes!(account::account))
        .routes(routes!(account_trades::account_trades))
}
