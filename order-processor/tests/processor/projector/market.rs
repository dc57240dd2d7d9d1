//! Decisions about markets: of several orders, and of none.

use event_log::dead_letters::REDRIVE;
use event_log::topics::ORDER_EVENTS_DEAD_LETTERS;
use event_log::{NewRecord, Topic};
use order_domain::trading::command::{
    AmendOrder, Deposit, ListInstrument, OpenAccount, PlaceOrder, Request,
};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, Instrument, OrderKind, OrderTerms, SelfTrade, Side,
    Symbol, TimeInForce,
};
use order_domain::{Decimal, Offset};
use order_store::RetryTier;

use crate::harness::{House, PARTITION, eventually, order_id};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn account(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

fn asset(code: &str) -> AssetCode {
    AssetCode::new(code).unwrap()
}

fn listing() -> Request {
    let of = |code| Asset { code: asset(code), scale: 2 };
    let instrument = Instrument {
        symbol: Symbol::new("BTC-EUR").unwrap(),
        base: of("BTC"),
        quote: of("EUR"),
        tick_size: number("1"),
        lot_size: number("1"),
        minimum_notional: number("1"),
        price_band: None,
        maker_fee: BasisPoints(0),
        taker_fee: BasisPoints(0),
    };
    Request::ListInstrument(ListInstrument { instrument })
}

fn deposit(who: &str, code: &str) -> Request {
    let (account, asset, amount) = (account(who), asset(code), number("1000000"));
    Request::Deposit(Deposit { account, asset, amount, if_first: false })
}

fn place(who: &str, side: Side, quantity: &str, price: &str) -> Request {
    let time_in_force = TimeInForce::GoodTillCancelled;
    let terms = OrderTerms {
        account: account(who),
        symbol: Symbol::new("BTC-EUR").unwrap(),
        side,
        kind: OrderKind::Limit { price: number(price), time_in_force },
        quantity: number(quantity),
        self_trade: SelfTrade::default(),
        client_order_id: None,
    };
    Request::PlaceOrder(PlaceOrder { terms })
}

fn amend(order: u32, price: &str) -> Request {
    Request::AmendOrder(AmendOrder {
        order_id: order_id(order),
        account: None,
        price: Some(number(price)),
        quantity: None,
        if_version: None,
    })
}

/// A house whose market has an instrument, and two members with enough of everything: commands 901 to
/// 907. The next command has offset 7.
async fn house() -> House {
    let house = House::new().await;
    house.make_topics().await;
    let open = |who| Request::OpenAccount(OpenAccount { account: account(who) });
    let funded = [
        listing(),
        open("ada"),
        open("bob"),
        deposit("ada", "EUR"),
        deposit("ada", "BTC"),
        deposit("bob", "EUR"),
        deposit("bob", "BTC"),
    ];
    for (id, request) in (901..).zip(funded) {
        house.ask(id, request).await;
    }
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_several_orders_parks_them_all_and_others_flow() {
    let house = house().await;
    house.ask(1, place("bob", Side::Sell, "5", "100")).await;
    house.ask(2, place("bob", Side::Sell, "5", "101")).await;
    let traded = house.ask(3, place("ada", Side::Buy, "7", "101")).await;
    house.store.refuse_source(traded, true);
    // The second order is half filled; its amendment waits behind the trade. The deposit does not.
    let amended = house.ask(4, amend(2, "105")).await;
    let paid_in = house.ask(5, deposit("ada", "EUR")).await;
    let elsewhere = house.ask(6, place("ada", Side::Buy, "1", "50")).await;
    let running = house.start();
    eventually("all others flow", || house.store.source_next() == elsewhere.0 + 1).await;
    let written = house.store.market_sources();
    assert!(written.contains(&paid_in.0) && written.contains(&elsewhere.0), "{written:?}");
    assert!(!written.contains(&amended.0), "{written:?}");
    for order in 1..=3 {
        assert!(house.store.parked_in(order_id(order)).is_some(), "order {order}");
    }
    assert_eq!(house.store.parked_orders(), 3);

    house.store.refuse_source(traded, false);
    eventually("nothing is parked", || house.store.parked_orders() == 0).await;
    let written = house.store.market_sources();
    assert_eq!(written[written.len() - 2..], [traded.0, amended.0]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_no_order_is_tried_again_and_parks_nobody() {
    let house = house().await;
    let refused = house.ask(1, deposit("ada", "EUR")).await;
    let later = house.ask(2, deposit("ada", "EUR")).await;
    // The listing, too: nothing here looks into instruments.
    for source in [Offset(0), refused] {
        house.store.refuse_source(source, true);
    }
    let running = house.start();
    eventually("all others flow", || house.store.source_next() == later.0 + 1).await;
    assert_eq!(house.store.parked_orders(), 0);
    assert_eq!(house.store.market_sources(), [1, 2, 3, 4, 5, 6, later.0]);
    for source in [Offset(0), refused] {
        house.store.refuse_source(source, false);
    }
    eventually("they are written", || house.store.market_sources().len() == 9).await;
    let written = house.store.market_sources();
    assert!(written[7..].contains(&0) && written[7..].contains(&refused.0), "{written:?}");
    running.stop().await;
}

/// Orders that have traded with one another wait in different topics. However they climb, the events
/// of each keep their order.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_share_orders_never_overtake_one_another() {
    let mut house = house().await;
    house.projector.retry_delays_ms = vec![40, 80, 2_000];
    house.make_topics().await;
    let one = house.ask(1, place("bob", Side::Sell, "20", "100")).await;
    house.store.refuse_source(one, true);
    let mut chain = vec![one.0];
    let running = house.start();
    for round in 0..6_u32 {
        // Each trades with the first order, or is about one that has: all of them come to wait.
        let taker = 10 + round * 2;
        chain.push(house.ask(taker, place("ada", Side::Buy, "1", "100")).await.0);
        chain.push(house.ask(taker + 1, amend(1, &format!("{}", 99 - round % 2))).await.0);
        if round == 2 {
            eventually("the first waits in a later topic", || {
                house.store.parked_in(order_id(1)) >= Some(RetryTier::Retry(1))
            })
            .await;
            house.store.refuse_source(one, false);
        }
    }
    let len = chain.len() + 7;
    eventually("all are written", || house.store.market_sources().len() == len).await;
    assert_eq!(house.store.market_sources()[7..], chain, "in the order of the log");
    eventually("nothing is parked", || house.store.parked_orders() == 0).await;
    running.stop().await;
    let dead = house.log.ends(&ORDER_EVENTS_DEAD_LETTERS, PARTITION).await.unwrap();
    assert_eq!(dead.next, Offset(0), "nothing had to be sent again by hand");
}

/// A decision about an order that is parked for good and one that is not: it does not pass the other
/// one's earlier events on its way to the dead letters.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_waits_behind_the_earlier_events_of_each_of_its_orders() {
    let mut house = house().await;
    house.projector.retry_delays_ms = vec![50, 1_500];
    house.make_topics().await;
    let first = house.ask(1, place("bob", Side::Sell, "5", "100")).await;
    house.store.refuse_source(first, true);
    let running = house.start();
    eventually("the first order is parked for good", || {
        house.store.parked_in(order_id(1)) == Some(RetryTier::Dead)
    })
    .await;

    let second = Offset(first.0 + 1);
    house.store.refuse_source(second, true);
    assert_eq!(house.ask(2, place("bob", Side::Sell, "5", "101")).await, second);
    let of_both = house.ask(3, place("ada", Side::Buy, "7", "101")).await;
    eventually("both wait", || house.store.source_next() == of_both.0 + 1).await;
    house.store.refuse_source(second, false);
    eventually("the second is written", || house.store.market_sources().contains(&second.0)).await;
    let dead = house.records(&ORDER_EVENTS_DEAD_LETTERS, 2).await;
    assert!(!house.store.market_sources().contains(&of_both.0));

    // Mended and sent again.
    house.store.refuse_source(first, false);
    let again = dead.into_iter().map(|record| NewRecord {
        key: record.key,
        payload: record.payload,
        headers: record.headers.with(REDRIVE, "1"),
    });
    let retry = Topic::new("order-events-retry-50").unwrap();
    house.log.append_all(&retry, PARTITION, again.collect()).await.unwrap();
    eventually("nothing is parked", || house.store.parked_orders() == 0).await;
    assert_eq!(house.store.market_sources()[7..], [second.0, first.0, of_both.0]);
    running.stop().await;
}
