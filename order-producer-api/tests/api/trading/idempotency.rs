//! One key, one command; and what a repeated one hears.

use event_log::topics::ORDER_EVENTS;
use event_log::{EventLog as _, NewRecord};
use serde_json::{Value, json};

use super::market::{Market, WAIT, btc_eur, limit, with};
use crate::shop::Shop;

const KEY: (&str, &str) = ("idempotency-key", "k-1");

#[tokio::test]
async fn the_same_key_and_request_get_the_first_answer_and_no_second_command() {
    let market = Market::usual().await;
    let before = market.asked().len();
    let first = market.post("/order", &limit("ada", "buy", "1", "100"), &[KEY]).await;
    let again = market.post("/order", &limit("ada", "buy", "1.00", "100.0"), &[KEY]).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.body, again.body);
    assert_eq!(market.asked().len(), before + 1);
}

#[tokio::test]
async fn who_waits_again_hears_the_first_outcome_fills_and_all() {
    let market = Market::usual().await;
    market.placed(&limit("bob", "sell", "1", "100")).await;
    let order = limit("ada", "buy", "2", "100");
    let first = market.post("/order", &order, &[KEY, WAIT]).await;
    assert_eq!(first.body["fills"].as_array().unwrap().len(), 1, "{first:?}");
    // What happens to the order meanwhile is no part of that.
    market.placed(&limit("bob", "sell", "1", "100")).await;
    let again = market.post("/order", &order, &[KEY, WAIT]).await;
    assert_eq!((again.status, again.header("etag")), (201, first.header("etag")));
    // But for the place of the command that asked again.
    assert_eq!(with(&again.body, "position", 0), with(&first.body, "position", 0));
    assert_ne!(again.body["position"], first.body["position"]);
}

#[tokio::test]
async fn who_waits_again_hears_the_first_refusal() {
    let market = Market::usual().await;
    let order = limit("ada", "buy", "1000", "100");
    let first = market.post("/order", &order, &[KEY, WAIT]).await;
    let again = market.post("/order", &order, &[KEY, WAIT]).await;
    for answer in [&first, &again] {
        assert_eq!((answer.status, &answer.body["reason"]), (422, &json!("insufficient-funds")));
        assert!(answer.body["detail"].as_str().unwrap().contains("10000 EUR are available"));
    }
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    for _ in 0..2 {
        let headers = [("idempotency-key", "k-2"), ("if-match", "\"7\"")];
        assert_eq!(market.cancel(&id, &headers).await.status, 412);
    }
}

/// A deposed engine repeats decisions: then that of a command stands behind the command's own offset.
#[tokio::test]
async fn the_first_outcome_is_found_behind_decisions_that_were_repeated() {
    let market = Market::usual().await;
    let last = market.log.all(&ORDER_EVENTS).pop().unwrap();
    let again = NewRecord { payload: last.payload, ..NewRecord::default() };
    market.log.append_all(&ORDER_EVENTS, market.partition(), vec![again; 40]).await.unwrap();
    let order = limit("ada", "buy", "1", "100");
    for _ in 0..2 {
        let answer = market.post("/order", &order, &[KEY, WAIT]).await;
        assert_eq!((answer.status, &answer.body["status"]), (201, &json!("new")), "{answer:?}");
    }
}

/// Of a command whose decision the log no longer has, only that it was taken or why it was refused is
/// remembered.
#[tokio::test]
async fn where_the_first_outcome_is_gone_what_is_remembered_is_told() {
    let market = Market::usual().await;
    let order = limit("ada", "buy", "1", "100");
    let too_much = limit("ada", "buy", "1000", "100");
    let other = ("idempotency-key", "k-2");
    market.post("/order", &order, &[KEY, WAIT]).await;
    market.post("/order", &too_much, &[other, WAIT]).await;
    market.log.forget_events(market.partition());
    let taken = market.post("/order", &order, &[KEY, WAIT]).await;
    assert_eq!((taken.status, &taken.body["status"]), (201, &json!("taken")), "{taken:?}");
    assert_eq!(taken.body["fills"], Value::Null);
    let refused = market.post("/order", &too_much, &[other, WAIT]).await;
    assert_eq!((refused.status, refused.kind()), (422, "order-rejected"), "{refused:?}");
    assert_eq!(refused.body["reason"], "insufficient-funds");
}

#[tokio::test]
async fn the_same_key_with_another_request_is_refused() {
    let market = Market::usual().await;
    market.post("/order", &limit("ada", "buy", "1", "100"), &[KEY]).await;
    let before = market.asked().len();
    let other = market.post("/order", &limit("ada", "buy", "2", "100"), &[KEY]).await;
    assert_eq!((other.status, other.kind()), (422, "idempotency-key-reused"));
    // Another kind of request of the same account, too.
    let funds = json!({ "asset": "EUR", "amount": "1" });
    let deposit = market.post("/accounts/ada/deposits", &funds, &[KEY]).await;
    assert_eq!((deposit.status, deposit.kind()), (422, "idempotency-key-reused"));
    assert_eq!(market.asked().len(), before);
}

#[tokio::test]
async fn a_copy_that_has_forgotten_the_key_leaves_it_to_the_engine() {
    let market = Market::of(Shop::with(&[("idempotency_keys_max", "0")]));
    for (maker_fee, status) in [(10, 200), (11, 422)] {
        let instrument = with(&btc_eur(), "makerFee", maker_fee);
        let answer = market.post("/instruments", &instrument, &[KEY, WAIT]).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 422 {
            assert_eq!(answer.kind(), "idempotency-key-reused");
            assert_eq!(answer.body["reason"], "idempotency-key-reused");
        }
    }
    assert_eq!(market.asked().len(), 2);
}

#[tokio::test]
async fn keys_belong_to_accounts_and_those_of_no_account_to_the_market() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    let mut ids = Vec::new();
    for answer in [
        market.post("/order", &limit("ada", "buy", "1", "100"), &[KEY]).await,
        market.post("/order", &limit("bob", "buy", "1", "100"), &[KEY]).await,
        market.post("/instruments/BTC-EUR/halt", &Value::Null, &[KEY]).await,
    ] {
        assert_eq!(answer.status, 202, "{answer:?}");
        ids.push(answer.body["commandId"].to_string());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    // A cancel that names no account shares the market's keys; one that names ada has hers.
    let of_nobody = market.cancel(&id, &[KEY]).await;
    assert_eq!((of_nobody.status, of_nobody.kind()), (422, "idempotency-key-reused"));
    let of_ada = market.cancel(&format!("{id}?account=ada"), &[KEY]).await;
    assert_eq!((of_ada.status, of_ada.kind()), (422, "idempotency-key-reused"));
    let of_bob = market.cancel(&format!("{id}?account=carol"), &[KEY]).await;
    assert_eq!(of_bob.status, 202, "{of_bob:?}");
}
