//! The past as JSON.

use order_domain::trading::event::OrderState;
use order_domain::trading::{AccountId, AssetCode, Side, Symbol};
use order_domain::{Decimal, Event, OrderId, VenueId};
use order_engine::{Engine, MarketView, OutcomeHash, VenueOutcomes};
use serde::Serialize;

use super::TimeTravelError;
use super::story::{Chapter, Order};
use crate::engine::restore::Restored;

/// What the engines had come to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PastView {
    /// As `GET /state` shows it.
    outcome_hash: String,
    partitions: Vec<PartitionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    market: Option<Market>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartitionView {
    partition: u32,
    /// The first command of `orders` that was not decided.
    next_source: u64,
    /// When the last one was decided, by the log's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// SHA-256 over all of the engine's state.
    state_hash: String,
    venues: Vec<Venue>,
}

#[derive(Serialize)]
struct Venue {
    venue: String,
    orders: usize,
    hash: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Market {
    venue: String,
    accounts: Vec<Account>,
    /// What trades paid.
    fees: Vec<Fees>,
    /// Buys, then sells, of every instrument; the best price first, first in first out.
    open_orders: Vec<OpenOrder>,
}

#[derive(Serialize)]
struct Account {
    account: AccountId,
    balances: Vec<Balance>,
}

#[derive(Serialize)]
struct Balance {
    asset: AssetCode,
    available: Decimal,
    held: Decimal,
}

#[derive(Serialize)]
struct Fees {
    asset: AssetCode,
    paid: Decimal,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenOrder {
    order_id: OrderId,
    account: AccountId,
    symbol: Symbol,
    side: Side,
    price: Decimal,
    #[serde(flatten)]
    state: OrderState,
}

impl PastView {
    /// With the market of this name, if one is asked for.
    pub(super) fn of(past: &[Restored], venue: Option<&VenueId>) -> Result<Self, TimeTravelError> {
        let outcomes: Vec<Vec<VenueOutcomes>> =
            past.iter().map(|restored| restored.engine.outcomes()).collect();
        let partitions = past.iter().zip(&outcomes);
        let partitions =
            partitions.map(|(restored, venues)| PartitionView::of(&restored.engine, venues));
        let partitions = partitions.collect();
        let market = venue.map(|venue| {
            let found = past.iter().find_map(|restored| restored.engine.market(venue));
            let found = found.ok_or_else(|| TimeTravelError::NoMarket(venue.clone()))?;
            Ok::<_, TimeTravelError>(Market::of(venue, found))
        });
        Ok(Self {
            outcome_hash: OutcomeHash::of_venues(outcomes.iter().flatten()).to_string(),
            partitions,
            market: market.transpose()?,
        })
    }
}

impl PartitionView {
    fn of(engine: &Engine, venues: &[VenueOutcomes]) -> Self {
        let venue = |of: &VenueOutcomes| Venue {
            venue: of.venue.to_string(),
            orders: of.orders,
            hash: of.hash.to_string(),
        };
        let decided = engine.next_source() > order_domain::Offset::ZERO;
        Self {
            partition: engine.partition().0,
            next_source: engine.next_source().0,
            at: decided.then(|| time(engine.clock())),
            state_hash: engine.state_hash().to_string(),
            venues: venues.iter().map(venue).collect(),
        }
    }
}

impl Market {
    fn of(venue: &VenueId, market: MarketView<'_>) -> Self {
        let balances = |account| {
            let balance = move |asset: &AssetCode| {
                let balance = market.balance(account, asset)?;
                let (available, held) = (balance.available, balance.held);
                let empty = available.is_zero() && held.is_zero();
                (!empty).then(|| Balance { asset: asset.clone(), available, held })
            };
            market.assets().filter_map(balance).collect()
        };
        let accounts = market
            .accounts()
            .map(|account| Account { account: account.clone(), balances: balances(account) });
        let fees = market.assets().filter_map(|asset| {
            let paid = market.fees(asset).filter(|paid| !paid.is_zero())?;
            Some(Fees { asset: asset.clone(), paid })
        });
        let orders = market.symbols().flat_map(|symbol| market.orders(symbol));
        let orders = orders.map(|order| OpenOrder {
            order_id: order.id,
            account: order.account.clone(),
            symbol: order.symbol.clone(),
            side: order.side,
            price: order.price,
            state: order.state,
        });
        Self {
            venue: venue.to_string(),
            accounts: accounts.collect(),
            fees: fees.collect(),
            open_orders: orders.collect(),
        }
    }
}

/// One order, and how it came there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderView<'a> {
    order_id: OrderId,
    status: &'static str,
    decisions: Vec<ChapterView<'a>>,
}

#[derive(Serialize)]
struct ChapterView<'a> {
    /// The command in `orders`.
    source: String,
    at: String,
    events: &'a [Event],
}

impl<'a> OrderView<'a> {
    pub(super) fn of(order: &'a Order) -> Self {
        let chapter = |Chapter { source, at, events }: &'a Chapter| ChapterView {
            source: source.to_string(),
            at: time(*at),
            events,
        };
        Self {
            order_id: order.id,
            status: order.status,
            decisions: order.chapters.iter().map(chapter).collect(),
        }
    }
}

/// RFC 3339, UTC, in milliseconds.
fn time(at: order_domain::Timestamp) -> String {
    let beyond = if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or(beyond);
    format!("{time:.3}")
}
