//! The trading dialect: members of a market place, amend and cancel orders; who runs the market lists
//! instruments and opens and funds accounts.
//!
//! Fields that the dialect does not know are refused, unlike in the purchasing dialect: an order whose
//! misspelt `timeInForce` was passed over would do something else than its member thinks.

mod amend_order;
mod answer;
mod cancel_order;
mod cancel_orders;
mod deposit;
mod described;
mod funds;
mod halt_instrument;
mod if_match;
mod list_instrument;
mod open_account;
mod order_outcome;
mod path;
mod place_order;
mod refusal;
mod resume_instrument;
pub mod seed;
mod strict;
mod subject;
mod submit;
mod view;
mod withdraw;

use std::sync::Arc;

use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Intake;

/// The writes under `/api/v3/`.
pub(crate) fn routes() -> OpenApiRouter<Arc<Intake>> {
    OpenApiRouter::new()
        .routes(routes!(place_order::place_order))
        .routes(routes!(amend_order::amend_order, cancel_order::cancel_order))
        .routes(routes!(cancel_orders::cancel_orders))
        .routes(routes!(list_instrument::list_instrument))
        .routes(routes!(halt_instrument::halt_instrument))
        .routes(routes!(resume_instrument::resume_instrument))
        .routes(routes!(open_account::open_account))
        .routes(routes!(deposit::deposit))
        .routes(routes!(withdraw::withdraw))
        .layer(middleware::from_fn(strict::strict))
}
