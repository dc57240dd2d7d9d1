//! A market that goes on for ever.

use std::collections::VecDeque;

use order_domain::trading::command::{
    CancelOrder, Deposit, ListInstrument, OpenAccount, PlaceOrder,
};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, CommandId, Instrument, OrderKind, OrderTerms,
    Request, SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::{
    Command, Decimal, Decision, OrderId, Partition, Timestamp, TradingCommand, VenueId,
};
use order_engine::{Engine, EngineSettings};
use uuid::Uuid;

/// How many orders rest at most.
const RESTING_MAX: usize = 2_000;

const MEMBERS: u64 = 20;

pub struct Flow {
    engine: Engine,
    beginning: VecDeque<Request>,
    resting: VecDeque<OrderId>,
    commands: u64,
    pub venue: VenueId,
    pub symbol: Symbol,
    pub accounts: Vec<AccountId>,
}

fn whole(number: u64) -> Decimal {
    Decimal::new(number.cast_signed(), 0).expect("a small number")
}

impl Flow {
    pub fn new() -> Self {
        let of = |code: &str| Asset { code: AssetCode::new(code).expect("a code"), scale: 8 };
        let symbol = Symbol::new("BTC-EUR").expect("a symbol");
        let accounts: Vec<AccountId> = (0..MEMBERS)
            .map(|number| AccountId::new(format!("member-{number}")).expect("a name"))
            .collect();
        let mut beginning = VecDeque::from([Request::ListInstrument(ListInstrument {
            instrument: Instrument {
                symbol: symbol.clone(),
                base: of("BTC"),
                quote: of("EUR"),
                tick_size: whole(1),
                lot_size: whole(1),
                minimum_notional: whole(1),
                price_band: None,
                maker_fee: BasisPoints(10),
                taker_fee: BasisPoints(25),
            },
        })]);
        for account in &accounts {
            beginning.push_back(Request::OpenAccount(OpenAccount { account: account.clone() }));
            for code in ["BTC", "EUR"] {
                let (account, asset) = (account.clone(), AssetCode::new(code).expect("a code"));
                let amount = whole(400_000_000);
                beginning.push_back(Request::Deposit(Deposit {
                    account,
                    asset,
                    amount,
                    if_first: false,
                }));
            }
        }
        Self {
            engine: Engine::new(Partition(0), EngineSettings::DEFAULT),
            beginning,
            resting: VecDeque::new(),
            commands: 0,
            venue: VenueId::new("market/main").expect("a venue"),
            symbol,
            accounts,
        }
    }

    /// The next decision.
    pub fn next(&mut self) -> Decision {
        self.commands += 1;
        let id = Uuid::from_u128(u128::from(self.commands));
        let request = self.beginning.pop_front().unwrap_or_else(|| self.request(id));
        let command = Command::Trading(TradingCommand {
            command_id: CommandId(id),
            venue: self.venue.clone(),
            idempotency_key: None,
            trace_parent: None,
            request,
        });
        let source = self.engine.next_source();
        let at = Timestamp(self.commands.cast_signed());
        let decision = self.engine.decide(source, at, command);
        self.engine.evolve(&decision);
        decision
    }

    fn request(&mut self, id: Uuid) -> Request {
        let number = self.commands.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        if self.resting.len() >= RESTING_MAX
            && let Some(order_id) = self.resting.pop_front()
        {
            return Request::CancelOrder(CancelOrder { order_id, account: None, if_version: None });
        }
        let (buys, takes) = ((number / 3).is_multiple_of(2), number % 10 == 3);
        let away = number / 10 % 50;
        let price = if buys == takes { 1_001 + away } else { 1_000 - away };
        self.resting.extend((!takes).then_some(OrderId(id)));
        let time_in_force =
            if takes { TimeInForce::ImmediateOrCancel } else { TimeInForce::GoodTillCancelled };
        let who = usize::try_from(number / 500 % MEMBERS).unwrap_or_default();
        Request::PlaceOrder(PlaceOrder {
            terms: OrderTerms {
                account: self.accounts[who].clone(),
                symbol: self.symbol.clone(),
                side: if buys { Side::Buy } else { Side::Sell },
                kind: OrderKind::Limit { price: whole(price), time_in_force },
                quantity: whole(1 + number / 7 % 9),
                self_trade: SelfTrade::Allow,
                client_order_id: None,
            },
        })
    }
}
