//! A market's commands and events.

use order_domain::trading::command::{
    AmendOrder, CancelAll, CancelOrder, Deposit, HaltInstrument, ListInstrument, OpenAccount,
    PlaceOrder, Request, ResumeInstrument, Withdraw,
};
use order_domain::trading::event::{
    AccountOpened, BalanceChanged, CancelledBy, CommandConflicted, CommandRefused, CommandRepeated,
    CommandTaken, InstrumentHalted, InstrumentListed, InstrumentResumed, OrderAccepted,
    OrderAmended, OrderCancelled, OrderClosed, OrderRejected, OrderState, OrderUpdated,
    TradeExecuted, TradeSide,
};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, ClientOrderId, CommandId, Instrument, OrderKind,
    OrderStatus, OrderTerms, RefusalReason, SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::wire::DecodeError;
use order_domain::{
    Command, Decimal, Decision, Event, Fingerprint, IdempotencyKey, Offset, OrderId, Partition,
    Position, Timestamp, TraceParent, TradingCommand, TradingEvent, VenueId,
};

use crate::golden;

const COMMAND: &str = "0193456f-0000-7000-8000-00000000002a";

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn command_id() -> CommandId {
    CommandId(COMMAND.parse().unwrap())
}

fn order_id() -> OrderId {
    OrderId(COMMAND.parse().unwrap())
}

