//! Who runs the market: instruments, accounts, deposits and withdrawals.

use serde_json::{Value, json};

use super::market::{Market, WAIT, btc_eur, limit, with};

#[tokio::test]
async fn an_instrument_is_listed_once() {
    let market = Market::empty();
    for changed in [true, false] {
        let answer = market.post("/instruments", &btc_eur(), &[WAIT]).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("taken")), "{answer:?}");
        assert_eq!(answer.body["changed"], changed);
        assert_eq!(answer.header("location"), Some("/api/v3/instruments/BTC-EUR"));
    }
    for (name, value) in
        [("makerFee", json!(11)), ("lotSize", json!("0.001")), ("tickSize", json!("0"))]
    {
        let answer = market.post("/instruments", &with(&btc_eur(), name, value), &[WAIT]).await;
        assert_eq!((answer.status, answer.kind()), (422, "command-refused"), "{answer:?}");
        assert_eq!(answer.body["reason"], "invalid-instrument");
    }
}

#[tokio::test]
async fn a_halted_instrument_takes_no_orders_until_it_is_resumed() {
    let market = Market::usual().await;
    let order = limit("ada", "buy", "1", "100");
    let turn = |what: &'static str| {
        let market = &market;
        async move { market.post(&format!("/instruments/BTC-EUR/{what}"), &Value::Null, &[WAIT]).await }
    };
    for (what, changed, status) in
        [("halt", true, 422), ("halt", false, 422), ("resume", true, 201), ("resume", false, 201)]
    {
        let answer = turn(what).await;
        assert_eq!((answer.status, &answer.body["changed"]), (200, &json!(changed)), "{answer:?}");
        assert_eq!(answer.header("location"), Some("/api/v3/instruments/BTC-EUR"));
        assert_eq!(market.place(&order).await.status, status);
    }
    for what in ["halt", "resume"] {
        let answer =
            market.post(&format!("/instruments/ETH-EUR/{what}"), &Value::Null, &[WAIT]).await;
        assert_eq!((answer.status, answer.kind()), (404, "instrument-not-found"), "{answer:?}");
        assert_eq!(answer.body["reason"], "unknown-symbol");
    }
}

#[tokio::test]
async fn an_account_is_opened_once_paid_into_and_paid_out_of() {
    let market = Market::usual().await;
    for changed in [true, false] {
        let answer = market.post("/accounts", &json!({ "account": "carol" }), &[WAIT]).await;
        assert_eq!((answer.status, &answer.body["changed"]), (200, &json!(changed)), "{answer:?}");
        assert_eq!(answer.header("location"), Some("/api/v3/accounts/carol"));
    }
    for (path, amount, available) in [
        ("deposits", "100.50", "100.5"),
        ("withdrawals", "0.5", "100"),
        ("deposits", "0.01", "100.01"),
    ] {
        let funds = json!({ "asset": "EUR", "amount": amount });
        let answer = market.post(&format!("/accounts/carol/{path}"), &funds, &[WAIT]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let balances = json!([{ "asset": "EUR", "available": available, "held": "0" }]);
        assert_eq!(answer.body["balances"], balances);
    }
}

#[tokio::test]
async fn every_rule_of_funds_has_its_reason() {
    let market = Market::usual().await;
    for path in ["deposits", "withdrawals"] {
        for (account, asset, amount, status, reason) in [
            ("dave", "EUR", "1", 404, "unknown-account"),
            ("ada", "USD", "1", 422, "unknown-asset"),
            ("ada", "EUR", "0", 422, "invalid-amount"),
            ("ada", "EUR", "-1", 422, "invalid-amount"),
            ("ada", "EUR", "0.001", 422, "invalid-amount"),
        ] {
            let funds = json!({ "asset": asset, "amount": amount });
            let answer = market.post(&format!("/accounts/{account}/{path}"), &funds, &[WAIT]).await;
            assert_eq!(
                (answer.status, &answer.body["reason"]),
                (status, &json!(reason)),
                "{answer:?}"
            );
            let kind = if status == 404 { "account-not-found" } else { "command-refused" };
            assert_eq!(answer.kind(), kind);
        }
    }
    let more = json!({ "asset": "EUR", "amount": "10000.01" });
    let answer = market.post("/accounts/ada/withdrawals", &more, &[WAIT]).await;
    assert_eq!((answer.status, &answer.body["reason"]), (422, &json!("insufficient-funds")));
}
