//! The words of the tests about markets: what is asked of one, and what the store shows of it.

use order_domain::trading::command::{
    AmendOrder, CancelOrder, Deposit, HaltInstrument, ListInstrument, OpenAccount, PlaceOrder,
    ResumeInstrument,
};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, ClientOrderId, CommandId, Instrument, OrderKind,
    OrderTerms, Request, SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::{
    Command, Decimal, Decision, OrderId, Partition, Timestamp, TradingCommand, VenueId,
};
use order_engine::{Engine, EngineSettings};
use order_store::trading::{Level, MarketChange, MarketOrder, MarketOrderFilter};
use order_store::{OrderStore, Page, ProjectionBatch, StoreError, projection};
use uuid::Uuid;

/// The instrument of the tests: a tick is 1 EUR, a lot 0.01 BTC; a maker pays 0.10 %, a taker 0.25 %.
pub const SYMBOL: &str = "BTC-EUR";

/// The log's time when a scene begins: 2026-01-01T00:00:00Z.
pub const NEW_YEAR: i64 = super::super::rows::NEW_YEAR;

pub fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn account(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

pub fn symbol(name: &str) -> Symbol {
    Symbol::new(name).unwrap()
}

pub fn asset(code: &str) -> AssetCode {
    AssetCode::new(code).unwrap()
}

pub fn venue() -> VenueId {
    VenueId::new("market/main").unwrap()
}

/// The order that was placed by command `number`.
pub fn order(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

/// An instrument of two assets: EUR has 2 decimal places, all others 8.
pub fn instrument(name: &str) -> Instrument {
    let (base, quote) = name.split_once('-').unwrap();
    let of = |code: &str| Asset { code: asset(code), scale: if code == "EUR" { 2 } else { 8 } };
    Instrument {
        symbol: symbol(name),
        base: of(base),
        quote: of(quote),
        tick_size: number("1"),
        lot_size: number("0.01"),
        minimum_notional: number("10"),
        price_band: None,
        maker_fee: BasisPoints(10),
        taker_fee: BasisPoints(25),
    }
}

pub fn buy(who: &str, quantity: &str, price: &str) -> OrderTerms {
    limit(who, Side::Buy, quantity, price)
}

pub fn sell(who: &str, quantity: &str, price: &str) -> OrderTerms {
    limit(who, Side::Sell, quantity, price)
}

pub fn limit(who: &str, side: Side, quantity: &str, price: &str) -> OrderTerms {
    OrderTerms {
        account: account(who),
        symbol: symbol(SYMBOL),
        side,
        kind: OrderKind::Limit {
            price: number(price),
            time_in_force: TimeInForce::GoodTillCancelled,
        },
        quantity: number(quantity),
        self_trade: SelfTrade::default(),
        client_order_id: None,
    }
}

pub fn with_time_in_force(mut terms: OrderTerms, new: TimeInForce) -> OrderTerms {
    if let OrderKind::Limit { time_in_force, .. } = &mut terms.kind {
        *time_in_force = new;
    }
    terms
}

pub fn market_order(who: &str, side: Side, quantity: &str) -> OrderTerms {
    OrderTerms { kind: OrderKind::Market { worst_price: None }, ..limit(who, side, quantity, "1") }
}

pub fn named(terms: OrderTerms, name: &str) -> OrderTerms {
    OrderTerms { client_order_id: Some(ClientOrderId::new(name).unwrap()), ..terms }
}

/// An engine that decides, at a time that the test sets.
pub struct Market {
    pub engine: Engine,
    /// The number of the last command.
    pub last: u128,
    /// The log's time.
    pub now: i64,
}

impl Market {
    pub fn empty() -> Self {
        let engine = Engine::new(Partition(0), EngineSettings::DEFAULT);
        Self { engine, last: 1_000_000, now: NEW_YEAR }
    }

    /// [`SYMBOL`] and ETH-BTC are listed; ada, bob and carol have 1,000,000 EUR and 1,000 BTC each.
    /// The next command is number 1. With it come the decisions that made it so.
    pub fn usual() -> (Self, Vec<Decision>) {
        let mut market = Self::empty();
        let mut decisions = Vec::new();
        for name in [SYMBOL, "ETH-BTC"] {
            decisions.push(market.list(instrument(name)));
        }
        for who in ["ada", "bob", "carol"] {
            decisions.push(market.open(who));
            for (amount, code) in [("1000000", "EUR"), ("1000", "BTC")] {
                decisions.push(market.deposit(who, amount, code));
            }
        }
        market.last = 0;
        (market, decisions)
    }

    /// Asks for something as command `id`. The decision travels as JSON, as it does on the log.
    pub fn ask_as(&mut self, id: u128, request: Request) -> Decision {
        let command = Command::Trading(TradingCommand {
            command_id: CommandId(Uuid::from_u128(id)),
            venue: venue(),
            idempotency_key: None,
            trace_parent: None,
            request,
        });
        let source = self.engine.next_source();
        let decision = self.engine.decide(source, Timestamp(self.now), command);
        self.engine.evolve(&decision);
        Decision::from_json(&decision.to_json()).unwrap()
    }

    pub fn ask(&mut self, request: Request) -> Decision {
        self.last += 1;
        self.ask_as(self.last, request)
    }

    pub fn place(&mut self, terms: OrderTerms) -> Decision {
        self.ask(Request::PlaceOrder(PlaceOrder { terms }))
    }

    pub fn list(&mut self, instrument: Instrument) -> Decision {
        self.ask(Request::ListInstrument(ListInstrument { instrument }))
    }

    pub fn halt(&mut self) -> Decision {
        self.ask(Request::HaltInstrument(HaltInstrument { symbol: symbol(SYMBOL) }))
    }

    pub fn resume(&mut self) -> Decision {
        self.ask(Request::ResumeInstrument(ResumeInstrument { symbol: symbol(SYMBOL) }))
    }

    pub fn open(&mut self, who: &str) -> Decision {
        self.ask(Request::OpenAccount(OpenAccount { account: account(who) }))
    }

    pub fn deposit(&mut self, who: &str, amount: &str, code: &str) -> Decision {
        let (account, asset, amount) = (account(who), asset(code), number(amount));
        self.ask(Request::Deposit(Deposit { account, asset, amount, if_first: false }))
    }

    pub fn cancel(&mut self, id: u128) -> Decision {
        self.last += 1;
        self.cancel_as(self.last, id)
    }

    /// Cancels order `id` as command `command`.
    pub fn cancel_as(&mut self, command: u128, id: u128) -> Decision {
        let (order_id, account, if_version) = (order(id), None, None);
        self.ask_as(command, Request::CancelOrder(CancelOrder { order_id, account, if_version }))
    }

    pub fn amend(&mut self, id: u128, price: Option<&str>, quantity: Option<&str>) -> Decision {
        self.ask(Request::AmendOrder(AmendOrder {
            order_id: order(id),
            account: None,
            price: price.map(number),
            quantity: quantity.map(number),
            if_version: None,
        }))
    }
}

/// What `decision` changes.
pub fn change(decision: &Decision) -> MarketChange {
    projection::market_change(decision).unwrap().unwrap()
}

/// What these decisions change, in one batch.
pub fn batch<'a>(decisions: impl IntoIterator<Item = &'a Decision>) -> ProjectionBatch {
    let trading = decisions.into_iter().map(change).collect();
    ProjectionBatch { trading, ..ProjectionBatch::default() }
}

/// How the store refuses a batch.
pub async fn refused(store: &OrderStore, batch: &ProjectionBatch) -> String {
    match store.projections.apply(batch).await.unwrap_err() {
        StoreError::Refused(cause) => cause,
        other => panic!("{other}"),
    }
}

/// A market whose every decision is projected at once.
pub struct Scene {
    pub store: OrderStore,
    pub market: Market,
}

impl Scene {
    pub async fn usual(store: OrderStore) -> Self {
        let (market, decisions) = Market::usual();
        store.projections.apply(&batch(&decisions)).await.unwrap();
        Self { store, market }
    }

    pub async fn apply(&self, decision: &Decision) {
        self.store.projections.apply(&batch([decision])).await.unwrap();
    }

    /// Places an order; tells its id.
    pub async fn place(&mut self, terms: OrderTerms) -> OrderId {
        let decision = self.market.place(terms);
        self.apply(&decision).await;
        order(self.market.last)
    }

    /// Places an order `ms` milliseconds after [`NEW_YEAR`].
    pub async fn place_at(&mut self, ms: i64, terms: OrderTerms) -> OrderId {
        self.market.now = NEW_YEAR + ms;
        self.place(terms).await
    }

    /// Ada sells to bob, `ms` milliseconds after [`NEW_YEAR`].
    pub async fn trade_at(&mut self, ms: i64, quantity: &str, price: &str) {
        self.place_at(ms, sell("ada", quantity, price)).await;
        self.place(buy("bob", quantity, price)).await;
    }

    /// An order that is there.
    pub async fn order(&self, id: OrderId) -> MarketOrder {
        self.store.trading.market_order(&venue(), id).await.unwrap().unwrap()
    }

    /// All orders, newest first, in pages of 50.
    pub async fn orders(&self) -> Vec<MarketOrder> {
        all_orders(&self.store, &MarketOrderFilter::default(), 50).await
    }
}

/// All orders that the filter lets through, in pages of `limit`.
pub async fn all_orders(
    store: &OrderStore,
    filter: &MarketOrderFilter,
    limit: u32,
) -> Vec<MarketOrder> {
    let mut all: Vec<MarketOrder> = Vec::new();
    loop {
        let page = Page { limit, after: all.last().map(MarketOrder::cursor) };
        let found = store.trading.market_orders(&venue(), filter, page).await.unwrap();
        assert!(found.len() <= limit as usize);
        if found.is_empty() {
            return all;
        }
        all.extend(found);
    }
}

/// Levels in short: price, quantity, orders.
pub fn short(levels: &[Level]) -> Vec<(String, String, u32)> {
    levels
        .iter()
        .map(|level| (level.price.to_string(), level.quantity.to_string(), level.orders))
        .collect()
}
