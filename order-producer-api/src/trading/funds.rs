//! What is paid in or out.

use order_domain::Decimal;
use order_domain::trading::AssetCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// What is paid in or out. Other fields than these are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Funds {
    /// Of what: an asset of a listed instrument.
    #[schema(value_type = String, example = "EUR")]
    pub(super) asset: AssetCode,
    /// How much, above 0 (a number is taken, too).
    #[schema(value_type = String, example = "10000")]
    pub(super) amount: Decimal,
}
