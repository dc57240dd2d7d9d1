//! `GET /api/v3/accounts/{id}/trades`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use order_domain::Timestamp;
use order_domain::trading::Symbol;
use order_store::trading::{AccountTrade, AccountTradeCursor, TradePage};
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::named::account_of;
use super::view::trade::{AccountTradePageView, TRADE_BYTES};
use crate::answer;
use crate::api::QueryApi;
use crate::cursor::{self, InvalidCursor};
use crate::described::{Failures, PageParameters, StrongReadHeaders};
use crate::each::Each;
use crate::error::QueryError;
use crate::parameters::{AFTER, LIMIT, limit};
use crate::strong_read::StrongRead;

/// An account's trades, newest first
///
/// Of all instruments, in pages: follow `Link`, or send `next` as `after`. Trades that happen meanwhile
/// come before the first page, so no page repeats or leaves out a trade.
#[utoipa::path(
    get,
    path = "/api/v3/accounts/{id}/trades",
    operation_id = "listAccountTrades",
    tag = "trading",
    params(
        ("id" = String, Path, description = "The account's name.", example = "ada"),
        PageParameters,
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "A page.", body = AccountTradePageView, headers(("Link" = String, description = "The next page, `rel=\"next\"` (RFC 8288). None on the last one."))),
        (status = 404, description = "The market has no such account, or not yet.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn account_trades(
    State(api): State<QueryApi>,
    id: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let account = account_of(id)?;
    let parameters = Parameters::read(query.as_deref(), &[LIMIT, AFTER])?;
    let (limit, after) = (limit(&parameters)?, parameters.value(AFTER, place)?);
    api.catch_up(strong).await?;
    let Some(trades) = api.market.account_trades(&account, TradePage { limit, after }).await?
    else {
        return Err(QueryError::NoSuchAccount(account));
    };
    let next = cursor::last_of(&trades, limit, text_of);
    let uri = next.as_ref().map(|next| {
        parameters.uri_with(&format!("/api/v3/accounts/{account}/trades"), AFTER, next)
    });
    let view = AccountTradePageView { account: account.as_str(), trades: Each::of(&trades), next };
    Ok(answer::page(&view, TRADE_BYTES * (trades.len() + 1), uri))
}

/// How many hex digits a time or a number has in the text of a place.
const DIGITS: usize = 16;

/// A trade's place in the list, as text: 16 hex digits of its time, 16 of its number, `m` for the maker
/// or `t` for the taker, and the instrument.
fn text_of(AccountTrade { trade, as_maker }: &AccountTrade) -> String {
    let role = if *as_maker { 'm' } else { 't' };
    format!("{:016x}{:016x}{role}{}", trade.at.0, trade.number, trade.symbol)
}

/// The place that a text stands for.
fn place(text: &str) -> Result<AccountTradeCursor, InvalidCursor> {
    let (at, rest) = hex(text).ok_or(InvalidCursor)?;
    let (number, rest) = hex(rest).ok_or(InvalidCursor)?;
    let (as_maker, symbol) = match rest.split_at_checked(1) {
        Some(("m", symbol)) => (true, symbol),
        Some(("t", symbol)) => (false, symbol),
        _ => return Err(InvalidCursor),
    };
    // No store holds more trades than an i64 counts.
    let number = i64::try_from(number).ok().and_then(|number| u64::try_from(number).ok());
    Ok(AccountTradeCursor {
        at: Timestamp(at.cast_signed()),
        symbol: Symbol::new(symbol).map_err(|_| InvalidCursor)?,
        number: number.ok_or(InvalidCursor)?,
        as_maker,
    })
}

/// The number that the first digits of `text` are, and the rest of it.
fn hex(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = text.split_at_checked(DIGITS)?;
    let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((valid.then(|| u64::from_str_radix(digits, 16).ok())??, rest))
}

#[cfg(test)]
mod tests {
    use order_domain::trading::event::TradeSide;
    use order_domain::trading::{AccountId, Side};
    use order_domain::{Decimal, OrderId};
    use order_store::trading::Trade;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn trade(at: i64, number: u64, symbol: &str) -> Trade {
        let one = Decimal::new(1, 0).unwrap();
        let side = TradeSide {
            order_id: OrderId(Uuid::nil()),
            account: AccountId::new("ada").unwrap(),
            fee: one,
        };
        Trade {
            number,
            symbol: Symbol::new(symbol).unwrap(),
            price: one,
            quantity: one,
            taker_side: Side::Buy,
            maker: side.clone(),
            taker: side,
            at: Timestamp(at),
        }
    }

    proptest! {
        #[test]
        fn a_place_reads_back_as_it_was_written(
            at: i64, number in 0..=u64::MAX >> 1, symbol in "[A-Z0-9._-]{1,32}", as_maker: bool,
        ) {
            let text = text_of(&AccountTrade { trade: trade(at, number, &symbol), as_maker });
            let symbol = Symbol::new(symbol).unwrap();
            let expected = AccountTradeCursor { at: Timestamp(at), symbol, number, as_maker };
            prop_assert_eq!(place(&text), Ok(expected));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,80}") {
            let _ = place(&text);
        }
    }

    #[test]
    fn what_no_page_gave_out_is_no_place() {
        let digits = "0".repeat(32);
        let beyond = format!("{}{}", "0".repeat(16), "f".repeat(16));
        for text in [
            "",
            "0",
            &digits,
            &format!("{digits}m"),
            &format!("{digits}xBTC-EUR"),
            &format!("{digits}mbtc-eur"),
            &format!("{digits}éBTC"),
            &format!("+{}mBTC", &digits[1..]),
            &format!("{beyond}mBTC"),
        ] {
            assert_eq!(place(text), Err(InvalidCursor), "{text:?}");
        }
    }
}
