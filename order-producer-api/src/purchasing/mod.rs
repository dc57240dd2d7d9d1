//! The purchasing dialect: shops that send whole orders.

mod answer;
mod place_order;
mod request;
mod translate;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use request::{CurrencyType, OrderItem, PaymentMethodType, PlaceOrder};

use crate::Intake;

/// `POST /api/Order`.
pub(crate) fn routes() -> OpenApiRouter<Arc<Intake>> {
    OpenApiRouter::new().routes(routes!(place_order::place_order))
}
