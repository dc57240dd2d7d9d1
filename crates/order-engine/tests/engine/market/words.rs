//! The words of the tests: a market, what is asked of it, and what it says.

use order_domain::trading::command::{
    AmendOrder, CancelAll, CancelOrder, Deposit, HaltInstrument, ListInstrument, OpenAccount,
    PlaceOrder, ResumeInstrument, Withdraw,
};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, ClientOrderId, CommandId, Instrument, OrderKind,
    OrderTerms, Request, SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::{
    Command, Decimal, Decision, Event, OrderId, Partition, Timestamp, TradingCommand, VenueId,
};
use order_engine::{Engine, EngineSettings, Evolved, MarketBounds, MarketView};
use uuid::Uuid;

pub use super::answer::Answer;

/// The instrument of the tests: a tick is 1 EUR, a lot 0.01 BTC; a maker pays 0.10 %, a taker 0.25 %.
pub const SYMBOL: &str = "BTC-EUR";

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

/// An instrument that keeps all rules.
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

/// An order to be placed.
#[derive(Clone, Debug)]
pub struct Placing(pub OrderTerms);

pub fn buy(who: &str, quantity: &str, price: &str) -> Placing {
    limit(who, Side::Buy, quantity, price)
}

pub fn sell(who: &str, quantity: &str, price: &str) -> Placing {
    limit(who, Side::Sell, quantity, price)
}

pub fn market_buy(who: &str, quantity: &str) -> Placing {
    of_kind(who, Side::Buy, quantity, OrderKind::Market { worst_price: None })
}

pub fn market_sell(who: &str, quantity: &str) -> Placing {
    of_kind(who, Side::Sell, quantity, OrderKind::Market { worst_price: None })
}

fn limit(who: &str, side: Side, quantity: &str, price: &str) -> Placing {
    let time_in_force = TimeInForce::GoodTillCancelled;
    of_kind(who, side, quantity, OrderKind::Limit { price: number(price), time_in_force })
}

fn of_kind(who: &str, side: Side, quantity: &str, kind: OrderKind) -> Placing {
    Placing(OrderTerms {
        account: account(who),
        symbol: symbol(SYMBOL),
        side,
        kind,
        quantity: number(quantity),
        self_trade: SelfTrade::default(),
        client_order_id: None,
    })
}

impl Placing {
    pub fn with(mut self, new: TimeInForce) -> Self {
        if let OrderKind::Limit { time_in_force, .. } = &mut self.0.kind {
            *time_in_force = new;
        }
        self
    }

    pub fn not_worse_than(mut self, price: &str) -> Self {
        self.0.kind = OrderKind::Market { worst_price: Some(number(price)) };
        self
    }

    pub fn of(mut self, name: &str) -> Self {
        self.0.symbol = symbol(name);
        self
    }

    pub fn meeting_itself(mut self, self_trade: SelfTrade) -> Self {
        self.0.self_trade = self_trade;
        self
    }

    pub fn named(mut self, name: &str) -> Self {
        self.0.client_order_id = Some(ClientOrderId::new(name).unwrap());
        self
    }
}

/// A market, and the number of the last command.
pub struct Market {
    pub engine: Engine,
    pub last: u128,
}

impl Market {
    pub fn empty(bounds: MarketBounds) -> Self {
        let settings = EngineSettings { market: bounds, ..EngineSettings::DEFAULT };
        Self { engine: Engine::new(Partition(0), settings), last: 1_000_000 }
    }

    /// [`SYMBOL`] is listed; ada, bob and carol have 10,000 EUR and 10 BTC each. The next command is
    /// number 1.
    pub fn usual() -> Self {
        Self::with_bounds(MarketBounds::DEFAULT)
    }

    pub fn with_bounds(bounds: MarketBounds) -> Self {
        let mut market = Self::empty(bounds);
        market.list(instrument(SYMBOL)).taken();
        for who in ["ada", "bob", "carol"] {
            market.open(who).taken();
            market.deposit(who, "10000", "EUR").taken();
            market.deposit(who, "10", "BTC").taken();
        }
        market.last = 0;
        market
    }