fn account(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

fn symbol() -> Symbol {
    Symbol::new("BTC-EUR").unwrap()
}

fn asset(code: &str) -> AssetCode {
    AssetCode::new(code).unwrap()
}

fn venue() -> VenueId {
    VenueId::new("market/main").unwrap()
}

fn instrument() -> Instrument {
    Instrument {
        symbol: symbol(),
        base: Asset { code: asset("BTC"), scale: 8 },
        quote: Asset { code: asset("EUR"), scale: 2 },
        tick_size: decimal("0.50"),
        lot_size: decimal("0.02"),
        minimum_notional: decimal("10"),
        price_band: Some(BasisPoints(2_500)),
        maker_fee: BasisPoints(10),
        taker_fee: BasisPoints(25),
    }
}

fn limit_order() -> OrderTerms {
    OrderTerms {
        account: account("ada"),
        symbol: symbol(),
        side: Side::Buy,
        kind: OrderKind::Limit {
            price: decimal("61000.50"),
            time_in_force: TimeInForce::GoodTillCancelled,
        },
        quantity: decimal("0.30"),
        self_trade: SelfTrade::CancelOldest,
        client_order_id: Some(ClientOrderId::new("mine-1").unwrap()),
    }
}

fn market_order() -> OrderTerms {
    OrderTerms {
        kind: OrderKind::Market { worst_price: None },
        client_order_id: None,
        self_trade: SelfTrade::default(),
        ..limit_order()
    }
}

fn state() -> OrderState {
    OrderState {
        version: 2,
        executed: decimal("0.1"),
        remaining: decimal("0.2"),
        executed_value: decimal("6100.05"),
    }
}

fn requests() -> Vec<(&'static str, Request)> {
    let (ada, eur) = (account("ada"), asset("EUR"));
    vec![
        ("list-instrument", Request::ListInstrument(ListInstrument { instrument: instrument() })),
        ("halt-instrument", Request::HaltInstrument(HaltInstrument { symbol: symbol() })),
        ("resume-instrument", Request::ResumeInstrument(ResumeInstrument { symbol: symbol() })),
        ("open-account", Request::OpenAccount(OpenAccount { account: ada.clone() })),
        (
            "deposit",
            Request::Deposit(Deposit {
                account: ada.clone(),
                asset: eur.clone(),
                amount: decimal("1000.00"),
                if_first: false,
            }),
        ),
        (
            "deposit-if-first",
            Request::Deposit(Deposit {
                account: ada.clone(),
                asset: eur.clone(),
                amount: decimal("1000.00"),
                if_first: true,
            }),
        ),
        (
            "withdraw",
            Request::Withdraw(Withdraw {
                account: ada.clone(),
                asset: eur,
                amount: decimal("0.01"),
            }),
        ),
        ("place-limit-order", placing_a_limit_order()),
        ("place-market-order", Request::PlaceOrder(PlaceOrder { terms: market_order() })),
        (
            "amend-order",
            Request::AmendOrder(AmendOrder {
                order_id: order_id(),
                account: None,
                price: Some(decimal("60999.5")),
                quantity: Some(decimal("0.1")),
                if_version: Some(2),
            }),
        ),
        (
            "amend-order-of-account",
            Request::AmendOrder(AmendOrder {
                order_id: order_id(),
                account: Some(ada.clone()),
                price: None,
                quantity: Some(decimal("0.1")),
                if_version: None,
            }),
        ),
        (
            "cancel-order",
            Request::CancelOrder(CancelOrder {
                order_id: order_id(),
                account: None,
                if_version: None,
            }),
        ),
        (
            "cancel-order-of-account",
            Request::CancelOrder(CancelOrder {
                order_id: order_id(),
                account: Some(ada.clone()),
                if_version: Some(2),
            }),
        ),
        ("cancel-all", Request::CancelAll(CancelAll { account: ada, symbol: Some(symbol()) })),
    ]
}

fn placing_a_limit_order() -> Request {
    Request::PlaceOrder(PlaceOrder { terms: limit_order() })
}

fn command(request: Request) -> TradingCommand {
    TradingCommand {
        command_id: command_id(),
        venue: venue(),
        idempotency_key: Some(IdempotencyKey::new("k-1").unwrap()),
        trace_parent: Some(
            TraceParent::new("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap(),
        ),
        request,
    }
}

fn events() -> Vec<(&'static str, TradingEvent)> {
    let mut events = headings();
    events.extend(events_of_the_market());
    events.extend(events_of_orders());
    events
}

/// What a decision begins with.
fn headings() -> Vec<(&'static str, TradingEvent)> {
    let fingerprint = Fingerprint([7; 16]);
    let (command_id, order_id) = (command_id(), order_id());
    vec![
        (
            "command-taken",
            TradingEvent::CommandTaken(CommandTaken { venue: venue(), command_id, fingerprint }),
        ),
        (
            "command-refused",
            TradingEvent::CommandRefused(CommandRefused {
                venue: venue(),
                command_id,
                fingerprint,
                order_id: Some(order_id),
                reason: RefusalReason::NotCancellable,
                detail: "it was executed whole".into(),
            }),
        ),
        (
            "command-repeated",
            TradingEvent::CommandRepeated(CommandRepeated {
                venue: venue(),
                command_id,
                first: Offset(7),
                refused: Some(RefusalReason::Halted),
            }),
        ),
        (
            "command-conflicted",
            TradingEvent::CommandConflicted(CommandConflicted {
                venue: venue(),
                command_id,
                first: Offset(7),
            }),
        ),
        (
            "order-rejected",
            TradingEvent::OrderRejected(OrderRejected {
                venue: venue(),
                order_id,
                fingerprint,
                terms: market_order(),
                reason: RefusalReason::NoLiquidity,
                detail: "nobody sells".into(),
            }),
        ),
    ]
}

fn events_of_the_market() -> Vec<(&'static str, TradingEvent)> {
    vec![
        (
            "instrument-listed",
            TradingEvent::InstrumentListed(InstrumentListed { instrument: instrument() }),
        ),
        (
            "instrument-halted",
            TradingEvent::InstrumentHalted(InstrumentHalted { symbol: symbol() }),
        ),
        (
            "instrument-resumed",
            TradingEvent::InstrumentResumed(InstrumentResumed { symbol: symbol() }),
        ),
        ("account-opened", TradingEvent::AccountOpened(AccountOpened { account: account("ada") })),
        (
            "balance-changed",
            TradingEvent::BalanceChanged(BalanceChanged {
                account: account("ada"),
                asset: asset("EUR"),
                available: decimal("12.5"),
                held: decimal("0"),
            }),
        ),
    ]
}

fn events_of_orders() -> Vec<(&'static str, TradingEvent)> {
    let order_id = order_id();
    let side =
        |name: &str, fee: &str| TradeSide { order_id, account: account(name), fee: decimal(fee) };
    vec![
        (
            "order-accepted",
            TradingEvent::OrderAccepted(OrderAccepted {
                order_id,
                terms: limit_order(),
                price: Some(decimal("61000.5")),
            }),
        ),
        (
            "trade-executed",
            TradingEvent::TradeExecuted(TradeExecuted {
                trade: 1,
                symbol: symbol(),
                price: decimal("61000"),
                quantity: decimal("0.1"),
                maker: side("bob", "6.1"),
                taker: side("ada", "15.25"),
                taker_side: Side::Buy,
            }),
        ),
        ("order-updated", TradingEvent::OrderUpdated(OrderUpdated { order_id, state: state() })),
        (
            "order-amended",
            TradingEvent::OrderAmended(OrderAmended {
                order_id,
                price: decimal("60999.5"),
                state: state(),
                kept_place: false,
            }),
        ),
        (
            "order-cancelled",
            TradingEvent::OrderCancelled(OrderCancelled {
                order_id,
                quantity: decimal("0.2"),
                by: CancelledBy::TimeInForce,
            }),
        ),
        (
            "order-closed",
            TradingEvent::OrderClosed(OrderClosed {
                order_id,
                status: OrderStatus::Closed,
                state: OrderState { remaining: decimal("0"), ..state() },
            }),
        ),
    ]
}

fn decision(event: TradingEvent) -> Decision {
    let source = Position::new(Partition(2), Offset(41));
    Decision { source, at: Timestamp(1_732_190_400_123), events: vec![Event::Trading(event)] }
}

#[test]
fn every_command_is_written_and_read_as_pinned() {
    for (name, request) in requests() {
        let command = Command::Trading(command(request));
        let pinned = golden(&format!("trading/{name}.v1"), &command.to_json());
        assert_eq!(Command::from_json(&pinned).unwrap(), command, "{name}");
    }
}

#[test]
fn every_event_is_written_and_read_as_pinned() {
    for (name, event) in events() {
        let decision = decision(event);
        let pinned = golden(&format!("trading/{name}.v1"), &decision.to_json());
        assert_eq!(Decision::from_json(&pinned).unwrap(), decision, "{name}");
    }
}

#[test]
fn an_unknown_type_of_this_dialect_says_so() {
    for (known, unknown) in [("PlaceOrder", "trading.MintCoin"), ("PlaceOrder", "MintCoin")] {
        let request = placing_a_limit_order();
        let json = String::from_utf8(Command::Trading(command(request)).to_json()).unwrap();
        let json = json.replacen(&format!("trading.{known}"), unknown, 1);
        assert!(matches!(
            Command::from_json(json.as_bytes()),
            Err(DecodeError::UnknownType(name)) if name == unknown
        ));
    }
}

#[test]
fn what_is_asked_decides_the_fingerprint_and_nothing_else() {
    let request = placing_a_limit_order();
    let first = command(request.clone());
    let again = TradingCommand { idempotency_key: None, trace_parent: None, ..first.clone() };
    assert_eq!(first.fingerprint(), again.fingerprint());
    let mut terms = limit_order();
    terms.quantity = decimal("0.3000");
    let equal = command(Request::PlaceOrder(PlaceOrder { terms: terms.clone() }));
    assert_eq!(first.fingerprint(), equal.fingerprint(), "0.3000 is 0.30");
    terms.quantity = decimal("0.31");
    let other = command(Request::PlaceOrder(PlaceOrder { terms }));
    assert_ne!(first.fingerprint(), other.fingerprint());
}

#[test]
fn every_reason_and_status_is_found_by_its_name() {
    for reason in RefusalReason::ALL {
        assert_eq!(RefusalReason::from_code(reason.code()), Some(*reason));
    }
    for status in OrderStatus::ALL {
        assert_eq!(OrderStatus::from_name(status.name()), Some(status));
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
    }
}
