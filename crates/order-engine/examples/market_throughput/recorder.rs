//! A book that writes down what it is told, as the commands of a market.

use order_book::{
    Event, NewOrder, OrderKind as BookKind, Price, Quantity, Refused, RestingOrder, StateHash,
};
use order_domain::trading::command::{
    AmendOrder, CancelOrder, Deposit, ListInstrument, OpenAccount, PlaceOrder,
};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, CommandId, Instrument, OrderKind, OrderTerms,
    Request, SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::{Command, Decimal, OrderId, TradingCommand, VenueId};
use plain_order_book::Market;
use uuid::Uuid;

/// How many members trade; an order belongs to one by its number.
const ACCOUNTS: u64 = 1_000;

/// The commands that were told, as the payloads of records.
#[derive(Default)]
pub struct Recorder {
    pub payloads: Vec<Vec<u8>>,
    other_commands: u64,
}

impl Recorder {
    /// One that has told the commands which make the market: 1,000 members with more than enough.
    pub fn new() -> Self {
        let mut recorder = Self::default();
        recorder.tell_other(Request::ListInstrument(ListInstrument { instrument: instrument() }));
        for number in 0..ACCOUNTS {
            let account = account(number);
            recorder.tell_other(Request::OpenAccount(OpenAccount { account: account.clone() }));
            for (code, units) in [("BTC", 100_000_000_000_000), ("EUR", 900_000_000_000_000)] {
                let asset = AssetCode::new(code).expect("an asset");
                let amount = Decimal::new(units, 4).expect("15 digits");
                let account = account.clone();
                recorder.tell_other(Request::Deposit(Deposit {
                    account,
                    asset,
                    amount,
                    if_first: false,
                }));
            }
        }
        recorder
    }

    fn tell(&mut self, id: Uuid, request: Request) {
        let command = Command::Trading(TradingCommand {
            command_id: CommandId(id),
            venue: VenueId::new("market/main").expect("a venue"),
            idempotency_key: None,
            trace_parent: None,
            request,
        });
        self.payloads.push(command.to_json());
    }

    fn tell_other(&mut self, request: Request) {
        self.other_commands += 1;
        self.tell(Uuid::from_u64_pair(1, spread(self.other_commands)), request);
    }
}

impl Market for Recorder {
    fn submit(
        &mut self,
        order: &NewOrder,
        _sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused> {
        let BookKind::Limit { price, time_in_force } = order.kind else {
            unreachable!("the flows have limit orders only")
        };
        let time_in_force = match time_in_force {
            order_book::TimeInForce::ImmediateOrCancel => TimeInForce::ImmediateOrCancel,
            _ => TimeInForce::GoodTillCancelled,
        };
        let side = match order.side {
            order_book::Side::Buy => Side::Buy,
            order_book::Side::Sell => Side::Sell,
        };
        let terms = OrderTerms {
            account: account(order.id.0 % ACCOUNTS),
            symbol: symbol(),
            side,
            kind: OrderKind::Limit { price: shown_price(price), time_in_force },
            quantity: shown_quantity(order.quantity),
            self_trade: SelfTrade::Allow,
            client_order_id: None,
        };
        self.tell(order_id(order.id).0, Request::PlaceOrder(PlaceOrder { terms }));
        Ok(Quantity::ZERO)
    }

    fn cancel(&mut self, id: order_book::OrderId) -> Result<RestingOrder, Refused> {
        let order_id = order_id(id);
        let cancel = CancelOrder { order_id, account: None, if_version: None };
        self.tell_other(Request::CancelOrder(cancel));
        Err(Refused::UnknownOrder)
    }

    fn amend(
        &mut self,
        id: order_book::OrderId,
        price: Price,
        quantity: Quantity,
        _sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused> {
        let order_id = order_id(id);
        let (price, quantity) = (Some(shown_price(price)), Some(shown_quantity(quantity)));
        let amend = AmendOrder { order_id, account: None, price, quantity, if_version: None };
        self.tell_other(Request::AmendOrder(amend));
        Ok(Quantity::ZERO)
    }

    fn state_hash(&self) -> StateHash {
        StateHash(0)
    }
}

fn instrument() -> Instrument {
    let asset = |code| Asset { code: AssetCode::new(code).expect("an asset"), scale: 4 };
    let hundredth = Decimal::new(1, 2).expect("few digits");
    Instrument {
        symbol: symbol(),
        base: asset("BTC"),
        quote: asset("EUR"),
        tick_size: hundredth,
        lot_size: hundredth,
        minimum_notional: Decimal::new(1, 4).expect("few digits"),
        price_band: None,
        maker_fee: BasisPoints(10),
        taker_fee: BasisPoints(25),
    }
}

fn symbol() -> Symbol {
    Symbol::new("BTC-EUR").expect("a symbol")
}

fn account(number: u64) -> AccountId {
    AccountId::new(format!("member-{number:04}")).expect("an account")
}

fn shown_price(price: Price) -> Decimal {
    Decimal::new(price.0, 2).expect("few digits")
}

fn shown_quantity(quantity: Quantity) -> Decimal {
    Decimal::new(quantity.0.cast_signed(), 2).expect("few digits")
}

fn order_id(id: order_book::OrderId) -> OrderId {
    OrderId(Uuid::from_u64_pair(0, spread(id.0)))
}

/// Ids are spread as random ones are.
const fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