    pub fn view(&self) -> MarketView<'_> {
        self.engine.market(&venue()).unwrap()
    }

    /// Asks for something as command `id`. The decision travels as JSON, as it does on the log.
    pub fn ask_as(&mut self, id: u128, request: Request) -> Answer {
        let command = Command::Trading(TradingCommand {
            command_id: CommandId(Uuid::from_u128(id)),
            venue: venue(),
            idempotency_key: None,
            trace_parent: None,
            request,
        });
        let command = Command::from_json(&command.to_json()).unwrap();
        let source = self.engine.next_source();
        // A hash costs as much as the market is large.
        let hash = (source.0 < 200).then(|| self.engine.state_hash());
        let decision = self.engine.decide(source, Timestamp(1_000), command);
        assert_eq!(hash.map(|_| self.engine.state_hash()), hash, "to decide changes nothing");
        let json = decision.to_json();
        let read = Decision::from_json(&json).unwrap();
        assert_eq!(read, decision);
        assert_eq!(self.engine.evolve(&read), Evolved::Applied);
        let trading = |event| match event {
            Event::Trading(event) => event,
            other => panic!("{other:?}"),
        };
        Answer { events: read.events.into_iter().map(trading).collect(), bytes: json.len() }
    }

    pub fn ask(&mut self, request: Request) -> Answer {
        self.last += 1;
        self.ask_as(self.last, request)
    }

    pub fn place(&mut self, placing: Placing) -> Answer {
        self.ask(Request::PlaceOrder(PlaceOrder { terms: placing.0 }))
    }

    pub fn list(&mut self, instrument: Instrument) -> Answer {
        self.ask(Request::ListInstrument(ListInstrument { instrument }))
    }

    pub fn halt(&mut self) -> Answer {
        self.ask(Request::HaltInstrument(HaltInstrument { symbol: symbol(SYMBOL) }))
    }

    pub fn resume(&mut self) -> Answer {
        self.ask(Request::ResumeInstrument(ResumeInstrument { symbol: symbol(SYMBOL) }))
    }

    pub fn open(&mut self, who: &str) -> Answer {
        self.ask(Request::OpenAccount(OpenAccount { account: account(who) }))
    }

    pub fn deposit(&mut self, who: &str, amount: &str, code: &str) -> Answer {
        let (account, asset, amount) = (account(who), asset(code), number(amount));
        self.ask(Request::Deposit(Deposit { account, asset, amount, if_first: false }))
    }

    pub fn deposit_if_first(&mut self, who: &str, amount: &str, code: &str) -> Answer {
        let (account, asset, amount) = (account(who), asset(code), number(amount));
        self.ask(Request::Deposit(Deposit { account, asset, amount, if_first: true }))
    }

    pub fn withdraw(&mut self, who: &str, amount: &str, code: &str) -> Answer {
        let (account, asset, amount) = (account(who), asset(code), number(amount));
        self.ask(Request::Withdraw(Withdraw { account, asset, amount }))
    }

    pub fn cancel(&mut self, order_id: u128) -> Answer {
        self.cancel_at(order_id, None)
    }

    pub fn cancel_at(&mut self, order_id: u128, if_version: Option<u64>) -> Answer {
        let order_id = order(order_id);
        self.ask(Request::CancelOrder(CancelOrder { order_id, account: None, if_version }))
    }

    /// A cancel by the member `who`.
    pub fn cancel_as(&mut self, who: &str, order_id: u128) -> Answer {
        let (order_id, account) = (order(order_id), Some(account(who)));
        self.ask(Request::CancelOrder(CancelOrder { order_id, account, if_version: None }))
    }

    pub fn cancel_all(&mut self, who: &str, only: Option<&str>) -> Answer {
        let (account, symbol) = (account(who), only.map(symbol));
        self.ask(Request::CancelAll(CancelAll { account, symbol }))
    }

    pub fn amend(&mut self, id: u128, price: Option<&str>, quantity: Option<&str>) -> Answer {
        self.amend_at(id, price, quantity, None)
    }

    pub fn amend_at(
        &mut self,
        id: u128,
        price: Option<&str>,
        quantity: Option<&str>,
        if_version: Option<u64>,
    ) -> Answer {
        let (order_id, price, quantity) = (order(id), price.map(number), quantity.map(number));
        let account = None;
        self.ask(Request::AmendOrder(AmendOrder { order_id, account, price, quantity, if_version }))
    }

    /// An amendment of the price by the member `who`.
    pub fn amend_as(&mut self, who: &str, id: u128, price: &str) -> Answer {
        let (order_id, account, price) = (order(id), Some(account(who)), Some(number(price)));
        let (quantity, if_version) = (None, None);
        self.ask(Request::AmendOrder(AmendOrder { order_id, account, price, quantity, if_version }))
    }

    /// What `who` has: available and held.
    #[track_caller]
    pub fn has(&self, who: &str, code: &str, available: &str, held: &str) {
        let balance = self.view().balance(&account(who), &asset(code)).unwrap();
        let shown = (balance.available.to_string(), balance.held.to_string());
        assert_eq!(shown, (available.to_owned(), held.to_owned()), "what {who} has of {code}");
    }

    /// The ids of the orders in the book, buys and then sells, each side the best first.
    #[track_caller]
    pub fn book_has(&self, expected: &[u128]) {
        let ids: Vec<_> =
            self.view().orders(&symbol(SYMBOL)).map(|order| order.id.0.as_u128()).collect();
        assert_eq!(ids, expected);
    }
}
