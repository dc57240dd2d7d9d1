//! One key, one order.

use serde_json::json;

use crate::shop::{Shop, parka, parka_with};

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_and_no_second_command() {
    let shop = Shop::open();
    let key = [("idempotency-key", "checkout-17")];
    let first = shop.place(&parka(), &key).await;
    // The same amount, written in another way, is the same order.
    let again = shop.place(&parka_with("/totalPrice", json!("240.00")), &key).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("seriatim-position"), again.header("seriatim-position"));
    assert_eq!(shop.commands().len(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_at_once() {
    let shop = Shop::open();
    let key = [("idempotency-key", "checkout-17")];
    shop.place(&parka(), &key).await;
    let other = shop.place(&parka_with("/totalPrice", json!(241)), &key).await;
    assert_eq!((other.status, other.kind()), (422, "idempotency-key-reused"));
    assert_eq!(shop.commands().len(), 1);
}

#[tokio::test]
async fn a_copy_that_has_forgotten_the_key_makes_the_same_id_and_leaves_it_to_the_engine() {
    let shop = Shop::with(&[("idempotency_keys_max", "0")]);
    let key = [("idempotency-key", "checkout-17")];
    for total in [240, 241] {
        let answer = shop.place(&parka_with("/totalPrice", json!(total)), &key).await;
        assert_eq!(answer.status, 202);
    }
    let commands = shop.commands();
    assert_eq!(commands.len(), 2);
    assert_eq!(commands[0].order_id, commands[1].order_id);
}

#[tokio::test]
async fn customers_do_not_share_keys_and_orders_without_a_key_are_all_new() {
    let shop = Shop::open();
    let key = [("idempotency-key", "1")];
    let mine = shop.place(&parka(), &key).await;
    let yours = shop.place(&parka_with("/customerId", json!(1)), &key).await;
    let (one, two) = (shop.place(&parka(), &[]).await, shop.place(&parka(), &[]).await);
    let mut ids: Vec<_> =
        [mine, yours, one, two].map(|answer| answer.body["orderId"].to_string()).into();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
