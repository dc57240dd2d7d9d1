//! `GET /api/v3/candles/{symbol}`

use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use order_domain::Timestamp;
use order_domain::trading::Symbol;
use order_store::trading::Candle;
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::named::symbol_of;
use super::view::figures::{CandlePageView, FIGURES_BYTES};
use crate::answer;
use crate::api::QueryApi;
use crate::cursor;
use crate::described::{Failures, StrongReadHeaders};
use crate::each::Each;
use crate::error::QueryError;
use crate::parameters::{LIMIT, limit, one_of};
use crate::strong_read::StrongRead;
use crate::text::Rfc3339;

const INTERVAL: &str = "interval";
const FROM: &str = "from";

/// How long the stretches may be, by their names. The first is meant where the client does not say.
const INTERVALS: [Interval; 7] = [
    Interval { name: "1m", width: minutes(1) },
    Interval { name: "5m", width: minutes(5) },
    Interval { name: "15m", width: minutes(15) },
    Interval { name: "30m", width: minutes(30) },
    Interval { name: "1h", width: minutes(60) },
    Interval { name: "4h", width: minutes(4 * 60) },
    Interval { name: "1d", width: minutes(24 * 60) },
];

/// How long a stretch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Interval {
    name: &'static str,
    width: Duration,
}

const fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

/// An instrument's candles, oldest first
///
/// Stretches of `interval`, which begin at multiples of it since 1970 (UTC), from that which holds `from`
/// on. Those without a trade are left out. Without `from`: the newest ones, that is the `limit` stretches
/// that end with the one of the market's newest decision. Time is the log's.
#[utoipa::path(
    get,
    path = "/api/v3/candles/{symbol}",
    operation_id = "listCandles",
    tag = "trading",
    params(
        ("symbol" = String, Path, description = "The instrument's name.", example = "BTC-EUR"),
        ("interval" = Option<String>, Query, description = "How long a stretch is: `1m`, `5m`, `15m`, `30m`, `1h`, `4h` or `1d`. `1m` where it is not given.", example = "1h"),
        ("from" = Option<String>, Query, description = "A time in the first stretch, from 1970 on: RFC 3339. The `next` of the page before.", format = DateTime),
        ("limit" = Option<u32>, Query, description = "How many candles a page has, at most. 50 where it is not given.", minimum = 1, maximum = 500, example = 50),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "A page.", body = CandlePageView, headers(("Link" = String, description = "The next page, `rel=\"next\"` (RFC 8288). None where there are no later candles yet."))),
        (status = 404, description = "The market has no such instrument.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn candles(
    State(api): State<QueryApi>,
    symbol: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let symbol = symbol_of(symbol)?;
    let parameters = Parameters::read(query.as_deref(), &[INTERVAL, FROM, LIMIT])?;
    let Interval { name, width } = parameters.value(INTERVAL, interval)?.unwrap_or(INTERVALS[0]);
    let (from, limit) = (parameters.value(FROM, time)?, limit(&parameters)?);
    api.catch_up(strong).await?;
    let Some(candles) = read(&api, &symbol, width, from, limit).await? else {
        return Err(QueryError::NoSuchInstrument(symbol));
    };
    let next = cursor::last_of(&candles, limit, |last| Rfc3339(plus(last.start, width)));
    let uri =
        next.map(|next| parameters.uri_with(&format!("/api/v3/candles/{symbol}"), FROM, next));
    let view = CandlePageView {
        symbol: symbol.as_str(),
        interval: name,
        candles: Each::of(&candles),
        next,
    };
    Ok(answer::page(&view, FIGURES_BYTES * (candles.len() + 1), uri))
}

/// The candles from `from` on, or the newest ones; `None` where there is no such instrument.
async fn read(
    api: &QueryApi,
    symbol: &Symbol,
    width: Duration,
    from: Option<Timestamp>,
    limit: u32,
) -> Result<Option<Vec<Candle>>, QueryError> {
    let limit = NonZeroU32::new(limit).expect("a limit is at least 1");
    let from = match from {
        Some(from) => from,
        None => match api.market.ticker(symbol).await? {
            Some(ticker) => first_of_newest(ticker.at, width, limit),
            None => return Ok(None),
        },
    };
    Ok(api.market.candles(symbol, width, from, limit).await?)
}

/// A time in the first of the `limit` stretches that end with the one that holds `newest`.
fn first_of_newest(newest: Timestamp, width: Duration, limit: NonZeroU32) -> Timestamp {
    let before = millis(width).saturating_mul(i64::from(limit.get() - 1));
    Timestamp(newest.0.saturating_sub(before).max(0))
}

fn plus(start: Timestamp, width: Duration) -> Timestamp {
    Timestamp(start.0.saturating_add(millis(width)))
}

fn millis(width: Duration) -> i64 {
    i64::try_from(width.as_millis()).expect("an interval is a day at most")
}

fn interval(text: &str) -> Result<Interval, String> {
    one_of(text, &INTERVALS, |interval| interval.name)
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    let time: Option<jiff::Timestamp> = text.parse().ok();
    time.map(jiff::Timestamp::as_millisecond)
        .filter(|&millis| millis >= 0)
        .map(Timestamp)
        .ok_or("expected a time from 1970 on, such as 2026-11-02T09:30:00Z")
}
