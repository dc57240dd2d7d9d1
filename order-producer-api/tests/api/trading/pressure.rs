//! A log that is slow or away never leads to an acknowledgement.

use event_log::LogError;
use serde_json::json;

use super::market::{Market, WAIT, limit};
use crate::memory_log::Mode;

#[tokio::test]
async fn a_log_that_fails_is_a_503_that_hides_the_cause() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    let before = market.asked().len();
    for (error, kind) in [
        ((|| LogError::Unavailable("secret".into())) as fn() -> LogError, "log-unavailable"),
        (|| LogError::Overloaded("secret".into()), "overloaded"),
    ] {
        market.log.set(Mode::Fails(error));
        for (answer, about) in [
            (market.cancel(&id, &[WAIT]).await, json!(id)),
            (market.post("/accounts", &json!({ "account": "dave" }), &[]).await, json!(null)),
        ] {
            assert_eq!((answer.status, answer.kind()), (503, kind));
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert_eq!(answer.body["orderId"], about);
            assert!(!answer.body.to_string().contains("secret"));
        }
    }
    market.log.set(Mode::Works);
    assert_eq!(market.asked().len(), before);
    assert_eq!(market.cancel(&id, &[WAIT]).await.status, 200);
}
