//! `POST /api/v3/instruments`

use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use order_domain::Decimal;
use order_domain::trading::{Asset, AssetCode, BasisPoints, Instrument, Request, Symbol, command};
use serde::Deserialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::described::{BodyFailures, Durable, Failures, WriteHeaders};
use super::path::new_name;
use super::submit::{counted, read, submit};
use super::view::Receipt;
use crate::Intake;
use crate::json::object;
use crate::wishes::Wishes;

/// An instrument's terms. Other fields than these are refused.
///
/// One lot at a price of one tick must cost a whole number of the quote asset's smallest units.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewInstrument)]
pub(super) struct ListInstrument {
    /// Its name: 1 to 32 of `A-Z`, `0-9`, `-`, `_` and `.`, but neither `.` nor `..`.
    #[serde(deserialize_with = "new_name")]
    #[schema(value_type = String, example = "BTC-EUR")]
    symbol: Symbol,
    /// What is bought and sold.
    #[serde(deserialize_with = "object")]
    base: AssetTerms,
    /// What is paid with.
    #[serde(deserialize_with = "object")]
    quote: AssetTerms,
    /// Prices are multiples of this, in the quote asset.
    #[schema(value_type = String, example = "0.5")]
    tick_size: Decimal,
    /// Quantities are multiples of this, in the base asset.
    #[schema(value_type = String, example = "0.02")]
    lot_size: Decimal,
    /// The least that price times quantity of a limit order may be, in the quote asset.
    #[schema(value_type = String, example = "10")]
    minimum_notional: Decimal,
    /// How far a limit may lie from the last trade's price, in basis points (hundredths of a percent).
    /// Anywhere, where nothing is said.
    #[schema(example = 2500)]
    price_band: Option<u32>,
    /// What a maker pays of price times quantity, in basis points.
    #[schema(example = 10)]
    maker_fee: u32,
    /// What a taker pays of price times quantity, in basis points.
    #[schema(example = 25)]
    taker_fee: u32,
}

/// Something that accounts hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAsset)]
pub(super) struct AssetTerms {
    /// Its name: 1 to 16 of `A-Z` and `0-9`.
    #[schema(value_type = String, example = "BTC")]
    code: AssetCode,
    /// How many decimal places an amount of it has, 0 to 12; the same wherever it is listed.
    #[schema(example = 8)]
    scale: u32,
}

/// List an instrument
///
/// Listing it again with equal terms changes nothing; other terms are refused with the reason
/// `invalid-instrument`.
#[utoipa::path(
    post,
    path = "/api/v3/instruments",
    operation_id = "listInstrument",
    tag = "trading",
    request_body = ListInstrument,
    params(WriteHeaders),
    responses(
        (status = 200, description = "Listed (only with `Prefer: wait`).", body = Receipt),
        Durable,
        Failures,
        BodyFailures,
    ),
)]
pub(super) async fn list_instrument(
    State(intake): State<Arc<Intake>>,
    request: HttpRequest,
) -> Result<Response, Problem> {
    counted(async {
        let (head, body) = request.into_parts();
        let wishes = Wishes::read_with_json(&intake, &head.headers)?;
        let (list, place) = read::<ListInstrument>(&intake, body).await?;
        submit(&intake, wishes, list.into_request(), place).await
    })
    .await
}

impl ListInstrument {
    pub(super) fn into_request(self) -> Request {
        let instrument = Instrument {
            symbol: self.symbol,
            base: self.base.into(),
            quote: self.quote.into(),
            tick_size: self.tick_size,
            lot_size: self.lot_size,
            minimum_notional: self.minimum_notional,
            price_band: self.price_band.map(BasisPoints),
            maker_fee: BasisPoints(self.maker_fee),
            taker_fee: BasisPoints(self.taker_fee),
        };
        Request::ListInstrument(command::ListInstrument { instrument })
    }
}

impl From<AssetTerms> for Asset {
    fn from(AssetTerms { code, scale }: AssetTerms) -> Self {
        Self { code, scale }
    }
}
